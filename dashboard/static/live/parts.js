/** What stands around the curves: progress, the best figures, the watched pictures, the confusion matrix. */

import { counted, element, fill, say } from "./elements.js";

/** Of the history of one picture; of more epochs, every second or third is shown. */
const MOST_COLUMNS = 40;
/** Of the short name of a class that has room beside its bar. */
const KEY_LETTERS = 6;

const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}\u00a0%`;
/** The same as a length in a style. */
const extent = (share) => `${(100 * share).toFixed(1)}%`;

export class Progress {
  constructor(parent) {
    this.words = element("div", { className: "words" });
    this.bar = element("div", { className: "done" });
    this.track = element("div", { className: "track" }, [this.bar]);
    this.track.setAttribute("role", "progressbar");
    this.track.setAttribute("aria-label", "How far the run is");
    this.box = element("div", { className: "progress" }, [this.words, this.track]);
    parent.append(this.box);
  }

  draw({ progress, connected, gone }) {
    this.box.hidden = !progress && connected && !gone;
    if (this.box.hidden) return;
    let words = progress?.text ?? "";
    if (progress?.age != null) words += ` · ${progress.age.toFixed(0)} s ago`;
    if (!connected) words = "No connection to the server; trying again …";
    if (gone) words = "This run is not there any more.";
    say(this.words, words);
    const share = progress?.share ?? 0;
    this.bar.style.width = extent(share);
    this.track.setAttribute("aria-valuenow", `${Math.round(100 * share)}`);
  }
}

export class Figures {
  constructor(parent) {
    this.box = element("div", { className: "figures" });
    parent.append(this.box);
  }

  draw({ figures }) {
    if (this.box.childElementCount !== figures.length) {
      fill(this.box, figures.map(() => element("div", {}, ["label", "value", "under"].map(
        (className) => element("div", { className }),
      ))));
    }
    figures.forEach((figure, number) => {
      const box = this.box.children[number];
      box.title = figure.help;
      for (const part of box.children) say(part, figure[part.className]);
    });
  }
}

/** What the short names of classes stand for, in one sentence; nothing where they are the names. */
function legend(classes) {
  const told = classes.filter(({ short, name }) => short !== name).map(({ short, name }) => `${short} ${name}`);
  return told.length ? `${told.join(", ")}.` : "";
}

/** Six validation pictures and what the network says of them, epoch by epoch. */
export class Pictures {
  constructor(parent) {
    this.box = element("div", { className: "pictures" });
    this.words = element("div", { className: "subtitle" });
    parent.append(this.box, this.words);
  }

  draw({ facts, epochs, telling, url }) {
    const drawn = `${facts.version} ${telling} ${epochs.length}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    if (this.version !== facts.version) {
      this.version = facts.version;
      fill(this.box, facts.pictures.map((_, number) => this.card(facts, number, url)));
      this.words.textContent = legend(facts.classes);
    }
    const told = epochs.filter(({ pictures }) => pictures).map(({ pictures }) => pictures);
    facts.pictures.forEach((_, number) => this.tell(facts, number, told.map((all) => all[number]).filter(Boolean)));
  }

  card({ classes, pictures, version }, number, url) {
    const { here, label } = pictures[number];
    const { name, colour } = classes[label];
    const shown = here
      ? element("img", { src: `${url}/pictures/${number}?of=${version}`, alt: `A validation picture of ${name}` })
      : element("div", { className: "missing", textContent: "Its picture is not here." });
    const history = element("div", { className: "history" });
    history.setAttribute("role", "img");
    history.setAttribute("aria-label", `Probability of ${name} by epoch`);
    history.style.color = colour;
    const widest = Math.max(...classes.map(({ short }) => short.length));
    const bars = classes.map((each, place) => {
      const bar = element("span", { className: "bar" });
      bar.style.background = each.colour;
      return element("div", { className: place === label ? "class true" : "class" }, [
        element("span", { className: "key", textContent: each.short }), bar,
      ]);
    });
    const figure = element("figure", {}, [
      shown,
      element("figcaption", {}, ["True class: ", element("b", { textContent: name })]),
      element("div", { className: "said", title: `Probability of the true class, ${name}` }, [
        element("span", { className: "share", textContent: "–" }), element("span", { className: "change" }),
      ]),
      history,
      ...bars,
    ]);
    figure.style.setProperty("--key", widest > KEY_LETTERS ? extent(0.45) : "3.2rem");
    return figure;
  }

  tell({ classes, pictures }, number, told) {
    const card = this.box.children[number];
    const of = told.map((values) => values[pictures[number].label] ?? 0);
    card.querySelector(".share").textContent = of.length ? percent(of.at(-1)) : "–";
    const change = of.length > 1 ? Math.round(100 * (of.at(-1) - of.at(-2))) : null;
    const sign = change < 0 ? "−" : "+";
    card.querySelector(".change").textContent = change == null ? "" : `${sign}${Math.abs(change)} points`;
    const step = Math.floor(of.length / MOST_COLUMNS) + 1;
    fill(card.querySelector(".history"), of.filter((_, place) => (of.length - 1 - place) % step === 0).map((value) => {
      const column = element("i");
      column.style.height = extent(value);
      return column;
    }));
    card.querySelectorAll(".class").forEach((row, place) => {
      const value = told.at(-1)?.[place] ?? 0;
      row.title = `${classes[place].name}: ${percent(value, 1)}`;
      row.querySelector(".bar").style.width = extent(value);
    });
  }
}

/** Who was taken for whom in the last epoch: a row per true class, a column per predicted one. */
export class Matrix {
  constructor(parent) {
    this.table = element("table");
    this.words = element("div", { className: "subtitle" });
    parent.append(element("div", { className: "matrix" }, [this.table, this.words]));
  }

  draw({ facts, matrix }, mode) {
    if (!matrix) return;
    const { classes } = facts;
    const head = (text, title, scope) => {
      const cell = element("th", { textContent: text, title });
      cell.scope = scope;
      return cell;
    };
    const top = element("tr", {}, [
      element("th", { className: "corner", textContent: "true ↓  predicted →" }),
      ...classes.map(({ short, name }) => head(short, name, "col")),
    ]);
    const rows = matrix.counts.map((counts, row) => {
      const all = counts.reduce((sum, count) => sum + count, 0);
      const cells = counts.map((count, column) => {
        const share = all ? count / all : null;
        const text = share == null ? "" : mode === "pictures" ? count.toLocaleString("en") : percent(share);
        const cell = element("td", { textContent: text });
        cell.title = `${count.toLocaleString("en")} of ${all.toLocaleString("en")} ${facts.things} of ${classes[row].name} `
          + `were taken for ${classes[column].name}`;
        cell.style.setProperty("--share", extent(share ?? 0));
        return cell;
      });
      return element("tr", {}, [head(classes[row].short, classes[row].name, "row"), ...cells]);
    });
    fill(this.table, [
      element("caption", { textContent: "Confusion matrix of the last epoch" }), element("thead", {}, [top]),
      element("tbody", {}, rows),
    ]);
    const keys = legend(classes);
    this.words.textContent = `n = ${counted(matrix.counts)} validation ${facts.things} in epoch ${matrix.epoch}. ${keys}`;
  }
}
