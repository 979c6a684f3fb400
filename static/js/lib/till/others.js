// What the till does with a code that is no article. Loaded when the first one is scanned.
import { announce } from "../dom.js";
import { money } from "../format.js";
import { toast } from "../toast.js";

/** A customer buys, a receipt may come back; anything else is said. `other`: `{ kind, id, name, url }`. */
export function meet({ products, session }, { kind, id, name, url }) {
  if (kind === "customer" && !session.isFrozen) {
    session.setCustomer({ id, name, number: "" });
    products.say(`Customer: ${name}`, "success");
    announce(`${name} is the customer`);
  } else if (kind === "order") {
    const { urls, may } = session.setup;
    const [label, page] = may.refund ? ["Take goods back", urls.return.replace(urls.no_id, id)] : ["Open it", url];
    products.say(`Receipt ${name}`);
    toast(`Receipt ${name}. The basket is kept.`, { seconds: 0, action: { label, run: () => location.assign(page) } });
  } else {
    products.say(`${name} is nothing to sell.`, "error");
  }
}

/** The label of a piece says what it costs; the till sells at the price of the catalogue. */
export function warn({ products }, { title }, price) {
  products.say(`${title}: its label says ${money(price)}. The basket has the price of the catalogue.`, "error");
}
