// Build your own ranking: weighs the scores of a league by what the reader sets. The address holds the weights;
// nothing is stored.

import { strip } from "./strip.js";

const FAR = 5; // places; who moves further is counted
const FIXED = "The range looks narrow because the rule fixes the segment, not because more is known.";

// Arithmetic

// Who has a place with these weights, in their order. Weights are multiples of the official ones; what is not named
// counts as in these. With the finance rule, whom it applies to come after those whom it spares.
export function ranked(data, weights, rule) {
  const each = data.measures.map((one) => one.weight * (weights[one.id] ?? 1) * (weights[one.domain] ?? 1));
  const held = data.organisations
    .map((one) => ({ ...one, average: hundredths(one.scores, each), base: rule ? one.rank : one.alone }))
    .filter((one) => one.average !== null && one.base !== null);
  const spared = rule ? sparedBy(held, data.spared) : () => true;
  for (const one of held) one.key = one.average + (spared(one) ? 0 : 1000);
  held.sort((a, b) => a.key - b.key);
  for (const [index, one] of held.entries()) {
    const before = held[index - 1];
    one.joint = before?.key === one.key || held[index + 1]?.key === one.key;
    one.place = before?.key === one.key ? before.place : index + 1;
    one.up = one.base - one.place;
    one.likely = rule ? one.range : one.rangeAlone;
  }
  return held;
}

// An average score in hundredths, half up. The slack is for sums in binary that end just below a half.
function hundredths(scores, weights) {
  let sum = 0;
  let total = 0;
  scores.forEach((score, index) => {
    if (score !== null && weights[index] > 0) {
      sum += weights[index] * score;
      total += weights[index];
    }
  });
  return total > 0 ? Math.floor((100 * sum) / total + 0.5 + 1e-7) : null;
}

// As many as the official segments before the rule's hold are spared, of those whom the rule does not apply to.
function sparedBy(held, count) {
  const averages = held.filter((one) => !one.rule).map((one) => one.average).sort((a, b) => a - b);
  const limit = count ? averages[Math.min(count, averages.length) - 1] : -1;
  return (one) => !one.rule && one.average <= limit;
}

// Sentences

export function said(data, found, code, rule) {
  if (!found.length) return "Every weight is 0, so there is no ranking.";
  const chosen = data.organisations.find((one) => one.code === code);
  const sentences = [shifts(found, data.who, rule)];
  if (chosen) sentences.unshift(position(data, found.find((one) => one.code === code), chosen.name, rule));
  return sentences.join(" ");
}

function position(data, placed, name, rule) {
  if (!placed) return `With your weights ${name} has no place: it has no score on what you count.`;
  const place = (placed.joint ? "joint " : "") + ordinal(placed.place);
  const official = `${data.experimental ? "our" : "NHS England’s"} weights and ${rule ? "the finance rule" : "score alone"}`;
  const likely = placed.likely ? `, very likely between ${placed.likely.map(ordinal).join(" and ")}` : "";
  const fixed = rule && placed.capped ? ` ${FIXED}` : "";
  return `With your weights ${name} would be ${place} (by ${official}: ${ordinal(placed.base)}${likely}).${fixed}`;
}

function shifts(found, who, rule) {
  const from = `From the places ${rule ? "with the finance rule" : "by score alone"},`;
  const far = found.filter((one) => Math.abs(one.up) > FAR);
  const inside = far.filter((one) => one.likely && one.likely[0] <= one.place && one.place <= one.likely[1]).length;
  if (!far.length) return `${from} no ${who.slice(0, -1)} moves by more than ${FAR} places.`;
  const first = `${from} ${far.length} of ${found.length} ${who} ${far.length === 1 ? "moves" : "move"} by more than ${FAR} places.`;
  if (!inside) return `${first} None of them stays inside its likely range.`;
  const them = inside === far.length ? (inside === 1 ? "It" : "All of them") : `${inside} of them`;
  const stay = inside === 1 ? "stays inside its" : "stay inside their";
  return `${first} ${them} ${stay} likely range, so this is less than the choice of measures does by chance.`;
}

