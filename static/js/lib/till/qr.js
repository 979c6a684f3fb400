// A QR code of a receipt's number, module by module as orders/receipts/qr.py has it drawn for the server's receipts.
import { encode } from "uqr";

const AS_THE_SERVER = { ecc: "M", maskPattern: 0, border: 0 };
const SAID = /^[0-9A-Z $%*+./:-]{1,38}$/;
const QUIET = 4;

/** The modules of a text as rows of booleans (dark); null for what is no number of a receipt. */
export function modulesOf(text) {
  return SAID.test(text) ? encode(text, AS_THE_SERVER).data : null;
}

/** `{ size, path }` of an SVG with the quiet zone, one unit per module; null as `modulesOf`. */
export function qrPath(text) {
  const rows = modulesOf(text);
  if (!rows) return null;
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])));
  return { size: rows.length + 2 * QUIET, path: dark.join("") };
}
