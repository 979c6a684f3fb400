import { h, on } from "../lib/dom.js";
import { money } from "../lib/format.js";
import { grouped, toHandOver } from "../lib/till/cards.js";
import { amountText, parseAmount } from "../lib/till/money.js";

/** The end of a sale: the change, large, the paper slip, and one key to the next customer. Fires "next". */
class TillReceipt extends HTMLElement {
  begin(server) {
    if (this.server) return;
    this.server = server;
    this.dialog = this.querySelector("dialog");
    this.dialog.addEventListener("close", () => this.dispatchEvent(new CustomEvent("next", { bubbles: true })));
    this.querySelector("[data-print]").addEventListener("click", () => this.#print());
    this.stops = [on(window, "beforeprint", () => this.#layOut()), on(window, "afterprint", () => this.sheet?.remove())];
  }

  disconnectedCallback() {
    for (const stop of this.stops ?? []) stop();
  }

  get isOpen() {
    return this.dialog?.open ?? false;
  }

  close() {
    if (this.isOpen) this.dialog.close();
  }

  #print() {
    window.print();
    this.querySelector("[data-next]").focus();
  }

  /** A dialog knows no page size (what is in the top layer is out of the flow), so a copy of the slips is printed. */
  #layOut() {
    const slips = this.isOpen ? [...this.querySelectorAll(".receipt")] : [];
    if (slips.length === 0) return;
    this.sheet = h("div", { class: "till-sheet-of-paper" }, slips.map((slip) => slip.cloneNode(true)));
    document.body.append(this.sheet);
  }

  /** Show an order as the API answers it, or an exchange (`{ refund, sale }`); `cards` are the gift cards it sold. */
  async show(settled, cards = []) {
    const documents = settled.sale ? [settled.sale, settled.refund] : [settled];
    const show = (name, text) => (this.querySelector(`[data-show="${name}"]`).textContent = text);
    const { label, amount } = outcomeOf(documents);
    const [{ id, number, kind, isWaiting }] = documents;
    this.querySelector("[data-kind]").textContent = documents.length > 1 ? "Exchange" : kind === "refund" ? "Return" : "Sale";
    show("number", isWaiting ? number : `#${number}`);
    show("label", label);
    show("amount", money(amount));
    show("total", money(sumOf(documents.map(({ total }) => total))));
    const link = this.querySelector("[data-order]");
    if (isWaiting) link.removeAttribute("href"); // there is no page of it yet
    else link.href = this.server.orderPage(id);
    const paper = this.querySelector("[data-paper]");
    const made = toHandOver({ cards }).map((card) => cardSlip(card));
    paper.replaceChildren(...made, h("span", { class: "skeleton skeleton--block" }));
    this.dialog.showModal();
    // A second Enter must not throw away the only sight of a code: the slip is printed first.
    this.querySelector(made.length > 0 ? "[data-print]" : "[data-next]").focus();
    try {
      paper.replaceChildren(...made, ...(await Promise.all(documents.map((one) => one.slip ?? this.server.receipt(one.id)))));
    } catch {
      paper.replaceChildren(...made, h("p", { class: "muted" }, "It is booked. Its receipt cannot be shown now; it stands with the order."));
    }
  }
}

/** The slip that the customer gives away: it stands nowhere else. */
function cardSlip({ amount, code }) {
  return h(
    "article",
    { class: "receipt", "aria-label": "Gift card" },
    h("header", { class: "receipt__head" }, h("p", { class: "receipt__shop" }, "Gift card"), h("p", { class: "strong" }, money(amount))),
    h("hr", { class: "receipt__rule" }),
    h("p", { class: "receipt__foot till-card-slip" }, h("span", {}, "Code"), h("strong", { class: "mono" }, grouped(code)), h("span", {}, "Hand this slip over: the code is shown only now.")),
  );
}

const sumOf = (amounts) => amountText(amounts.reduce((sum, amount) => sum + parseAmount(amount), 0n));

/** What the cashier does now: change or money to hand over, or nothing any more. */
function outcomeOf(documents) {
  const payments = documents.flatMap((one) => one.payments).filter(({ method }) => method !== "exchange");
  const change = payments.map((payment) => payment.change).find((amount) => parseAmount(amount) > 0n);
  if (change) return { label: "Change", amount: change };
  const back = payments.filter(({ method, amount }) => method !== "points" && parseAmount(amount) < 0n);
  const all = sumOf(payments.map(({ amount }) => amount));
  if (back.length === 0) return { label: all.startsWith("-") ? "Given back as points" : "Paid", amount: all.replace("-", "") };
  const label = back.every(({ method }) => method === "credit") ? "To the store credit" : "Give back";
  return { label, amount: sumOf(back.map(({ amount }) => amount)).replace("-", "") };
}
customElements.define("till-receipt", TillReceipt);
