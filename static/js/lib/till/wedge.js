// A wedge scanner is a keyboard that types a code within milliseconds and ends with Enter. This tells it from fingers.

/** Within a burst no key comes later than this after the one before. */
export const MOST_GAP_MS = 60;
/** The keys of a burst are on average at most this far apart; the fastest typists stay well above. */
export const MOST_MEAN_GAP_MS = 35;
/** Shorter bursts are a hand that rolls over the keys. */
export const LEAST_LENGTH = 4;
/** A machine under load holds a scan up: what comes so much later still belongs to what was begun. */
export const MOST_PAUSE_MS = 250;

const MOST_LENGTH = 8000; // no code holds more
/** So many keys at a scanner's pace are no hand, also when their Enter is held up. */
const CERTAIN_LENGTH = 6;
/** Between the parts of a GS1 code: scanners type it as Ctrl and "]". */
const SEPARATOR = "\x1d";

/**
 * Turn key events into scans.
 *
 * `feed({ key, at, isModified, isControl })` takes `KeyboardEvent.key`, its `timeStamp` in milliseconds (the hardware's time: a busy
 * page does not spoil it), whether Ctrl, Alt or Meta is down, and whether it is Ctrl. It answers `null`, or for the Enter (or Tab) that ends a
 * scan `{ code, typed }`: what was scanned, and as how many characters it may stand in the focused field. A scan that was
 * held up on its way has `others`, too: what it was, if its beginning came from fingers.
 * `isBursting(at)` says whether the last key may belong to a scan that is still going on.
 */
export class Wedge {
  #bursts = [];
  #last = -Infinity;

  feed({ key, at, isModified = false, isControl = false }) {
    if (key === "Enter" || key === "Tab") return this.#finish(at);
    const isSeparator = isControl && key === "]" && this.isBursting(at, 1);
    if (!isSeparator && (isModified || [...key].length !== 1)) {
      // Shift alone is part of typing a capital, Ctrl may be of a separator; anything else was no scanner.
      if (!["Shift", "AltGraph", "Control"].includes(key)) this.reset();
      return null;
    }
    if (at - this.#last > MOST_PAUSE_MS || this.#count >= MOST_LENGTH) this.reset();
    if (at - this.#last > MOST_GAP_MS) this.#bursts.push({ keys: [], began: at, gaps: -1 });
    const burst = this.#bursts.at(-1);
    burst.keys.push(isSeparator ? SEPARATOR : key);
    burst.gaps += 1;
    burst.ended = this.#last = at;
    return null;
  }

  /** How many keys the present burst has. */
  get length() {
    return this.#bursts.at(-1)?.keys.length ?? 0;
  }

  /** Whether the last key was the first of what may become a scan. */
  get isBeginning() {
    return this.#count === 1;
  }

  isBursting(at, least = 2) {
    return this.length >= least && at - this.#last <= MOST_GAP_MS;
  }

  reset() {
    this.#bursts = [];
    this.#last = -Infinity;
  }

  get #count() {
    return this.#bursts.reduce((sum, { keys }) => sum + keys.length, 0);
  }

  #finish(at) {
    const bursts = this.#bursts;
    const gap = at - this.#last;
    this.reset();
    if (bursts.length === 0 || gap > MOST_PAUSE_MS) return null;
    const last = bursts.at(-1);
    if (gap <= MOST_GAP_MS) Object.assign(last, { ended: at, gaps: last.gaps + 1 });
    const keys = bursts.flatMap((burst) => burst.keys);
    const quick = bursts.filter(isQuick).reduce((sum, burst) => sum + burst.keys.length, 0);
    const isWhole = bursts.length === 1 && gap <= MOST_GAP_MS;
    const [code, end] = [keys, last.keys].map((some) => some.join("").trim());
    if (code.length < LEAST_LENGTH || quick * 2 < keys.length || (!isWhole && quick < CERTAIN_LENGTH)) return null;
    const others = isQuick(last) && end !== code ? { others: [end] } : {};
    return { code, typed: keys.filter((key) => key !== SEPARATOR).length, ...others };
  }
}

function isQuick({ keys, began, ended, gaps }) {
  return keys.length >= LEAST_LENGTH && ended - began <= gaps * MOST_MEAN_GAP_MS;
}
