// A wedge scanner is a keyboard that types a code within milliseconds and ends with Enter. This tells it from fingers.

/** No key of a scan comes later than this after the one before. */
export const MOST_GAP_MS = 60;
/** The keys of a scan are on average at most this far apart; the fastest typists stay well above. */
export const MOST_MEAN_GAP_MS = 35;
/** Shorter bursts are a hand that rolls over the keys. */
export const LEAST_LENGTH = 4;

const MOST_LENGTH = 200;

/**
 * Turn key events into scans.
 *
 * `feed({ key, at, isModified })` takes `KeyboardEvent.key`, its `timeStamp` in milliseconds (the hardware's time: a busy
 * page does not spoil it) and whether Ctrl, Alt or Meta is down. It answers `null`, or for the Enter (or Tab) that ends a
 * scan `{ code, typed }`: what was scanned, and as how many characters it may stand in the focused field.
 * `isBursting(at)` says whether the last key may belong to a scan that is still going on.
 */
export class Wedge {
  #keys = [];
  #began = 0;
  #last = -Infinity;

  feed({ key, at, isModified = false }) {
    if (key === "Enter" || key === "Tab") return this.#finish(at);
    if (isModified || [...key].length !== 1) {
      // Shift alone is part of typing a capital; anything else was no scanner.
      if (key !== "Shift" && key !== "AltGraph") this.reset();
      return null;
    }
    if (at - this.#last > MOST_GAP_MS || this.#keys.length >= MOST_LENGTH) {
      this.reset();
      this.#began = at;
    }
    this.#keys.push(key);
    this.#last = at;
    return null;
  }

  /** How many keys the present burst has. */
  get length() {
    return this.#keys.length;
  }

  isBursting(at) {
    return this.#keys.length > 1 && at - this.#last <= MOST_GAP_MS;
  }

  reset() {
    this.#keys = [];
    this.#last = -Infinity;
  }

  #finish(at) {
    const keys = this.#keys;
    const isInTime = at - this.#last <= MOST_GAP_MS;
    const meanGap = (at - this.#began) / keys.length;
    this.reset();
    const code = keys.join("").trim();
    if (!isInTime || code.length < LEAST_LENGTH || meanGap > MOST_MEAN_GAP_MS) return null;
    return { code, typed: keys.length };
  }
}
