import { getJson } from "../lib/api.js";
import { number } from "../lib/format.js";

const ENDED = new Set(["done", "succeeded", "failed", "cancelled"]);

/**
 * Follows long work: asks `data-url` for `{state, progress, total, message}` until it ends, then fires `done` with the
 * last answer as detail. Rests while the page is hidden, and waits longer when the server does not answer.
 */
class ProgressJob extends HTMLElement {
  connectedCallback() {
    this.leave = new AbortController();
    this.failures = 0;
    document.addEventListener("visibilitychange", () => !document.hidden && this.ask(), { signal: this.leave.signal });
    this.ask();
  }

  disconnectedCallback() {
    this.leave.abort();
    clearTimeout(this.timer);
  }

  async ask() {
    clearTimeout(this.timer);
    if (this.isAsking || !this.dataset.url || ENDED.has(this.dataset.state)) return;
    this.isAsking = true;
    try {
      const job = await getJson(this.dataset.url, { signal: this.leave.signal });
      this.failures = 0;
      this.show(job);
      if (ENDED.has(job.state)) return this.end(job);
    } catch (problem) {
      if (this.leave.signal.aborted) return;
      if (!problem.isTemporary) return this.show({ state: "failed", message: problem.message });
      this.failures += 1;
      if (this.failures > 1) this.say("No connection, still trying");
    } finally {
      this.isAsking = false;
    }
    if (!document.hidden) this.timer = setTimeout(() => this.ask(), Math.min(15_000, 700 * 2 ** this.failures));
  }

  show({ state, progress, total, message }) {
    this.dataset.state = state;
    const bar = this.querySelector("progress");
    const known = Number(total) > 0;
    if (bar && known) {
      bar.max = Number(total);
      bar.value = Math.min(Number(progress), Number(total));
    } else if (bar && ENDED.has(state)) {
      bar.max = 1;
      bar.value = state === "failed" ? bar.value : 1;
    } else bar?.removeAttribute("value");
    this.say(message ?? "");
    const count = this.querySelector(".progress-job__count");
    if (count) count.textContent = known ? `${number(progress)} of ${number(total)}` : "";
  }

  say(words) {
    const line = this.querySelector(".progress-job__message");
    if (line && words && line.textContent !== words) line.textContent = words;
  }

  end(job) {
    this.dispatchEvent(new CustomEvent("done", { detail: job, bubbles: true }));
    if ("reload" in this.dataset) location.reload();
  }
}
customElements.define("progress-job", ProgressJob);
