// Customers as the till shows them: pure.

/** What a cart keeps of a customer: who it is and what to call them. */
export function buyer({ id, name, number, email, phone }) {
  return { id, number, name: name || email || phone || number };
}

/** The line below a name: number, e-mail, telephone, whatever is known and not the name itself. */
export function aboutBuyer(customer) {
  const title = buyer(customer).name;
  return [customer.number, customer.email, customer.phone].filter((text) => text && text !== title).join(" · ");
}

/** What somebody typed to find a customer, as the beginning of a new one. */
export function guess(typed) {
  const text = typed.trim();
  if (text.includes("@")) return { email: text };
  if (/^[+()\d\s./-]{4,}$/.test(text)) return { phone: text };
  return text ? { name: text } : {};
}
