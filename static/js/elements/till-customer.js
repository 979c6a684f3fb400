import { getJson, postJson } from "../lib/api.js";
import { announce, debounce, h, icon } from "../lib/dom.js";
import { Aside, field, message, words } from "../lib/till/aside.js";
import { aboutBuyer, buyer, guess } from "../lib/till/people.js";
import { uuid7 } from "../lib/till/uuid.js";

const SHOWN = 20;

/** Who buys: found by what they say or by their card, or added. The basket gets them. */
class TillCustomer extends Aside {
  #asked = null;
  #wanted = "";
  #new = null;

  ask(counter) {
    this.counter = counter;
    if (!this.dialog) this.#make();
    this.search.value = this.#wanted = "";
    this.#draw([], "");
    this.#turn(false);
    this.show();
    this.search.focus();
  }

  /** A card that was scanned; an article goes into the basket after all. */
  hear(code) {
    this.#turn(false);
    this.search.value = code;
    this.#scanned(code);
    return true;
  }

  async #scanned(code) {
    try {
      const { article } = await this.counter.server.scan(code);
      if (!article || !this.isOpen) return this.#find({ isExact: true });
      this.close();
      return this.counter.hear(code);
    } catch {
      return this.#find({ isExact: true });
    }
  }

  #make() {
    const { may } = this.counter.session.setup;
    this.search = h("input", {
      class: "scan-field__input",
      type: "search",
      "aria-label": "Find a customer",
      placeholder: "Name, phone, e-mail, number",
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "search",
    });
    this.note = h("p", { class: "muted", role: "status" });
    this.list = h("ul", { class: "till-choices", role: "list", "aria-label": "Customers" });
    this.finder = h("div", { class: "stack stack--tight" }, h("div", { class: "scan-field" }, icon("search"), this.search), this.note, this.list);
    this.fields = {
      name: field("Name", { maxlength: 200 }),
      email: field("E-mail", { type: "email", maxlength: 254, inputmode: "email" }),
      phone: field("Phone", { type: "tel", maxlength: 40, inputmode: "tel" }),
    };
    this.message = message();
    this.form = h("div", { class: "stack stack--tight" }, this.message.box, Object.values(this.fields).map(({ row }) => row));
    this.add = h("button", { class: "button button--large", type: "button", onclick: () => this.#turn(true) }, icon("plus"), " New customer");
    this.back = h("button", { class: "button button--large", type: "button", onclick: () => this.#turn(false) }, "Back to the search");
    this.save = h("button", { class: "button button--large button--primary", type: "submit" }, "Add and choose");
    this.build("Customer", [this.finder, this.form], {
      foot: may.add_customers ? [this.add, this.back, this.save] : null,
      submit: () => (this.form.hidden ? this.#find({ isExact: true }) : this.#add()),
    });
    this.dialog.dataset.scans = "";
    this.search.addEventListener("input", debounce(180, () => this.search.value.trim() !== this.#wanted && this.#find()));
    this.list.addEventListener("click", (event) => {
      const id = event.target.closest("[data-choice]")?.dataset.choice;
      if (id) this.#choose(this.found.find((customer) => customer.id === id));
    });
  }

  /** Between finding (false) and adding (true). */
  #turn(isNew) {
    this.finder.hidden = this.add.hidden = isNew;
    this.form.hidden = this.back.hidden = this.save.hidden = !isNew;
    this.heading.textContent = isNew ? "New customer" : "Customer";
    this.message.say("");
    if (!isNew) return this.search.focus();
    const known = guess(this.search.value);
    for (const [name, { field: input, say }] of Object.entries(this.fields)) {
      input.value = known[name] ?? "";
      say("");
    }
    this.#new = uuid7();
    const empty = Object.values(this.fields).find(({ field: input }) => input.value === "");
    return (known.name ? this.fields.email : (empty ?? this.fields.name)).field.focus();
  }

  /** Look for what stands in the field; `isExact` chooses the one that is found, or goes to the list. */
  async #find({ isExact = false } = {}) {
    const q = this.search.value.trim();
    this.#asked?.abort();
    this.#wanted = q;
    if (!q) return this.#draw([], "");
    const asked = (this.#asked = new AbortController());
    try {
      const url = `${this.counter.session.setup.urls.customers}?${new URLSearchParams({ q, limit: SHOWN })}`;
      const { results, next, similar } = await getJson(url, { signal: asked.signal });
      if (!this.isOpen || this.#asked !== asked) return undefined;
      if (isExact && results.length === 1 && !similar) return this.#choose(results[0]);
      const some = similar ? "Nobody is known by exactly that. Similar:" : next ? `The first ${SHOWN}. Type more to find fewer.` : "";
      this.#draw(results, results.length ? some : "Nobody is known by that.");
      if (isExact) this.list.querySelector("button")?.focus();
    } catch (problem) {
      if (!asked.signal.aborted) this.#draw([], `Customers cannot be looked up: ${words(problem)}`);
    }
    return undefined;
  }

  #draw(found, note) {
    this.found = found;
    this.note.textContent = note || (found.length ? "" : "Type what they say, or scan their card.");
    this.note.hidden = this.note.textContent === "";
    this.list.hidden = found.length === 0;
    this.list.replaceChildren(
      ...found.map((customer) =>
        h(
          "li",
          {},
          h(
            "button",
            { class: "till-choice", type: "button", "data-choice": customer.id },
            h("span", { class: "row-list__title" }, buyer(customer).name),
            h("span", { class: "row-list__note" }, aboutBuyer(customer)),
          ),
        ),
      ),
    );
  }

  #choose(customer) {
    const who = buyer(customer);
    this.counter.session.setCustomer(who);
    this.close();
    announce(`${who.name} is the customer`);
  }

  /** Safe to repeat: the id was made before the first try. */
  async #add() {
    const values = Object.fromEntries(Object.entries(this.fields).map(([name, { field: input }]) => [name, input.value.trim()]));
    for (const { say } of Object.values(this.fields)) say("");
    if (!Object.values(values).some(Boolean)) {
      this.fields.name.say("Enter a name, an e-mail address or a telephone number.");
      return this.fields.name.field.focus();
    }
    this.save.setAttribute("aria-busy", "true");
    try {
      return this.#choose(await postJson(this.counter.session.setup.urls.customers, { id: this.#new, ...values }));
    } catch (problem) {
      return await this.#refused(problem);
    } finally {
      this.save.removeAttribute("aria-busy");
    }
  }

  async #refused(problem) {
    if (problem.code === "identifier-reused") {
      // An earlier try had no answer, and the fields were changed since: that one is the customer.
      return this.#choose(await getJson(`${this.counter.session.setup.urls.customers}${this.#new}/`));
    }
    const named = Object.entries(this.fields).filter(([name, { say }]) => {
      const [text] = problem.about?.(name) ?? [];
      say(text ?? "");
      return text;
    });
    if (named.length > 0) return named[0][1].field.focus();
    return this.message.say(problem.isTemporary ? `No answer: ${words(problem)} Trying again adds nobody twice.` : words(problem));
  }
}
customElements.define("till-customer", TillCustomer);
