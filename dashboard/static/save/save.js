/** Saving the charts of a page as pictures: drawn light, whatever the page is, with what is said of them below. */

const FONT = "Arial, Helvetica, sans-serif";
const LINE = 17;
const MARGIN = 16;
/** A letter of the caption is about so wide, in pixels. */
const LETTER = 6.1;

/** The charts that are seen on the page now: `title`, `caption`, `box` (their element) and `draw`, which gives an SVG. */
export function charts(theme, plotly) {
  const seen = (element) => element.checkVisibility() && element.clientWidth > 0;
  const found = [];
  for (const box of document.querySelectorAll(".js-plotly-plot")) {
    if (!seen(box) || !box.data) continue;
    const title = plain(box.layout?.title?.text) || box.closest("[aria-label]")?.ariaLabel || "Chart";
    const figure = () => ({ data: structuredClone(box.data), layout: structuredClone(box.layout) });
    found.push({ box, title, caption: captionUnder(box), draw: () => drawn(figure(), box, theme, plotly) });
  }
  for (const chart of globalThis.lesionLabCharts ?? []) {
    if (!seen(chart.box)) continue;
    found.push({ box: chart.box, title: chart.title, caption: captionUnder(chart.box), draw: () => drawn(chart.asFigure(), chart.box, theme, plotly) });
  }
  for (const box of document.querySelectorAll("[data-testid=stVegaLiteChart] svg.marks")) {
    if (!seen(box)) continue;
    const title = box.querySelector(".role-title-text text")?.textContent || "Chart";
    found.push({ box, title, caption: captionUnder(box), draw: async () => lit(box, theme) });
  }
  const place = ({ box }) => box.getBoundingClientRect();
  return found.sort((a, b) => Math.round(place(a).top - place(b).top) || place(a).left - place(b).left);
}

/** Save a chart as a file of the browser; `kind` is "png" or "svg". */
export async function save({ title, caption, draw }, kind, page) {
  const { svg, width, height } = await draw();
  const whole = withCaption(svg, width, height, [caption, page]);
  const file = kind === "svg" ? new Blob([whole.text], { type: "image/svg+xml" }) : await asPng(whole);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-+|-+$/g, "").slice(0, 80) || "chart"}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The text of a title, of which Plotly reads some marks as HTML. */
function plain(text) {
  const words = `${text ?? ""}`.replaceAll(/<br\s*\/?>/gi, " ").replaceAll(/<[^>]*>/g, "");
  return new DOMParser().parseFromString(words, "text/html").body.textContent.trim();
}

/** The caption that stands right under a chart on the page. */
function captionUnder(box) {
  const next = box.closest("[data-testid=stElementContainer]")?.nextElementSibling;
  return next?.querySelector("[data-testid=stCaptionContainer]")?.innerText.trim() ?? "";
}

/** Plotly's own picture of a figure in light colours, at the size that it has on the page. */
async function drawn({ data, layout }, box, theme, plotly) {
  const { width, height } = sizeOf(box, layout);
  const axis = { gridcolor: theme.border, zerolinecolor: theme.border, linecolor: theme.border, automargin: true };
  const scale = (colours) => colours.map((colour, number) => [number / (colours.length - 1), colour]);
  const template = { layout: {
    font: { color: theme.text, family: FONT, size: 12 },
    title: { font: { size: 16 }, subtitle: { font: { color: theme.text } } },
    xaxis: axis, yaxis: axis, colorway: theme.colorway,
    colorscale: { sequential: scale(theme.sequential), diverging: scale(theme.diverging) },
  } };
  const light = { ...layout, template, width, height, autosize: false, paper_bgcolor: theme.ground, plot_bgcolor: theme.ground };
  const picture = await (await plotly()).toImage({ data, layout: light }, { format: "svg", width, height, imageDataOnly: true });
  const svg = picture.startsWith("data:") ? decodeURIComponent(picture.slice(picture.indexOf(",") + 1)) : picture;
  return { svg, width, height };
}

function sizeOf(box, layout) {
  const { width, height } = box.getBoundingClientRect();
  return { width: Math.max(Math.round(width), 320), height: Math.max(layout.height ?? Math.round(height), 200) };
}

