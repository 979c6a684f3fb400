// What the decoder says it saw, in the words that a wedge scanner would use.
import { isGtin, normalise } from "../scan/gtin.js";

const RETAIL = new Set(["EAN13", "EAN8", "UPCA", "UPCE"]);
/** The mark of GS1 codes that a scanner sends in front, so that separators and identifiers are read as such. */
const GS1 = /^\](?:C1|e0|e1|e2|d2|Q3)$/;

/** A UPC-E with the zeros that it leaves out; what is written out already stays. */
export function writtenOut(text) {
  const [, system, digits, last, check] = /^([01])(\d{5})(\d)(\d)$/.exec(text) ?? [];
  if (!check) return text;
  const keeps = Math.max(2, Math.min(5, Number(last)));
  const [maker, article] = [digits.slice(0, keeps), digits.slice(keeps)];
  const middle = last < 3 ? `${maker}${last}0000${article}` : `${maker}${"0".repeat(last < 5 ? 5 : 4)}${article}${last < 5 ? "" : last}`;
  return `${system}${middle}${check}`;
}

/**
 * `{ key, code }` of one result of the decoder, or null where it cannot be right. `code` is what is looked up; the same
 * article has one `key`, whether it was read as UPC-A or as EAN-13 with a leading zero;
 * a UPC-E comes written out.
 */
export function understood({ format, text: read, symbologyIdentifier = "" }) {
  const text = format === "UPCE" ? writtenOut(read) : read;
  if (RETAIL.has(format)) return isGtin(text) ? { key: normalise(text), code: text } : null;
  const plain = text.trim();
  const code = GS1.test(symbologyIdentifier) ? `${symbologyIdentifier}${plain}` : plain;
  return plain ? { key: normalise(code), code } : null;
}
