// The paper slip of a sale that waits on the device, in the layout of templates/orders/_receipt.html.
import { h } from "../dom.js";
import { dateTime, money, quantity } from "../format.js";
import { changeOf, taxesOf } from "./sold.js";
import { amountText, parseAmount } from "./money.js";
import { qrPath } from "./qr.js";

const NAMES = { cash: "Cash", card: "Card" };
const pair = (name, amount, className = "") => [h("dt", { class: className || null }, name), h("dd", { class: className || null }, amount)];
const rule = () => h("hr", { class: "receipt__rule" });
const isSome = (amount) => parseAmount(amount) !== 0n;

/** The slip as an element: `sold` as asSold makes it, `place` of the page's setup, `at` when it happened. */
export function slip({ sold, payments, number, at, place, terms }) {
  const discount = sold.lines.reduce((sum, line) => sum + parseAmount(line.discount), 0n);
  return paper({
    number,
    at,
    place,
    code: `R-${number}`,
    lines: sold.lines,
    sums: [
      taxesOf(sold.lines).flatMap(({ rate, tax }) => pair(`Tax ${quantity(rate)}% ${terms.inclusive ? "in it" : "added"}`, money(tax))),
      discount === 0n ? [] : pair("Discounts in it", money(amountText(discount))),
      pair("Total", money(sold.total), "receipt__total"),
      isSome(sold.cash_rounding) ? pair("Rounded for cash", money(sold.cash_rounding)) : [],
      payments.flatMap(({ method, amount, tendered }) => pair(NAMES[method] ?? method, money(tendered ?? amount))),
      payments.filter((payment) => isSome(changeOf(payment))).flatMap((payment) => pair("Change", money(changeOf(payment)))),
    ],
  });
}

/** The slip of a return: what came back of the sale with the number `of`, and how the money went (negative). */
export function backSlip({ lines, due, payments, number, of, at, place }) {
  const sums = [pair("Given back", money(due), "receipt__total"), payments.flatMap(({ method, amount }) => pair(NAMES[method] ?? method, money(amount)))];
  return paper({ number, at, place, kind: `Refund of ${of}`, lines, sums });
}

function paper({ number, at, place, kind = "", code = "", lines, sums }) {
  return h(
    "article",
    { class: "receipt", "aria-label": `Receipt ${number}` },
    h(
      "header",
      { class: "receipt__head" },
      h("p", { class: "receipt__shop" }, document.querySelector(".shell-bar__name")?.textContent ?? ""),
      h("p", {}, place?.name ?? ""),
      (place?.papers?.head ?? []).map((line) => h("p", {}, line)),
      kind && h("p", {}, kind),
    ),
    rule(),
    h("table", { class: "receipt__lines" }, h("tbody", {}, lines.flatMap(rows))),
    rule(),
    h("dl", { class: "receipt__sums" }, sums.flat(2)),
    rule(),
    h(
      "footer",
      { class: "receipt__foot" },
      h("p", {}, `${number} · ${dateTime(at)}`),
      h("p", { class: "no-print" }, "Not sent yet"),
      (place?.papers?.foot ?? []).map((line) => h("p", {}, line)),
      code ? drawing(qrPath(code)) : null,
    ),
  );
}

function rows(line) {
  const isOne = line.quantity !== undefined && Number(line.quantity) === 1;
  const units = line.quantity === undefined || isOne ? [] : [h("br"), `${quantity(line.quantity)} × ${money(line.unit_price)}`];
  const sold = h("tr", {}, h("th", { scope: "row" }, line.title || line.sku, units), h("td", {}, money(line.total)));
  return isSome(line.discount ?? "0") ? [sold, h("tr", {}, h("th", { scope: "row" }, "Discount"), h("td", {}, `(${money(line.discount)})`))] : [sold];
}

const SVG = "http://www.w3.org/2000/svg";

/** The number for a scanner, as the server's receipts have it; nothing where it cannot be drawn. */
function drawing(code) {
  if (!code) return null;
  const make = (tag, attributes, ...inside) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };
  const { size, path } = code;
  const named = { class: "receipt__qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": "The number as a QR code, for returns" };
  return make("svg", named, make("rect", { width: size, height: size, fill: "#fff" }), make("path", { d: path, fill: "#000" }));
}