/** An SVG of the page with texts and lines for a light ground. */
function lit(box, theme) {
  const { width, height } = box.getBoundingClientRect();
  const copy = box.cloneNode(true);
  copy.setAttribute("viewBox", box.getAttribute("viewBox") ?? `0 0 ${width} ${height}`);
  for (const text of copy.querySelectorAll("text")) text.setAttribute("fill", theme.text);
  for (const line of copy.querySelectorAll(".role-axis-grid line, .role-axis-domain line, .role-axis-tick line")) {
    line.setAttribute("stroke", theme.border);
  }
  copy.setAttribute("font-family", FONT);
  return { svg: new XMLSerializer().serializeToString(copy), width: Math.round(width), height: Math.round(height) };
}

/** A picture on white with lines of text under it; every text is set as text. */
export function withCaption(svg, width, height, texts) {
  const lines = texts.flatMap((text) => wrapped(text, Math.floor((width - 2 * MARGIN) / LETTER)));
  const whole = height + lines.length * LINE + MARGIN;
  const inner = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
  const make = (name, attributes) => made(inner.namespaceURI, name, attributes);
  const outer = make("svg", { width, height: whole, viewBox: `0 0 ${width} ${whole}` });
  outer.append(make("rect", { width, height: whole, fill: "#FFFFFF" }));
  inner.setAttribute("width", width);
  inner.setAttribute("height", height);
  outer.append(inner);
  lines.forEach((line, number) => {
    const text = make("text", { x: MARGIN, y: height + (number + 0.8) * LINE, "font-size": 12, "font-family": FONT, fill: "#2F3B42" });
    text.textContent = line;
    outer.append(text);
  });
  return { text: new XMLSerializer().serializeToString(outer), width, height: whole };
}

function today() {
  return new Date().toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

function made(namespace, name, attributes) {
  const element = document.createElementNS(namespace, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

function wrapped(text, letters) {
  const lines = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (lines.length && lines.at(-1).length + word.length < letters) lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines;
}

async function asPng({ text, width, height }) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((take, refuse) => canvas.toBlob((file) => (file ? take(file) : refuse(new Error("no picture"))), "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Plotly, loaded from this server when the first picture is saved. */
function loader(address) {
  let loading = null;
  return () => (loading ??= new Promise((take, refuse) => {
    if (globalThis.Plotly?.toImage) return take(globalThis.Plotly);
    const script = Object.assign(document.createElement("script"), { src: address });
    script.onload = () => take(globalThis.Plotly);
    script.onerror = () => {
      loading = null;
      refuse(new Error("Plotly was not loaded"));
    };
    return document.head.append(script);
  }));
}

/** List the charts of the page in an element, each with its two buttons. `data` has `theme`, `plotly` and `about`. */
export function mount(parent, data) {
  const list = Object.assign(document.createElement("div"), { className: "save" });
  const said = Object.assign(document.createElement("p"), { className: "said" });
  said.setAttribute("role", "status");
  const found = charts(data.theme, loader(new URL(data.plotly, location.origin).href));
  if (!found.length) said.textContent = "This page shows no chart now.";
  for (const chart of found) {
    const row = Object.assign(document.createElement("div"), { className: "row" });
    row.append(Object.assign(document.createElement("span"), { textContent: chart.title }));
    for (const kind of ["png", "svg"]) {
      const button = Object.assign(document.createElement("button"), { textContent: kind.toUpperCase() });
      button.setAttribute("aria-label", `Save “${chart.title}” as ${kind.toUpperCase()}`);
      button.onclick = async () => {
        said.textContent = "Drawing …";
        try {
          await save(chart, kind, `${document.title}, ${today()}. ${data.about}`);
          said.textContent = `“${chart.title}” is among your downloads.`;
        } catch (error) {
          console.error(error);
          said.textContent = `“${chart.title}” could not be drawn. Close this, wait until the page stands still, and try again.`;
        }
      };
      row.append(button);
    }
    list.append(row);
  }
  list.append(said);
  parent.append(list);
  return () => list.remove();
}
