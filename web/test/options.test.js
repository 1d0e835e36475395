import assert from "node:assert/strict";
import test from "node:test";

import { Palette, format, heightOf, legendOf, optionsOf } from "../src/options.js";

const theme = { name: "light", text: "#000", faint: "#555", line: "#ccc", back: "#fff" };
const axis = { name: "", log: false };

test("numbers are short", () => {
  assert.equal(format(0.073123), "0.07312");
  assert.equal(format(1234567.8), "1,234,568");
  assert.equal(format(0.00001234), "1.23e-5");
  assert.equal(format(0), "0");
  assert.equal(format(null), "-");
});

test("a name keeps its colour over a page; others are grey", () => {
  const palette = new Palette();
  const first = palette.colour("als", theme);
  assert.notEqual(palette.colour("bpr", theme), first);
  assert.equal(palette.colour("als", theme), first);
  assert.notEqual(palette.colour("als", { ...theme, name: "dark" }), first);
  assert.notEqual(palette.colour("other", theme), palette.colour("bpr", theme));
  for (const name of ["__proto__", "constructor", ""]) assert.match(palette.colour(name, theme), /^#/);
});

test("bars have a whisker series each and tell their interval", () => {
  const spec = { kind: "bars", horizontal: true, colour_categories: true, axis, categories: ["a", "b"],
    series: [{ name: "NDCG", values: [0.1, null], low: [0.05, null], high: [0.2, null] }] };
  const { options, tooltipLines } = optionsOf(spec, theme, new Palette(), 600, 200);
  assert.deepEqual(options.series.map((s) => s.type), ["bar", "custom"]);
  assert.ok(options.xAxis.max > 0.2);
  assert.deepEqual(tooltipLines({ seriesIndex: 0, dataIndex: 0 }), ["a", "NDCG: 0.1 [0.05, 0.2]"]);
  assert.deepEqual(tooltipLines({ seriesIndex: 0, dataIndex: 1 }), ["b", "NDCG: -"]);
  assert.deepEqual(legendOf(spec), []);
  assert.ok(heightOf(spec, 600, false) > 50);
});

test("lines have a point per value and a legend if there are several", () => {
  const spec = { kind: "lines", x: axis, y: { name: "loss", log: true, base: 10 }, categories: [], from_zero: false,
    series: [{ name: "a", x: [1, 3], y: [5, null], line: true }, { name: "b", x: [2], y: [1], step: true, line: true }] };
  const { options, tooltipLines } = optionsOf(spec, theme, new Palette(), 600, 200);
  assert.deepEqual(options.series[0].data, [[1, 5], [3, null]]);
  assert.equal(options.yAxis.type, "log");
  assert.equal(options.series[1].step, "end");
  assert.deepEqual(legendOf(spec), ["a", "b"]);
  assert.deepEqual(tooltipLines({ seriesName: "a", data: [3, 5] }), ["a", "x: 3", "loss: 5"]);
});

test("a map has equal scales and one series per group", () => {
  const spec = { kind: "points", map: true, x: axis, y: axis, categories: [], groups: ["g", "other"],
    points: { x: [0, 10, 4], y: [0, 1, 0], group: [0, 1, 0], label: ["p", "q", "r"] } };
  const { options, tooltipLines } = optionsOf(spec, theme, new Palette(), 800, 400);
  const unit = (range, pixels) => (range.max - range.min) / pixels;
  assert.ok(Math.abs(unit(options.xAxis, 800) - unit(options.yAxis, 400)) < 1e-12);
  assert.ok(options.xAxis.min < 0 && options.xAxis.max > 10 && options.yAxis.min < 0 && options.yAxis.max > 1);
  assert.deepEqual(options.series.map((s) => s.data.length), [2, 1]);
  assert.deepEqual(tooltipLines({ data: options.series[0].data[1], seriesName: "g" }), ["r", "g"]);
});
