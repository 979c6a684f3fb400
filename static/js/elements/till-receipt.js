import { h } from "../lib/dom.js";
import { money } from "../lib/format.js";

/** The end of a sale: the change, large, the paper slip, and one key to the next customer. Fires "next". */
class TillReceipt extends HTMLElement {
  begin(server) {
    this.server = server;
    this.dialog = this.querySelector("dialog");
    this.dialog.addEventListener("close", () => this.dispatchEvent(new CustomEvent("next", { bubbles: true })));
    this.querySelector("[data-print]").addEventListener("click", () => window.print());
  }

  get isOpen() {
    return this.dialog.open;
  }

  close() {
    if (this.isOpen) this.dialog.close();
  }

  /** Show an order as the API answers it. */
  async show(order) {
    const change = order.payments.map((payment) => payment.change).find((amount) => Number(amount) > 0);
    const show = (name, text) => (this.querySelector(`[data-show="${name}"]`).textContent = text);
    show("number", `#${order.number}`);
    show("label", change ? "Change" : "Paid");
    show("amount", money(change ?? order.total));
    show("total", money(order.total));
    this.querySelector("[data-order]").href = this.server.orderPage(order.id);
    const paper = this.querySelector("[data-paper]");
    paper.replaceChildren(h("span", { class: "skeleton skeleton--block" }));
    this.dialog.showModal();
    this.querySelector("[data-next]").focus();
    try {
      paper.replaceChildren(await this.server.receipt(order.id));
    } catch {
      paper.replaceChildren(h("p", { class: "muted" }, "The sale is booked. Its receipt cannot be shown now; it stands with the order."));
    }
  }
}
customElements.define("till-receipt", TillReceipt);
