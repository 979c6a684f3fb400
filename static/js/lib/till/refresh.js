// A cart after the server refused it: today's prices, what is left in stock. Pure.
import { facts, setQuantity } from "./cart.js";
import { parseAmount } from "./money.js";

/** Take over today's prices, taxes and stock. Answers `{ cart, changed, gone }`: ids of both. */
export function refreshArticles(cart, articles) {
  const now = new Map(articles.map((article) => [article.id, article]));
  const changed = [];
  const gone = [];
  const lines = cart.lines.flatMap((line) => {
    const article = now.get(line.id);
    if (!article) {
      gone.push(line.id);
      return [];
    }
    const fresh = facts(article);
    const differs = (name) => parseAmount(fresh[name]) !== parseAmount(line[name]);
    if (differs("unit_price") || differs("tax_rate")) changed.push(line.id);
    return [{ ...line, ...fresh }];
  });
  return { cart: { ...cart, lines }, changed, gone };
}

/** Lower every short line to what is there: `short` as the server lists it (`variant_id`, `available`). */
export function lowerToStock(cart, short) {
  return short.reduce((lowered, row) => setQuantity(lowered, row.variant_id, row.available), cart);
}
