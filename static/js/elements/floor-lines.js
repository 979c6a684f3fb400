import { announce, h, icon } from "../lib/dom.js";
import { getJson } from "../lib/api.js";
import { quantity } from "../lib/format.js";
import { add, blank, bodyOf, missing, serialsOf, step, type } from "../lib/floor/lines.js";
import { keepDraft, readDraft } from "../lib/floor/drafts.js";
import { saying, why } from "../lib/floor/keeping.js";

const HINTS = {
  receive: "Scan what came. Every scan is one more; the code of a pack counts its units.",
  count: "Scan what you see. Every scan is one more; for many, type how many there are.",
  adjust: "Say why, then scan what it is about.",
};

/** A piece of work made of lines: goods received, counted, or corrected. Each change is kept on the device at once. */
class FloorLines extends HTMLElement {
  async begin(app, kind) {
    Object.assign(this, { app, kind });
    this.work = (await readDraft(kind, app.placeId, app.person)) ?? blank(kind, app.placeId);
    this.head = h("div", { class: "floor-work__head" });
    this.list = h("ul", { class: "row-list card card--flush floor-lines", role: "list", "aria-label": "Lines" });
    this.hint = h("p", { class: "floor-hint" }, HINTS[kind]);
    this.done = h("button", { class: "button button--primary button--large floor-foot__done", type: "button", onclick: () => this.#finish() });
    this.drop = h("button", { class: "button button--large button--quiet", type: "button", onclick: () => this.#throwAway() }, icon("trash"), " Start over");
    this.replaceChildren(this.head, this.hint, this.list, h("div", { class: "floor-foot" }, this.drop, this.done));
    if (kind === "count") await this.#askWhichCount();
    if (kind === "adjust") this.#askWhy();
    if (kind === "receive") this.#askNote("Delivery note", "Optional: the number on the paper");
    this.#draw();
  }

  async found(found) {
    await this.finishing; // what is scanned meanwhile belongs to the next piece of work
    const { article } = found;
    if (!article.is_stocked) return this.app.say(`${article.title} is not kept in stock.`, "error");
    if (this.kind === "count" && !this.count) return this.app.say("There is no stocktake to count for.", "error");
    if (this.work.lines.length >= this.app.setup.most_lines) return this.app.say("This is enough for one go. Press Done first.", "error");
    this.#add(found);
  }

  /** What the device does not know is counted by its code while the server is away: each entry stands for itself. */
  unknown(code) {
    if (this.kind !== "count" || !this.count || this.app.source.isThere) return false;
    const title = `Code ${code}`;
    this.#add({ article: { id: "", code, sku: "not known on this device", title, tracking: "none", is_stocked: true, on_hand: null } });
    return true;
  }

  #add(found) {
    const { article } = found;
    const line = article.id ? add(this.work, found) : this.#addCode(found);
    this.#keep();
    this.#draw(line);
    const text = `${quantity(line.quantity)} × ${line.title}`;
    this.app.say(text, "success");
  }

  #addCode({ article }) {
    const known = this.work.lines.find(({ code }) => code === article.code);
    if (known) {
      step(known, 1);
      return known;
    }
    const line = add({ lines: [] }, { article });
    this.work.lines = [line, ...this.work.lines];
    return line;
  }

  #keep() {
    keepDraft(this.work, this.app.person);
  }

  // --- what is asked beside the lines

  async #askWhichCount() {
    const here = this.app.setup.counts.filter(({ location }) => location === this.app.placeId);
    const query = new URLSearchParams({ state: "open", location: this.app.placeId });
    const told = await getJson(`/api/v1/counts/?${query}`, { seconds: 3 }).catch(() => null);
    const open = told?.results ?? here;
    this.count = open.find(({ id }) => id === this.work.count) ?? open[0];
    if (!this.count) {
      this.head.replaceChildren(
        h("div", { class: "empty" }, h("span", { class: "empty__icon" }, icon("check")), h("p", { class: "empty__title" }, "Nothing is being counted here"), h("p", { class: "empty__text" }, "Whoever approves stocktakes opens one; then it can be counted from here.")),
      );
      return;
    }
    this.work.count = this.count.id;
    const nameOf = ({ name, number }) => name || number;
    if (open.length === 1) {
      this.head.replaceChildren(h("p", { class: "floor-work__what" }, nameOf(this.count), this.count.is_blind && h("span", { class: "badge" }, "blind")));
      return;
    }
    const select = h("select", { id: "floor-count", onchange: () => this.#changeCount(open, select.value) }, ...open.map((one) => h("option", { value: one.id, selected: one === this.count }, nameOf(one))));
    this.head.replaceChildren(h("div", { class: "field" }, h("label", { for: "floor-count" }, "Stocktake"), select));
  }

  #changeCount(open, id) {
    this.count = open.find((one) => one.id === id);
    this.work.count = id;
    this.#keep();
    this.#draw();
  }

  #askWhy() {
    const { reasons } = this.app.setup;
    const effect = h("p", { class: "field__hint", id: "floor-why-hint" });
    const select = h("select", { id: "floor-why", "aria-describedby": "floor-why-hint" }, ...reasons.map(({ code, label }) => h("option", { value: code, selected: code === this.work.reason }, label)));
    const say = () => (effect.textContent = `${this.reason.effect}${this.reason.needs_note ? "; say what happened" : ""}`);
    select.addEventListener("change", () => {
      this.work.reason = select.value;
      if (!this.reason.is_signed) for (const line of this.work.lines) line.quantity = line.quantity.replace("-", "");
      say();
      this.#keep();
      this.#draw();
    });
    say();
    this.head.replaceChildren(h("div", { class: "field" }, h("label", { for: "floor-why" }, "Why"), select, effect));
    this.#askNote("Note", "");
  }

