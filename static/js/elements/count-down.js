const DAY = 86_400_000;

/** Says how long is left until `data-until`, each second; once it is over the part around it reads itself anew. */
class CountDown extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.draw(), 1000);
    this.draw();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  draw() {
    const left = Date.parse(this.dataset.until) - Date.now();
    if (!(left < DAY)) return; // no time at all, or a clock that is far off
    const seconds = Math.max(0, Math.ceil(left / 1000));
    this.textContent = seconds ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left.` : "Over.";
    if (seconds) return;
    clearInterval(this.timer);
    this.closest("live-part")?.want?.();
  }
}
customElements.define("count-down", CountDown);
