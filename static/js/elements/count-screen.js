import { announce, h, personHere } from "../lib/dom.js";
import { postJson } from "../lib/api.js";
import { Entries } from "../lib/count-entries.js";
import { named, question } from "../lib/scan/named.js";
import { toast } from "../lib/toast.js";
import { Wedge } from "../lib/till/wedge.js";

const RETRY_MS = 5000;

/**
 * The counting screen: every scan is an entry with its own id and time, kept in this browser until the server has
 * answered it, so that neither a reload nor a cellar without a signal loses one. Without JavaScript it is a form.
 */
class CountScreen extends HTMLElement {
  connectedCallback() {
    this.leave = new AbortController();
    const options = { signal: this.leave.signal };
    this.form = this.querySelector("form.scan-list__head");
    if (!this.form) return;
    this.list = this.querySelector("[data-entries]");
    this.choices = this.querySelector("[data-choices]");
    this.entries = new Entries(localStorage, `count:${this.dataset.count}:${personHere()}`);
    this.wedge = new Wedge();
    this.form.addEventListener("submit", (event) => this.#submit(event), options);
    document.addEventListener("keydown", (event) => this.#hear(event), options);
    this.addEventListener("scanned", (event) => {
      event.preventDefault();
      this.#scanned(event.detail.code);
    }, options);
    addEventListener("online", () => this.#send(), options);
    for (const entry of this.entries.waiting) this.#draw(entry);
    this.#tell();
    this.#send();
    this.timer = setInterval(() => this.#send(), RETRY_MS);
    if (!matchMedia("(pointer: coarse)").matches && document.activeElement === document.body) this.form.elements.code.focus();
    this.dataset.ready = "true";
  }

  disconnectedCallback() {
    this.leave.abort();
    clearInterval(this.timer);
  }

  #submit(event) {
    event.preventDefault();
    const { code, quantity } = this.form.elements;
    const typed = code.value.trim();
    const units = quantity.value.trim().replace(",", ".");
    if (!typed) return;
    if (!/^\d{1,11}(\.\d{1,3})?$/.test(units)) {
      toast("Type how many, with up to three decimals.", { kind: "error" });
      return;
    }
    code.value = "";
    quantity.value = "1";
    this.wedge.reset();
    this.add(typed, units);
  }

  /** A scanner that types while the cursor is elsewhere; in the code field its Enter sends the form. */
  #hear(event) {
    const { target } = event;
    if (target === this.form.elements.code) return;
    const scanned = this.wedge.feed({
      key: event.key,
      at: event.timeStamp,
      isModified: event.ctrlKey || event.altKey || event.metaKey, isControl: event.ctrlKey && !event.altKey,
    });
    if (!scanned) return;
    event.preventDefault();
    if (target === this.form.elements.quantity) target.value = target.value.slice(0, -scanned.typed) || "1";
    this.#scanned(scanned.code);
  }

  #scanned(code) {
    this.add(code, this.form.elements.quantity.value || "1");
    this.form.elements.quantity.value = "1";
  }

  add(code, quantity, counted_at = new Date().toISOString()) {
    const entry = this.entries.add({ id: crypto.randomUUID(), code, quantity, counted_at });
    this.#draw(entry);
    this.#tell(`${quantity} × ${code}`);
    this.#send();
  }

  async #send() {
    if (this.isSending) return;
    this.isSending = true;
    try {
      for (let batch = this.entries.batch(); batch.length > 0; batch = this.entries.batch()) {
        const { results } = await postJson(`${this.dataset.url}entries/`, { entries: batch });
        this.entries.drop(results.map((result) => result.id));
        for (const [place, result] of results.entries()) await this.#answered(result, batch[place]);
      }
    } catch (problem) {
      if (!problem.isTemporary) toast(problem.detail || problem.message, { kind: "error" });
    } finally {
      this.isSending = false;
      this.#tell();
    }
  }

  /** No code: words of a name. One article is counted instead, of several somebody chooses. Answers whether there are any. */
  async #byName({ code, quantity, counted_at }, row) {
    const found = await named(code).catch(() => []);
    if (found.length === 0 || found.some(({ sku }) => sku.toUpperCase() === code.toUpperCase())) return false;
    const choose = (article) => {
      this.choices.replaceChildren();
      row?.remove();
      this.add(article.sku, quantity, counted_at);
    };
    if (found.length === 1) {
      choose(found[0]);
      return true;
    }
    if (row) row.querySelector(".row-list__note").textContent = "Choose which one.";
    this.choices.replaceChildren(...question(code, found, choose));
    this.choices.querySelector("button").focus();
    return true;
  }

  async #answered({ id, result, code, detail, name, sku, quantity }, entry) {
    const row = this.list.querySelector(`[data-id="${id}"]`);
    row?.classList.remove("is-waiting");
    if (result === "refused" && code === "unknown" && (await this.#byName(entry, row))) return;
    if (result === "refused") {
      row?.classList.add("is-gone");
      if (row) row.querySelector(".row-list__note").textContent = detail;
      toast(`${row?.querySelector(".row-list__title").textContent ?? "An entry"}: ${detail}`, { kind: "error" });
      this.querySelector("camera-scan")?.tell?.(detail, "error");
      return;
    }
    if (!row || !name) return;
    row.querySelector(".row-list__title").textContent = `${quantity} ${name}`;
    row.querySelector(".row-list__note").textContent = sku;
    row.append(
      h("span", { class: "row-list__end" },
        h("button", { class: "button button--small", type: "button", "aria-label": `Take back ${name}`, onclick: () => this.#takeBack(id, row) }, "Take back")),
    );
    this.#tell(`${quantity} ${name}`);
  }

  async #takeBack(id, row) {
    try {
      await postJson(`${this.dataset.url}take-back/`, { entry: id });
      row.classList.add("is-gone");
      row.querySelector(".row-list__end").remove();
      announce("Taken back");
    } catch (problem) {
      toast(problem.detail || problem.message, { kind: "error" });
    }
  }

  #draw({ id, code, quantity }) {
    this.querySelector("[data-nothing]")?.remove();
    this.list.prepend(
      h("li", { class: "row-list__item is-waiting", "data-id": id },
        h("span", { class: "row-list__main" },
          h("span", { class: "row-list__title" }, `${quantity} × ${code}`),
          h("span", { class: "row-list__note" }, "not sent yet"))),
    );
  }

  #tell(text) {
    const { length } = this.entries.waiting;
    const badge = this.querySelector("[data-waiting]");
    badge.hidden = length === 0;
    badge.textContent = `${length} not sent yet${this.entries.isKept ? "" : ". No room in this browser: leave this page open"}`;
    if (!text) return;
    this.querySelector("[data-last]").textContent = text;
    this.querySelector("camera-scan")?.tell?.(text, "success");
  }
}
customElements.define("count-screen", CountScreen);
