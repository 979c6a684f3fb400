// When a code in the picture counts. A decoder misreads, and what it misreads has a right check digit: so a code counts
// when looks of different kinds agree and nothing else was read meanwhile, and again only after it left the picture.

/** Reads that are to agree lie within this time, or within so many looks where those are slow. */
export const AGREE_MS = 400;
const AGREE_LOOKS = 5;
/** A code has left the picture when it was missed for so long, by at least so many looks. */
export const GONE_MS = 900;
export const GONE_LOOKS = 10;
/** So many reads by the same kind of look are worth two by different ones. */
const ENOUGH_ALIKE = 3;
/** Where an article follows another in the same place, the one before is given so long to fade. */
const FADE_MS = 2 * AGREE_MS;

/**
 * Judges looks at the picture. `look({ at, kind, found })` takes the time in milliseconds, which kind of look it was and
 * what it read: `[{ key, code, corners }]`, corners in shares of the picture. It answers `{ taken, choices, inView }`: the
 * code that counts now (or null), those of which somebody has to choose one, and all that were read of late.
 * `choose(key)` answers the code somebody chose; it is taken then.
 */
export class Verdict {
  #codes = new Map();
  #looks = 0;

  look({ at, kind, found }) {
    this.#looks += 1;
    this.#forget(at, new Set(found.map(({ key }) => key)));
    for (const one of found) this.#read(one, at, kind);
    const inView = [...this.#codes.values()].filter((code) => code.reads.length > 0);
    const fresh = inView.filter((code) => !code.isTaken);
    const agreed = fresh.filter(hasAgreed);
    const isCrowd = agreed.length > 1 || fresh.some((code) => code.isOffered);
    if (isCrowd) for (const code of agreed) code.isOffered = true;
    const [taken] = isCrowd ? [] : agreed.filter((code) => !inView.some((other) => this.#disturbs(other, code)));
    if (taken) taken.isTaken = true;
    const held = agreed.filter((code) => !code.isTaken && at - code.since > FADE_MS);
    const choices = isCrowd ? fresh.filter((code) => code.isOffered) : held;
    return { taken: taken ?? null, choices, inView };
  }

  /** A code that counted before this began, and may still lie in the picture. */
  hold({ key, code, at }) {
    this.#codes.set(key, { key, code, reads: [], since: at, lastAt: at, lastLook: this.#looks, isTaken: true, isOffered: false });
  }

  choose(key) {
    const code = this.#codes.get(key);
    if (!code || code.isTaken) return null;
    code.isTaken = true;
    return code;
  }

  /** What was missed for long enough has left; reads that are too old to agree with one of now are dropped. */
  #forget(at, seen) {
    for (const [key, code] of this.#codes) {
      if (!seen.has(key) && at - code.lastAt > GONE_MS && this.#looks - code.lastLook > GONE_LOOKS) this.#codes.delete(key);
      else code.reads = code.reads.filter((read) => at - read.at <= AGREE_MS || this.#looks - read.look < AGREE_LOOKS);
    }
  }

  #read({ key, ...told }, at, kind) {
    const code = this.#codes.get(key) ?? { key, reads: [], since: at, isTaken: false, isOffered: false };
    this.#codes.set(key, Object.assign(code, told));
    if (code.lastLook === this.#looks) return; // twice in one picture is one read
    Object.assign(code, { lastAt: at, lastLook: this.#looks });
    code.reads.push({ at, kind, look: this.#looks });
  }

  /** Whether `other` speaks against `code`: anything new that was read of late, or what counted before in that place. */
  #disturbs(other, code) {
    return other !== code && (!other.isTaken || isNear(other, code));
  }
}

function hasAgreed({ reads }) {
  return reads.length >= ENOUGH_ALIKE || new Set(reads.map(({ kind }) => kind)).size > 1;
}

/** Whether two codes lie where one could be a misreading of the other. */
function isNear(one, other) {
  const [a, b] = [one, other].map(({ corners }) => boxOf(corners));
  return Math.hypot(a.x - b.x, a.y - b.y) < Math.max(a.size, b.size) / 2;
}

/** The middle of a code and its longer side: of a linear code often one line of it was read. */
export function boxOf(corners) {
  const [xs, ys] = ["x", "y"].map((axis) => corners.map((corner) => corner[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return { x: (left + right) / 2, y: (top + bottom) / 2, size: Math.max(right - left, bottom - top) };
}
