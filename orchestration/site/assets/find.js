// Shows of the list those of which each word that a reader types, or that came with the address, begins a word.
const field = document.querySelector("#search input");
const items = [...document.querySelectorAll(".found li")];
const texts = items.map((item) => ` ${plain(`${item.textContent} ${item.dataset.words}`)} `);

// Words apart by one space. An apostrophe parts none: people write Kings for King's.
function plain(text) {
  return text.toLowerCase().replace(/['’]/gu, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean).join(" ");
}

function show() {
  const words = plain(field.value).split(" ").filter(Boolean);
  let found = 0;
  items.forEach((item, number) => {
    item.hidden = !words.every((word) => texts[number].includes(` ${word}`));
    found += !item.hidden;
  });
  for (const letter of document.querySelectorAll(".letter")) {
    letter.hidden = !letter.querySelector("li:not([hidden])");
  }
  for (const other of document.querySelectorAll(".unfiltered")) {
    other.hidden = words.length > 0;
  }
  const none = "None has all of these words. Try the start of a name, a town or an ODS code.";
  document.querySelector("#count").textContent = found ? `${found} of ${items.length} shown.` : none;
}

document.querySelector("#without-script").remove();
document.querySelector("#search").hidden = false;
field.value = new URLSearchParams(location.search).get("q") ?? "";
field.addEventListener("input", show);
document.querySelector("#search form").addEventListener("submit", (event) => event.preventDefault());
show();
