import { debounce, h } from "../lib/dom.js";
import { money, quantity } from "../lib/format.js";

/**
 * The left half: the field for codes and words, categories, tiles. Fires "article" (detail: an article was chosen) and
 * "typed" (detail: the text that somebody ended by Enter).
 */
class TillProducts extends HTMLElement {
  #asked = null;
  #wanted = {};

  begin(session, server) {
    Object.assign(this, { state: session, server });
    this.field = this.querySelector(".scan-field__input");
    this.grid = this.querySelector(".product-grid");
    this.notice = this.querySelector(".till-notice");
    const soon = debounce(180, () => this.search());
    this.field.addEventListener("input", soon);
    this.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = this.field.value.trim();
      if (!typed || this.state.isFrozen) return;
      this.field.value = ""; // what is typed from now on is the next
      soon.cancel();
      this.dispatchEvent(new CustomEvent("typed", { bubbles: true, detail: typed }));
    });
    this.grid.addEventListener("click", (event) => {
      const tile = event.target.closest("[data-article]");
      if (tile) this.dispatchEvent(new CustomEvent("article", { bubbles: true, detail: this.shown.get(tile.dataset.article) }));
    });
    this.grid.addEventListener("keydown", (event) => this.#walk(event));
    this.#drawCategories();
    this.show({});
  }

  /** The cursor back to where codes are typed; under a finger that would open the keyboard, so not there. */
  focusField({ always = false } = {}) {
    if (always || !matchMedia("(pointer: coarse)").matches) this.field.focus();
  }

  clear() {
    this.field.value = "";
    if (this.#wanted.q) this.search();
  }

  /** What was looked up is to be mended: back into the field, unless (false) somebody is typing the next. */
  giveBack(text) {
    this.field.value ||= text;
    return this.field.value === text;
  }

  /** Say something above the tiles: `kind` info, error or success, `action` (`{ label, run }`) a button; it stays until the next word. */
  say(text, kind = "info", action = null) {
    this.notice.replaceChildren(text, ...(action ? [" ", h("button", { class: "button button--small", type: "button", onclick: action.run }, action.label)] : []));
    this.notice.dataset.kind = kind;
    if (text) this.querySelector("camera-scan")?.tell?.(text, kind);
  }

  /** Show the articles of `wanted` (`{ q }`, `{ category }`, or the best sellers). Answers them, null when overtaken. */
  async show(wanted) {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    this.#wanted = wanted;
    this.#markCategory();
    this.grid.setAttribute("aria-busy", "true");
    try {
      const articles = await this.server.articles(wanted, { signal: asked.signal });
      if (this.#asked === asked) this.#draw(articles);
      return articles;
    } catch (problem) {
      if (!asked.signal.aborted) this.say(`The products cannot be shown: ${problem.detail || problem.message}`, "error");
      return null;
    } finally {
      if (this.#asked === asked) this.grid.removeAttribute("aria-busy");
    }
  }

  /** Show what was found by `q` already. */
  offer(q, articles) {
    this.#asked?.abort();
    this.#asked = null;
    this.#wanted = { q };
    this.#markCategory();
    this.#draw(articles);
    this.grid.removeAttribute("aria-busy");
  }

  reload() {
    return this.show(this.#wanted);
  }

  focusFirst() {
    this.grid.querySelector("button")?.focus();
  }

  /** The tiles follow what stands in the field. */
  search() {
    const q = this.field.value.trim();
    if (q !== (this.#wanted.q ?? "")) this.show(q ? { q } : {});
  }

  #draw(articles) {
    const before = this.tiles ?? new Map();
    this.shown = new Map(articles.map((article) => [article.id, article]));
    this.tiles = new Map(articles.map((article) => [article.id, refilled(before.get(article.id), article)]));
    const items = [...this.tiles.values()];
    const isSame = items.length === this.grid.children.length && items.every((item, place) => item === this.grid.children[place]);
    if (!isSame) this.grid.replaceChildren(...items); // what stays where it is keeps the focus and its picture
    const none = articles.length ? "" : this.#wanted.q || this.#wanted.category ? "search" : "shop";
    for (const card of this.querySelectorAll("[data-none]")) card.hidden = card.dataset.none !== none;
  }

  #drawCategories() {
    const bar = this.querySelector(".till-categories");
    const { categories } = this.state.setup;
    bar.hidden = categories.length === 0;
    const chip = (label, category) =>
      h("button", { class: "segmented__item", type: "button", "data-category": category, onclick: () => this.#choose(category) }, label);
    bar.replaceChildren(chip("Favourites", ""), ...categories.map(({ id, name }) => chip(name, id)));
  }

  #choose(category) {
    this.field.value = "";
    this.show(category ? { category } : {});
  }

  #markCategory() {
    const current = this.#wanted.q ? null : (this.#wanted.category ?? "");
    for (const chip of this.querySelectorAll("[data-category]")) {
      chip.setAttribute("aria-pressed", String(chip.dataset.category === current));
    }
  }

  #walk(event) {
    const tiles = [...this.grid.querySelectorAll("button")];
    const here = tiles.indexOf(document.activeElement);
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (way === undefined || here < 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (here + way < 0) this.field.focus();
    else tiles[here + way]?.focus();
  }
}

/** The tile of an article: the one that stands, with what changed of it, or a new one. */
function refilled(item, article) {
  const there = item?.querySelector("img")?.getAttribute("src") ?? "";
  if (!item || there !== (article.picture ?? "") || item.querySelector(".product-tile__name").textContent !== article.title) return h("li", {}, tile(article));
  item.querySelector(".product-tile__foot").replaceWith(foot(article));
  return item;
}

function tile(article) {
  const picture = article.picture && h("img", { class: "product-tile__picture", src: article.picture, alt: "", width: 320, height: 240, loading: "lazy", decoding: "async", onerror: ({ target }) => target.remove() }); // then its letter stands there
  return h(
    "button",
    { class: "product-tile", type: "button", "data-article": article.id, "data-initial": article.title.slice(0, 1), title: article.sku },
    picture,
    h("span", { class: "product-tile__name" }, article.title),
    foot(article),
  );
}

function foot(article) {
  return h("span", { class: "product-tile__foot" }, h("span", { class: "product-tile__price" }, money(article.unit_price)), stock(article));
}

function stock(article) {
  if (!article.is_stocked || article.on_hand === null) return null;
  if (Number(article.on_hand) <= 0) return h("span", { class: "badge badge--bad" }, "Sold out");
  const text = `${quantity(article.on_hand)} left`;
  return h("span", { class: article.is_low ? "badge badge--warn" : "product-tile__stock" }, text);
}
customElements.define("till-products", TillProducts);
