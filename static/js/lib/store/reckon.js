// What a basket comes to without the server: as orders.services.quotes answers it, by the same engines for discounts
// and taxes. Pure; tests/test_device_quotes.py compares both.

import { ApiProblem } from "../api.js";
import { LINE_BY_HAND, ORDER_BY_HAND, evaluate } from "../till/discounts.js";
import { amountText, divide, parseAmount, parseQuantity, quantityText, text } from "../till/money.js";
import { cashDifference, documentAmounts, grossAmount } from "../till/tax.js";
import { priceOf, titleOf } from "./goods.js";

const MOST_UNITS = 10n ** 12n; // a thousand million, in thousandths
const MOST_MONEY = 10n ** 16n; // a million million, in ten-thousandths
const ONE = 10n ** 12n; // a part of one, in the reckoning of parts
const HUNDRED_PER_CENT = 10n ** 6n;

/**
 * The quote of a basket `body` (as it is sent to the server), in the server's words.
 * @param body `{ location, channel, lines: [{ variant, quantity, unit_price, discount, label }], customer, coupons, discount }`
 * @param known `{ rows: Map of articles by id, labels: Map of `labelOf` by place, tables, at (Date) }`
 * @throws {ApiProblem} "invalid", naming every line that cannot be.
 */
export function quoteOf(body, { rows, labels = new Map(), tables, at, mayDiscount = false }) {
  checkStated(body);
  const groups = (body.customer && tables.members.get(body.customer)) || [];
  const taken = takenOf(body, { rows, labels, tables, at, groups });
  const reduced = reductionsOf(body, taken, { tables, at, groups });
  const { terms } = tables;
  const amounts = documentAmounts(
    taken.map((line, place) => ({ ...line, rate: line.tax.rate, parts: line.tax.parts, discount: reduced.saved[place] })),
    terms,
  );
  checkSums(amounts);
  const sum = (name) => amounts.reduce((all, line) => all + line[name], 0n);
  const total = sum("total");
  const cash = total + cashDifference(total, terms.cash_step === null ? 0n : parseAmount(terms.cash_step));
  return {
    currency: terms.currency,
    prices_include_tax: terms.inclusive,
    lines: amounts.map((line, place) => lineOf(place, taken[place], line, reduced, terms)),
    discounts: reduced.discounts,
    coupons: reduced.used,
    why_not: reduced.whyNot,
    subtotal: amountOf(sum("net"), terms),
    discount_total: amountOf(reduced.saved.reduce((all, amount) => all + amount, 0n), terms),
    tax_total: amountOf(sum("tax"), terms),
    total: amountOf(total, terms),
    cash_total: amountOf(cash, terms),
    needs_approval: !mayDiscount && byHand(body, taken, reduced, terms) > parseAmount(terms.discount_percent),
  };
}

const amountOf = (value, { exponent }) => amountText(value, exponent);
const unitPriceText = (value) => text(value, 4, 4);

function checkStated(body) {
  const given = [...body.lines.map(({ discount }, place) => [`/lines/${place}/discount`, discount]), ["/discount", body.discount]];
  const wrong = given.filter(([, one]) => one && !isPossible(one));
  refuse(wrong.map(([pointer]) => ({ pointer: `${pointer}/value`, code: "range", detail: "More than zero, and at most 100 per cent." })));
}

function isPossible({ kind, value }) {
  const amount = parseAmount(value);
  return amount > 0n && amount <= (kind === "percent" ? HUNDRED_PER_CENT : MOST_MONEY);
}

function takenOf(body, { rows, labels, tables, at, groups }) {
  const quantities = new Map();
  body.lines.forEach((line, place) => {
    const more = labels.has(place) ? 0n : parseQuantity(line.quantity); // a label makes nothing else cheaper
    quantities.set(line.variant, (quantities.get(line.variant) ?? 0n) + more);
  });
  const errors = [];
  const taken = body.lines.map((line, place) => {
    const row = rows.get(line.variant);
    const label = labels.get(place);
    const fault = label?.fault ?? faultOf(row, parseQuantity(line.quantity));
    if (fault) {
      errors.push({ pointer: `/lines/${place}/${fault.field}`, code: fault.code, detail: fault.detail });
      return null;
    }
    const sale = { at, channel: body.channel, groups, quantity: quantityText(quantities.get(line.variant)) };
    const { price, list } = priceOf(row, tables, sale);
    const stated = line.unit_price === undefined || line.unit_price === null ? null : parseAmount(line.unit_price);
    const listed = parseAmount(price);
    return {
      row, list, listed, stated,
      label: label ? { code: line.label, price: label.price } : null,
      own: parseAmount(row.price),
      tax: tables.taxOf(row),
      given: line.discount ?? null,
      quantity: label ? label.units : parseQuantity(line.quantity),
      unitPrice: label ? label.unitPrice : (stated ?? listed),
    };
  });
  refuse(errors);
  return taken;
}

