import { onStatus } from "../lib/live.js";
import { since, time } from "../lib/format.js";

const WORDS = { connecting: "Connecting", "catching-up": "Catching up", live: "Live", offline: "Live again soon" };

/** Always in sight: whether the server answers, since when not, and how many sales wait on the device. */
class TillState extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.counter?.ask?.("waiting"));
    this.live = "connecting";
    this.stop = onStatus((status) => {
      this.live = status;
      if (status === "offline") this.counter?.standing?.line.probe();
      this.draw();
    });
    document.addEventListener("till:standing", this);
    this.counter = document.querySelector("till-counter");
    this.draw();
  }

  disconnectedCallback() {
    this.stop();
    document.removeEventListener("till:standing", this);
  }

  handleEvent({ target }) {
    this.counter = target;
    this.draw();
  }

  draw() {
    const { line, offline } = this.counter?.standing ?? {};
    const waiting = offline?.waiting ?? 0;
    const isAway = Boolean(line?.isAway);
    const isRefused = offline?.problem === "refused" && waiting > 0;
    const state = isAway ? "offline" : isRefused ? "refused" : this.live === "live" ? "live" : "connecting";
    const words = isAway ? `Offline since ${since(line.since)}` : state === "refused" ? "Not let in" : WORDS[this.live];
    const more = waiting > 0 ? `${waiting} waiting since ${since(offline.since)}` : "";
    this.button.dataset.state = state;
    this.button.querySelector("[data-words]").textContent = words;
    this.button.querySelector("[data-short]").textContent = isAway ? time(line.since) : "";
    const badge = this.button.querySelector("[data-waiting]");
    badge.hidden = waiting === 0;
    badge.querySelector("[data-count]").textContent = String(waiting);
    badge.querySelector("[data-since]").textContent = waiting > 0 ? ` since ${since(offline.since)}` : "";
    const label = [words, more].filter(Boolean).join(", ");
    if (this.button.title !== label) this.button.title = label;
    this.button.setAttribute("aria-label", label);
  }
}
customElements.define("till-state", TillState);
