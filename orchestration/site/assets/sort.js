import { createAll, Table } from "./nhsuk-frontend.min.js";

createAll(Table);
