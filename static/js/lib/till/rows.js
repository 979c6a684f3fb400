// The rows of a basket that are no goods to sell: what comes back, gift cards. Loaded with the first of them.
import { h, icon } from "../dom.js";
import { money, quantity } from "../format.js";
import { placeOf } from "./back.js";
import { amountText, parseAmount } from "./money.js";

/** A gift card that is sold; its code stands on its own slip. */
export function cardRow({ id, amount, code, isPrinted }) {
  const which = `…${code.slice(-4)}`;
  return h(
    "li",
    { class: "cart__line cart__line--card" },
    h("span", { class: "cart__name" }, "Gift card"),
    h("span", { class: "cart__total" }, money(amount)),
    h("span", { class: "cart__note" }, isPrinted ? `On the card ${which}` : "Its code is printed with the receipt"),
    h("span", { class: "cart__quantity" }, h("button", { class: "button button--icon button--quiet", type: "button", "data-card": id, "aria-label": `Remove: Gift card ${which}` }, icon("trash"))),
  );
}

/** A line of goods that come back; what it was sold at stands on its receipt. */
export function backRow(line, { number }) {
  return h(
    "li",
    { class: "cart__line cart__line--back" },
    h("span", { class: "cart__name" }, line.name),
    h("span", { class: "cart__total" }, money(amountText(parseAmount(line.total)))),
    h("span", { class: "cart__note" }, `-${quantity(line.quantity)} × ${money(line.unit_price)}, ${placeOf(line)}`),
    h("span", { class: "cart__saved" }, `From #${number}`),
    h("span", { class: "cart__quantity" }, h("button", { class: "button button--icon button--quiet", type: "button", "data-ask": "return", title: "Change what comes back (Shift F2)", "aria-label": `Change what comes back: ${line.name}` }, icon("edit"))),
  );
}
