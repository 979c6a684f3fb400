// Articles by words of their name, for lists that are filled by scanning.

import { getJson } from "../api.js";

export const MOST_NAMED = 8;

/** The stocked articles of products that words find, as a scan would answer them. */
export function articlesOf(products) {
  return products.flatMap((product) =>
    product.variants
      .filter((variant) => variant.is_stocked && variant.is_active)
      .map(({ id, sku, name }) => ({ variant: id, sku, pack: "1", name: name ? `${product.name}, ${name}` : product.name })),
  );
}

/** What `words` may mean, the first few of it. */
export async function named(words) {
  const query = new URLSearchParams({ q: words, limit: String(MOST_NAMED) });
  const { results } = await getJson(`/api/v1/products/?${query}`);
  return articlesOf(results).slice(0, MOST_NAMED);
}
