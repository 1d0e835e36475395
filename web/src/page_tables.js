// The script of a page that has tables but no charts.
import { makeTablesSortable } from "./tables.js";

makeTablesSortable();
