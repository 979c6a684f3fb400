// Articles by words of their name, for lists that are filled by scanning.

import { announce, h } from "../dom.js";
import { getJson } from "../api.js";
import { quoted } from "../format.js";

export const MOST_NAMED = 8;
const LONGEST = 100;

/** The stocked articles of products that words find, as a scan would answer them. */
export function articlesOf(products) {
  return products.flatMap((product) =>
    product.variants
      .filter((variant) => variant.is_stocked && variant.is_active)
      .map(({ id, sku, name }) => ({ variant: id, sku, pack: "1", name: name ? `${product.name}, ${name}` : product.name })),
  );
}

/** The question which of `found` the `words` mean, as a part of the page; `choose` is called with the answer. */
export function question(words, found, choose) {
  const item = (article) =>
    h(
      "li",
      { class: "row-list__item" },
      h("span", { class: "row-list__main" }, h("span", { class: "row-list__title" }, article.name), h("span", { class: "row-list__note mono" }, article.sku)),
      h("button", { class: "button button--small", type: "button", "aria-label": `Add ${article.name}`, onclick: () => choose(article) }, "Add"),
    );
  const text = `${found.length} articles match ${quoted(words)}. Which one?`;
  announce(text);
  return [h("p", { class: "small muted" }, text), h("ul", { class: "row-list", role: "list" }, ...found.map(item))];
}

/** What `words` may mean, the first few of it; nothing is called by a text that is too long to be a name. */
export async function named(words) {
  if (words.length > LONGEST) return [];
  const query = new URLSearchParams({ q: words, limit: String(MOST_NAMED) });
  const { results } = await getJson(`/api/v1/products/?${query}`);
  return articlesOf(results).slice(0, MOST_NAMED);
}
