import { createAll, Table } from "./nhsuk-frontend.min.js";

// The library knows rows and cells by classes, which would be a sixth of a long page.
for (const row of document.querySelectorAll(".nhsuk-table__body tr")) {
  row.classList.add("nhsuk-table__row");
  for (const cell of row.cells) cell.classList.add("nhsuk-table__cell");
}
createAll(Table);
