// How a sale is paid: amounts in ten-thousandths, all pure.
import { parseAmount } from "./money.js";

const NOTES = [5n, 10n, 20n, 50n, 100n, 200n, 500n];
const MOST_DIGITS = 7;

/** Up to `most` amounts a customer is likely to hand over for `due`: the exact one, then the next round ones. */
export function quickAmounts(due, { most = 4 } = {}) {
  const scale = due >= 10_000n * 10_000n ? 1000n : 1n;
  const amounts = new Set([due]);
  for (const note of NOTES) {
    const step = note * scale * 10_000n;
    amounts.add(((due + step - 1n) / step) * step);
  }
  return [...amounts].filter((amount) => amount > 0n).sort((a, b) => (a < b ? -1 : 1)).slice(0, most);
}

/** The amount after a key of the keypad: a digit, ".", "back" or "clear". What would be no amount is left as it was. */
export function typeKey(text, key, exponent) {
  if (key === "clear") return "";
  if (key === "back") return text.slice(0, -1);
  if (key === ".") return exponent === 0 || text.includes(".") ? text : `${text || "0"}.`;
  return clean(text === "0" ? key : text + key, exponent) ?? text;
}

/** What was typed as the text of an amount, or null when it can be none (a scanned code in the field, for instance). */
export function clean(typed, exponent) {
  const text = typed.replace(",", ".").replace(/\s/g, "");
  if (text === "") return "";
  const pattern = exponent === 0 ? /^(\d+)$/ : new RegExp(`^(\\d*)\\.?\\d{0,${exponent}}$`);
  const whole = pattern.exec(text)?.[1];
  return whole === undefined || whole.length > MOST_DIGITS ? null : text;
}

/** A typed amount in ten-thousandths; empty means `otherwise`. */
export function amountOf(typed, otherwise) {
  const text = typed.replace(/\.$/, "");
  return text === "" ? otherwise : parseAmount(text.startsWith(".") ? `0${text}` : text);
}

/** What is due by `method` after what was `taken`: coins may be coarser than the total where nothing but cash is paid. */
export function dueBy(method, taken, { total, cashTotal }) {
  const isAllCash = [method, ...taken.map((payment) => payment.method)].every((one) => one === "cash");
  return taken.reduce((left, { amount }) => left - amount, isAllCash ? cashTotal : total);
}

/**
 * One more payment towards `due`. Cash may be more than is due, the rest is change; a card pays at most what is due, an
 * account at most what it holds (`most`).
 * Answers `{ payment: { method, amount, tendered? }, change, left }`, or null when the amount cannot be.
 */
export function pay(due, method, given, most = due) {
  if (given < 0n || (given === 0n && due !== 0n)) return null;
  if (method !== "cash") return given > due || given > most ? null : { payment: { method, amount: given }, change: 0n, left: due - given };
  const amount = given > due ? due : given;
  return { payment: { method, amount, tendered: given }, change: given - amount, left: due - amount };
}
