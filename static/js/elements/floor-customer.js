import { h, icon } from "../lib/dom.js";
import { keepDraft, readDraft } from "../lib/floor/drafts.js";
import { saying, why } from "../lib/floor/keeping.js";
import { uuid7 } from "../lib/till/uuid.js";

const KIND = "customer";
const FIELDS = [
  ["name", "Name", { maxlength: 200, autocapitalize: "words" }],
  ["phone", "Phone", { type: "tel", inputmode: "tel", maxlength: 40 }],
  ["email", "E-mail", { type: "email", inputmode: "email", maxlength: 254 }],
];
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Somebody new: what to call them, how to reach them, what they agree to, and their card by scanning it. */
class FloorCustomer extends HTMLElement {
  async begin(app) {
    this.app = app;
    this.fields = new Map(FIELDS.map(([name, label, more]) => [name, this.#field(name, label, more)]));
    this.boxes = new Map(app.setup.agreements.map(({ purpose, wording }) => [purpose, this.#box(wording)]));
    this.cards = h("ul", { class: "row-list card card--flush", role: "list", "aria-label": "Cards" });
    this.done = h("button", { class: "button button--primary button--large floor-foot__done", type: "submit" }, icon("check"), " Done");
    this.over = h("button", { class: "button button--large button--quiet", type: "button", "data-over": true, onclick: () => this.#startOver() }, icon("trash"), " Start over");
    const rows = [...this.fields.values()].map(({ row }) => row);
    const agreements = h("fieldset", { class: "fieldset" }, h("legend", {}, "They agree that"), ...[...this.boxes.values()].map(({ row }) => row));
    const hint = h("p", { class: "floor-hint" }, "Scan their card, if they have one. What they agree to is kept with its words, for proof.");
    this.form = h("form", { class: "form floor-customer", novalidate: true, autocomplete: "off" }, ...rows, hint, this.cards, agreements, h("div", { class: "floor-foot" }, this.over, this.done));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#finish();
    });
    this.form.addEventListener("input", () => this.#read());
    this.replaceChildren(this.form);
    const kept = await readDraft(KIND, app.placeId, app.person);
    this.#fill(kept?.lines[0] ?? this.#blank());
  }

  /** Nothing carries the code: it is their card. */
  unknown(code) {
    if (!this.who.codes.includes(code)) this.who.codes.push(code);
    this.#read();
    this.#draw();
    this.app.say(`Card ${code}`, "success");
    return true;
  }

  found({ article, choices }, text) {
    this.app.say(choices ? `${text} is no card.` : `${text} is ${article.title}, no card.`, "error");
  }

  #blank() {
    return { id: uuid7(), name: "", phone: "", email: "", codes: [], agreed: [] };
  }

  #field(name, label, more) {
    const input = h("input", { id: `floor-${name}`, name, ...more, "aria-describedby": `floor-${name}-error` });
    const error = h("p", { class: "field__error", id: `floor-${name}-error`, hidden: true });
    const row = h("div", { class: "field" }, h("label", { for: `floor-${name}` }, label), input, error);
    const say = (text) => {
      error.hidden = !text;
      error.replaceChildren(...(text ? [icon("alert"), ` ${text}`] : []));
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    };
    return { row, input, say };
  }

  #box(wording) {
    const input = h("input", { type: "checkbox" });
    return { row: h("label", { class: "check" }, input, h("span", {}, wording)), input };
  }

  #fill(who) {
    this.who = who;
    for (const [name, { input, say }] of this.fields) {
      input.value = who[name];
      say("");
    }
    for (const [purpose, { input }] of this.boxes) input.checked = who.agreed.includes(purpose);
    this.#draw();
  }

  #read() {
    for (const [name, { input }] of this.fields) this.who[name] = input.value.trim();
    this.who.agreed = [...this.boxes].filter(([, { input }]) => input.checked).map(([purpose]) => purpose);
    this.#keep();
  }

  get #isEmpty() {
    const { name, phone, email, codes, agreed } = this.who;
    return !name && !phone && !email && codes.length === 0 && agreed.length === 0;
  }

  #keep() {
    const work = { kind: KIND, place: this.app.placeId, lines: this.#isEmpty ? [] : [this.who] };
    this.over.hidden = this.#isEmpty;
    return keepDraft(work, this.app.person);
  }

  #draw() {
    const remove = (code) => {
      this.who.codes = this.who.codes.filter((one) => one !== code);
      this.#read();
      this.#draw();
    };
    const row = (code) =>
      h("li", { class: "row-list__item" }, h("span", { class: "row-list__main mono" }, code), h("button", { class: "button button--icon button--quiet", type: "button", "aria-label": `Remove card ${code}`, onclick: () => remove(code) }, icon("trash")));
    this.cards.hidden = this.who.codes.length === 0;
    this.cards.replaceChildren(...this.who.codes.map(row));
    this.over.hidden = this.#isEmpty;
  }

  async #startOver() {
    this.#fill(this.#blank());
    await this.#keep();
    this.app.say("");
    this.fields.get("name").input.focus();
  }

  /** What is wrong with the fields, as `[name, text]`; null where it can be done. */
  #wrong() {
    const { name, phone, email, agreed } = this.who;
    if (!name && !phone && !email) return ["name", "Enter a name, a telephone number or an e-mail address."];
    if (email && !MAIL.test(email)) return ["email", "This is no e-mail address."];
    if (agreed.includes("email") && !email) return ["email", "For news by e-mail, enter the address."];
    if ((agreed.includes("sms") || agreed.includes("phone")) && !phone) return ["phone", "For messages or calls, enter the number."];
    return null;
  }

  #body() {
    const { id, name, phone, email, codes, agreed } = this.who;
    const told = Object.fromEntries(Object.entries({ name, phone, email }).filter(([, text]) => text));
    const agreements = this.app.setup.agreements.filter(({ purpose }) => agreed.includes(purpose)).map(({ purpose, wording }) => ({ purpose, wording, source: "shop floor" }));
    return { id, ...told, ...(codes.length > 0 ? { codes: [...codes] } : {}), ...(agreements.length > 0 ? { agreements } : {}) };
  }

  async #finish() {
    if (this.isBusy) return undefined;
    this.#read();
    const wrong = this.#wrong();
    for (const [name, { say }] of this.fields) say(wrong?.[0] === name ? wrong[1] : "");
    if (wrong) {
      this.fields.get(wrong[0]).input.focus();
      return this.app.say(wrong[1], "error");
    }
    this.isBusy = true;
    this.done.setAttribute("aria-busy", "true");
    try {
      const keeping = await this.app.bring();
      const body = this.#body();
      const told = await keeping.book({ kind: KIND, about: body.id, make: () => body });
      const title = this.who.name || this.who.phone || this.who.email;
      await this.#startOver();
      this.app.say(`${title} is known now. ${saying(told)}`, told.state === "sent" ? "success" : "info");
    } catch (problem) {
      this.app.say(why(problem), "error");
    } finally {
      this.isBusy = false;
      this.done.removeAttribute("aria-busy");
    }
    return undefined;
  }
}
customElements.define("floor-customer", FloorCustomer);
