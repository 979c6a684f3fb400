// Paying with what the shop owes: a gift card by its code, the store credit of the customer. Loaded when it is first used.
import { getJson, postJson } from "../api.js";
import { h } from "../dom.js";
import { date, money, quantity } from "../format.js";
import { field, words } from "./aside.js";
import { parseAmount } from "./money.js";

/** What is on a gift card: `{ code, balance, label }`. Throws an `ApiProblem`. */
async function cardOf(code, { urls }) {
  const card = await postJson(urls.gift_cards, { code });
  const until = card.expires_on ? `, until ${date(card.expires_on)}` : "";
  return { code, balance: parseAmount(card.balance), label: `${money(card.balance)} on the card ending ${card.last_four}${until}` };
}

async function creditOf(customer, { urls }) {
  const { balance } = await getJson(`${urls.customers}${customer.id}/credit/?limit=1`);
  return { balance: parseAmount(balance), label: `${customer.name} has ${money(balance)}` };
}

/** The points of a customer as money: whole points of `step` each. */
export async function pointsOf(customer, { urls }) {
  const { spendable, value, each } = await getJson(`${urls.customers}${customer.id}/points/?limit=1`);
  const balance = parseAmount(value);
  return { balance, step: parseAmount(each), label: `${customer.name} has ${quantity(spendable)} points, worth ${money(value)}` };
}

/** The part of the payment that finds the account: `found(account)` is told it, or null while there is none. */
function panel(method, session, found) {
  const status = h("p", { class: "till-account", role: "status" });
  const look = async (ask) => {
    found(null);
    status.textContent = "Looking it up";
    try {
      const account = await ask();
      status.textContent = account.label;
      found(account);
    } catch (problem) {
      status.textContent = words(problem);
    }
  };
  if (method !== "giftcard") {
    look(() => (method === "credit" ? creditOf : pointsOf)(session.cart.customer, session.setup));
    return { element: status, focus: () => false, hear: () => false };
  }
  const code = field("Code of the gift card", { maxlength: 80, autocapitalize: "characters", spellcheck: "false" });
  const ask = () => code.field.value.trim() && look(() => cardOf(code.field.value.trim(), session.setup));
  code.field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    ask();
  });
  const button = h("button", { class: "button", type: "button", onclick: ask }, "Look up");
  const element = h("div", { class: "stack stack--tight" }, h("div", { class: "till-card-code" }, code.row, button), status);
  const hear = (scanned) => {
    code.field.value = scanned;
    ask();
    return true;
  };
  return { element, focus: () => (code.field.focus(), true), hear };
}

/** Put the panel of `method` into `place` of the payment dialog. What was taken from the account already counts. */
export function attach(payment, method, place) {
  if (payment.method !== method) return;
  const spent = ({ code }) =>
    payment.taken.filter((one) => one.method === method && one.code === code).reduce((sum, { amount }) => sum + amount, 0n);
  payment.panel = panel(method, payment.state, (account) => {
    if (payment.method === method) payment.known(account && { ...account, balance: account.balance - spent(account) });
  });
  place.replaceChildren(payment.panel.element);
  payment.panel.focus();
}
