/** Curves by epoch on a canvas: they grow while zoom, size and what is hidden stay. */

import uPlot from "../uplot-1.6.32/uPlot.esm.js";
import { element, fill } from "./elements.js";

const GREY = "#888888";
const FRACTIONS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/**
 * Exponential moving average without the pull of its start, as TensorBoard draws it; gaps stay and count for nothing.
 * Kingma & Ba 2015, "Adam", section 3, for the correction.
 */
export function smoothed(values, weight) {
  let mean = 0;
  let correction = 1;
  return values.map((value) => {
    if (value == null) return value;
    mean = weight * mean + (1 - weight) * value;
    correction *= weight;
    return mean / (1 - correction);
  });
}

/** What charts are drawn over: its name and steps, the least that is shown, and what a place on it is called. */
const EPOCHS = {
  label: "epoch", by: "epoch", least: 1, all: "Show all epochs",
  steps: (span) => (span < 1.5 ? [...FRACTIONS, ...WHOLE] : WHOLE),
  at: (value) => `epoch ${Number(value.toPrecision(4))}`,
};

/** A figure in words; fractions are percentages. */
export function inWords(value, fraction) {
  if (value == null) return "–";
  return fraction ? `${(100 * value).toFixed(1)}\u00a0%` : `${Number(value.toPrecision(4))}`;
}

/** Height and font of charts in pixels: those that fit a screen go by its height where it is wide enough for all. */
export function sizes({ fit, height, font }) {
  if (!fit || innerWidth < 900) return { height, font };
  return { height: Math.round(0.22 * innerHeight), font: Math.max(Math.round(0.0165 * innerHeight), 10) };
}

/** Charts beside each other that have one zoom and one cursor; they are drawn over epochs unless told otherwise. */
export class Charts {
  constructor(parent, look, window, across = EPOCHS) {
    Object.assign(this, { look, window, across });
    this.all = [];
    this.sync = uPlot.sync(`${Math.random()}`);
    this.reset = element("button", { className: "reset", textContent: across.all, hidden: !window });
    this.reset.onclick = () => this.zoom(null);
    this.place = element("div", { className: "charts" });
    parent.append(this.place, this.reset);
  }

  add(title, options) {
    const chart = new Chart(this, title, options);
    this.all.push(chart);
    return chart;
  }

  /** Show only this part of what the charts are drawn over, [from, to], or all for null. */
  zoom(window) {
    this.window = window;
    this.reset.hidden = !window;
    for (const chart of this.all) chart.redraw();
  }

  destroy() {
    for (const chart of this.all) chart.destroy();
    this.place.remove();
    this.reset.remove();
  }
}

/** Charts that are on the page now, for whoever saves them as pictures. */
const shown = (globalThis.lesionLabCharts ??= new Set());
const escaped = (text) => `${text}`.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

