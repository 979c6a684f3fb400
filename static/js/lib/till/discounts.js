// Which discounts a basket gets and why not the others: the mirror of orders/discounting/, driven by the same vectors.
// Amounts, prices and per cents are ten-thousandths (BigInt), quantities thousandths, times milliseconds.
import { AMOUNT_PLACES, QUANTITY_PLACES, rounded, spread, stepOf } from "./money.js";
import { grossAmount } from "./tax.js";

const HUNDRED_PER_CENT = 100n * 10n ** BigInt(AMOUNT_PLACES);
const THOUSAND = 10n ** BigInt(QUANTITY_PLACES);

export const LINE_BY_HAND = "line";
export const ORDER_BY_HAND = "order";

const sum = (numbers) => numbers.reduce((all, number) => all + number, 0n);
const least = (a, b) => (a < b ? a : b);

/**
 * The discounts of a basket: `{ lines: [[{ source, amount }]], reasons: { [rule id]: { code, need, have, other } } }`.
 * @param basket `{ items: [{ variant, quantity, unitPrice, categories, brand, manual }], location, channel, when, groups,
 *   opened: { [rule id]: coupon code }, manual: { kind, value } }`
 * @param rules in declared order: `{ id, kind, scope, value, buy, get, stacking, needs_coupon, starts_at, ends_at,
 *   variants, categories, brands, groups, locations, channels, least_total, least_quantity }`
 */
export function evaluate(basket, rules, terms) {
  const till = new Evaluation(basket, terms);
  const outcome = till.run(rules);
  basket.items.forEach((item, place) => {
    if (item.manual) apply(outcome.lines, LINE_BY_HAND, till.byHand(item.manual, [place], till.left(outcome.lines)));
  });
  if (basket.manual) {
    const all = basket.items.map((_, place) => place);
    apply(outcome.lines, ORDER_BY_HAND, till.byHand(basket.manual, all, till.left(outcome.lines)));
  }
  return outcome;
}

class Evaluation {
  constructor(basket, terms) {
    Object.assign(this, { basket, terms, items: basket.items, reasons: {}, members: {} });
    this.gross = this.items.map((item) => grossAmount(item, terms));
    this.everywhere = new Set(this.items.keys());
  }

  run(rules) {
    const fitting = rules.filter((rule) => this.fits(rule));
    const ofLines = fitting.filter((rule) => rule.scope === "lines" && this.isEnough(rule, this.gross));
    const ofOrder = fitting.filter((rule) => rule.scope === "order");
    const { lines, closed } = this.onLines(ofLines);
    const reduced = this.onOrder(ofOrder, lines, closed);
    this.explain(fitting, reduced);
    return { lines: reduced, reasons: this.reasons };
  }

  fits(rule) {
    const { opened, when, location, channel, groups } = this.basket;
    const names = (list, value) => list?.length > 0 && !list.includes(value);
    let code = null;
    if (rule.needs_coupon && !Object.hasOwn(opened, rule.id)) code = "coupon";
    else if (rule.starts_at != null && when < rule.starts_at) code = "not-yet";
    else if (rule.ends_at != null && when >= rule.ends_at) code = "ended";
    else if (names(rule.locations, location)) code = "place";
    else if (names(rule.channels, channel)) code = "channel";
    else if (rule.groups?.length && !rule.groups.some((group) => groups.includes(group))) code = "customer";
    else {
      this.members[rule.id] = [...this.items.keys()].filter((place) => isFor(rule, this.items[place]));
      if (!this.members[rule.id].length) code = "goods";
    }
    if (code) this.reasons[rule.id] = { code };
    return code === null;
  }

  isEnough(rule, left, closed = new Set()) {
    const members = this.members[rule.id].filter((place) => !closed.has(place));
    const amount = sum(members.map((place) => left[place]));
    const quantity = sum(members.map((place) => this.items[place].quantity));
    const short = (code, need, have) => ((this.reasons[rule.id] = { code, need, have }), false);
    if (amount < (rule.least_total ?? 0n)) return short("least-total", rule.least_total, amount);
    if (quantity < (rule.least_quantity ?? 0n)) return short("least-quantity", rule.least_quantity, quantity);
    return true;
  }

  onLines(rules) {
    const usual = rules.filter((rule) => rule.stacking !== "exclusive");
    const alone = rules.filter((rule) => rule.stacking === "exclusive");
    let lines = this.usualOnLines(usual, this.everywhere);
    const best = this.bestByLine(alone, this.everywhere);
    const closed = new Set([...best.keys()].filter((place) => best.get(place).saved > saving(lines[place])));
    if (closed.size) {
      lines = this.usualOnLines(usual, without(this.everywhere, closed));
      for (const place of closed) lines[place] = [{ source: best.get(place).rule.id, amount: best.get(place).saved }];
    }
    return { lines, closed };
  }

  usualOnLines(rules, open) {
    const lines = this.items.map(() => []);
    const best = this.bestByLine(rules.filter((rule) => rule.stacking === "best"), open);
    for (const rule of rules) {
      let saved = this.savings(rule, this.left(lines), open);
      if (rule.stacking === "best") saved = saved.map((amount, at) => (best.get(at)?.rule === rule ? amount : 0n));
      apply(lines, rule.id, saved);
    }
    return lines;
  }

