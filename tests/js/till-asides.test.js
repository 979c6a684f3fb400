import assert from "node:assert/strict";
import { test } from "node:test";
import { addArticle, emptyCart, giveDiscount, setLot, setQuantity, withCustomer } from "../../static/js/lib/till/cart.js";
import { toBody } from "../../static/js/lib/till/settle.js";
import { contentsOf, titleOf, toParked, unpacked } from "../../static/js/lib/till/carts.js";
import { aboutBuyer, buyer, guess } from "../../static/js/lib/till/people.js";
import { lowerToStock } from "../../static/js/lib/till/refresh.js";
import { Session } from "../../static/js/lib/till/session.js";

const terms = { inclusive: true, exponent: 2, rounding: "half_up" };
const tea = { id: "t", sku: "TEA", title: "Tea", unit_price: "4.5000", tax_rate: "20.0000", is_stocked: true, on_hand: "9.000" };
const ann = { id: "a", name: "Ann Walker", number: "C-1", email: "ann@example.org", phone: "" };

class Memory extends Map {
  getItem = (key) => this.get(key) ?? null;
  setItem = (key, value) => this.set(key, value);
  removeItem = (key) => this.delete(key);
}

const setup = { terms, locations: [{ id: "here" }, { id: "there" }], most_lines: 500 };
const session = (tab = new Memory()) => new Session(setup, { tab, device: new Memory() });

test("a customer is called by what is known, and what is typed becomes the right field of a new one", () => {
  assert.deepEqual(buyer(ann), { id: "a", name: "Ann Walker", number: "C-1" });
  assert.equal(buyer({ ...ann, name: "" }).name, "ann@example.org");
  assert.equal(buyer({ id: "a", name: "", email: "", phone: "", number: "C-1" }).name, "C-1");
  assert.equal(aboutBuyer(ann), "C-1 · ann@example.org");
  assert.equal(aboutBuyer({ ...ann, name: "" }), "C-1");
  assert.deepEqual(guess(" ann@example.org "), { email: "ann@example.org" });
  assert.deepEqual(guess("+44 20 7946 0000"), { phone: "+44 20 7946 0000" });
  assert.deepEqual(guess("Ann Walker"), { name: "Ann Walker" });
  assert.deepEqual(guess("  "), {});
});

test("the customer goes into the sale and into the parked cart, and can be removed", () => {
  const cart = withCustomer(addArticle(emptyCart("1"), tea), buyer(ann));
  assert.equal(toBody(cart, { location: "here", payments: [], terms }).customer, "a");
  assert.deepEqual(toParked(cart, { location: "here", label: " Red coat " }), {
    id: "1",
    location: "here",
    lines: [{ variant: "t", quantity: "1" }],
    label: "Red coat",
    customer: "a",
  });
  assert.equal("customer" in toBody(withCustomer(cart, null), { location: "here", payments: [], terms }), false);
});

test("a parked cart is called by its name, else by what lies in it", () => {
  const line = (variant, name, quantity) => ({ variant, name, quantity });
  const cart = { number: "9", label: "", lines: [line("t", "Tea", "2.000"), line("j", "Jam", "1"), line("t", "Tea", "0.500")] };
  assert.equal(titleOf({ ...cart, label: "Red coat" }), "Red coat");
  assert.equal(titleOf(cart), "Tea");
  assert.equal(contentsOf(cart), "2 × Tea, 1 × Jam and 1 more");
  const { cart: filled, gone } = unpacked(emptyCart("1"), cart, [tea], null);
  assert.deepEqual(filled.lines.map(({ id, quantity }) => [id, quantity]), [["t", "2.5"]]);
  assert.deepEqual(gone.map(({ name }) => name), ["Jam"]);
});

test("while a cart is being parked or taken up nothing may change it, also after a reload", () => {
  const tab = new Memory();
  const till = session(tab);
  till.add(tea);
  till.setParking({ id: till.cart.id, location: "there" });
  assert.throws(() => till.add(tea));
  const again = session(tab);
  assert.deepEqual([again.isFrozen, again.place.id, again.parking.id], [true, "there", till.cart.id]);
  again.setParking(null);
  again.add(tea);
  assert.equal(again.cart.lines[0].quantity, "2");
});

