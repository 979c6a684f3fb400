// Gift cards that a basket sells: pure. The till makes the code of a card itself, before the first try: an answer that is
// lost cannot lose it.
import { amountText, parseAmount } from "./money.js";

/** Crockford's alphabet without letters that are misread; what is typed for them is read as what was meant. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const READ_AS = { I: "1", L: "1", O: "0" };
const SHORTEST = 16;
const LONGEST = 32;

export const MOST_CARDS = 50;

/** A code of 80 bits of chance. */
export function newCode(random = crypto.getRandomValues(new Uint8Array(SHORTEST))) {
  return Array.from(random, (byte) => ALPHABET[byte & 31]).join("");
}

/** A code as it is kept: upper case, without gaps, misread letters as what was meant. Null where it can be none. */
export function codeOf(typed) {
  const code = [...typed.toUpperCase()].filter((letter) => letter !== " " && letter !== "-").map((letter) => READ_AS[letter] ?? letter).join("");
  const isCode = code.length >= SHORTEST && code.length <= LONGEST && [...code].every((letter) => ALPHABET.includes(letter));
  return isCode ? code : null;
}

/** A code as people read it: ABCD-EFGH-JKMN-PQRS. */
export const grouped = (code) => code.match(/.{1,4}/g).join("-");

/** The cart with one card more: `{ id, amount, code, isPrinted }`, the amount as text; `isPrinted`: the customer has it in hand. */
export const withCard = (cart, card) => ({ ...cart, cards: [...cardsOf(cart), card] });

/** The cart without the card of this id. */
export function withoutCard(cart, id) {
  const { cards: _, ...rest } = cart;
  const left = cardsOf(cart).filter((card) => card.id !== id);
  return left.length > 0 ? { ...rest, cards: left } : rest;
}

export const cardsOf = (cart) => cart.cards ?? [];

/** The gift cards as `POST /api/v1/orders/` takes them. */
export const sold = (cart, exponent) => cardsOf(cart).map(({ id, amount, code }) => ({ id, amount: amountText(parseAmount(amount), exponent), code }));

/** The cards of a sale (as it was sent) that are on no printed card: the customer is given their codes. */
export const toHandOver = (cart) => cardsOf(cart).filter(({ isPrinted }) => !isPrinted);

/** Amounts that are often asked for. */
export const usualAmounts = ({ exponent }) => ["10", "20", "25", "50", "100"].map((amount) => (exponent === 0 ? `${amount}00` : amount));
