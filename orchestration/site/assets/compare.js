// Compare: lays two or three organisations of one league side by side. The address holds which; nothing is stored.

import { strip } from "./strip.js";

const MARKS = { b: ["●", "better quarter"], m: ["○", "middle half"], w: ["◆", "worse quarter"] };

const SURE = 95; // of 100 redraws; from here on we do not say that it could be the other way round

// Sentences

// What is known of the order of two, of which `often` says who is ahead more often: below zero the second.
export function order(one, other, pair) {
  if (!pair) return without(one, other);
  const times = Math.abs(pair.often);
  const redraws = times === 100 ? "almost every redraw" : `${times} of 100 redraws`;
  const [ahead, behind] = pair.often < 0 ? [other, one] : [one, other];
  const rule = held(ahead, behind);
  // The test is by score alone, so it answers nothing where the finance rule holds one of the two.
  const unlikely = rule || pair.apart === "-" ? times >= SURE : pair.apart > "0";
  const answer = unlikely ? "That is not likely." : times < SURE ? "Yes, it could." : "That is not ruled out.";
  return [answer, `In ${redraws} ${ahead.name} comes out ahead.`, ...(rule ? [rule] : []), ...tested(pair)].join(" ");
}

// What the finance rule has to do with it, which can only put a trust lower.
function held(ahead, behind) {
  if (ahead.alone && behind.alone) return "The finance rule holds both down.";
  if (behind.alone) return `That is partly the finance rule, which fixes the segment of ${behind.name}.`;
  return ahead.alone ? `That is so although the finance rule holds ${ahead.name} down.` : null;
}

function tested({ apart }) {
  if (apart === "-") return ["There is no test of this pair."];
  if (apart === "0") return ["A test of this pair alone, by score, does not tell them apart."];
  return [
    "A test of this pair alone, by score, tells them apart.",
    apart === "2"
      ? "So does a strict test of all pairs at once."
      : "A strict test of all pairs at once does not: of pairs picked because they differ, more than 1 in 20 is chance.",
  ];
}

function without(one, other) {
  const overlap = one.low <= other.high && other.low <= one.high;
  const said = overlap ? "Yes, it could. Their likely ranges overlap." : "That is not likely. Their likely ranges do not overlap.";
  return `${said} This is no test.`;
}

// Members are in the order of their codes, and so are pairs of them.
export function pairOf(data, i, j) {
  if (!data.pairs) return null;
  const [low, high] = [Math.min(i, j), Math.max(i, j)];
  const at = low * data.members.length - (low * (low + 1)) / 2 + (high - low - 1);
  const often = Number.parseInt(data.pairs.ahead.slice(2 * at, 2 * at + 2), 16) - 100;
  return often > 100 ? null : { often: i < j ? often : -often, apart: data.pairs.apart[at] };
}

// The page

async function start(form) {
  const data = await (await fetch("compare.json")).json();
  const asked = new URLSearchParams(location.search);
  const byName = [...data.members].sort((a, b) => a.name.localeCompare(b.name, "en-GB"));
  for (const select of form.querySelectorAll("select")) {
    select.append(...byName.map((one) => new Option(one.name, one.code.toLowerCase())));
    const code = (asked.get(select.name) ?? "").toLowerCase();
    if (byName.some((one) => one.code.toLowerCase() === code)) select.value = code;
  }
  const codes = [...form.querySelectorAll("select")].map((select) => select.value.toUpperCase());
  const chosen = [...new Set(codes)].map((code) => data.members.findIndex((one) => one.code === code)).filter((at) => at >= 0);
  document.getElementById("without-script").remove();
  form.hidden = false;
  document.getElementById(chosen.length > 1 ? "compared" : "too-few").hidden = false;
  if (chosen.length > 1) show(data, chosen);
}

function show(data, chosen) {
  const members = chosen.map((at) => data.members[at]);
  for (const [index, i] of chosen.entries()) {
    for (const j of chosen.slice(index + 1)) {
      const [one, other] = [data.members[i], data.members[j]];
      const question = `Could the order of ${one.name} and ${other.name} be the other way round?`;
      document.getElementById("answers").append(made("h2", question, "nhsuk-heading-m"), made("p", order(one, other, pairOf(data, i, j)), "said"));
    }
  }
  if (data.pairs) document.getElementById("answers").append(made("p", "A redraw asks what the table would be if other measures of the same kind had been chosen."));
  for (const one of members) {
    const title = made("h3", "", "nhsuk-heading-s");
    title.append(link(one.name, `../${one.code.toLowerCase()}/index.html`));
    document.getElementById("strips").append(title, strip(data.count, one.low, one.high, one.place, one.alone), made("p", one.answer ?? `Likely places: ${one.facts[0]} of ${data.count}.`));
  }
  const facts = document.querySelector(".side");
  fill(facts, members, data.facts.map((name, at) => [made("span", name), members.map((one) => one.facts[at] ?? none("not known"))]));
  let at = 0;
  for (const domain of data.domains) {
    const table = facts.cloneNode();
    if (domain.money) table.classList.add("money");
    table.append(made("caption", domain.title, "nhsuk-table__caption"), facts.tHead.cloneNode(), facts.tBodies[0].cloneNode());
    fill(table, members, domain.measures.map((measure) => [link(measure.name, measure.page), members.map(measured(at++))]));
    document.getElementById("by-measure").append(table);
    if (domain.money) table.before(made("p", "Money is shown apart: it does not say how well patients are treated."));
  }
}

const measured = (at) => (one) => {
  const found = one.values[at];
  if (!found) return none("not counted");
  const cell = made("span", found.slice(1));
  if (found[0] in MARKS) {
    const [mark, words] = MARKS[found[0]];
    const shown = made("span", mark, "mark");
    shown.setAttribute("aria-hidden", "true");
    cell.prepend(shown, " ");
    cell.append(made("span", `, ${words}`, "nhsuk-u-visually-hidden"));
  }
  return cell;
};

// A table whose columns are the chosen ones. Roles are said, because rows are laid out anew on a narrow screen.
function fill(table, members, rows) {
  const head = row(wrapped("td", "cell"), ...members.map((one) => header("col", made("span", one.name))));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(
    ...rows.map(([name, cells]) => row(header("row", name), ...cells.map((cell) => wrapped("td", "cell", cell)))),
  );
}

const row = (...cells) => wrapped("tr", "row", ...cells);

function header(scope, content) {
  const cell = wrapped("th", scope === "col" ? "columnheader" : "rowheader", content);
  cell.scope = scope;
  return cell;
}

function wrapped(name, role, ...content) {
  const element = document.createElement(name);
  element.setAttribute("role", role);
  element.append(...content);
  return element;
}

function made(name, text, className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function link(text, address) {
  const element = made("a", text);
  element.href = address;
  return element;
}

const none = (reason) => made("span", reason, "none");

const form = document.getElementById("choose");
if (form) start(form);