function faultOf(row, quantity) {
  if (!row) return { field: "variant", code: "unknown", detail: "This is not for sale (any more)." };
  return quantity > MOST_UNITS ? { field: "quantity", code: "too-large", detail: "Nobody has so many." } : null;
}

function reductionsOf(body, taken, { tables, at, groups }) {
  const coupons = couponsOf(body, tables, at.getTime());
  const opened = Object.fromEntries([...coupons.opened].map(([rule, coupon]) => [rule, coupon.code]));
  const rules = tables.discounts.filter((rule) => coupons.opened.has(rule.id) || (!rule.needs_coupon && runs(rule, at.getTime())));
  const isNeeded = rules.some((rule) => rule.categories?.length);
  const basket = {
    items: taken.map(({ row, quantity, unitPrice, given }) => ({
      variant: row.id,
      quantity,
      unitPrice,
      categories: isNeeded ? tables.above(row.category) : [],
      brand: row.brand ?? "",
      manual: manualOf(given),
    })),
    location: body.location,
    channel: body.channel,
    when: at.getTime(),
    groups,
    opened,
    manual: manualOf(body.discount),
  };
  return told(body, evaluate(basket, rules, tables.terms), { rules: new Map(rules.map((rule) => [rule.id, rule])), coupons, tables });
}

const runs = ({ starts_at: from, ends_at: to }, when) => (from === null || from <= when) && (to === null || to > when);
const manualOf = (given) => (given ? { kind: given.kind, value: parseAmount(given.value) } : null);

/** Which coupons may be used, by rule; of the others only the server can say more. */
function couponsOf(body, tables, when) {
  const opened = new Map();
  const refused = [];
  const names = new Map(tables.discounts.map((rule) => [rule.id, rule.name]));
  for (const code of new Set((body.coupons ?? []).map((written) => written.trim().toUpperCase()))) {
    const coupon = tables.coupons.get(code);
    const reason = refusal(coupon, when) || (opened.has(coupon.discount) ? "twice" : "");
    const about = coupon ? { discount: coupon.discount, name: names.get(coupon.discount) ?? "" } : { discount: null, name: "" };
    if (reason) refused.push({ ...about, coupon: code.slice(0, 40), code: reason, detail: tables.say(`why:${reason}`) || AWAY });
    else opened.set(coupon.discount, coupon);
  }
  return { opened, refused };
}

const AWAY = "Without the server this coupon cannot be looked up.";

function refusal(coupon, when) {
  if (!coupon) return "away";
  return coupon.expires_at !== null && when >= coupon.expires_at ? "expired" : "";
}

/** The outcome in the words of an order. */
function told(body, outcome, { rules, coupons, tables }) {
  const { terms } = tables;
  const sums = new Map();
  const label = (source, given) =>
    source === LINE_BY_HAND || source === ORDER_BY_HAND
      ? { by_hand: source, name: "By hand", reason: given?.reason ?? "" }
      : { id: source, name: rules.get(source).name, coupon: coupons.opened.get(source)?.code ?? "" };
  const traces = outcome.lines.map((steps, place) =>
    steps.map(({ source, amount }) => {
      sums.set(source, (sums.get(source) ?? 0n) + amount);
      const given = source === LINE_BY_HAND ? body.lines[place].discount : body.discount;
      return { step: "discount", ...label(source, given), amount: amountOf(-amount, terms) };
    }),
  );
  const discounts = [...sums].map(([source, amount]) => ({ ...label(source, source === ORDER_BY_HAND ? body.discount : null), amount: amountOf(amount, terms) }));
  const whyNot = Object.entries(outcome.reasons).map(([id, reason]) => ({
    discount: id,
    name: rules.get(id).name,
    coupon: coupons.opened.get(id)?.code ?? "",
    code: reason.code,
    detail: reasonText(reason, rules, tables),
  }));
  return {
    traces,
    discounts,
    saved: outcome.lines.map((steps) => steps.reduce((all, { amount }) => all + amount, 0n)),
    used: [...coupons.opened].filter(([rule]) => sums.has(rule)).map(([, { code }]) => code),
    whyNot: [...coupons.refused, ...whyNot],
  };
}

