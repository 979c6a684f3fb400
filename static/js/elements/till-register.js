import { getJson, postJson } from "../lib/api.js";
import { announce, h, icon } from "../lib/dom.js";
import { money, since } from "../lib/format.js";
import { Aside, field, message, words } from "../lib/till/aside.js";
import { clean } from "../lib/till/tender.js";
import { uuid7 } from "../lib/till/uuid.js";

/** Which register this device is, and its shift: opened here with a float, counted and closed on its own page. */
class TillRegister extends Aside {
  ask(counter) {
    this.counter = counter;
    if (!this.dialog) this.#make();
    this.message.say("");
    this.show();
    this.#draw();
    (this.list.querySelector("[aria-pressed='true']") ?? this.list.querySelector("button")).focus();
    return this.#read();
  }

  get session() {
    return this.counter.session;
  }

  #make() {
    this.message = message();
    this.list = h("ul", { class: "till-choices", role: "list", "aria-label": "Registers of this place" });
    this.list.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-choice]");
      if (choice) this.#choose(choice.dataset.choice || null);
    });
    const { currency } = this.session.terms;
    this.float = field(`Float in the drawer, in ${currency}`, { inputmode: "decimal", maxlength: 12 }, { hint: "What is in it to begin with." });
    this.waits = message();
    this.form = h("div", { class: "stack stack--tight" }, this.waits.box, this.float.row);
    this.shift = h("div", { class: "stack stack--tight" });
    this.open = h("button", { class: "button button--large button--primary", type: "submit" }, "Open the shift");
    this.build("Register", [this.message.box, this.list, this.shift, this.form], { foot: [this.open], submit: () => this.#open() });
  }

  /** What the server knows by now: another device may have opened or closed it. */
  async #read() {
    const { urls } = this.session.setup;
    try {
      const { results } = await getJson(`${urls.registers}?${new URLSearchParams({ location: this.session.place.id, limit: 100 })}`);
      for (const row of results) {
        const known = this.session.setup.registers.find(({ id }) => id === row.id);
        if (known) known.waiting = row.waiting;
        if (!known || known.shift?.id === (row.open_shift ?? undefined)) continue;
        this.session.noteShift(row.id, row.open_shift && (await getJson(`${urls.shifts}${row.open_shift}/`)));
      }
      if (this.isOpen) this.#draw();
    } catch (problem) {
      this.message.say(`Its shift cannot be read now: ${words(problem)}`);
    }
  }

  #choose(id) {
    this.session.chooseRegister(id);
    this.#new = uuid7();
    this.#draw();
    if (!id || this.session.register.shift) this.close(); // nothing is left to do here: the next scan is a sale
    if (!id) return;
    if (!this.form.hidden) this.float.field.focus();
    announce(`${this.session.register.name} is chosen`);
  }

  #new = uuid7();

  #draw() {
    const { register, registers, setup } = this.session;
    const held = document.activeElement?.dataset?.choice;
    this.list.replaceChildren(...[...registers, null].map((one) => choice(one, one?.id === register?.id)));
    if (held !== undefined) this.list.querySelector(`[data-choice="${held}"]`)?.focus();
    const isClosed = Boolean(register) && !register.shift;
    this.form.hidden = this.open.hidden = !isClosed || !setup.may.run_shift;
    this.waits.say(isClosed && Number(register.waiting?.cash) ? onTop(register.waiting.cash) : "");
    const { shift } = register ?? {};
    const page = shift && setup.urls.shift.replace(setup.urls.no_id, shift.id);
    this.shift.hidden = !register || (isClosed && setup.may.run_shift);
    this.shift.replaceChildren(
      shift
        ? h("a", { class: "button button--large button--block", href: page }, icon("cash"), " Cash in and out, count and close")
        : h("p", { class: "muted" }, "No shift is open. Ask somebody who may open one."),
    );
  }

  /** Safe to repeat: the shift's id was made before the first try. */
  async #open() {
    const typed = clean(this.float.field.value.trim(), this.session.terms.exponent);
    this.float.say(typed ? "" : "Enter the amount, also when it is 0.");
    if (!typed) return this.float.field.focus();
    this.open.setAttribute("aria-busy", "true");
    const { register, setup } = this.session;
    try {
      const shift = await postJson(setup.urls.shifts, { id: this.#new, register: register.id, opening_float: typed.replace(/\.$/, "") });
      this.session.noteShift(register.id, shift);
      this.close();
      announce(`The shift of ${register.name} is open with ${money(shift.opening_float)}`);
    } catch (problem) {
      if (problem.code === "shift-open") await this.#read();
      this.message.say(problem.isTemporary ? `No answer: ${words(problem)} Trying again opens it once.` : words(problem));
    } finally {
      this.open.removeAttribute("aria-busy");
    }
    return undefined;
  }
}

/** Cash that came in or went out already, and is in the report of the shift that is opened now. */
function onTop(cash) {
  const afterwards = "or say afterwards, among the exceptions, where it was counted.";
  if (Number(cash) < 0) return `${money(cash.slice(1))} in cash went out while no shift was open. It is taken off the float: count it as if it still lay there, ${afterwards}`;
  return `${money(cash)} in cash came in while no shift was open. It is booked on top of the float: leave it out of the float, ${afterwards}`;
}

function choice(register, isChosen) {
  const note = !register ? "Cash is in no drawer's count" : register.shift ? `Open since ${since(register.shift.opened_at)}, ${register.shift.opened_by}` : "No shift is open";
  return h(
    "li",
    {},
    h(
      "button",
      { class: "till-choice", type: "button", "data-choice": register?.id ?? "", "aria-pressed": String(isChosen) },
      h("span", { class: "till-choice__line" }, h("span", { class: "row-list__title" }, register?.name ?? "Sell without a register"), isChosen && icon("check")),
      h("span", { class: "row-list__note" }, note),
    ),
  );
}
customElements.define("till-register", TillRegister);
