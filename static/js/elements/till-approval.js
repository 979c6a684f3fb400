import { getJson, postJson } from "../lib/api.js";
import { announce, h } from "../lib/dom.js";
import { Aside, field, message, words } from "../lib/till/aside.js";
import { uuid7 } from "../lib/till/uuid.js";

/** Somebody who may lets the cashier do one thing: their name, their PIN. `ask(counter, { permission, shown, amount, then })`. */
class TillApproval extends Aside {
  ask(counter, wanted) {
    Object.assign(this, { counter, wanted, id: uuid7() });
    if (!this.dialog) this.#make();
    this.message.say("");
    this.shown.textContent = wanted.shown;
    this.pin.field.value = this.reason.field.value = "";
    this.pin.say("");
    this.people.replaceChildren();
    this.show();
    this.reading = this.#read();
    return this.reading;
  }

  /** A badge is no PIN, and the basket waits: a scan here is nothing. */
  hear() {
    return true;
  }

  #make() {
    this.message = message();
    this.shown = h("p", { class: "till-approval__what" });
    this.people = h("div", { class: "till-people", role: "radiogroup", "aria-label": "Who approves" });
    this.pin = field("PIN", { type: "password", inputmode: "numeric", autocomplete: "off", maxlength: 12 });
    this.reason = field("Reason, if the shop wants one", { maxlength: 200 });
    this.save = h("button", { class: "button button--large button--primary", type: "submit" }, "Approve");
    const back = h("button", { class: "button button--large", type: "button", onclick: () => this.leave() }, "Back");
    this.build("Somebody must approve this", [this.shown, this.message.box, this.people, this.pin.row, this.reason.row], {
      foot: [back, this.save],
      submit: () => this.#give(),
    });
  }

  async #read() {
    const { urls } = this.counter.session.setup;
    const query = new URLSearchParams({ permission: this.wanted.permission, location: this.counter.session.place.id });
    try {
      const { results } = await getJson(`${urls.approvals}approvers/?${query}`);
      this.people.replaceChildren(...results.map((person, place) => choice(person, place === 0)));
      const isNobody = results.length === 0;
      if (isNobody) this.message.say("Nobody who may approve this has set a PIN yet. They set it under their own name.");
      for (const part of [this.pin.row, this.reason.row, this.save]) part.hidden = isNobody;
      if (results.length === 1) this.pin.field.focus();
      else (this.people.querySelector("input") ?? this.dialog.querySelector("button")).focus();
    } catch (problem) {
      this.message.say(`It cannot be asked now: ${words(problem)}`);
    }
  }

  /** Safe to repeat: the approval's id was made before the first try. */
  async #give() {
    await this.reading; // somebody who types fast is ahead of the list of people
    const approver = this.people.querySelector("input:checked")?.value;
    if (!approver) return;
    if (!this.pin.field.value) {
      this.pin.say("Enter the PIN.");
      this.pin.field.focus();
      return;
    }
    this.pin.say("");
    this.save.setAttribute("aria-busy", "true");
    const { permission, shown, amount, subject } = this.wanted;
    try {
      const given = await postJson(this.counter.session.setup.urls.approvals, {
        id: this.id,
        permission,
        location: this.counter.session.place.id,
        approver,
        pin: this.pin.field.value,
        reason: this.reason.field.value.trim(),
        shown,
        amount,
        ...(subject ? { subject } : {}),
      });
      this.close();
      announce(`Approved by ${given.approved_by_label}`);
      this.wanted.then(given);
    } catch (problem) {
      this.pin.field.value = "";
      this.pin.say(problem.isTemporary && problem.status !== 429 ? `No answer: ${words(problem)} Try again.` : words(problem));
      this.pin.field.focus();
    } finally {
      this.save.removeAttribute("aria-busy");
    }
  }
}

function choice({ id, name }, isFirst) {
  return h("label", { class: "till-person" }, h("input", { type: "radio", name: "till-approver", value: id, checked: isFirst }), h("span", {}, name));
}
customElements.define("till-approval", TillApproval);
