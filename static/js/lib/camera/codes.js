// What the decoder says it saw, in the words that a wedge scanner would use.
import { isGtin, normalise } from "../scan/gtin.js";

const RETAIL = new Set(["EAN13", "EAN8", "UPCA", "UPCE"]);
/** The mark of GS1 codes that a scanner sends in front, so that separators and identifiers are read as such. */
const GS1 = /^\](?:C1|e0|e1|e2|Q3)$/;

/**
 * `{ key, code }` of one result of the decoder, or null where it cannot be right. `code` is what is looked up; the same
 * article has one `key`, whether it was read as UPC-A or as EAN-13 with a leading zero;
 * a UPC-E comes written out.
 */
export function understood({ format, text, symbologyIdentifier = "" }) {
  if (RETAIL.has(format)) return isGtin(text) ? { key: normalise(text), code: text } : null;
  const plain = text.trim();
  const code = GS1.test(symbologyIdentifier) ? `${symbologyIdentifier}${plain}` : plain;
  return plain ? { key: normalise(code), code } : null;
}