test("a cart that was taken up fills the empty basket with today's articles and says what is gone", () => {
  const till = session();
  till.setTaking({ id: "p" });
  const id = till.cart.id;
  const parked = { lines: [{ variant: "t", quantity: "2" }, { variant: "x", quantity: "1" }] };
  till.fill((cart) => unpacked(cart, parked, [tea], buyer(ann)).cart);
  assert.equal(till.isFrozen, true);
  till.setTaking(null);
  assert.deepEqual([till.cart.id, till.cart.customer.name, till.cart.lines.length, till.cart.lines[0].quantity], [id, "Ann Walker", 1, "2"]);
});

test("what is parked and taken up again is the same basket: coupons, discounts by hand, lots and pieces", () => {
  const radio = { ...tea, id: "r", sku: "RADIO", tracking: "serial" };
  const milk = { ...tea, id: "m", sku: "MILK", tracking: "lot" };
  let cart = addArticle(emptyCart("1"), radio, { serial: "A-1" });
  cart = addArticle(addArticle(cart, radio, { serial: "A-2" }), radio, { serial: "A-1" });
  cart = addArticle(addArticle(cart, milk, { quantity: "2" }), milk, { quantity: "1", lot: "L7" });
  cart = giveDiscount(giveDiscount(cart, "m@L7", { kind: "percent", value: "10", reason: "Dented" }), null, { kind: "amount", value: "1" });
  cart = { ...cart, coupons: ["HELLO"] };
  const body = toParked(cart, { location: "here", label: "" });
  assert.deepEqual(body.lines, [
    { variant: "r", quantity: "2", serials: ["A-1", "A-2"] },
    { variant: "m", quantity: "2" },
    { variant: "m", quantity: "1", discount: { kind: "percent", value: "10", reason: "Dented" }, lot: "L7" },
  ]);
  const told = { coupons: body.coupons, given: { ...body.discount, reason: "" }, lines: body.lines.map(({ discount: given = null, ...line }) => ({ name: "", lot: "", serials: [], ...line, given })) };
  const { cart: again, gone } = unpacked(emptyCart("1"), told, [radio, milk], null);
  assert.deepEqual([again, gone], [cart, []]);
});

test("gift cards wait with the code of a printed card, and the others get theirs when they go on", () => {
  const printed = { id: "a", amount: "25", code: "ABCDEFGH23456789", isPrinted: true };
  const cart = { ...addArticle(emptyCart("1"), tea), cards: [printed, { id: "b", amount: "10", code: "0123456789ABCDEF", isPrinted: false }] };
  const { gift_cards: sent } = toParked(cart, { location: "here", label: "" });
  assert.deepEqual(sent, [{ id: "a", amount: "25", code: "ABCDEFGH23456789" }, { id: "b", amount: "10" }]);
  const lines = [{ kind: "goods", variant: tea.id, quantity: "1", name: "Tea" }, { kind: "giftcard", variant: null, quantity: "1", name: "Gift card" }];
  const told = { lines, gift_cards: [{ ...sent[0], amount: "25.00" }, { id: "b", amount: "10.00", code: "" }] };
  const { cart: again, gone } = unpacked(emptyCart("1"), told, [tea], null);
  assert.deepEqual([again.cards[0], again.lines.length, gone], [printed, 1, []]);
  assert.match(again.cards[1].code, /^[0-9A-HJKMNP-TV-Z]{16}$/);
  assert.notEqual(again.cards[1].code, "0123456789ABCDEF");
  assert.equal(again.cards[1].isPrinted, false);
});

test("a line of pieces is as long as its numbers", () => {
  const radio = { ...tea, id: "r", tracking: "serial" };
  const cart = addArticle(addArticle(emptyCart("1"), radio, { serial: "A-1" }), radio, { serial: "A-2" });
  assert.equal(addArticle(cart, radio).lines[0].quantity, "2");
  assert.deepEqual(setQuantity(cart, "r", "1").lines[0].serials, ["A-1"]);
  assert.throws(() => setQuantity(cart, "r", "3"), /number/);
  assert.throws(() => setQuantity(cart, "r", "1.5"), /number/);
});

test("a line goes to another lot, and joins the line that has it already", () => {
  const milk = { ...tea, id: "m", tracking: "lot" };
  const cart = addArticle(addArticle(emptyCart("1"), milk, { quantity: "2" }), milk, { lot: "L7" });
  assert.deepEqual(setLot(cart, "m", "L7").lines.map(({ id, quantity }) => [id, quantity]), [["m@L7", "3"]]);
  assert.deepEqual(setLot(cart, "m@L7", "").lines.map(({ id, quantity }) => [id, quantity]), [["m", "3"]]);
  assert.deepEqual(lowerToStock(cart, [{ variant_id: "m", available: "2" }]).lines.map(({ id }) => id), ["m"]);
});