function reasonText({ code, need = 0n, have = 0n, other = "" }, rules, tables) {
  const number = (value) => (code === "least-total" ? `${amountOf(value, tables.terms)} ${tables.terms.currency}` : quantityText(value));
  return tables.say(`why:${code}`, { need: number(need), have: number(have), other: rules.get(other)?.name ?? "" });
}

function lineOf(place, taken, amounts, reduced, terms) {
  const { row, tax } = taken;
  return {
    position: place + 1,
    kind: "goods",
    gift_card: null,
    variant: row.id,
    sku: row.sku,
    code: taken.label?.code.slice(0, 80) ?? "",
    name: titleOf(row).slice(0, 250),
    quantity: quantityText(taken.quantity),
    unit_price: unitPriceText(taken.unitPrice),
    list_price: unitPriceText(taken.own),
    discount: amountOf(reduced.saved[place], terms),
    tax_rate: tax.text,
    net: amountOf(amounts.net, terms),
    tax: amountOf(amounts.tax, terms),
    total: amountOf(amounts.total, terms),
    tax_parts: tax.parts.length ? amounts.parts.map(({ name, rate, amount }) => ({ name, rate: amountText(rate), amount: amountOf(amount, terms) })) : [],
    trace: [...priceSteps(taken), ...reduced.traces[place]],
    condition: "",
    disposition: "",
    returned: "0",
  };
}

/** Where the price of one unit comes from: the catalogue, a price list, a label, somebody's hand. */
function priceSteps({ own, list, listed, label, stated }) {
  const steps = [{ step: "listed", amount: unitPriceText(own) }];
  if (list !== null) steps.push({ step: "price-list", name: list, amount: unitPriceText(listed) });
  if (label) steps.push({ step: "label", name: label.code, amount: unitPriceText(label.price) });
  if (stated !== null && stated !== listed) steps.push({ step: "by-hand", amount: unitPriceText(stated) });
  return steps;
}

/** The largest part, per cent in ten-thousandths, that is taken off any line by hand: on the line, then on the whole. */
function byHand(body, taken, reduced, terms) {
  if (!body.discount && !taken.some(({ given }) => given)) return 0n;
  const sumOf = (place, isMeant) => reduced.traces[place].filter(isMeant).reduce((all, { amount }) => all + parseAmount(amount), 0n);
  const before = taken.map((line, place) => grossAmount(line, terms) + sumOf(place, (step) => !("by_hand" in step)));
  const after = before.reduce((all, amount, place) => all + amount + sumOf(place, (step) => step.by_hand === LINE_BY_HAND), 0n);
  const ofOrder = ONE - partOf(body.discount, after);
  const kept = taken.map(({ given }, place) => ((ONE - partOf(given, before[place])) * ofOrder) / ONE);
  const least = kept.reduce((a, b) => (b < a ? b : a), ONE);
  return divide((ONE - least) * HUNDRED_PER_CENT, ONE, "half_even");
}

/** What a discount by hand takes of an amount, from 0 to `ONE`. */
function partOf(given, of) {
  if (!given || of === 0n) return 0n;
  const value = parseAmount(given.value);
  if (given.kind === "percent") return (value * ONE) / HUNDRED_PER_CENT;
  return value >= of ? ONE : (value * ONE) / of;
}

function checkSums(amounts) {
  const size = (amount) => (amount < 0n ? -amount : amount);
  const tooLarge = (pointer) => ({ pointer, code: "too-large", detail: "This amount is too large." });
  const errors = amounts.flatMap(({ total }, place) => (size(total) >= MOST_MONEY ? [tooLarge(`/lines/${place}`)] : []));
  const all = amounts.reduce((sum, { total }) => sum + total, 0n);
  refuse(errors.length === 0 && all >= MOST_MONEY ? [tooLarge("/lines")] : errors);
}

function refuse(errors) {
  if (errors.length === 0) return;
  throw new ApiProblem({ status: 422, code: "invalid", title: "Something in the input is wrong", detail: errors[0].detail, errors });
}
