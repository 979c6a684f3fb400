// From "pay" to a receipt, once: the same sale with the same id until the server has said what became of it.

/** What a refusal means for the cashier. */
export function verdictOf(problem) {
  if (problem.status === 401 || problem.code === "not-authenticated") return "logged-out";
  if (problem.code === "out-of-stock") return "out-of-stock";
  if (problem.code === "price-changed") return "price-changed";
  if (problem.status === 403 && problem.code === "csrf") return "logged-out";
  return problem.isTemporary ? "unknown" : "refused";
}

/**
 * Sends a sale at most once at a time.
 *
 * `post(body)` and `find(id)` are the doors to the server. `send` answers `{ order }` or `{ verdict, problem, isSettled }`;
 * while one is under way a second call gets the first one's answer, so a double click is one sale. When an earlier try of
 * the same sale had no answer, a refusal is believed only after the server said that it does not know the sale. Until
 * `isSettled` the sale may be booked, and nothing but the same body may be sent.
 */
export class Checkout {
  #underWay = null;

  constructor({ post, find }) {
    Object.assign(this, { post, find });
  }

  get isBusy() {
    return this.#underWay !== null;
  }

  send(body, { wasTried = false } = {}) {
    this.#underWay ??= this.#try(body, wasTried).finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  async #try(body, wasTried) {
    try {
      return { order: await this.post(body) };
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      const verdict = verdictOf(problem);
      if (verdict === "unknown") return { verdict, problem, isSettled: false };
      if (!wasTried) return { verdict, problem, isSettled: true };
      if (verdict === "logged-out") return { verdict, problem, isSettled: false };
      return this.#ask(body.id, { verdict, problem, isSettled: true });
    }
  }

  async #ask(id, refusal) {
    try {
      return { order: await this.find(id) };
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      return problem.status === 404 ? refusal : { verdict: verdictOf(problem), problem, isSettled: false };
    }
  }
}
