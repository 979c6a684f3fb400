// What a code or a name means on the shop floor: the server says it; while it is away the device's own store, with since when.
import { ApiProblem, getJson } from "../api.js";
import { named } from "../scan/named.js";

const SECONDS = 4;
const AWAY_MS = 10_000;

/** `shop()` answers the store's `Shop` or null; `place()` is the location's id. Fires "change" when the server goes or comes. */
export class Source extends EventTarget {
  #awayUntil = 0;
  since = null;

  constructor({ urls, place, shop }) {
    super();
    Object.assign(this, { urls, place, shop });
    addEventListener("online", () => (this.#awayUntil = 0));
  }

  /**
   * What somebody scanned or typed: `{ article, pack, lot, serial, expires_on, asOf }`, or `{ choices }` (articles) where words match
   * several, `asOf` null where the server said it. Throws an `ApiProblem` ("unknown-code", "nonsense-code", "away", …).
   */
  async find(text) {
    if (this.isThere) {
      try {
        const found = await this.#ofServer(text);
        this.#heard(true);
        return found;
      } catch (problem) {
        if (!(problem instanceof ApiProblem)) throw problem;
        const isAway = problem.isTemporary && problem.status !== 429;
        this.#heard(!isAway);
        if (!isAway && problem.status !== 401) throw problem;
      }
    }
    return this.#ofStore(text);
  }

  /** What there is of an article at every place the person may see: `[{ location, on_hand }]`; [] where nobody can say. */
  async everywhere(article) {
    if (!this.isThere) return [];
    const query = new URLSearchParams({ variant: article.id, limit: "100" });
    const { results } = await getJson(`${this.urls.stock}?${query}`, { seconds: SECONDS }).catch(() => ({ results: [] }));
    return results.map(({ location, on_hand }) => ({ location, on_hand }));
  }

  /** Whether the server is asked first just now. */
  get isThere() {
    return navigator.onLine && Date.now() > this.#awayUntil;
  }

  #heard(isThere) {
    this.#awayUntil = isThere ? 0 : Date.now() + AWAY_MS;
    if (isThere === (this.since === null)) return;
    this.since = isThere ? null : new Date();
    this.dispatchEvent(new Event("change"));
  }

  async #ofServer(text) {
    try {
      return await this.#scan(text);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      const found = await named(text);
      if (found.length === 0) throw problem;
      if (found.length === 1) return this.#scan(found[0].sku);
      return { choices: found.map(({ variant, sku, name }) => ({ id: variant, sku, title: name })), asOf: null };
    }
  }

  async #scan(text) {
    const query = new URLSearchParams(this.place() ? { location: this.place() } : {});
    const found = await getJson(`${this.urls.scan}${encodeURIComponent(text)}/?${query}`, { seconds: SECONDS });
    if (!found.variant) {
      throw new ApiProblem({ status: 409, code: "no-article", title: "This is no article", detail: `This code is ${found.name}, no article.` });
    }
    const { variant: id, sku, name: title, unit_price, unit, is_stocked, on_hand, tracking } = found;
    return {
      article: { id, sku, title, unit_price, unit, is_stocked, on_hand, tracking },
      pack: found.quantity ?? found.pack_quantity ?? "1",
      lot: found.lot ?? "",
      serial: found.serial ?? "",
      expires_on: found.expires_on ?? "",
      asOf: null,
    };
  }

  async #ofStore(text) {
    const shop = await this.shop();
    if (!shop) throw new ApiProblem({ status: 0, code: "away", title: "The server is away", detail: "The server does not answer, and this browser keeps no catalogue." });
    try {
      const { article, pack, lot, serial, as_of: asOf } = await shop.scan(text);
      return { article, pack, lot, serial, expires_on: "", asOf };
    } catch (problem) {
      if (problem.code !== "unknown-code") throw problem;
      const found = await shop.articles({ q: text });
      if (found.length === 0) throw problem;
      if (found.length > 1) return { choices: found.slice(0, 12), asOf: found[0].as_of };
      const { as_of: asOf, ...article } = found[0];
      return { article, pack: "1", lot: "", serial: "", expires_on: "", asOf };
    }
  }
}
