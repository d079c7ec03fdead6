/** What a run took of its machine, over its time at work: processor, memory, GPUs, and the wait for input. */

import { Charts } from "./curves.js";
import { element, say } from "./elements.js";

const LIVE_MS = 3000;
const GPU_COLOURS = ["#3B6FB6", "#E08A1E", "#7A5195", "#0E8B6F", "#B5534A", "#5AAFC4", "#A19467", "#87919A"];
const UNITS = [
  { name: "seconds", seconds: 1 }, { name: "minutes", seconds: 60 }, { name: "hours", seconds: 3600 },
];
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240, 600, 1200];

/** The largest unit of which at least three have passed. */
export function unitOf(seconds) {
  return UNITS.findLast((unit) => seconds >= 3 * unit.seconds) ?? UNITS[0];
}

/** The axis of charts over time in this unit. */
function across({ name }) {
  return { label: `${name} at work`, by: "time at work", least: 0, steps: () => STEPS, all: "Show the whole time",
    at: (value) => `${Number(value.toPrecision(3))} ${name}` };
}

/** Charts as they are drawn: `title`, `options`, `subtitle` and `curves` over seconds; those without a curve are left out. */
export function chartsOf(told, [own, other]) {
  const gib = (value) => (value == null ? "" : `of ${value.toFixed(1)} GiB`);
  const both = (own_, all) => [
    { name: "whole machine", colour: other, width: 1.5, xs: told.at, ys: all },
    { name: "this training", colour: own, xs: told.at, ys: own_ },
  ];
  const gpus = (field) => told.gpus.map((gpu, number) => ({
    name: `GPU ${gpu.index}`, colour: GPU_COLOURS[number % GPU_COLOURS.length], xs: told.at, ys: gpu[field],
  }));
  const totals = [...new Set(told.gpus.map(({ total }) => total).filter((total) => total != null))];
  const top = Math.max(...totals, 0);
  return [
    { title: "Processor", options: { axis: "cores in use", bounds: told.cores ? [0, told.cores] : null },
      subtitle: told.cores ? `of ${told.cores} cores` : "", curves: both(told.cpu, told.cpu_all) },
    { title: "Memory", options: { axis: "GiB", bounds: told.memory_total ? [0, told.memory_total] : null },
      subtitle: gib(told.memory_total), curves: both(told.memory, told.memory_all) },
    { title: "GPU", options: { axis: "share of the time that it computes", fraction: true, bounds: [0, 1] },
      subtitle: "whole device, whoever uses it", curves: gpus("use") },
    { title: "GPU memory", options: { axis: "GiB", bounds: top ? [0, top] : null },
      subtitle: totals.length === 1 ? gib(totals[0]) : "", curves: gpus("memory") },
    { title: "Waiting for input", options: { axis: "share of the learning time", fraction: true, bounds: [0, 1] },
      subtitle: "as the training measured it",
      curves: [{ name: "waiting", colour: own, xs: told.wait.at, ys: told.wait.share }] },
  ].filter(({ curves }) => curves.some(({ ys }) => ys.some((value) => value != null)));
}

export class SystemView {
  constructor(parent, part, run) {
    Object.assign(this, { part, run, version: "", told: null });
    this.note = element("div", { className: "note", hidden: true });
    this.gpuNote = element("div", { className: "note", hidden: true });
    this.place = element("div");
    this.box = element("div", { className: "live" }, [this.note, this.place, this.gpuNote]);
    parent.append(this.box);
    this.woken = () => document.hidden || this.look();
  }

  ask(data) {
    const look = JSON.stringify(data.look);
    this.data = data;
    if (look !== this.asked) this.drop();
    this.asked = look;
    if (this.told) this.draw();
    if (this.watching) return;
    this.watching = true;
    document.addEventListener("visibilitychange", this.woken);
    this.look();
  }

  leave() {
    this.watching = false;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.woken);
    this.drop();
    this.box.remove();
  }

  drop() {
    this.window = this.charts?.window;
    this.charts?.destroy();
    this.charts = null;
  }

  async look() {
    if (this.looking) return;
    this.looking = true;
    clearTimeout(this.timer);
    let live = true;
    try {
      const answer = await fetch(`${this.data.api}/system?${new URLSearchParams({ known: this.version })}`, { cache: "no-store" });
      if (answer.ok) {
        const told = await answer.json();
        live = told.live;
        this.version = told.version;
        say(this.note, told.note);
        if (told.curves) this.told = told.curves;
        if (told.curves && this.watching) this.draw();
      }
    } catch { /* the part above says that there is no connection */ }
    this.looking = false;
    if (this.watching && live && !document.hidden) this.timer = setTimeout(() => this.look(), LIVE_MS);
  }

  draw() {
    const { told } = this;
    if (!told.at.length) return;
    const unit = unitOf(told.at.at(-1));
    const { training, validation } = this.data.look.colours;
    const wanted = chartsOf(told, [training, validation]);
    const kinds = [unit.name, ...wanted.map(({ title }) => title)].join();
    if (kinds !== this.kinds || !this.charts) {
      if (kinds !== this.kinds) this.window = null;
      this.kinds = kinds;
      this.charts?.destroy();
      this.charts = new Charts(this.place, this.data.look, this.window, across(unit));
      this.each = wanted.map(({ title, options }) => this.charts.add(title, options));
    }
    const scaled = (values) => values.map((value) => value / unit.seconds);
    this.charts.across.least = told.at.at(-1) / unit.seconds;  // all charts show the whole time
    const stages = scaled(told.again).map((at) => ({ at, text: "went on" }));
    wanted.forEach(({ subtitle, curves }, number) => {
      const over = curves.map((curve) => ({ ...curve, points: curve.xs.length < 60 ? 4 : 0, xs: scaled(curve.xs) }));
      this.each[number].draw(over, { subtitle, stages });
    });
    say(this.gpuNote, told.gpus.length ? "" : "No GPU answered while it ran.");
  }
}
