// Tables that a click on a header sorts: numbers by value, everything else as a person would.

const MULTIPLES = { s: 1, min: 60, h: 3600, "%": 0.01, bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/// The number that a cell shows: "1,234", "7.3 %", "4 min 05 s", "12.3 MB", "0.12 [0.11, 0.13]". NaN if it shows
/// none; null if it is empty.
export function numberIn(text) {
  const shown = text.replace(/\s*[[(±*].*$/s, "").trim();
  if (shown === "" || shown === "-") return null;
  if (/^[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?$/i.test(shown)) return Number(shown.replaceAll(",", ""));
  let sum = 0;
  let rest = shown;
  while (rest !== "") {
    const part = /^([-+]?\d[\d,]*(?:\.\d+)?) (s|min|h|%|bytes|kB|MB|GB|TB)(?: |$)/.exec(rest);
    if (!part) return NaN;
    sum += Number(part[1].replaceAll(",", "")) * MULTIPLES[part[2]];
    rest = rest.slice(part[0].length);
  }
  return sum;
}

/// The order of the cells: indices, cells that are empty last in either direction, equal cells as they stood.
export function sortedOrder(cells, descending) {
  const numbers = cells.map(numberIn);
  const numeric = numbers.some((n) => n !== null) && !numbers.some(Number.isNaN);
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const compare = numeric
    ? (a, b) => numbers[a] - numbers[b]
    : (a, b) => collator.compare(cells[a], cells[b]);
  return cells
    .map((_, i) => i)
    .sort((a, b) => {
      const empty = (numbers[a] === null) - (numbers[b] === null);
      return empty || (descending ? compare(b, a) : compare(a, b)) || a - b;
    });
}

/// Gives every column header of the table a button: one click sorts, the next reverses, the third restores.
/// Columns of numbers begin with the largest.
function makeSortable(table) {
  const body = table.tBodies[0];
  const headers = [...table.tHead.rows[0].cells];
  const rows = [...body.rows]; // as they were written
  const show = (header, state, order) => {
    for (const other of headers) other.removeAttribute("aria-sort");
    if (state !== "none") header.setAttribute("aria-sort", state);
    body.append(...order.map((i) => rows[i]));
  };
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    if (header.textContent.trim() === "") button.setAttribute("aria-label", `Column ${column + 1}`);
    button.append(...header.childNodes);
    header.append(button);
    const states = header.classList.contains("n") ? ["descending", "ascending"] : ["ascending", "descending"];
    button.addEventListener("click", () => {
      const now = states.indexOf(header.getAttribute("aria-sort")) + 1;
      const cells = rows.map((row) => row.cells[column]?.textContent.trim() ?? "");
      if (now === states.length) show(header, "none", rows.map((_, i) => i));
      else show(header, states[now], sortedOrder(cells, states[now] === "descending"));
    });
  });
}

export function makeTablesSortable() {
  for (const table of document.querySelectorAll("main table")) {
    if (table.tHead?.rows.length === 1 && table.tBodies[0]?.rows.length > 1) makeSortable(table);
  }
}
