// A cart after the server refused it: today's prices, what is left in stock. Pure.
import { facts, removeLine, setQuantity, variantOf } from "./cart.js";
import { parseAmount, parseQuantity, quantityText } from "./money.js";

/** Take over today's prices, taxes and stock. Answers `{ cart, changed, gone }`: the ids of their lines. */
export function refreshArticles(cart, articles) {
  const now = new Map(articles.map((article) => [article.id, article]));
  const changed = [];
  const gone = [];
  const lines = cart.lines.flatMap((line) => {
    const article = now.get(variantOf(line));
    if (!article) {
      gone.push(line.id);
      return [];
    }
    const fresh = facts(article);
    if (line.label) fresh.unit_price = line.unit_price; // the label's, whatever the catalogue says
    const differs = (name) => parseAmount(fresh[name]) !== parseAmount(line[name]);
    if (differs("unit_price") || differs("tax_rate")) changed.push(line.id);
    return [{ ...line, ...fresh }];
  });
  return { cart: { ...cart, lines }, changed, gone };
}

/** Lower the lines of every short article to what is there: `short` as the server lists it (`variant_id`, `available`). */
export function lowerToStock(cart, short) {
  return short.reduce((lowered, { variant_id: variant, available }) => {
    let left = parseQuantity(available);
    return lowered.lines
      .filter((line) => variantOf(line) === variant)
      .reduce((basket, line) => {
        const wanted = parseQuantity(line.quantity);
        // A label is sold whole: as many of them as their units are there.
        const units = line.label ? parseQuantity(line.units) : 1000n;
        const most = line.label ? (left / units) * 1000n : left;
        const given = wanted < most ? wanted : most;
        left -= given > 0n ? (given * units) / 1000n : 0n;
        return given > 0n ? setQuantity(basket, line.id, quantityText(given)) : removeLine(basket, line.id);
      }, lowered);
  }, cart);
}
