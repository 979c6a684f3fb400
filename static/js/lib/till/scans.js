// What was scanned becomes articles, in the order of the scans, whatever the network does.

/**
 * Resolves codes one after the other. `lookUp(code)` gives the article or throws; what it gave is kept, so a repeat
 * is instant. `onFound(article, code)` and `onRefused(code, problem, isTyped)` are called in the order of `add`: none is
 * lost, and what a refusal still looks up is waited for. `others` of a scan are what it may have been as well: asked for
 * where nothing carries the code. `isTyped`: somebody wrote it, so it may be words.
 */
export class Scans {
  #known = new Map();
  #waiting = [];
  #isBusy = false;

  constructor({ lookUp, onFound, onRefused, onIdle = () => {} }) {
    Object.assign(this, { lookUp, onFound, onRefused, onIdle });
  }

  /** How many scans have no answer yet. */
  get pending() {
    return this.#waiting.length;
  }

  add(code, others = [], { isTyped = false } = {}) {
    if (!this.#isBusy && this.#known.has(code)) return this.onFound(this.#known.get(code), code);
    this.#waiting.push({ codes: [code, ...others], isTyped });
    if (!this.#isBusy) this.#work();
  }

  /** Forget what is known: prices changed, or the place. */
  forget() {
    this.#known.clear();
  }

  async #work() {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const { codes, isTyped } = this.#waiting[0];
      const told = await this.#find(codes);
      if (told.problem) await this.onRefused(told.code, told.problem, isTyped);
      this.#waiting.shift();
      if (told.problem) continue;
      this.#known.set(told.code, told.article);
      this.onFound(told.article, told.code);
    }
    this.#isBusy = false;
    this.onIdle();
  }

  /** The article of the first code that has one; where none has, what was said of the first. */
  async #find(codes) {
    let first;
    for (const code of codes) {
      try {
        return { code, article: this.#known.get(code) ?? (await this.lookUp(code)) };
      } catch (problem) {
        first ??= { code: codes[0], problem };
        if (problem.status !== 404) return { code, problem };
      }
    }
    return first;
  }
}
