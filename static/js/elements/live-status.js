import { onStatus } from "../lib/live.js";

const WORDS = { connecting: "Connecting", live: "Live", offline: "Offline" };

/** Says whether the page changes by itself. A short break is not worth a word to those who listen. */
class LiveStatus extends HTMLElement {
  connectedCallback() {
    this.stop = onStatus((status) => this.show(status));
  }

  disconnectedCallback() {
    this.stop();
    clearTimeout(this.timer);
  }

  show(status) {
    clearTimeout(this.timer);
    if (status === "connecting" && this.dataset.state === "live") this.timer = setTimeout(() => this.draw(status), 1500);
    else this.draw(status);
  }

  draw(status) {
    if (this.dataset.state === status && this.textContent === WORDS[status]) return;
    this.dataset.state = status;
    this.textContent = WORDS[status];
  }
}
customElements.define("live-status", LiveStatus);
