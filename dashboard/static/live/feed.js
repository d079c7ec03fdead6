/** What the server tells of one run, asked once for all parts of a page that show it. */

const LIVE_MS = 1000;
const CALM_MS = 5000;
/** Batch points kept; older ones are thinned out, for a chart has only so many pixels. */
const KEPT_BATCHES = 400;

const feeds = new Map();

/** The feed of a run, by the address of its data. */
export function feedOf(url) {
  if (!feeds.has(url)) feeds.set(url, new Feed(url));
  return feeds.get(url);
}

class Feed {
  constructor(url) {
    this.url = url;
    this.watchers = new Set();
    this.facts = null;
    /** Whether the last question was answered, and whether the run is there no more. */
    this.connected = true;
    this.gone = false;
    this.live = true;
    this.forget();
    this.woken = () => {
      if (!document.hidden) this.look();
    };
  }

  forget() {
    Object.assign(this, { telling: "", epochs: [], batches: [], figures: [], matrix: null, loaded: false });
  }

  /** Call `watcher` now, if there is something to see, and whenever there is something new. */
  watch(watcher) {
    this.watchers.add(watcher);
    if (this.loaded || this.gone) watcher();
    if (this.watchers.size === 1) {
      document.addEventListener("visibilitychange", this.woken);
      this.look();
    }
  }

  leave(watcher) {
    this.watchers.delete(watcher);
    if (this.watchers.size) return;
    document.removeEventListener("visibilitychange", this.woken);
    clearTimeout(this.timer);
  }

  async look() {
    if (this.looking) return;
    this.looking = true;
    clearTimeout(this.timer);
    const began = performance.now();
    try {
      const answer = await fetch(`${this.url}/live?${this.known()}`, { cache: "no-store" });
      if (answer.ok) this.take(await answer.json());
      this.gone = answer.status === 404;
      this.connected = answer.ok || this.gone;
    } catch {
      this.connected = false;
    }
    this.looking = false;
    for (const watcher of this.watchers) watcher();
    if (!this.watchers.size || document.hidden) return;
    const pause = this.live && this.connected ? LIVE_MS : CALM_MS;
    this.timer = setTimeout(() => this.look(), Math.max(pause - (performance.now() - began), 0));
  }

  known() {
    const batch = this.batches.length ? this.batches.at(-1).at : -1;
    const facts = this.facts?.version ?? "";
    return new URLSearchParams({ telling: this.telling, epochs: this.epochs.length, batch, facts });
  }

  take(told) {
    if (told.telling !== this.telling) this.forget();
    this.epochs.length = told.start;
    this.epochs.push(...told.epochs);
    this.batches.push(...told.batches);
    while (this.batches.length > KEPT_BATCHES) {
      const last = this.batches.pop();
      this.batches = [...this.batches.filter((_, place) => place % 2 === 0), last];
    }
    const { telling, listed, live, progress, note, facts, figures, matrix, best } = told;
    Object.assign(this, { telling, listed, live, progress, note, loaded: true });
    if (facts) this.facts = facts;
    if (figures) Object.assign(this, { figures, matrix, best });
  }
}
