// The lines of a piece of work on the shop floor: what was scanned, how many, and what of it is sent. Pure.
import { parseQuantity, quantityText } from "../till/money.js";
import { uuid7 } from "../till/uuid.js";

const MOST_UNITS = 10n ** 12n; // thousandths
const ONE = 1000n;

/** Work of `kind` that nobody has begun. */
export const blank = (kind, place) => ({ id: uuid7(), kind, place, note: "", reason: "correction", count: "", lines: [] });

/**
 * Add what was scanned (`{ article, pack, lot, serial, expires_on }`) and answer its line: the same goods (and lot) again are more of the
 * same line, which comes first then. `at` is when it was seen (ms).
 */
export function add(work, { article, pack = "1", lot = "", serial = "", expires_on = "" }, at = Date.now()) {
  const same = (line) => line.variant === article.id && (article.tracking !== "lot" || !lot || line.lot === lot);
  let line = work.lines.find(same);
  if (line) {
    work.lines = [line, ...work.lines.filter((one) => one !== line)];
    if (serial && line.serials.includes(serial)) return line;
    line.quantity = more(line.quantity, parseQuantity(pack));
  } else {
    line = {
      id: uuid7(at),
      variant: article.id,
      code: article.code ?? "",
      sku: article.sku,
      title: article.title,
      tracking: article.tracking ?? "none",
      recorded: article.on_hand ?? null,
      quantity: pack,
      lot,
      expires_on: expires_on ?? "",
      serials: [],
    };
    work.lines = [line, ...work.lines];
  }
  if (serial) line.serials.push(serial);
  line.at = at;
  return line;
}

/** One step more or less. Where no minus is meant it ends at `least`. */
export function step(line, by, { isSigned = false, least = 0n } = {}) {
  const next = parseQuantity(line.quantity) + BigInt(by) * ONE;
  line.quantity = quantityText(!isSigned && next < least ? least : next);
}

/** Take over what somebody typed; answers whether it is a quantity. */
export function type(line, typed, { isSigned = false } = {}) {
  const text = typed.trim().replace(",", ".");
  if (!(isSigned ? /^-?\d{1,9}(\.\d{1,3})?$/ : /^\d{1,9}(\.\d{1,3})?$/).test(text)) return false;
  line.quantity = quantityText(parseQuantity(text));
  return true;
}

/** What is still wrong: `{ line, field, text }` of the first thing, null where it can be done. `reason` is an adjustment's. */
export function missing(work, reason = null) {
  if (work.lines.length === 0) return { line: null, field: "", text: "Scan the first article." };
  for (const line of work.lines) {
    const units = parseQuantity(line.quantity);
    if (units === 0n && work.kind !== "count") return { line, field: "quantity", text: `How many of ${line.title}?` };
    if (units > MOST_UNITS || units < -MOST_UNITS) return { line, field: "quantity", text: `So many of ${line.title} nobody has.` };
    if (work.kind === "count") continue;
    if (line.tracking === "lot" && work.kind === "receive" && !line.lot.trim()) return { line, field: "lot", text: `Which lot of ${line.title} came?` };
    const wanted = units < 0n ? -units : units;
    if (line.tracking === "serial" && BigInt(line.serials.length) * ONE !== wanted) {
      return { line, field: "serials", text: `Name ${line.quantity} serial numbers of ${line.title}.` };
    }
  }
  if (reason?.needs_note && !work.note.trim()) return { line: null, field: "note", text: "Say in a few words what happened." };
  return null;
}

/** The body that is sent, as an online call has it (docs/sync.md). The device's clock is `offset` ms ahead of the server's. */
export function bodyOf(work, offset = 0) {
  if (work.kind === "count") {
    const entries = work.lines.map((line) => ({ id: line.id, ...named(line), quantity: line.quantity, counted_at: new Date(line.at - offset).toISOString() }));
    return { count: work.count, entries };
  }
  const lines = work.lines.map((line) => ({
    ...named(line),
    quantity: line.quantity,
    ...(line.lot ? { lot: line.lot.trim() } : {}),
    ...(line.lot && line.expires_on ? { expires_on: line.expires_on } : {}),
    ...(line.serials.length > 0 ? { serials: line.serials } : {}),
  }));
  const what = work.kind === "adjust" ? { kind: "adjustment", reason_code: work.reason } : { kind: "receipt" };
  return { id: work.id, location: work.place, ...what, reason: work.note.trim(), lines };
}

/** Serial numbers as somebody types them: separated by spaces, commas or lines; each once. */
export const serialsOf = (typed) => [...new Set(typed.split(/[\s,;]+/).filter(Boolean))];

const named = ({ variant, code }) => (variant ? { variant } : { code });
const more = (quantity, by) => quantityText(parseQuantity(quantity) + by);
