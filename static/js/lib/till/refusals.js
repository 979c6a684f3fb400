// Why a sale was not booked, and what the cashier can do about it. Loaded when the first one is refused; that there was
// no answer needs none of this and stands in the counter.
import { money } from "../format.js";
import { amountText, parseAmount } from "./money.js";
import { lowerToStock, refreshArticles } from "./refresh.js";
import { acceptingShortage } from "./settle.js";
import { stated, toBack } from "./back.js";
import { variantOf } from "./cart.js";

/** What is taken off by hand in a quote, as decimal text. */
export function byHandOf(quote, exponent) {
  const given = quote.discounts.filter(({ by_hand }) => by_hand);
  return amountText(given.reduce((sum, { amount }) => sum + parseAmount(amount), 0n), exponent);
}

/** The articles whose price of one unit differs between two quotes of one basket: `[{ name, price }]`. */
export function changedPrices(before, now) {
  const isListed = (line) => !line.trace?.some(({ step }) => step === "label"); // a label's price does not change
  const prices = new Map((before?.lines ?? []).filter(isListed).map((line) => [line.variant, parseAmount(line.unit_price)]));
  return now.lines
    .filter(isListed)
    .filter((line) => prices.has(line.variant) && prices.get(line.variant) !== parseAmount(line.unit_price))
    .map((line) => ({ name: line.name, price: line.unit_price }));
}

/** Ask somebody who may for what the cashier takes off by hand; `then` what the cashier was about to do. */
export function approve(counter, wanted, then) {
  const { session, asides } = counter;
  const { exponent } = session.terms;
  const permission = wanted?.permission ?? session.setup.permissions.discount;
  const amount = wanted?.amount ?? byHandOf(session.quote, exponent);
  const shown = `${money(amount)} off by hand. To pay: ${money(amountText(session.totals().due, exponent))}.`;
  const keep = (given) => {
    session.edit((cart) => ({ ...cart, approval: { id: given.id, by: given.approved_by_label } }));
    then();
  };
  return asides.open("approval", { permission, shown, amount, then: keep });
}

/** Ask somebody who may for a return that is late or large; `then` what the cashier was about to do. */
export function approveReturn(counter, wanted, then) {
  const { session, asides } = counter;
  const { back } = session.cart;
  const keep = (given) => {
    session.setBack({ ...back, approval: { id: given.id, by: given.approved_by_label } });
    then();
  };
  const permission = wanted?.permission ?? session.setup.permissions.refund;
  const shown = `${money(back.due)} back for #${back.number}.`;
  return asides.open("approval", { permission, shown, amount: wanted?.amount ?? back.due, subject: back.order, then: keep });
}

/** Say why `body` was refused; `sell(body)` tries a changed one, `back` leads to the basket. */
export function explain(counter, { verdict, problem }, { body, sell, back }) {
  const { payment, session } = counter;
  const payAgain = () => {
    payment.close();
    counter.pay(payment.method);
  };
  if (verdict === "out-of-stock") return short(counter, problem.body.short, { body, sell, back });
  if (verdict === "price-changed") return reprice(counter, problem, back);
  if (problem.code === "no-open-shift" && session.register) {
    session.noteShift(session.register.id, null);
    const open = { label: "Open a shift", isPrimary: true, run: () => (payment.close(), counter.ask("register")) };
    return payment.refuse("The shift of this register is closed.", { actions: [open, back] });
  }
  if (problem.code === "lot-expired") return expired(counter, problem, { back, payAgain });
  if (problem.code === "approval-needed") {
    payment.close();
    const isReturn = problem.body.permission === session.setup.permissions.refund;
    return (isReturn ? approveReturn : approve)(counter, problem.body, payAgain);
  }
  if (problem.code === "approval-refused") {
    session.edit(({ approval: _, expired: __, ...cart }) => (cart.back ? { ...cart, back: { ...cart.back, approval: undefined } } : cart));
    const again = { label: "Ask again", isPrimary: true, run: payAgain };
    return payment.refuse(problem.detail || problem.title, { actions: [again, back] });
  }
  return payment.refuse(problem.detail || problem.title, { actions: [back] });
}

