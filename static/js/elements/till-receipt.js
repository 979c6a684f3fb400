import { h, on } from "../lib/dom.js";
import { money } from "../lib/format.js";

/** The end of a sale: the change, large, the paper slip, and one key to the next customer. Fires "next". */
class TillReceipt extends HTMLElement {
  begin(server) {
    this.server = server;
    this.dialog = this.querySelector("dialog");
    this.dialog.addEventListener("close", () => this.dispatchEvent(new CustomEvent("next", { bubbles: true })));
    this.querySelector("[data-print]").addEventListener("click", () => window.print());
    this.stops = [on(window, "beforeprint", () => this.#layOut()), on(window, "afterprint", () => this.sheet?.remove())];
  }

  disconnectedCallback() {
    for (const stop of this.stops ?? []) stop();
  }

  get isOpen() {
    return this.dialog.open;
  }

  close() {
    if (this.isOpen) this.dialog.close();
  }

  /** A dialog knows no page size (what is in the top layer is out of the flow), so a copy of the slip is printed. */
  #layOut() {
    const slip = this.isOpen && this.querySelector(".receipt");
    if (!slip) return;
    this.sheet = h("div", { class: "till-sheet-of-paper" }, slip.cloneNode(true));
    document.body.append(this.sheet);
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