  #askNote(label, placeholder) {
    const input = h("input", { id: "floor-note", maxlength: 200, placeholder, autocomplete: "off", "data-field": "note" });
    input.value = this.work.note;
    input.addEventListener("input", () => {
      this.work.note = input.value;
      this.#keep();
    });
    this.head.append(h("div", { class: "field" }, h("label", { for: "floor-note" }, label), input));
  }

  get reason() {
    return this.kind === "adjust" ? this.app.setup.reasons.find(({ code }) => code === this.work.reason) : null;
  }

  // --- the lines

  #draw(fresh = null) {
    const { lines } = this.work;
    this.list.hidden = lines.length === 0;
    this.hint.hidden = lines.length > 0 || (this.kind === "count" && !this.count);
    this.list.replaceChildren(...lines.map((line) => this.#row(line, line === fresh)));
    this.drop.hidden = lines.length === 0;
    this.done.disabled = lines.length === 0;
    this.done.replaceChildren(icon("check"), lines.length > 0 ? ` Done (${lines.length})` : " Done");
  }

  #row(line, isNew) {
    const rules = { isSigned: this.reason?.is_signed ?? false };
    const value = h("input", { class: "stepper__value", inputmode: rules.isSigned ? "text" : "decimal", autocomplete: "off", "aria-label": `How many: ${line.title}`, "data-field": "quantity" });
    value.value = line.quantity;
    const changed = () => {
      line.at = Date.now();
      value.value = line.quantity;
      value.removeAttribute("aria-invalid");
      this.#keep();
    };
    value.addEventListener("focus", () => value.select());
    value.addEventListener("change", () => (type(line, value.value, rules) ? changed() : value.setAttribute("aria-invalid", "true")));
    value.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      value.blur();
      this.app.focusField();
    });
    const turn = (by) => (step(line, by, rules), changed(), announce(`${quantity(line.quantity)} ${line.title}`));
    const knob = (by, name, label) => h("button", { class: "stepper__button", type: "button", "aria-label": `${label}: ${line.title}`, onclick: () => turn(by) }, icon(name));
    const isTold = this.kind === "count" && this.count && !this.count.is_blind && line.recorded !== null;
    return h(
      "li",
      { class: `row-list__item floor-line${isNew ? " is-new" : ""}`, "data-line": line.id },
      h("span", { class: "row-list__main" }, h("span", { class: "row-list__title" }, line.title), h("span", { class: "row-list__note" }, h("span", { class: "mono" }, line.sku), isTold && `, recorded ${quantity(line.recorded)}`)),
      h("span", { class: "floor-line__tools" },
        h("span", { class: "stepper" }, knob(-1, "minus", "One less"), value, knob(1, "plus", "One more")),
        h("button", { class: "button button--icon button--quiet", type: "button", "aria-label": `Remove ${line.title}`, onclick: () => this.#remove(line) }, icon("trash"))),
      this.#details(line),
    );
  }

  /** Lot and expiry, or serial numbers, where goods are told apart. */
  #details(line) {
    if (this.kind === "count") return null;
    const field = (label, name, attributes, set) => {
      const id = `${name}-${line.id}`;
      const input = h("input", { id, autocomplete: "off", autocapitalize: "characters", "data-field": name, ...attributes });
      input.value = name === "serials" ? line.serials.join(", ") : line[name];
      input.addEventListener("change", () => (set(input.value), this.#keep()));
      return h("div", { class: "field" }, h("label", { for: id }, label), input);
    };
    if (line.tracking === "lot") {
      const lot = field("Lot", "lot", { maxlength: 40 }, (text) => (line.lot = text.trim()));
      const expires = this.kind === "receive" && field("Expires", "expires_on", { type: "date" }, (text) => (line.expires_on = text));
      return h("div", { class: "floor-line__details" }, lot, expires);
    }
    if (line.tracking === "serial") {
      return h("div", { class: "floor-line__details" }, field("Serial numbers", "serials", { maxlength: 4000 }, (text) => (line.serials = serialsOf(text))));
    }
    return null;
  }

  #remove(line) {
    this.work.lines = this.work.lines.filter((one) => one !== line);
    this.#keep();
    this.#draw();
    announce(`${line.title} removed`);
    this.app.focusField();
  }

  #throwAway() {
    const { work } = this;
    this.work = { ...blank(this.kind, this.app.placeId), reason: work.reason, count: work.count };
    this.#keep();
    this.#draw();
    this.app.say("");
    import("../lib/toast.js").then(({ toast }) => toast("Thrown away.", { action: { label: "Take it back", run: () => this.#takeUp(work) } }));
  }

  #takeUp(work) {
    if (this.work.lines.length > 0 || !this.isConnected) return;
    this.work = work;
    this.#keep();
    this.#draw();
  }

  async #finish() {
    const wrong = missing(this.work, this.reason);
    if (wrong) {
      const row = wrong.line ? this.list.querySelector(`[data-line="${wrong.line.id}"]`) : this;
      row.querySelector(`[data-field="${wrong.field}"]`)?.focus();
      return this.app.say(wrong.text, "error");
    }
    if (this.finishing) return undefined;
    this.finishing = this.#book().finally(() => {
      this.finishing = null;
      this.list.inert = false;
      this.done.removeAttribute("aria-busy");
      this.app.focusField();
    });
    return this.finishing;
  }

  async #book() {
    this.list.inert = true;
    this.done.setAttribute("aria-busy", "true");
    const { work } = this;
    try {
      const keeping = await this.app.bring();
      const told = await keeping.book({ kind: this.kind, about: work.id, make: (offset) => bodyOf(work, offset) });
      await keepDraft({ ...work, lines: [] }, this.app.person);
      this.work = { ...blank(this.kind, this.app.placeId), reason: work.reason, count: work.count };
      const note = this.head.querySelector("#floor-note");
      if (note) note.value = "";
      this.#draw();
      this.app.say(saying(told), told.state === "sent" ? "success" : "info");
    } catch (problem) {
      this.app.say(why(problem), "error");
    }
  }
}
customElements.define("floor-lines", FloorLines);
