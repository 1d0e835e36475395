// Draws the charts of a page: every <figure class="chart"> holds its specification as JSON, an empty plot and a
// table with the same figures, which stays for those who cannot see the plot.
import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { DataZoomInsideComponent, GridComponent, LegendPlainComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

import { Palette, heightOf, legendOf, optionsOf } from "./options.js";

use([BarChart, CustomChart, LineChart, ScatterChart, DataZoomInsideComponent, GridComponent, LegendPlainComponent,
  TooltipComponent, SVGRenderer]);

const dark = window.matchMedia("(prefers-color-scheme: dark)");

/// The page's own colours. Paper is white whatever the screen is.
function themeNow(printing) {
  if (printing) return { name: "light", text: "#1a1a1a", faint: "#595959", line: "#d5d5d2", back: "#ffffff" };
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return { name: dark.matches ? "dark" : "light", text: colour("text"), faint: colour("faint"), line: colour("line"),
    back: colour("back") };
}

function element(tag, className, text = "") {
  const result = document.createElement(tag);
  result.className = className;
  result.textContent = text;
  return result;
}

/// A tooltip's content as elements: names from files never become markup.
function tooltipOf(lines) {
  const box = element("div", "tip");
  lines.forEach((line, i) => box.append(element(i === 0 ? "strong" : "span", "", line)));
  return box;
}

class Chart {
  constructor(figure, palette) {
    this.figure = figure;
    this.palette = palette;
    this.spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    this.plot = figure.querySelector(".plot");
    this.plot.hidden = false;
    this.small = figure.parentElement.classList.contains("charts");
    this.plot.style.height = `${heightOf(this.spec, this.plot.clientWidth, this.small)}px`;
    this.chart = init(this.plot, null, { renderer: "svg" });
    this.marks = this.#legend();
    if (this.spec.map) this.#zoomButtons();
    this.draw(false);
  }

  draw(printing) {
    const theme = themeNow(printing);
    const [width, height] = [this.plot.clientWidth, this.plot.clientHeight];
    const { options, tooltipLines } = optionsOf(this.spec, theme, this.palette, width, height);
    options.tooltip.formatter = (params) => tooltipOf(tooltipLines(params));
    this.chart.setOption(options);
    for (const [name, mark] of this.marks) mark.style.background = this.palette.colour(name, theme);
  }

  resize() {
    if (this.plot.clientWidth === 0) return;
    this.plot.style.height = `${heightOf(this.spec, this.plot.clientWidth, this.small)}px`;
    this.chart.resize();
    this.draw(false);
  }

  /// Buttons that show and hide a series each.
  #legend() {
    const names = legendOf(this.spec);
    const marks = new Map();
    if (names.length === 0) return marks;
    const box = element("div", "legend");
    for (const name of names) {
      const button = element("button", "");
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      const mark = element("span", `mark ${this.spec.kind === "bars" ? "rect" : this.palette.symbol(name)}`);
      button.append(mark, element("span", "", name));
      button.addEventListener("click", () => {
        const shown = button.getAttribute("aria-pressed") === "true";
        button.setAttribute("aria-pressed", String(!shown));
        this.chart.dispatchAction({ type: shown ? "legendUnSelect" : "legendSelect", name });
      });
      const light = (type) => () => this.chart.dispatchAction({ type, seriesName: name });
      button.addEventListener("mouseenter", light("highlight"));
      button.addEventListener("mouseleave", light("downplay"));
      marks.set(name, mark);
      box.append(button);
    }
    this.plot.before(box);
    return marks;
  }

  /// The wheel zooms only with Ctrl, so that the page scrolls; buttons do the same from the keyboard.
  #zoomButtons() {
    const zoom = (factor) => {
      const batch = this.chart.getOption().dataZoom.map(({ id, start, end }) => {
        const span = Math.min(100, Math.max(2, (end - start) * factor));
        const from = Math.min(100 - span, Math.max(0, (start + end - span) / 2));
        return { dataZoomId: id, start: from, end: from + span };
      });
      this.chart.dispatchAction({ type: "dataZoom", batch });
    };
    const box = element("div", "legend");
    const zooms = [["+", "Zoom in", 0.6], ["\u2212", "Zoom out", 1 / 0.6], ["Reset", "Show all", 100]];
    for (const [text, label, factor] of zooms) {
      const button = element("button", "", text);
      button.type = "button";
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => zoom(factor));
      box.append(button);
    }
    box.append(element("span", "hint", "Ctrl + wheel zooms, dragging moves."));
    this.plot.after(box);
  }
}

export function drawCharts() {
  const palette = new Palette();
  const charts = [];
  for (const figure of document.querySelectorAll("figure.chart")) {
    try {
      charts.push(new Chart(figure, palette));
    } catch (error) {
      console.error(error);
      figure.querySelector("details").open = true; // the table has the figures
    }
  }
  const drawAll = (printing) => charts.forEach((chart) => chart.draw(printing));
  dark.addEventListener("change", () => drawAll(false));
  window.addEventListener("beforeprint", () => drawAll(true));
  window.addEventListener("afterprint", () => drawAll(false));
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => charts.forEach((chart) => chart.resize()));
  });
}
