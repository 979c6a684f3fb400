// Who reads a picture: the browser's own reader first, where there is one, and ours where that one is not enough.

/** After so long, and so many looks, without a reading the other one looks too; ours leads until then where it read something. */
export const QUIET_MS = 1000;
export const QUIET_LOOKS = 6;
/** The browser's own may take so long; its service may be away without a word. */
const MOST_MS = 3000;
/** It has to give way when ours read so many times what it should have. */
const ENOUGH = 3;
const RETRY_MS = 5000;
/** What may be a GS1 code, however its beginning is told: never a letter. The browser's own reader loses where its parts end. */
const GS1 = /^[^A-Za-z]/;
const MAY_BE_GS1 = new Set(["Code128", "QRCode", "DataMatrix"]);
const BOTH_KNOW = /^(?:EAN|UPC|Code128|QR)/;

/**
 * Reads with `native` (null where there is none) and with the reader that `open` fetches, only when it is wanted: for what
 * may be a GS1 code, after a while without anything, and for good where the browser's own fails or sees too little.
 */
export class Readers {
  #ours = null;
  #opening = null;
  #failedAt = -Infinity;
  #readAt = null;
  #empty = 0;
  #isHanded = false;
  #isOurTurn = false;
  #missed = 0;

  constructor({ native, open, most = MOST_MS }) {
    Object.assign(this, { native, open, most });
  }

  /** Resolves when there is somebody to read. */
  async begin() {
    if (!this.native) await this.#fetched();
  }

  /** What is in a picture that was taken at so many milliseconds. Fails where nobody can read. */
  async read(picture, at) {
    this.#readAt ??= at;
    const isQuiet = at - this.#readAt > QUIET_MS && this.#empty >= QUIET_LOOKS;
    if (isQuiet && this.native) this.#rest(at);
    const isOurs = !this.native || this.#isHanded || (isQuiet && this.#ours && this.#isOurTurn);
    const found = await (isOurs ? this.#byOurs(picture, isQuiet) : this.#byNative(picture, at));
    this.#empty += 1;
    if (found.length > 0) [this.#readAt, this.#empty] = [at, 0];
    return found;
  }

  /** Nothing was read for a while: both look in turn. */
  #rest(at) {
    this.#isHanded = false;
    this.#isOurTurn = !this.#isOurTurn;
    this.#wanted(at).catch(() => {}); // there is still the other one
  }

  async #byOurs(picture, isQuiet) {
    const found = (await this.#fetched()).read(picture);
    if (found.length > 0) this.#isHanded = true;
    if (isQuiet && found.some(({ format }) => BOTH_KNOW.test(format))) this.#missed += 1;
    if (this.#missed >= ENOUGH) this.native = null;
    return found;
  }

  async #byNative(picture, at) {
    let found;
    try {
      found = await within(this.most, this.native.read(picture));
    } catch {
      this.native = null;
      return this.#byOurs(picture, false);
    }
    if (found.length > 0) this.#missed = 0;
    const sure = found.filter((one) => !mayBeGs1(one));
    if (sure.length === found.length) return sure;
    const hasMatrix = found.some(({ format }) => format === "DataMatrix");
    const ours = await this.#wanted(at).then((reader) => reader.read(picture, { hasMatrix }), () => []);
    if (ours.length > 0) this.#isHanded = true;
    return [...sure.filter(({ text }) => !ours.some((one) => one.text === text)), ...ours];
  }

  /** Our reader, where it can do without: not asked for again at once after it could not be fetched. */
  #wanted(at) {
    if (at - this.#failedAt < RETRY_MS) return Promise.reject(new Error("Not yet"));
    return this.#fetched().catch((problem) => {
      this.#failedAt = at;
      throw problem;
    });
  }

  async #fetched() {
    this.#opening ??= this.open();
    try {
      return (this.#ours = await this.#opening);
    } catch (problem) {
      this.#opening = null;
      throw Object.assign(problem, { isBlind: !this.native });
    }
  }
}

function mayBeGs1({ format, text }) {
  return MAY_BE_GS1.has(format) && GS1.test(text);
}

function within(ms, work) {
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error("The system's reader does not answer")), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
