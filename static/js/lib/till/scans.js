// What was scanned becomes articles, in the order of the scans, whatever the network does.

/**
 * Resolves codes one after the other. `lookUp(code)` gives the article or throws; what it gave is kept, so a repeat
 * is instant. `onFound(article, code)` and `onRefused(code, problem)` are called in the order of `add`: none is lost.
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

  add(code) {
    if (!this.#isBusy && this.#known.has(code)) return this.onFound(this.#known.get(code), code);
    this.#waiting.push(code);
    if (!this.#isBusy) this.#work();
  }

  /** Forget what is known: prices changed, or the place. */
  forget() {
    this.#known.clear();
  }

  async #work() {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const code = this.#waiting[0];
      let article;
      let problem;
      try {
        article = this.#known.get(code) ?? (await this.lookUp(code));
      } catch (error) {
        problem = error;
      }
      this.#waiting.shift();
      if (problem) this.onRefused(code, problem);
      else {
        this.#known.set(code, article);
        this.onFound(article, code);
      }
    }
    this.#isBusy = false;
    this.onIdle();
  }
}