/** Only expired (or blocked) lots are left: who may lets them go, a cashier asks for it. */
function expired(counter, problem, { back, payAgain }) {
  const { payment, session, asides } = counter;
  if (session.cart.expired) return payment.refuse(problem.detail || problem.title, { actions: [back] });
  const { permissions, may } = session.setup;
  const { variant_id: variant, sku, expired: lots } = problem.body;
  const name = session.cart.lines.find((line) => variantOf(line) === variant)?.title ?? sku;
  const goOn = (given) => {
    session.edit((cart) => ({ ...cart, expired: given }));
    payAgain();
  };
  const ask = () => {
    payment.close();
    const then = ({ id, approved_by_label: by }) => goOn({ id, by });
    asides.open("approval", { permission: permissions.expired, shown: `Sell ${name} although its lot has expired.`, then });
  };
  const isFree = may.sell_expired;
  const act = { label: isFree ? "Sell it all the same" : "Ask a manager", isPrimary: true, run: isFree ? () => goOn({ by: "" }) : ask };
  if (!lots?.length) return payment.refuse(`Only blocked lots of ${name} are left: they are not sold.`, { actions: [back] });
  return payment.refuse(`Only expired or blocked lots of ${name} are left.`, { actions: [act, back] });
}

function short({ cart, payment, session }, rows, { body, sell, back }) {
  cart.markShort(new Set(rows.map((row) => row.variant_id)));
  const lower = {
    label: "Sell what is there",
    isPrimary: true,
    run: () => {
      session.edit((basket) => lowerToStock(basket, rows));
      if (session.isEmpty) payment.close();
      else payment.open(payment.method);
    },
  };
  const anyway = { label: "Sell anyway", run: () => sell(acceptingShortage(body)) };
  const mayOversell = session.place.may_oversell;
  payment.refuse("There is not enough in stock.", { rows, actions: [lower, ...(mayOversell ? [anyway] : []), back] });
}

async function reprice(counter, problem, back) {
  const { payment, products, scans, server, session } = counter;
  scans.forget();
  try {
    await requoteReturn(counter);
    if (!session.hasGoods) {
      const again = { label: "Go on", isPrimary: true, run: () => payment.open(payment.method) };
      return payment.refuse("Something of this sale came back meanwhile: the amount to give back has changed.", { actions: [again, back] });
    }
    const { quote: before } = session;
    const ids = session.cart.lines.map(variantOf).join(",");
    const fresh = refreshArticles(session.cart, await server.articles({ ids }));
    const gone = session.cart.lines.filter((line) => fresh.gone.includes(line.id));
    session.edit(() => fresh.cart);
    session.quotes.forget();
    const now = await session.settled();
    const told = [
      ...(now ? changedPrices(before, now) : []).map(({ name, price }) => `${name} is now ${money(price)}.`),
      ...gone.map((line) => `${line.title} is not for sale any more.`),
      ...(now ? [`To pay: ${money(amountText(session.totals().due, session.terms.exponent))}.`] : []),
    ];
    const again = { label: "Take the payment", isPrimary: true, run: () => payment.open(payment.method) };
    const actions = session.isEmpty ? [back] : [again, back];
    products.reload();
    return payment.refuse(`Prices changed in the meantime. ${told.join(" ")}`, { actions });
  } catch {
    return payment.refuse(problem.detail, { actions: [back] });
  }
}

/** What comes back, by what is left of its sale now. */
async function requoteReturn({ server, session }) {
  const { back } = session.cart;
  if (!back) return;
  const chosen = back.lines.map(stated);
  const quote = await server.quoteReturn(back.order, chosen);
  const order = { id: back.order, number: back.number, customer: back.customer };
  session.setBack(toBack(order, quote, { chosen, reason: back.reason, ids: { refund: back.refund, ticket: back.ticket } }));
}
