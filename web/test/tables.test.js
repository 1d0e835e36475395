import assert from "node:assert/strict";
import test from "node:test";

import { numberIn, sortedOrder } from "../src/tables.js";

test("cells as akin writes them are numbers", () => {
  const cells = { "0.1234": 0.1234, "1,234,567": 1234567, "-3": -3, "1e-05": 1e-5, "7.3 %": 0.073, "0.045 s": 0.045,
    "4 min 05 s": 245, "3 h 01 min": 10860, "12.3 MB": 12.3e6, "0.12 [0.11, 0.13]": 0.12, "0.12 ± 0.01": 0.12 };
  for (const [text, value] of Object.entries(cells)) assert.ok(Math.abs(numberIn(text) - value) < 1e-9, text);
  for (const text of ["-", "", " "]) assert.equal(numberIn(text), null);
  for (const text of ["als", "12 apples", "2014-07-22", "4 min x", "1.2.3"]) assert.ok(Number.isNaN(numberIn(text)), text);
});

test("numbers sort by value, empty cells last in both directions, equal ones as they stood", () => {
  const cells = ["9", "-", "1,000", "9", "", "0.5"];
  assert.deepEqual(sortedOrder(cells, false), [5, 0, 3, 2, 1, 4]);
  assert.deepEqual(sortedOrder(cells, true), [2, 0, 3, 5, 1, 4]);
});

test("text sorts as a person would", () => {
  assert.deepEqual(sortedOrder(["P10", "p9", "Äpfel", "apple", "P9"], false), [2, 3, 1, 4, 0]);
  assert.deepEqual(sortedOrder(["b", "a", "b"], true), [0, 2, 1]);
});
