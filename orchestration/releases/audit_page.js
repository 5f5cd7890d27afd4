// Finds words in every list of the page: opens what holds them, hides the rows that do not.
const field = document.getElementById("find"), told = document.querySelector("output[for=find]");
const lists = [...document.querySelectorAll("details.found")].map((list) => ({
  list,
  rows: list.classList.contains("whole") ? [] : [...list.querySelectorAll("tbody tr")],
  text: list.textContent.toLowerCase(),
}));
document.getElementById("finder").hidden = false;
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.includes(word));
  let found = 0;
  for (const { list, rows, text } of lists) {
    const hits = rows.filter((row) => (row.hidden = !has(row.textContent.toLowerCase())) === false);
    const hit = rows.length ? hits.length > 0 : has(text);
    list.hidden = words.length > 0 && !hit;
    list.open = words.length > 0 && hit && rows.length > 0;
    found += rows.length ? hits.length : Number(hit);
  }
  told.textContent = words.length ? `${found} found` : "";
});
