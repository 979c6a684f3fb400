// What the till asks: articles, codes, quotes, orders, receipts. Of the server, and where it is away of the device's own
// store, which answers the first three, and returns of what it sold itself, in the same shapes.
import { getJson, postJson } from "../api.js";

const LONGEST = 100;

/** The doors of one till; `setup.urls` as the page gives them, `place()` the location's id, `standing` a `Standing`. */
export class Server {
  constructor(setup, place, standing) {
    Object.assign(this, { urls: setup.urls, place, standing });
  }

  /** The server's answer within so many seconds, else the store's. Without a store the server has more time, and the word. */
  async #either(ask, own, seconds) {
    const { line } = this.standing;
    const away = line.isAway ? await this.standing.shop() : null;
    if (away) return own(away);
    try {
      const answer = await ask(this.standing.isReady ? { seconds } : {});
      line.back();
      return answer;
    } catch (problem) {
      if (!line.heard(problem)) throw problem;
      const shop = await this.standing.shop();
      if (!shop) throw problem;
      return own(shop);
    }
  }

  /**
   * What a code stands for: `{ article, pack, price, isCharged, lot, serial, note }` (`price` where the label itself says
   * what the piece costs, `isCharged` where it is what is paid, `lot` and `serial` where it names them, `note` what the
   * cashier should know of them), or
   * `{ other }`, no article but `{ kind, id, name, url }`. Throws an `ApiProblem` ("unknown-code").
   */
  scan(code) {
    return this.#either((options) => this.#scan(code, options), (shop) => shop.scan(code), 3);
  }

  async #scan(code, options) {
    const query = new URLSearchParams({ location: this.place() });
    const found = await getJson(`${this.urls.scan}${encodeURIComponent(code)}/?${query}`, options);
    if (!found.variant) return { other: { kind: found.kind, id: found.target, name: found.name, url: found.url } };
    const article = {
      id: found.variant,
      sku: found.sku,
      title: found.name,
      unit_price: found.unit_price,
      tax_rate: found.tax_rate,
      is_stocked: found.is_stocked,
      on_hand: found.on_hand,
      tracking: found.tracking,
    };
    const told = { lot: found.lot_id && found.tracking === "lot" ? found.lot : "", serial: found.serial ?? "" };
    const isUnknown = found.lot && !found.lot_id && found.tracking === "lot";
    if (isUnknown) told.note = `Lot ${found.lot} is not known here: the first to expire goes`;
    return { article, pack: found.quantity ?? found.pack_quantity, price: found.price ?? null, isCharged: Boolean(found.charges), ...told };
  }

  /** Articles by `q`, `category` or `ids`; by none of them the place's best sellers. */
  async articles(wanted = {}, options = {}) {
    if (wanted.q?.length > LONGEST) return []; // nothing is called so
    const query = new URLSearchParams({ location: this.place(), ...wanted });
    const ask = async (limits) => (await getJson(`${this.urls.articles}?${query}`, { ...options, ...limits })).articles;
    return this.#either(ask, (shop) => shop.articles(wanted), 4);
  }

  quote(body, options) {
    return this.#either((limits) => postJson(this.urls.quote, body, { seconds: 8, ...options, ...limits }), (shop) => shop.quote(body), 4);
  }

  /** Book what was settled (`toSettle`): answers the order, of an exchange `{ refund, sale, net }`. */
  sell(body) {
    const [url, sent] = body.exchange
      ? [this.#of(this.urls.exchanges, body.of), body.exchange]
      : body.returned
        ? [this.#of(this.urls.order_returns, body.of), body.returned]
        : [this.urls.orders, body];
    return postJson(url, sent, { seconds: this.standing.isReady ? 6 : 15 }); // a device need not wait long: it can do it itself
  }

  /** A sale and what of it can still come back: `{ order, left }`. */
  returnable(id) {
    return this.#either(() => this.#returnable(id), (shop) => shop.returnable(id), 4);
  }

  async #returnable(id) {
    const [order, { lines: left }] = await Promise.all([this.order(id), getJson(this.#of(this.urls.return_quote, id))]);
    return { order, left };
  }

  /** What some lines of an order would come to if they came back. */
  quoteReturn(order, lines) {
    const ask = (limits) => postJson(this.#of(this.urls.return_quote, order), { lines, location: this.place() }, { seconds: 8, ...limits });
    return this.#either(ask, (shop) => shop.quoteReturn(order, lines), 4);
  }

  order(id) {
    return getJson(this.#of(this.urls.order_api, id));
  }

  orderPage(id) {
    return this.#of(this.urls.order, id);
  }

  /** The paper slip of an order as the server draws it. */
  async receipt(id) {
    const response = await fetch(this.#of(this.urls.receipt, id), { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(`The receipt answered ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const slip = page.querySelector(".receipt");
    if (!slip) throw new Error("There is no receipt in the answer");
    return document.importNode(slip, true);
  }

  #of(url, id) {
    return url.replace(this.urls.no_id, id);
  }
}
