import { h } from "../lib/dom.js";
import { readScan } from "../lib/scan/read.js";

/**
 * Says what a code means under the rules of the shop and the one that is being edited on this page, while it is typed.
 * `data-source` is the id of a json_script: `{ year, problems, rules }`.
 */
class ScanBox extends HTMLElement {
  connectedCallback() {
    this.setup = JSON.parse(document.getElementById(this.dataset.source).textContent);
    this.field = this.querySelector("input");
    this.answer = this.querySelector("[data-answer]");
    this.editor = document.querySelector("form[data-rule]");
    this.show = () => this.#show();
    this.field.addEventListener("input", this.show);
    this.editor?.addEventListener("input", this.show);
    this.stop = (event) => {
      event.preventDefault();
      this.field.select();
      this.#show();
    };
    this.querySelector("form").addEventListener("submit", this.stop);
  }

  disconnectedCallback() {
    this.editor?.removeEventListener("input", this.show);
  }

  #rules() {
    const value = (name) => this.editor?.elements.namedItem(name)?.value.trim() ?? "";
    const pattern = value("pattern").toUpperCase();
    const isRule = /^[0-9][0-9IWPNVCX]{3,19}$/.test(pattern) && /I/.test(pattern) && /[WPN]/.test(pattern);
    if (!isRule) return this.setup.rules;
    const position = value("position") === "" ? Infinity : Number(value("position"));
    const edited = { pattern, decimals: Number(value("decimals")) || 0, charges: value("price_does") === "charge", position };
    return [...this.setup.rules, edited].sort((one, other) => one.position - other.position);
  }

  #show() {
    const text = this.field.value.trim();
    this.answer.replaceChildren(...(text ? rows(readScan(text, this.#rules(), this.setup), this.setup.problems) : []));
  }
}

function rows(reading, problems) {
  const form = { embedded: `Rule ${reading.rule}`, gs1: "GS1", plain: "A plain code: no rule fits" }[reading.form];
  const facts = [
    ["Problem", problems[reading.problem]],
    ["Form", form],
    ["Article", reading.items.join(" or ")],
    ["Quantity", `${reading.quantity} ${reading.unit}`.trim()],
    ["Price", reading.charges ? `${reading.price}, which the customer pays` : reading.price],
    ["Lot", reading.lot],
    ["Expires", reading.expires_on],
    ["Serial number", reading.serial],
  ];
  return facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

customElements.define("scan-box", ScanBox);