export function ordinal(number) {
  const ending = [11, 12, 13].includes(number % 100) ? "th" : { 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th";
  return `${number}${ending}`;
}

export const moved = (up) => (up > 0 ? `up ${up}` : up < 0 ? `down ${-up}` : "none");

// The address: `#w=access:2,finance:0&t=rwr&rule=on`

export function read(data, hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const known = new Set([...data.domains, ...data.measures.map((one) => one.id)]);
  const weights = {};
  for (const part of (parameters.get("w") ?? "").split(",")) {
    const [name, number] = part.split(":");
    const weight = Number.parseFloat(number);
    if (known.has(name) && weight >= 0 && weight <= 5) weights[name] = weight;
  }
  return { weights, code: (parameters.get("t") ?? "").toUpperCase(), rule: parameters.get("rule") === "on" };
}

export function write({ weights, code, rule }) {
  const set = Object.entries(weights).filter(([, weight]) => weight !== 1);
  const parts = [];
  if (set.length) parts.push(`w=${set.map(([name, weight]) => `${name}:${weight}`).join(",")}`);
  if (code) parts.push(`t=${code.toLowerCase()}`);
  if (rule) parts.push("rule=on");
  return `#${parts.join("&")}`;
}

// The result as a file

export function csv(data, found, address) {
  const release = `${data.synthetic ? "FICTIONAL: " : ""}${data.release}, weights of one’s own, not official`;
  const header = ["place", "organisation_code", "organisation_name", "average_score", "place_without", "move", "rank_low", "rank_high", "release", "address"];
  const rows = found.map((one) => [one.place, one.code, one.name, (one.average / 100).toFixed(2), one.base, one.up, ...(one.likely ?? ["", ""]), release, address]);
  return [header, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

// A name that begins as a formula does is text to a spreadsheet.
function cell(value) {
  const text = String(value);
  return `"${(typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? "'" : "") + text.replaceAll('"', '""')}"`;
}

// The page

async function start(form) {
  const data = await (await fetch("scores.json")).json();
  const inputs = [...form.querySelectorAll("input[type=number]")];
  const { trust, rule } = form.elements;
  const result = document.getElementById("result");
  let found = [];

  function state() {
    const weights = {};
    for (const input of inputs) {
      weights[input.name] = Math.min(Math.max(input.valueAsNumber || 0, 0), 5);
    }
    return { weights, code: trust.value, rule: Boolean(rule?.checked) };
  }

  function show() {
    const now = state();
    found = ranked(data, now.weights, now.rule);
    history.replaceState(null, "", write(now));
    document.getElementById("said").textContent = said(data, found, now.code, now.rule);
    document.getElementById("base").textContent = now.rule ? "Place before" : "Score alone";
    result.tBodies[0].replaceChildren(...found.map((one) => row(one, found.length, now)));
    for (const button of form.querySelectorAll("[data-preset]")) {
      const { weights } = data.presets.find((one) => one.key === button.dataset.preset);
      const same = Object.entries(now.weights).every(([name, weight]) => weight === (weights[name] ?? 1));
      button.setAttribute("aria-pressed", same);
    }
  }

  function set({ weights, code, rule: on }) {
    for (const input of inputs) input.value = weights[input.name] ?? 1;
    if (code !== undefined) trust.value = [...trust.options].some((one) => one.value === code) ? code : "";
    if (on !== undefined && rule) rule.checked = on;
    show();
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", ({ target }) => {
    const preset = data.presets.find((one) => one.key === target.dataset.preset);
    if (preset) set(preset);
  });
  window.addEventListener("hashchange", () => {
    if (location.hash.includes("=")) set(read(data, location.hash)); // and not a part of the page
  });
  document.getElementById("copy").addEventListener("click", async () => {
    const done = document.getElementById("copied");
    try {
      await navigator.clipboard.writeText(location.href);
      done.textContent = "Link copied.";
    } catch {
      done.textContent = "Copy the address of this page: it holds your weights.";
    }
  });
  document.getElementById("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(data, found, location.href)], { type: "text/csv" }));
    link.download = `${data.synthetic ? "fictional-" : ""}my-ranking.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  document.getElementById("without-script").remove();
  document.getElementById("own").hidden = false;
  set(read(data, location.hash));
}

function row(one, count, { code, rule }) {
  const made = document.createElement("tr");
  made.className = one.code === code ? "chosen" : "";
  made.setAttribute("role", "row"); // which a row that is laid out as a grid is no longer to every browser
  const name = document.createElement("th");
  name.scope = "row";
  name.setAttribute("role", "rowheader");
  const link = document.createElement("a");
  link.href = `../${one.code.toLowerCase()}/index.html`;
  link.textContent = one.name;
  name.append(link);
  if (rule && one.capped) {
    const flag = document.createElement("span");
    flag.className = "money-flag";
    const likely = one.rangeAlone ? ` (likely ${one.rangeAlone.join(" to ")})` : "";
    flag.textContent = ` Money: ${ordinal(one.alone)} by score alone${likely}`;
    name.append(flag);
  }
  const picture = document.createElement("td");
  picture.className = "picture";
  picture.setAttribute("role", "cell");
  if (one.likely) picture.append(strip(count, ...one.likely, one.place, one.base));
  const likely = one.likely ? `${one.likely[0]} to ${one.likely[1]}` : "not known";
  made.append(
    text("Your place ", one.place + (one.joint ? "=" : "")),
    name,
    picture,
    text("Before ", one.base),
    text("Move ", moved(one.up)),
    text("Likely places ", likely),
  );
  return made;
}

function text(label, value) {
  const made = document.createElement("td");
  made.setAttribute("role", "cell");
  const hidden = document.createElement("span");
  hidden.className = "label";
  hidden.textContent = label;
  made.append(hidden, String(value));
  return made;
}

const form = document.getElementById("weights");
if (form) start(form);
