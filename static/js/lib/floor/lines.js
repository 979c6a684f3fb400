// The lines of a piece of work on the shop floor: what was scanned, how many, and what of it is sent. Pure.
import { parseQuantity, quantityText } from "../till/money.js";
import { uuid7 } from "../till/uuid.js";

const MOST_UNITS = 10n ** 12n; // thousandths
const ONE = 1000n;

/** Work of `kind` that nobody has begun. */
export const blank = (kind, place) => ({ id: uuid7(), kind, place, note: "", reason: "correction", count: "", to: "", transfer: null, isLast: false, lines: [] });

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
      damaged: "0",
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
  if (work.kind === "send" && !work.to) return { line: null, field: "to", text: "Where does it go?" };
  if (work.kind === "arrive" && !work.transfer) return { line: null, field: "transfer", text: "Which transfer came?" };
  if (work.lines.length === 0 && !(work.kind === "arrive" && work.isLast)) return { line: null, field: "", text: "Scan the first article." };
  for (const line of work.lines) {
    const units = parseQuantity(line.quantity);
    if (units === 0n && parseQuantity(line.damaged ?? "0") === 0n && work.kind !== "count") return { line, field: "quantity", text: `How many of ${line.title}?` };
    if (units > MOST_UNITS || units < -MOST_UNITS) return { line, field: "quantity", text: `So many of ${line.title} nobody has.` };
    if (work.kind === "count") continue;
    if (line.tracking === "lot" && work.kind === "receive" && !line.lot.trim()) return { line, field: "lot", text: `Which lot of ${line.title} came?` };
    const wanted = units < 0n ? -units : units;
    if (line.tracking === "serial" && BigInt(line.serials.length) * ONE !== wanted) {
      return { line, field: "serials", text: `Name ${line.quantity} serial numbers of ${line.title}.` };
    }
  }
  if (work.kind === "arrive" && differences(work).length > 0 && !work.note.trim()) {
    return { line: null, field: "note", text: `Say what happened: ${differences(work)[0]}.` };
  }
  if (reason?.needs_note && !work.note.trim()) return { line: null, field: "note", text: "Say in a few words what happened." };
  return null;
}

/** What did not come as it was sent, in words: what is too many, and with the last of it what is missing. Pieces are told by the server. */
export function differences({ transfer, isLast, lines }) {
  const came = new Map();
  for (const { variant, quantity, damaged = "0" } of lines) came.set(variant, (came.get(variant) ?? 0n) + parseQuantity(quantity) + parseQuantity(damaged));
  const said = [];
  for (const line of lines) {
    const sent = transfer.lines.find(({ variant }) => variant === line.variant);
    const beyond = (came.get(line.variant) ?? 0n) - (sent ? parseQuantity(sent.on_its_way) : 0n);
    if (beyond > 0n && lines.find(({ variant }) => variant === line.variant) === line) said.push(`${quantityText(beyond)} of ${line.title} more than were sent`);
  }
  if (!isLast) return said;
  for (const { variant, title, on_its_way } of transfer.lines) {
    const left = parseQuantity(on_its_way) - (came.get(variant) ?? 0n);
    if (left > 0n) said.push(`${quantityText(left)} of ${title} did not come`);
  }
  return said;
}

/** The lines of a transfer as if all of it had come. */
export const allOf = (transfer) => transfer.lines.map((line) => ({ id: uuid7(), variant: line.variant, code: "", sku: line.sku, title: line.title, tracking: line.tracking, recorded: null, quantity: line.on_its_way, damaged: "0", lot: "", expires_on: "", serials: [...line.pieces], at: Date.now() }));

/** What is under way, less what was received here and is not sent yet (`waiting`: bodies of arrivals). */
export function stillComing(arrivals, waiting) {
  const left = ({ id, lines, ...more }) => {
    const mine = waiting.filter(({ transfer }) => transfer === id);
    if (mine.some(({ is_last }) => is_last)) return { id, ...more, lines: [] };
    const came = (variant) => mine.flatMap((one) => one.lines).filter((line) => line.variant === variant).reduce((sum, { quantity, damaged }) => sum + parseQuantity(quantity) + parseQuantity(damaged ?? "0"), 0n);
    const rest = lines.map((line) => ({ ...line, on_its_way: quantityText(parseQuantity(line.on_its_way) - came(line.variant)) }));
    return { id, ...more, lines: rest.filter(({ on_its_way }) => parseQuantity(on_its_way) > 0n) };
  };
  return arrivals.map(left).filter(({ lines }) => lines.length > 0);
}

/** What each kind of work is called where it is sent (docs/sync.md). */
export const SENT_AS = { send: "transfer-out", arrive: "transfer-in" };

/** The body that is sent, as an online call has it (docs/sync.md). The device's clock is `offset` ms ahead of the server's. */
export function bodyOf(work, offset = 0) {
  if (work.kind === "count") {
    const entries = work.lines.map((line) => ({ id: line.id, ...named(line), quantity: line.quantity, counted_at: new Date(line.at - offset).toISOString() }));
    return { count: work.count, entries };
  }
  const lines = work.lines.map((line) => ({
    ...named(line),
    quantity: line.quantity,
    ...(work.kind === "arrive" && parseQuantity(line.damaged ?? "0") > 0n ? { damaged: line.damaged } : {}),
    ...(line.lot ? { lot: line.lot.trim() } : {}),
    ...(work.kind === "receive" && line.lot && line.expires_on ? { expires_on: line.expires_on } : {}),
    ...(line.serials.length > 0 ? { serials: line.serials } : {}),
  }));
  if (work.kind === "send") return { transfer: work.id, source: work.place, destination: work.to, note: work.note.trim(), lines };
  if (work.kind === "arrive") return { transfer: work.transfer.id, id: work.id, lines, is_last: work.isLast, reason: work.note.trim() };
  const what = work.kind === "adjust" ? { kind: "adjustment", reason_code: work.reason } : { kind: "receipt" };
  return { id: work.id, location: work.place, ...what, reason: work.note.trim(), lines };
}

/** Serial numbers as somebody types them: separated by spaces, commas or lines; each once. */
export const serialsOf = (typed) => [...new Set(typed.split(/[\s,;]+/).filter(Boolean))];

const named = ({ variant, code }) => (variant ? { variant } : { code });
const more = (quantity, by) => quantityText(parseQuantity(quantity) + by);
