// What a parked cart is called and holds, and how a basket becomes one and back: pure.
import { newCode, withCard } from "./cards.js";
import { addArticle, giveDiscount, hasPieces, lineId, toldApart, withCustomer } from "./cart.js";
import { amountText, parseAmount, parseQuantity, quantityText } from "./money.js";

/** What to call a cart: its name, or the first thing in it. */
export const titleOf = (cart) => cart.label || cart.lines[0]?.name || cart.number;

/** What lies in a cart, in a few words. */
export function contentsOf(cart, { most = 2 } = {}) {
  const names = cart.lines.slice(0, most).map((line) => `${quantityText(parseQuantity(line.quantity))} × ${line.name}`);
  const more = cart.lines.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

/**
 * A parked cart in the empty `cart`, at today's articles: `{ cart, gone }`, the lines that cannot be taken up: articles not
 * for sale any more, pieces without their numbers. Several lines of one article become one, as far as they are told apart by nothing.
 */
export function unpacked(cart, parked, articles, customer) {
  const lines = parked.lines.filter(({ kind }) => kind !== "giftcard");
  const known = new Map(articles.map((article) => [article.id, article]));
  const isThere = ({ variant, serials = [] }) => known.has(variant) && (!hasPieces(known.get(variant)) || serials.length > 0);
  const gone = lines.filter((line) => !isThere(line));
  const { coupons = [], given, gift_cards: cards = [] } = parked;
  const bare = { ...withCustomer(cart, customer), ...(coupons.length > 0 ? { coupons } : {}), ...(given ? { discount: stated(given) } : {}) };
  const filled = lines.filter(isThere).reduce((basket, line) => put(basket, line, known.get(line.variant)), bare);
  return { cart: cards.reduce((basket, card) => withCard(basket, bought(card)), filled), gone };
}

/** A gift card that waited: with the code of its printed card, or a new one. */
const bought = ({ id, amount, code }) => ({ id, amount: amountText(parseAmount(amount)), code: code || newCode(), isPrinted: Boolean(code) });

function put(cart, line, article) {
  const { lot = "", serials = [], given, scanned: label = "" } = line;
  const pieces = hasPieces(article) ? serials : [""];
  const told = label ? labelled(line) : { quantity: line.quantity };
  const priced = label ? { ...article, unit_price: line.trace.find(({ step }) => step === "label").amount } : article;
  const filled = pieces.reduce((basket, serial) => addArticle(basket, priced, { ...told, lot, serial }), cart);
  const id = lineId(article, lot, label);
  return given && filled.lines.some((line) => line.id === id) ? giveDiscount(filled, id, stated(given)) : filled;
}

/** A line that was sold by price labels: how many, and the units of each. */
function labelled({ quantity, labels, scanned: label }) {
  const units = quantityText(parseQuantity(quantity) / (parseQuantity(labels) / 1000n));
  return { quantity: labels, label, units };
}

const stated = ({ kind, value, reason }) => ({ kind, value: amountText(parseAmount(value)), ...(reason ? { reason } : {}) });

/** A gift card as it waits: only the code of a printed card is kept, the others are made when it goes on. */
const waiting = ({ id, amount, code, isPrinted }) => ({ id, amount, ...(isPrinted ? { code } : {}) });

/** The body of `POST /orders/parked/`: its id is the cart's, made before the first try. An approval is asked for again. */
export function toParked(cart, { location, label }) {
  return {
    id: cart.id,
    location,
    lines: cart.lines.map(toldApart),
    label: label.trim(),
    ...(cart.customer ? { customer: cart.customer.id } : {}),
    ...(cart.coupons?.length ? { coupons: cart.coupons } : {}),
    ...(cart.discount ? { discount: cart.discount } : {}),
    ...(cart.cards?.length ? { gift_cards: cart.cards.map(waiting) } : {}),
  };
}
