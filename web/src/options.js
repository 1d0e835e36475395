// From akin's small chart specification (src/akin/report/chart.h writes it) to ECharts options. No document here:
// what a chart shows depends on the specification, the theme and the width alone.

/// Colours that people with colour-blindness tell apart side by side, on white and on black.
const COLOURS = {
  light: ["#2f6f9f", "#d0691e", "#35864f", "#b5383d", "#7d5ba6", "#8a6d1f", "#c2549b", "#16888c", "#6b7a10",
    "#4a57b0", "#80503f", "#5c7f9c"],
  dark: ["#6aaede", "#f0964f", "#6cc489", "#ee7d80", "#b79be0", "#d9bb5c", "#f08fcf", "#4fc8cc", "#b8c84e",
    "#98a4f2", "#c8988a", "#a5c0d6"],
};
const OTHERS = { light: "#a3a39f", dark: "#6d6d69" };
const GREY = new Set(["other", "other trials", "each trial"]);
const BAR_WIDTH = { barGap: "10%", barCategoryGap: "30%", barMaxWidth: 26 };
const SYMBOLS = ["circle", "rect", "triangle", "diamond"];

/// Names get colours in the order in which a page first shows them, so that a model keeps its colour from chart to
/// chart. Those of GREY stand back.
export class Palette {
  #numbers = new Map();
  number(name) {
    if (!this.#numbers.has(name)) this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.get(name);
  }
  colour(name, theme) {
    const colours = COLOURS[theme.name];
    return GREY.has(name) ? OTHERS[theme.name] : colours[this.number(name) % colours.length];
  }
  symbol(name) {
    return SYMBOLS[this.number(name) % SYMBOLS.length];
  }
}

/// Four significant digits, thousands separated: 0.07312, 12.5, 1,234,567.
export function format(value) {
  if (value === null || !Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return size > 0 && size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/// For axes, where width is scarce: 20k, 1.5M.
function formatTick(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return format(value);
}

/// Axis of numbers. `horizontal`: it runs from left to right.
function valueAxis(axis, theme, horizontal, fromZero) {
  return {
    type: axis.log ? "log" : "value",
    logBase: axis.base ?? 10,
    name: axis.name,
    nameLocation: "middle",
    nameGap: horizontal ? 26 : 46,
    nameTextStyle: { color: theme.faint },
    scale: !fromZero,
    ...(axis.low === undefined ? {} : { min: axis.low }),
    ...(axis.high === undefined ? {} : { max: axis.high }),
    splitNumber: 4,
    minorTick: { show: false },
    axisLabel: { color: theme.faint, formatter: formatTick, hideOverlap: true },
    axisLine: { show: horizontal && !fromZero, lineStyle: { color: theme.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
  };
}

function categoryAxis(categories, theme, name, width) {
  return {
    type: "category",
    data: categories,
    name: name ?? "",
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: theme.faint },
    axisLabel: { color: theme.text, hideOverlap: true, width, overflow: width ? "truncate" : "none" },
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
  };
}

const grid = (left, right, top, bottom) => ({ left, right, top, bottom, containLabel: false });

/// A whisker from low to high on the bars of series number `index`, and the value's text beyond it. Series of bars
/// have even numbers, each with its whiskers behind it.
function whiskers(series, index, horizontal, theme) {
  const at = (i) => ({ low: series.low?.[i] ?? null, high: series.high?.[i] ?? null, value: series.values[i] });
  const line = (x1, y1, x2, y2) => ({
    type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: theme.text, lineWidth: 1.2 },
  });
  const renderItem = (params, api) => {
    const i = params.dataIndex;
    const { low, high, value } = at(i);
    if (value === null) return null;
    const shown = api.currentSeriesIndices().filter((number) => number % 2 === 0); // the legend hides some
    const layout = api.barLayout({ count: shown.length, ...BAR_WIDTH });
    const offset = layout[shown.indexOf(2 * index)].offsetCenter;
    const place = (v) => {
      const [x, y] = horizontal ? api.coord([v, i]) : api.coord([i, v]);
      return horizontal ? [x, y + offset] : [x + offset, y];
    };
    const children = [];
    if (low !== null && high !== null) {
      const [a, b] = [place(low), place(high)];
      const [dx, dy] = horizontal ? [0, 4] : [4, 0];
      children.push(line(...a, ...b));
      for (const end of [a, b]) children.push(line(end[0] - dx, end[1] - dy, end[0] + dx, end[1] + dy));
    }
    if (horizontal) {
      const [x, y] = place(Math.max(high ?? value, value, 0));
      children.push({
        type: "text",
        style: { text: format(value), x: x + 6, y, fill: theme.text, verticalAlign: "middle", fontSize: 12 },
      });
    }
    return { type: "group", children };
  };
  return {
    type: "custom", name: series.name, renderItem, silent: true, z: 5, tooltip: { show: false }, clip: false,
    data: series.values.map((value, i) => (horizontal ? [value, i] : [i, value])),
  };
}

function bars(spec, theme, palette, width) {
  const horizontal = spec.horizontal;
  const count = spec.series.length;
  const labelWidth = Math.min(width * 0.34, 8 * Math.max(...spec.categories.map((c) => c.length), 3) + 10);
  const names = categoryAxis(spec.categories, theme, "", horizontal ? labelWidth - 10 : undefined);
  const numbers = valueAxis(spec.axis, theme, horizontal, true);
  // Room for the text beyond the longest bar.
  const longest = Math.max(...spec.series.flatMap((s) => s.values.concat(s.high ?? [])).map((v) => v ?? 0), 0);
  if (horizontal) {
    numbers.axisLabel.showMaxLabel = false;
    numbers.max ??= longest > 0 ? longest * (width < 420 ? 1.3 : 1.12) : 1;
  }
  return {
    grid: horizontal
      ? grid(labelWidth, 12, 6, spec.axis.name ? 44 : 26)
      : grid(spec.axis.name ? 66 : 52, 12, 12, 28),
    xAxis: horizontal ? numbers : names,
    yAxis: horizontal ? { ...names, inverse: true } : numbers,
    series: spec.series.flatMap((series, index) => [
      {
        type: "bar",
        name: series.name,
        ...BAR_WIDTH,
        data: series.values.map((value, i) => {
          const name = spec.colour_categories ? spec.categories[i] : series.name;
          return { value, itemStyle: { color: palette.colour(name, theme), borderRadius: 2 } };
        }),
      },
      whiskers(series, index, horizontal, theme),
    ]),
    lines: ({ seriesIndex, dataIndex }) => {
      const series = spec.series[Math.floor(seriesIndex / 2)];
      const [low, high] = [series.low?.[dataIndex] ?? null, series.high?.[dataIndex] ?? null];
      const range = low === null || high === null ? "" : ` [${format(low)}, ${format(high)}]`;
      const name = count > 1 ? `${series.name}, ${spec.categories[dataIndex]}` : spec.categories[dataIndex];
      return [name, `${spec.axis.name || series.name}: ${format(series.values[dataIndex])}${range}`];
    },
  };
}

function lines(spec, theme, palette) {
  const categories = spec.categories?.length ? spec.categories : null;
  const x = categories
    ? { ...categoryAxis(categories, theme, spec.x.name), boundaryGap: true }
    : { min: "dataMin", max: "dataMax", ...valueAxis(spec.x, theme, true, false) };
  return {
    grid: grid(spec.y.name ? 66 : 52, 18, 12, spec.x.name ? 46 : 28),
    xAxis: x,
    yAxis: valueAxis(spec.y, theme, false, spec.from_zero),
    series: spec.series.map((series) => ({
      type: "line",
      name: series.name,
      step: series.step ? "end" : false,
      symbol: palette.symbol(series.name),
      symbolSize: series.line ? 6 : 8,
      showSymbol: !series.line || (series.y.length <= 40 && !series.step),
      lineStyle: { width: series.line ? 2 : 0 },
      itemStyle: { color: palette.colour(series.name, theme) },
      emphasis: { focus: "series" },
      data: series.y.map((y, i) => [categories ? i : series.x[i], y]),
    })),
    lines: ({ seriesName, data }) => [
      seriesName,
      `${spec.x.name || "x"}: ${categories ? categories[data[0]] : format(data[0])}`,
      `${spec.y.name || "y"}: ${format(data[1])}`,
    ],
  };
}

/// Ranges of both axes with the same units per pixel, so that distances on a map mean what they seem to.
function equalRanges(xs, ys, width, height) {
  const least = (v) => v.reduce((a, b) => Math.min(a, b), Infinity); // spread arguments have a limit
  const greatest = (v) => v.reduce((a, b) => Math.max(a, b), -Infinity);
  const middle = (v) => (least(v) + greatest(v)) / 2;
  const half = (v, m) => v.reduce((most, value) => Math.max(most, Math.abs(value - m)), 1e-9) * 1.05;
  const [mx, my] = [middle(xs), middle(ys)];
  const unit = Math.max(half(xs, mx) / (width / 2), half(ys, my) / (height / 2));
  const range = (m, pixels) => ({ min: m - (unit * pixels) / 2, max: m + (unit * pixels) / 2 });
  return [range(mx, width), range(my, height)];
}

function mapAxes(spec, width, height) {
  const hidden = { type: "value", show: false };
  const [x, y] = equalRanges(spec.points.x, spec.points.y, width, height);
  const zoom = { type: "inside", filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, minSpan: 2 };
  return {
    grid: grid(0, 0, 0, 0),
    xAxis: { ...hidden, ...x },
    yAxis: { ...hidden, ...y },
    dataZoom: [{ ...zoom, id: "x", xAxisIndex: 0 }, { ...zoom, id: "y", yAxisIndex: 0 }],
  };
}

function points(spec, theme, palette, width, height) {
  const categories = spec.categories?.length ? spec.categories : null;
  const { x: xs, y: ys, group, label, text } = spec.points;
  const axes = spec.map
    ? mapAxes(spec, width, height)
    : {
        grid: grid(spec.y.name ? 66 : 52, 18, 12, spec.x.name ? 46 : 28),
        xAxis: categories ? categoryAxis(categories, theme, spec.x.name) : valueAxis(spec.x, theme, true, false),
        yAxis: valueAxis(spec.y, theme, false, false),
      };
  return {
    ...axes,
    series: spec.groups.map((name, g) => ({
      type: "scatter",
      name,
      symbol: spec.groups.length > 1 ? palette.symbol(name) : "circle",
      symbolSize: spec.map ? 7 : 9,
      z: GREY.has(name) ? 1 : 2,
      itemStyle: { color: palette.colour(name, theme), opacity: spec.map ? 0.75 : 0.85 },
      emphasis: { itemStyle: { opacity: 1, borderColor: theme.text, borderWidth: 1 } },
      data: xs.flatMap((x, i) => (group[i] === g ? [[x, ys[i], i]] : [])),
    })),
    lines: ({ data, seriesName }) => {
      const i = data[2];
      const place = spec.map
        ? []
        : [`${spec.x.name || "x"}: ${categories ? categories[data[0]] : format(data[0])}`,
            `${spec.y.name || "y"}: ${format(data[1])}`];
      return [label[i] || seriesName, ...(spec.groups.length > 1 ? [seriesName] : []), ...place,
        ...(text?.[i] ? [text[i]] : [])];
    },
  };
}

/// Pixels that a chart of the specification should be high.
export function heightOf(spec, width, small) {
  if (spec.kind === "bars" && spec.horizontal) {
    const bar = spec.series.length > 1 ? 16 : 26;
    return spec.categories.length * Math.max(26, bar * spec.series.length + 8) + (spec.axis.name ? 54 : 36);
  }
  if (spec.map) return Math.round(Math.min(640, Math.max(360, width * 0.65)));
  return small ? 230 : 330;
}

/// The names that the legend lists: those of the series, unless one is enough.
export function legendOf(spec) {
  const names = spec.kind === "points" ? spec.groups : spec.series.map((series) => series.name);
  return names.length > 1 ? names : [];
}

/// ECharts options; `options.lines(params)` gives the lines of a tooltip.
export function optionsOf(spec, theme, palette, width, height) {
  const make = { bars, lines, points }[spec.kind];
  const { lines: tooltipLines, ...rest } = make(spec, theme, palette, width, height);
  const legend = legendOf(spec);
  return {
    tooltipLines,
    options: {
      animation: false,
      textStyle: { fontFamily: "system-ui, sans-serif", color: theme.text },
      legend: { show: false, data: legend },
      tooltip: {
        trigger: "item",
        confine: true,
        backgroundColor: theme.back,
        borderColor: theme.line,
        textStyle: { color: theme.text, fontSize: 13 },
      },
      ...rest,
    },
  };
}
