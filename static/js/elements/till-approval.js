import { getJson, postJson } from "../lib/api.js";
import { announce, h } from "../lib/dom.js";
import { onNote } from "../lib/live.js";
import { Aside, field, message, words } from "../lib/till/aside.js";
import { uuid7 } from "../lib/till/uuid.js";

const LOOK = 5000; // ms: a word that the answer is there may be lost

/** Somebody who may lets the cashier do one thing: their name and PIN, or an answer from elsewhere. `ask(counter, { permission, shown, amount, then })`. */
class TillApproval extends Aside {
  ask(counter, wanted) {
    Object.assign(this, { counter, wanted, id: uuid7() });
    if (!this.dialog) this.#make();
    this.message.say("");
    this.shown.textContent = wanted.shown;
    this.pin.field.value = this.reason.field.value = "";
    this.pin.say("");
    this.people.replaceChildren();
    this.#wait(null);
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
    this.far = h("button", { class: "button button--large", type: "button", onclick: () => this.#askFar() }, "Ask a manager");
    this.waiting = h("p", { class: "till-approval__waits", role: "status", hidden: true });
    const back = h("button", { class: "button button--large", type: "button", onclick: () => this.leave() }, "Back");
    onNote("approval.answered", ({ data }) => data.id === this.asked && this.#look());
    this.build("Somebody must approve this", [this.shown, this.message.box, this.waiting, this.people, this.pin.row, this.reason.row], {
      foot: [back, this.far, this.save],
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
      if (isNobody && !this.asked) this.message.say("Nobody who may approve this has set a PIN yet. Ask a manager: they answer on their own device.", "info");
      for (const part of [this.pin.row, this.reason.row, this.save]) part.hidden = isNobody;
      if (results.length === 1) this.pin.field.focus();
      else (this.people.querySelector("input") ?? this.dialog.querySelector("button")).focus();
    } catch (problem) {
      this.message.say(`It cannot be asked now: ${words(problem)}`);
    }
  }

  /** Whoever may answers on a device of their own: `POST approvals/requests/`. The request's id becomes the approval's. */
  async #askFar() {
    this.message.say("");
    this.far.setAttribute("aria-busy", "true");
    const { permission, shown, amount, subject } = this.wanted;
    this.farId ??= uuid7();
    try {
      const body = { id: this.farId, permission, location: this.counter.session.place.id, reason: this.reason.field.value.trim(), shown, amount };
      const asked = await postJson(this.#requests(), { ...body, ...(subject ? { subject } : {}) });
      if (this.isOpen) this.#wait(asked.id);
    } catch (problem) {
      if (!problem.isTemporary) this.farId = undefined;
      this.message.say(`It was not asked: ${words(problem)}`);
    } finally {
      this.far.removeAttribute("aria-busy");
    }
  }

  /** Show that an answer to `asked` is awaited; null: none is. */
  #wait(asked) {
    clearInterval(this.timer);
    this.asked = asked;
    if (asked === null) this.farId = undefined;
    this.far.hidden = this.reason.row.hidden = asked !== null;
    this.waiting.hidden = asked === null;
    this.waiting.textContent = asked === null ? "" : "Asked. You can go on as soon as somebody allows it. Or they come and type their PIN.";
    if (asked !== null) this.timer = setInterval(() => this.#look(), LOOK);
  }

  async #look() {
    const { asked } = this;
    if (!asked) return;
    try {
      const { state, answered_by_label: by, answer } = await getJson(`${this.#requests()}${asked}/`);
      if (state === "waiting" || this.asked !== asked || !this.isOpen) return;
      this.#wait(null);
      if (state === "allowed") this.#done({ id: asked, approved_by_label: by });
      else this.message.say(state === "refused" ? `${by} refused it${answer ? `: ${answer}` : "."}` : "Nobody has answered. Ask again, or ask somebody to come.");
    } catch {
      // the next look asks again
    }
  }

  #requests() {
    return `${this.counter.session.setup.urls.approvals}requests/`;
  }

  #done(given) {
    this.close();
    announce(`Approved by ${given.approved_by_label}`);
    this.wanted.then(given);
  }

  /** Closed in any way: what nobody waits for any more is taken back. An answer on its way ends by itself. */
  close() {
    const { asked } = this;
    if (asked) {
      this.#wait(null);
      postJson(`${this.#requests()}${asked}/withdraw/`, {}).catch(() => {});
    }
    super.close();
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
      this.#done(given);
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
