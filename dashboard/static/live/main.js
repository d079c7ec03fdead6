/** Parts of a page that show one run while it learns. `mount` is called by Streamlit's component for each of them. */

import { Charts, smoothed } from "./curves.js";
import { counted, element, say } from "./elements.js";
import { feedOf } from "./feed.js";
import { Figures, Matrix, Pictures, Progress } from "./parts.js";
import { SystemView } from "./system.js";

const mounted = new WeakMap();

/**
 * Show a part in an element, or show it anew as it is asked for now; returns what takes it away. Streamlit may call
 * that and then ask again for the same element: the part stays then, with its zoom. Of `data`:
 * `part` is "run", "class", "matrix", "rate" or "system"; `run` its id; `api` the address of its data; `listed` what the page
 * knows of the list of runs; `look` smoothing, log, height and font of the charts; `measures` what is drawn;
 * `mode` of the matrix "pictures" or shares.
 */
export function mount(parent, data, changed) {
  const { part, run, api } = data;
  let view = mounted.get(parent);
  if (!view || view.part !== part || view.run !== run) {
    view?.leave();
    view = part === "system" ? new SystemView(parent, part, run) : new View(parent, part, run, feedOf(api));
    mounted.set(parent, view);
  }
  view.ask(data, changed);
  const last = Symbol("asked");
  view.last = last;
  return () => setTimeout(() => {
    if (view.last !== last) return;
    view.leave();
    if (mounted.get(parent) === view) mounted.delete(parent);
  });
}

class View {
  constructor(parent, part, run, feed) {
    Object.assign(this, { part, run, feed, window: null });
    this.box = element("div", { className: "live" });
    parent.append(this.box);
    this.note = element("div", { className: "note" });
    this.note.hidden = true;
    if (part === "run") this.parts = [new Progress(this.box), new Figures(this.box)];
    if (part === "run") {
      this.inputNote = element("div", { className: "warning", hidden: true });
      this.inputNote.setAttribute("role", "status");
      this.box.append(this.inputNote);
    }
    if (part === "matrix") this.matrix = new Matrix(this.box);
    this.chartsPlace = element("div");
    this.box.append(this.chartsPlace, this.note);
    if (part === "run") {
      this.pictures = new Pictures(this.box);
      this.picturesNote = element("div", { className: "note", hidden: true });
      this.box.append(this.picturesNote);
    }
    this.draw = () => this.drawAll();
  }

  ask(data, changed) {
    const look = JSON.stringify([data.look, data.measures]);
    this.box.classList.toggle("fit", Boolean(data.look.fit));
    Object.assign(this, { data, changed });
    if (look !== this.look) {
      this.look = look;
      if (this.charts) this.window = this.charts.window;
      this.charts?.destroy();
      this.charts = this.drawn = null;
    }
    if (!this.watching) {
      this.watching = true;
      this.feed.watch(this.draw);
    } else if (this.feed.loaded) this.drawAll(true);
  }

  leave() {
    this.watching = false;
    this.feed.leave(this.draw);
    this.charts?.destroy();
    this.box.remove();
  }

  drawAll(anew = false) {
    const { feed, data } = this;
    for (const part of this.parts ?? []) part.draw(feed);
    if (this.part === "run") this.tellPage();
    if (!feed.loaded) return;
    say(this.note, feed.note[this.part === "run" ? "curves" : this.part]);
    if (this.inputNote) say(this.inputNote, feed.note.input);
    if (this.pictures) {
      say(this.picturesNote, feed.note.pictures);
      this.pictures.draw(feed);
    }
    if (this.matrix) this.matrix.draw(feed, data.mode);
    const theme = getComputedStyle(this.box).getPropertyValue("--st-text-color");
    const drawn = [feed.telling, feed.epochs.length, feed.batches.at(-1)?.at, feed.facts.version, theme].join();
    if (this.note.hidden && (anew || drawn !== this.drawn)) this.drawCharts();
    this.drawn = drawn;
  }

  /** The page is drawn anew when its list of runs is not what it was. */
  tellPage() {
    const { feed, data, told } = this;
    const listed = feed.gone ? "gone" : feed.listed;
    if (!listed || listed === data.listed) return;
    if (told && told.listed === listed && Date.now() - told.when < 5000) return;
    this.told = { listed, when: Date.now() };
    this.changed(listed);
  }

