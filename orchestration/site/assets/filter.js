// Shows of a league those of the region and the kind that a reader chooses, or that came with the address.
const form = document.querySelector("#filter");
const choices = [...form.querySelectorAll("select")];
const items = [...document.querySelectorAll("[data-region]")];

function show() {
  const chosen = choices.filter((one) => one.value);
  for (const item of items) item.hidden = chosen.some((one) => item.dataset[one.name] !== one.value);
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector("[data-region]:not([hidden])");
  }
  for (const letters of document.querySelectorAll(".letters")) letters.hidden = chosen.length > 0;
  const count = document.querySelector("#count");
  count.textContent = `${items.filter((item) => !item.hidden).length} of ${items.length}`;
  count.parentElement.hidden = !chosen.length;
  const query = new URLSearchParams(chosen.map((one) => [one.name, one.value]));
  history.replaceState(null, "", location.pathname + (chosen.length ? `?${query}` : "") + location.hash);
}

const asked = new URLSearchParams(location.search);
for (const one of choices) {
  if ([...one.options].some(({ value }) => value === asked.get(one.name))) one.value = asked.get(one.name);
}
form.addEventListener("input", show);
form.hidden = false;
show();
