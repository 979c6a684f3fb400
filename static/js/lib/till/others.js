// What the till does with a code that is no article. Loaded when the first one is scanned.
import { announce } from "../dom.js";
import { money } from "../format.js";
import { toast } from "../toast.js";

/** A customer buys, goods of a receipt may come back; anything else is said. `other`: `{ kind, id, name, url }`. */
export function meet(counter, { kind, id, name, url }) {
  const { products, session } = counter;
  if (kind === "customer" && !session.isFrozen) {
    session.setCustomer({ id, name, number: "" });
    products.say(`Customer: ${name}`, "success");
    announce(`${name} is the customer`);
  } else if (kind === "order" && session.setup.may.refund) {
    counter.ask(`return:${id}`);
  } else if (kind === "order") {
    products.say(`Receipt ${name}`);
    toast(`Receipt ${name}. The basket is kept.`, { seconds: 0, action: { label: "Open it", run: () => location.assign(url) } });
  } else {
    products.say(`${name} is nothing to sell.`, "error");
  }
}

/** The label of a piece says what it costs; the till sells at the price of the catalogue. */
export function warn({ products }, { title }, price) {
  products.say(`${title}: its label says ${money(price)}. The basket has the price of the catalogue.`, "error");
}