  drawCharts() {
    const { data, feed } = this;
    if (this.part === "matrix") return;
    if (!this.charts) {
      const small = this.part === "class";
      const look = small && !data.look.fit ? { ...data.look, height: Math.round(0.7 * data.look.height) } : data.look;
      this.charts = new Charts(this.chartsPlace, look, this.window);
      const asked = { log: data.look.log, bounds: small ? [0, 1] : null };
      // A small chart for each class: seven classes in one would be fourteen lines.
      const wanted = small ? feed.facts.classes.map(({ name }) => ({ ...data.measures[0], title: name })) : data.measures;
      this.each = wanted.map((measure) => this.charts.add(measure.title, { ...measure, ...asked }));
    }
    const things = feed.facts.things === "pictures" ? "images" : feed.facts.things;
    const validated = feed.matrix ? `, ${counted(feed.matrix.counts)} validation` : "";
    const images = `n = ${feed.facts.images.toLocaleString("en")} training${validated} ${things}`;
    if (this.part === "class") {
      this.each.forEach((chart, place) => {
        const curves = ofClass(feed, place);
        const subtitle = `n = ${counted([feed.matrix.counts[place]])} validation ${things}; dashed: in training`;
        chart.draw(curves, { subtitle, stages: stagesAfterFirst(feed) });
        chart.box.hidden = !curves.length;
      });
      return;
    }
    const floors = { accuracy: feed.facts.floor, balanced_accuracy: feed.facts.balanced_floor };
    data.measures.forEach((measure, number) => {
      const baseline = floors[measure.column] ?? null;
      const curves = learnt(feed, measure, data.look);
      const marks = { stages: stagesAfterFirst(feed), best: feed.best };
      this.each[number].draw(curves, { baseline, subtitle: images, ...marks });
      // An older run has not recorded every measure.
      this.each[number].box.hidden = feed.epochs.length > 0 && !curves.some(({ xs }) => xs.length);
    });
  }
}

/** Where each stage but the first begins, on the axis of epochs, and its number, from 2. */
function stagesAfterFirst({ epochs }) {
  return epochs
    .filter(({ stage }, place) => place && stage !== epochs[place - 1].stage)
    .map(({ at, stage }) => ({ at: at - 1, number: stage + 1 }));
}

/** Training and validation of one measure; the epoch so far faintly, and the values themselves behind smoothed ones. */
function learnt({ epochs, batches }, { column, title }, { smoothing, colours }) {
  const points = (lines, field) => {
    const known = lines.filter((line) => line[field] !== undefined);
    return { xs: known.map(({ at }) => at), ys: known.map((line) => line[field]) };
  };
  const smooth = ({ xs, ys }) => ({ xs, ys: smoothing ? smoothed(ys, smoothing) : ys });
  if (column === "learning_rate") {
    return [{ name: title.toLowerCase(), colour: colours.training, points: 6, ...points(epochs, column) }];
  }
  const soFar = points(batches, column);
  const curves = [{
    name: "epoch so far", group: "training", legend: false, colour: colours.training, alpha: 0.45, width: 1,
    points: soFar.xs.length < 60 ? 4 : 0, ...smooth(soFar),
  }];
  for (const [part, field] of [["training", column], ["validation", `val_${column}`]]) {
    const [colour, known] = [colours[part], points(epochs, field)];
    if (smoothing) {
      curves.push({ name: `${part} itself`, group: part, legend: false, colour, alpha: 0.25, width: 1.5, ...known });
    }
    curves.push({ name: part, colour, points: known.xs.length < 120 ? 6 : 0, ...smooth(known) });
  }
  return curves;
}

/** The sensitivity of one class in validation, and dashed in training; nothing where it does not occur. */
function ofClass({ epochs, facts }, place) {
  const known = epochs.filter(({ found }) => found);
  const xs = known.map(({ at }) => at);
  const { colour } = facts.classes[place];
  const of = (field) => known.map((epoch) => epoch[field]?.[place] ?? null);
  const found = of("found");
  const trained = of("found_train");
  if (![...found, ...trained].some((value) => value != null)) return [];
  return [
    { name: "training", colour, alpha: 0.6, width: 1, dash: [3, 3], xs, ys: trained },
    { name: "validation", colour, points: xs.length < 120 ? 6 : 0, xs, ys: found },
  ];
}
