import { ApiProblem } from "../lib/api.js";
import { on } from "../lib/dom.js";
import { onEvent, onReset } from "../lib/live.js";
import { morph } from "../lib/morph.js";

const PAUSE = 200; // ms between two readings while events come
const MINUTE = 60_000; // the clock alone changes the board: hours roll, last week's figures grow

/**
 * Keeps the board as the server would draw it now. An event says that something changed, the server says what: at most
 * five readings a second, only the differences touch the page.
 */
class BoardLive extends HTMLElement {
  connectedCallback() {
    this.readAt = 0;
    this.stops = [
      onEvent(["order.*", "payment.*", "stock.*", "import.finished", "product.*"], () => this.want()),
      onReset(({ epoch, seq }) => {
        const shown = this.querySelector("[data-seq]")?.dataset ?? {};
        if (shown.epoch !== epoch || Number(shown.seq) < seq) this.want();
      }),
      on(document, "visibilitychange", () => !document.hidden && this.isStale && this.want()),
    ];
    this.clock = setInterval(() => this.want(), MINUTE);
  }

  disconnectedCallback() {
    for (const stop of this.stops) stop();
    clearInterval(this.clock);
    clearTimeout(this.timer);
  }

  want() {
    this.isStale = true;
    if (document.hidden || this.isReading || this.timer) return;
    const wait = Math.max(0, this.readAt + PAUSE - performance.now());
    this.timer = setTimeout(() => this.read(), wait);
  }

  async read() {
    this.timer = undefined;
    this.isReading = true;
    this.isStale = false;
    this.readAt = performance.now();
    let again = 0;
    try {
      this.draw(await this.fetchParts());
    } catch (problem) {
      if (!problem.isTemporary) return;
      this.isStale = true;
      again = 5000;
    } finally {
      this.isReading = false;
    }
    if (again) setTimeout(() => this.want(), again);
    else if (this.isStale) this.want();
  }

  async fetchParts() {
    const response = await fetch(this.dataset.url, {
      headers: { Accept: "text/html" },
      redirect: "error", // to the log-in page: not a board
      signal: AbortSignal.timeout(15_000),
    }).catch(() => {
      throw new ApiProblem({ status: 0, code: "network" });
    });
    if (!response.ok) throw new ApiProblem({ status: response.status });
    return response.text();
  }

  draw(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".board");
    const old = this.querySelector(".board");
    if (!fresh || !old) return;
    const before = new Map(this.figures().map((element) => [element.dataset.live, element.textContent]));
    for (const row of morph(old, fresh)) if (row.matches(".row-list__item")) this.mark(row, "is-new");
    for (const element of this.figures()) {
      const text = before.get(element.dataset.live);
      if (text !== undefined && text !== element.textContent) this.mark(element, "is-changed");
    }
  }

  figures() {
    return [...this.querySelectorAll("[data-live]")];
  }

  mark(element, name) {
    element.classList.remove(name);
    void element.offsetWidth; // begin the animation again
    element.classList.add(name);
    on(element, "animationend", () => element.classList.remove(name), { once: true });
  }
}
customElements.define("board-live", BoardLive);