class Chart {
  constructor(charts, title, { axis, fraction = false, log = false, bounds = null }) {
    Object.assign(this, { charts, title, axis, fraction, log: log && !fraction, bounds, hidden: new Set() });
    this.subtitle = element("div", { className: "subtitle" });
    this.canvas = element("div", { className: "canvas" });
    this.canvas.setAttribute("role", "img");
    this.legend = element("div", { className: "legend" });
    this.at = element("div", { className: "at" });
    const head = element("div", { className: "head" }, [element("div", { className: "title", textContent: title }), this.at]);
    this.box = element("figure", {}, [
      element("figcaption", {}, [head, this.subtitle]),
      this.canvas,
      this.legend,
    ]);
    charts.place.append(this.box);
    shown.add(this);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.canvas);
  }

  /**
   * Draw these curves: each has a `name` that is unique, `colour`, `xs` and `ys`, and if wanted `width`, `dash`,
   * `alpha`, `points` (its diameter) and `group`, the entry of the legend that hides it with others.
   */
  draw(curves, { baseline = null, subtitle = "", stages = [], best = null } = {}) {
    this.curves = curves.map((curve) => (this.log ? { ...curve, ys: curve.ys.map((y) => (y > 0 ? y : null)) } : curve));
    Object.assign(this, { baseline, stages, best });
    this.subtitle.textContent = subtitle;
    const shown = this.curves.map(({ name }) => name).join("\n");
    if (shown !== this.shown || !this.plot) {
      this.shown = shown;
      this.plot?.destroy();
      this.plot = new uPlot(this.options(), this.table(), this.canvas);
    } else this.redraw(this.table());
    this.tell(null);
  }

  table() {
    const known = this.curves.filter(({ xs }) => xs.length);
    if (!known.length) return [[], ...this.curves.map(() => [])];
    const joined = uPlot.join(known.map(({ xs, ys }) => [xs, ys]));
    const nothing = joined[0].map(() => undefined);
    let place = 0;
    return [joined[0], ...this.curves.map(({ xs }) => (xs.length ? joined[++place] : nothing))];
  }

  redraw(table = this.plot?.data) {
    if (this.plot) this.plot.setData(table);
  }

  fit() {
    const width = this.canvas.clientWidth;
    const { height } = sizes(this.charts.look);
    if (this.plot && width && (width !== this.plot.width || height !== this.plot.height)) {
      this.plot.setSize({ width, height });
    }
  }

  destroy() {
    shown.delete(this);
    this.resized.disconnect();
    this.plot?.destroy();
  }

  /** The same for Plotly, which makes pictures of it; what is hidden here is hidden there. */
  asFigure() {
    const range = this.plot ? [this.plot.scales.x.min, this.plot.scales.x.max] : undefined;
    const times = this.fraction ? 100 : 1; // Plotly knows a percent sign without a space only
    const scaled = (values) => values.map((value) => (value == null ? null : times * value));
    const data = (this.curves ?? []).map((curve) => ({
      type: "scatter", mode: curve.points ? "lines+markers" : "lines", x: curve.xs, y: scaled(curve.ys),
      name: escaped(curve.group ?? curve.name), showlegend: curve.legend !== false,
      visible: !this.hidden.has(curve.group ?? curve.name), opacity: curve.alpha ?? 1,
      line: { color: curve.colour, width: curve.width ?? 2, dash: curve.dash ? "dash" : "solid" },
      marker: { color: curve.colour, size: curve.points ?? 6 },
    }));
    const marks = this.marks();
    const line = { type: "line", line: { color: GREY, width: 1, dash: "dot" } };
    const shapes = marks.map(({ at }) => ({ ...line, x0: at, x1: at, y0: 0, y1: 1, yref: "paper" }));
    const annotations = marks.map(({ at, text }) => ({ x: at, y: 1, yref: "paper", text, showarrow: false, xanchor: "left", yanchor: "top" }));
    if (this.baseline != null) {
      shapes.push({ ...line, x0: 0, x1: 1, xref: "paper", y0: times * this.baseline, y1: times * this.baseline });
      const text = `floor ${inWords(this.baseline, true)}`;
      annotations.push({ x: 1, xref: "paper", y: times * this.baseline, text, showarrow: false, xanchor: "right", yanchor: "top" });
    }
    const rows = Math.ceil(data.filter(({ showlegend }) => showlegend).length / 2);
    const y = { title: { text: this.axis }, type: this.log ? "log" : "linear", ticksuffix: this.fraction ? "\u00a0%" : undefined };
    return { data, layout: {
      title: { text: escaped(this.title), x: 0.02, subtitle: { text: escaped(this.subtitle.textContent) } },
      height: 340 + 20 * rows, margin: { t: 70, r: 20, b: 70 + 20 * rows, l: 60 },
      legend: { orientation: "h", x: 0, xref: "container", y: 0, yref: "container", yanchor: "bottom" },
      xaxis: { title: { text: this.charts.across.label }, range }, yaxis: { ...y, range: this.bounds ? scaled(this.bounds) : undefined },
      shapes, annotations,
    } };
  }

  /** Where stages begin and where the best epoch is, each with what is said of it. */
  marks() {
    const marks = (this.stages ?? []).map(({ at, number, text }) => ({ at, text: text ?? `stage ${number}` }));
    if (this.best != null) marks.push({ at: this.best, text: "best", low: true });
    return marks;
  }

  options() {
    const { sync } = this.charts;
    const look = sizes(this.charts.look);
    const style = (name) => getComputedStyle(this.canvas).getPropertyValue(name).trim();
    const font = `${look.font}px ${getComputedStyle(this.canvas).fontFamily}`;
    const line = { stroke: () => style("--st-border-color") || `${GREY}44`, width: 1 };
    const shared = {
      font, labelFont: font, labelSize: 1.7 * look.font, labelGap: 0, gap: 4, grid: line, ticks: { ...line, size: 4 },
      stroke: () => style("--st-text-color") || GREY,
    };
    return {
      width: this.canvas.clientWidth || 320,
      height: look.height,
      legend: { show: false },
      cursor: {
        sync: { key: sync.key },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7 },
        y: false,
        bind: { dblclick: () => () => this.charts.zoom(null) },
      },
      scales: {
        x: { time: false, range: (plot) => this.extent(plot) },
        y: { distr: this.log ? 3 : 1, range: (_, from, to) => this.values(from, to) },
      },
      axes: [
        {
          ...shared,
          label: this.charts.across.label,
          incrs: (plot, axis, from, to) => this.charts.across.steps(to - from),
          size: 2.1 * look.font,
          space: 4 * look.font,
        },
        {
          ...shared,
          label: this.axis,
          size: (_, texts) => 8 + 0.62 * look.font * Math.max(...(texts ?? [""]).map((text) => `${text ?? ""}`.length), 2),
          space: 2 * look.font,
          values: (_, ticks) => ticks.map((tick) => this.tick(tick)),
        },
      ],
      series: [
        {},
        ...this.curves.map((curve) => ({
          stroke: curve.colour,
          width: curve.width ?? 2,
          dash: curve.dash,
          alpha: curve.alpha ?? 1,
          points: { show: Boolean(curve.points), size: curve.points, fill: curve.colour },
          show: !this.hidden.has(curve.group ?? curve.name),
        })),
      ],
      hooks: {
        setSelect: [(plot) => this.selected(plot)],
        setCursor: [(plot) => this.tell(plot.cursor.idx)],
        draw: [(plot) => this.drawStages(plot, font), (plot) => this.drawFloor(plot, font), (plot) => this.note(plot)],
      },
    };
  }

  extent(plot) {
    if (this.charts.window) return this.charts.window;
    const known = plot.data[0];
    return [0, Math.max(known.length ? known.at(-1) : 1, this.charts.across.least)];
  }

  values(from, to) {
    if (this.bounds) return this.bounds;
    if (from == null) return this.log ? [0.1, 1] : [0, 1];
    if (this.log) return uPlot.rangeLog(from, to, 10, false);
    if (this.baseline != null) [from, to] = [Math.min(from, this.baseline), Math.max(to, this.baseline)];
    const margin = 0.06 * (to - from) || 0.05 * Math.abs(to) || 0.05;
    [from, to] = [from - margin, to + margin];
    return this.fraction ? [Math.max(from, 0), Math.min(to, 1)] : [from, to];
  }

  tick(value) {
    if (value == null) return null;
    return this.fraction ? `${Number((100 * value).toPrecision(4))}\u00a0%` : `${Number(value.toPrecision(4))}`;
  }

  selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const window = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.charts.zoom(window);
  }

  /** What is drawn, for whoever looks at the page and not at its pixels. */
  note({ data: [, ...values], scales: { x } }) {
    const points = values.flat().filter((value) => value != null).length;
    Object.assign(this.canvas.dataset, { points, from: x.min, to: x.max, stages: this.stages.map(({ at }) => at) });
    this.canvas.dataset.best = this.best ?? "";
  }

  /** A line where each stage but the first begins, with its number or what is said of it, and one at the epoch whose model is kept. */
  drawStages(plot, font) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    Object.assign(ctx, { strokeStyle: GREY, fillStyle: GREY, lineWidth: ratio, textAlign: "left", textBaseline: "top" });
    ctx.font = font.replace(/^[\d.]+/, (size) => size * ratio);
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    for (const { at, text, low } of this.marks()) {
      const x = Math.round(plot.valToPos(at, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const right = x + ctx.measureText(text).width + 6 * ratio < bbox.left + bbox.width;
      ctx.textAlign = right ? "left" : "right";
      ctx.textBaseline = low ? "bottom" : "top";
      ctx.fillText(text, x + (right ? 3 : -3) * ratio, low ? bbox.top + bbox.height - 2 * ratio : bbox.top + 2 * ratio);
    }
    ctx.restore();
  }

  /** The dashed line under which an accuracy is worth nothing. */
  drawFloor(plot, font) {
    if (this.baseline == null) return;
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(this.baseline, "y", true));
    if (y < bbox.top || y > bbox.top + bbox.height) return;
    const ratio = devicePixelRatio;
    ctx.save();
    Object.assign(ctx, { strokeStyle: GREY, fillStyle: GREY, lineWidth: ratio, textAlign: "right", textBaseline: "top" });
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = font.replace(/^[\d.]+/, (size) => size * ratio);
    const roomBelow = bbox.top + bbox.height - y > 1.5 * this.charts.look.font * ratio;
    ctx.textBaseline = roomBelow ? "top" : "bottom";
    const words = `floor ${inWords(this.baseline, true)}`;
    const [right, at] = [bbox.left + bbox.width, y + (roomBelow ? 3 : -3) * ratio];
    // The words stand before the curves, so they have the ground of the page around them.
    const ground = getComputedStyle(this.canvas).getPropertyValue("--st-background-color").trim();
    if (ground) Object.assign(ctx, { strokeStyle: ground, lineWidth: 4 * ratio, lineJoin: "round" });
    ctx.setLineDash([]);
    ctx.strokeText(words, right, at);
    ctx.fillText(words, right, at);
    ctx.restore();
  }

  /** Names and values in the legend: those under the mouse, else the last ones. */
  tell(place) {
    const xs = this.plot?.data[0] ?? [];
    const entries = this.curves.filter((curve) => curve.legend !== false).map((curve) => {
      const values = this.plot?.data[this.curves.indexOf(curve) + 1] ?? [];
      return { curve, name: curve.group ?? curve.name, ...valueAt(xs, values, place) };
    });
    if (this.legend.childElementCount !== entries.length) fill(this.legend, entries.map((entry) => this.entry(entry)));
    entries.forEach(({ curve, name, value }, number) => {
      const button = this.legend.children[number];
      button.querySelector(".mark").style.background = curve.colour;
      button.querySelector(".name").textContent = name;
      button.querySelector(".value").textContent = inWords(value, this.fraction);
      button.setAttribute("aria-pressed", `${!this.hidden.has(name)}`);
    });
    const at = place == null ? null : xs[place];
    this.at.textContent = at == null ? "" : this.charts.across.at(at);
    const last = entries.map(({ name, value }) => `${name} ${inWords(value, this.fraction)}`).join(", ");
    if (place == null) this.canvas.setAttribute("aria-label", `${this.title} by ${this.charts.across.by}, last: ${last}`);
  }

  entry({ name }) {
    const parts = ["mark", "name", "value"].map((className) => element("span", { className }));
    const button = element("button", { title: "Show or hide" }, parts);
    button.onclick = () => {
      if (!this.hidden.delete(name)) this.hidden.add(name);
      this.curves.forEach((curve, number) => {
        if ((curve.group ?? curve.name) === name) this.plot.setSeries(number + 1, { show: !this.hidden.has(name) });
      });
      this.tell(null);
    };
    return button;
  }
}

/** The value at a place, or the nearest one before it; the last one without a place. */
function valueAt(xs, values, place) {
  for (let at = place ?? xs.length - 1; at >= 0; at--) {
    if (values[at] !== undefined) return { value: values[at] };
  }
  return { value: null };
}
