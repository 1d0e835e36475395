// The script of a page that has charts.
import { drawCharts } from "./charts.js";
import { makeTablesSortable } from "./tables.js";

drawCharts();
makeTablesSortable();