  bestByLine(rules, open) {
    const best = new Map();
    for (const rule of rules) {
      this.savings(rule, this.gross, open).forEach((saved, place) => {
        if (saved > (best.get(place)?.saved ?? 0n)) best.set(place, { rule, saved });
      });
    }
    return best;
  }

  onOrder(rules, lines, closed) {
    const open = without(this.everywhere, closed);
    const before = this.left(lines);
    const usual = rules.filter((rule) => rule.stacking !== "exclusive" && this.isEnough(rule, before, closed));
    const best = this.best(usual.filter((rule) => rule.stacking === "best"), before, open);
    for (const rule of usual) {
      if (rule.stacking !== "combine" && rule !== best.rule) continue;
      apply(lines, rule.id, this.savings(rule, this.left(lines), open));
    }
    const alone = rules.filter((rule) => rule.stacking === "exclusive" && this.isEnough(rule, this.gross));
    const { rule: winner, saved } = this.best(alone, this.gross, this.everywhere);
    if (!winner || saved <= sum(this.gross) - sum(this.left(lines))) return lines;
    const fresh = this.items.map(() => []);
    apply(fresh, winner.id, this.savings(winner, this.gross, this.everywhere));
    return fresh;
  }

  best(rules, left, open) {
    let best = { rule: null, saved: 0n };
    for (const rule of rules) {
      const saved = sum(this.savings(rule, left, open));
      if (saved > best.saved) best = { rule, saved };
    }
    return best;
  }

  explain(fitting, lines) {
    const used = new Set(lines.flat().map((step) => step.source));
    for (const rule of fitting) {
      if (used.has(rule.id)) delete this.reasons[rule.id];
      else if (!this.reasons[rule.id]) {
        const other = this.members[rule.id].flatMap((place) => lines[place])[0]?.source;
        this.reasons[rule.id] = other === undefined ? { code: "nothing" } : { code: "better", other };
      }
    }
  }

  left(lines) {
    return this.gross.map((amount, place) => amount - saving(lines[place]));
  }

  perCent(amount, value) {
    return least(amount, rounded(amount * value, HUNDRED_PER_CENT, this.terms));
  }

  /** What a rule saves on each line; never more than is left. */
  savings(rule, left, open) {
    const members = this.members[rule.id].filter((place) => open.has(place));
    if (rule.scope === "order") return this.byHand({ kind: rule.kind, value: rule.value }, members, left);
    if (rule.kind === "buy_get") return this.buyGet(rule, members, left);
    const saved = left.map(() => 0n);
    for (const place of members) saved[place] = this.onLine(rule, this.items[place], left[place]);
    return saved;
  }

  onLine({ kind, value }, { quantity }, left) {
    if (kind === "percent") return this.perCent(left, value);
    if (kind === "amount") return least(left, rounded(value * quantity, THOUSAND, this.terms));
    const dearer = left - grossAmount({ quantity, unitPrice: value }, this.terms);
    return dearer > 0n ? dearer : 0n;
  }

  /** Of the members together, shared out by what is left of each. */
  byHand({ kind, value }, members, left) {
    const saved = left.map(() => 0n);
    const base = sum(members.map((place) => left[place]));
    const off = kind === "percent" ? this.perCent(base, value) : least(base, rounded(value, 1n, this.terms));
    const shares = spread(off, members.map((place) => left[place]), stepOf(this.terms));
    members.forEach((place, at) => (saved[place] = shares[at]));
    return saved;
  }

  /** Of every `buy + get` whole units the cheapest `get` of all are reduced. */
  buyGet(rule, members, left) {
    const saved = left.map(() => 0n);
    const units = new Map(members.map((place) => [place, this.items[place].quantity / THOUSAND]));
    const sets = (sum([...units.values()]) * THOUSAND) / (rule.buy + rule.get);
    let reduced = (sets * rule.get) / THOUSAND;
    const price = (place) => this.items[place].unitPrice;
    const cheapest = [...members].sort((a, b) => (price(a) === price(b) ? a - b : price(a) < price(b) ? -1 : 1));
    for (const place of cheapest) {
      const count = least(units.get(place), reduced);
      if (count === 0n) continue;
      const ratio = left[place] * count * THOUSAND * rule.value;
      saved[place] = least(left[place], rounded(ratio, this.items[place].quantity * HUNDRED_PER_CENT, this.terms));
      reduced -= count;
    }
    return saved;
  }
}

function isFor({ variants, categories, brands }, item) {
  if (!variants?.length && !categories?.length && !brands?.length) return true;
  return Boolean(
    variants?.includes(item.variant) ||
      brands?.includes(item.brand) ||
      categories?.some((category) => item.categories.includes(category)),
  );
}

const saving = (steps) => sum(steps.map((step) => step.amount));
const without = (all, some) => new Set([...all].filter((place) => !some.has(place)));

function apply(lines, source, saved) {
  saved.forEach((amount, place) => {
    if (amount) lines[place].push({ source, amount });
  });
}
