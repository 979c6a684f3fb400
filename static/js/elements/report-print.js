import { on } from "../lib/dom.js";

/** Shows its button, which stands hidden without JavaScript, and prints the page. */
class ReportPrint extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = false;
    this.stop = on(button, "click", () => window.print());
  }

  disconnectedCallback() {
    this.stop?.();
  }
}
customElements.define("report-print", ReportPrint);
