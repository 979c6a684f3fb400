// How much a till may do alone while the server is away, by the rules of the shop: pure but for the words of money. What
// was done all the same the server books and flags; here it is not begun.
import { money } from "../format.js";
import { isReduced } from "./cart.js";
import { amountText, parseAmount } from "./money.js";

const WHAT = { cash: "Sales for cash", card: "Sales by card", discount: "Discounts by hand", return: "Returns" };

const sumOf = (amounts) => amounts.reduce((sum, amount) => sum + amount, 0n);

/** Why nothing at all can be done of `what` ("cash", "card", "discount", "return"); "" where something can. */
export function blocked(what, limits) {
  const isNothing = WHAT[what] && limits[what] !== null && limits[what] !== undefined && parseAmount(limits[what]) === 0n;
  return isNothing ? `${WHAT[what]} need the server: this shop does not let a till do them alone.` : "";
}

/** Why a sale or a return (`body`, of the basket of `session`) cannot be completed here; "" where it can. */
export function beyond(session, body, limits) {
  for (const [what, amount] of Object.entries(amountsOf(session, body))) {
    if (amount <= 0n || limits[what] === null || limits[what] === undefined || amount <= parseAmount(limits[what])) continue;
    return blocked(what, limits) || `${WHAT[what]} above ${money(limits[what])} need the server; this is ${money(amountText(amount))}.`;
  }
  return "";
}

function amountsOf(session, body) {
  if (body.returned) return { return: parseAmount(body.returned.expected_total) };
  const paid = (method) => sumOf(body.payments.filter((payment) => payment.method === method).map(({ amount }) => parseAmount(amount)));
  return { cash: paid("cash"), card: paid("card"), discount: byHand(session) };
}

/** What is taken off by hand, as it was quoted; without a quote all that is taken off counts. */
function byHand(session) {
  if (!isReduced(session.cart)) return 0n;
  if (!session.quote) return session.totals().discount;
  return sumOf(session.quote.discounts.filter(({ by_hand: isByHand }) => isByHand).map(({ amount }) => parseAmount(amount)));
}
