import { onStatus } from "../lib/live.js";

const WORDS = { connecting: "Connecting", "catching-up": "Catching up", live: "Live", offline: "Offline" };
const BREATH = 1500; // ms that a break may take before it is worth a word

/** The time of day at the shop; `format.js` would be a weight on every page. */
const clock = (when) =>
  when.toLocaleTimeString(document.documentElement.dataset.locale, {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: document.documentElement.dataset.timeZone,
  });

/** Says whether the page changes by itself. A short break is not worth a word to those who listen. */
class LiveStatus extends HTMLElement {
  connectedCallback() {
    this.stop = onStatus((status, since) => this.show(status, since));
  }

  disconnectedCallback() {
    this.stop();
    clearTimeout(this.timer);
  }

  show(status, since) {
    clearTimeout(this.timer);
    const isBrief = status !== "live" && status !== "offline" && this.dataset.state === "live";
    if (isBrief) this.timer = setTimeout(() => this.draw(status, since), BREATH);
    else this.draw(status, since);
  }

  draw(status, since) {
    const words = status === "offline" && since ? `Offline since ${clock(since)}` : WORDS[status];
    if (this.dataset.state === status && this.textContent === words) return;
    this.dataset.state = status;
    this.textContent = words;
    this.title = words; // on a phone only the dot is seen
  }
}
customElements.define("live-status", LiveStatus);
