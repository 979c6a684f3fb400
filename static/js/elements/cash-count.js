import { on } from "../lib/dom.js";
import { money } from "../lib/format.js";
import { counted } from "../lib/coins.js";

/** Says what the pieces typed so far come to: fields with `data-value`, the worth of one of them. */
class CashCount extends HTMLElement {
  connectedCallback() {
    this.fields = [...this.querySelectorAll("[data-value]")];
    this.output = this.querySelector("output");
    this.output.parentElement.hidden = false;
    this.stop = on(this, "input", () => this.#tell());
    this.#tell();
  }

  disconnectedCallback() {
    this.stop?.();
  }

  #tell() {
    const pieces = this.fields.map((field) => [field.dataset.value, field.value]);
    this.output.textContent = money(counted(pieces), { currency: this.dataset.currency });
  }
}
customElements.define("cash-count", CashCount);
