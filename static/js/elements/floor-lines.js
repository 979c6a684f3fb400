import { announce, h, icon } from "../lib/dom.js";
import { quantity } from "../lib/format.js";
import { SENT_AS, add, blank, bodyOf, missing, serialsOf, step, type } from "../lib/floor/lines.js";
import { askNote, askWhatCame, askWhereTo, askWhichCount, askWhy, drawRest } from "../lib/floor/heads.js";
import { keepDraft, readDraft } from "../lib/floor/drafts.js";
import { onSwipe } from "../lib/swipe.js";
import { saying, why } from "../lib/floor/keeping.js";

const MOST_BACK = 50;
const NO_NUMBER = (title) => `How many of ${title}? A number with up to nine digits and three decimals.`;
const HINTS = {
  receive: "Scan what came. Every scan is one more; the code of a pack counts its units.",
  count: "Scan what you see. Every scan is one more; for many, type how many there are.",
  adjust: "Say why, then scan what it is about.",
  send: "Scan what goes. Done lets it leave: it is on its way then.",
  arrive: "Scan what came. What was sent stands above.",
};

/** A piece of work made of lines: goods received, counted, or corrected. Each change is kept on the device at once. */
class FloorLines extends HTMLElement {
  async begin(app, kind) {
    Object.assign(this, { app, kind });
    this.work = { ...blank(kind, app.placeId), ...(await readDraft(kind, app.placeId, app.person)) };
    this.head = h("div", { class: "floor-work__head" });
    this.list = h("ul", { class: "row-list card card--flush floor-lines", role: "list", "aria-label": "Lines" });
    this.hint = h("p", { class: "floor-hint" }, HINTS[kind]);
    this.done = h("button", { class: "button button--primary button--large floor-foot__done", type: "button", onclick: () => this.#finish() });
    this.past = [];
    this.before = JSON.stringify(this.work.lines);
    this.back = h("button", { class: "button button--icon button--large button--quiet", type: "button", "aria-label": "Take the last change back", title: "Take the last change back (Ctrl Z)", hidden: true, onclick: () => this.undo() }, icon("refund"));
    this.drop = h("button", { class: "button button--large button--quiet", type: "button", "data-over": true, onclick: () => this.#throwAway() }, icon("trash"), " Start over");
    this.replaceChildren(this.head, this.hint, this.list, h("div", { class: "floor-foot" }, this.drop, this.back, this.done));
    onSwipe(this.list, ".floor-line", {
      left: (row) => this.#remove(this.work.lines.find(({ id }) => id === row.dataset.line)),
      right: (row) => row.querySelector("[data-more]").click(),
    });
    if (kind === "count") await askWhichCount(this);
    if (kind === "adjust") await askWhy(this);
    if (kind === "receive") askNote(this, "Delivery note", "Optional: the number on the paper");
    if (kind === "send") askWhereTo(this);
    if (kind === "arrive") await this.#askWhatCame();
    this.draw();
  }

  async found(found) {
    await this.finishing; // what is scanned meanwhile belongs to the next piece of work
    const { article } = found;
    if (!article.is_stocked) return this.app.say(`${article.title} is not kept in stock.`, "error");
    if (this.kind === "count" && !this.count) return this.app.say("There is no stocktake to count for.", "error");
    if (this.kind === "arrive" && !this.work.transfer) return this.app.say("Choose first what came.", "error");
    if (this.work.lines.length >= this.app.setup.most_lines) return this.app.say("This is enough for one go. Press Done first.", "error");
    this.#add(found);
  }

  /**
   * A code that nothing carries is the number of a piece, or the lot, that the newest line lacks. Else, while the server is away, what the device
   * does not know is counted or received by its code: each line stands for itself, and what nobody knows a person looks at.
   */
  unknown(code) {
    if (this.#isDetail(code)) return true;
    const isOpen = this.kind === "receive" || (this.kind === "count" && this.count);
    if (!isOpen || this.app.source.isThere) return false;
    const title = `Code ${code}`;
    this.#add({ article: { id: "", code, sku: "not known on this device", title, tracking: "none", is_stocked: true, on_hand: null } });
    return true;
  }

  #isDetail(code) {
    const [line] = this.work.lines;
    if (!line || this.kind === "count") return false;
    const isPiece = line.tracking === "serial" && Number(line.quantity) > line.serials.length;
    const isLot = line.tracking === "lot" && this.kind === "receive" && !line.lot;
    if (isPiece && !line.serials.includes(code)) line.serials.push(code);
    else if (isLot) line.lot = code;
    else return false;
    this.keep();
    this.draw(line);
    this.app.say(`${line.title}: ${isLot ? "lot" : "no."} ${code}`, "success");
    return true;
  }

  #add(found) {
    const { article } = found;
    const line = article.id ? add(this.work, found) : this.#addCode(found);
    this.keep();
    this.draw(line);
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

  /** Keep the work on the device; the lines as they were before can be had back. */
  keep() {
    const lines = JSON.stringify(this.work.lines);
    if (lines !== this.before) this.past = [...this.past, this.before].slice(-MOST_BACK);
    this.#kept(lines);
  }

  /** Take the last change of the lines back; answers whether there was one. */
  undo() {
    const lines = this.finishing ? undefined : this.past.pop();
    if (lines === undefined) return false;
    this.work.lines = JSON.parse(lines);
    this.#kept(lines);
    this.draw();
    this.app.say("Taken back.");
    return true;
  }

  #kept(lines) {
    this.before = lines;
    this.back.hidden = this.past.length === 0;
    keepDraft(this.work, this.app.person);
  }

  // --- the newest line, by voice and keys

  /** So many of it; answers "" or what is wrong. */
  setNewest(units) {
    return this.#newest((line) => type(line, units, { isSigned: this.reason?.is_signed ?? false }));
  }

  stepNewest(by) {
    return this.#newest((line) => (step(line, by, { isSigned: this.reason?.is_signed ?? false }), true));
  }

  removeNewest() {
    const [line] = this.work.lines;
    if (line) this.#remove(line);
    return line ? "" : "nothing is there";
  }

  #newest(change) {
    const [line] = this.work.lines;
    if (!line || this.finishing || !change(line)) return "that cannot be";
    line.at = Date.now();
    this.keep();
    this.draw(line);
    this.app.say(`${quantity(line.quantity)} × ${line.title}`, "success");
    return "";
  }

  // --- what comes from another place

  async #askWhatCame() {
    await askWhatCame(this);
    this.app.bring().then(async (keeping) => {
      if (!keeping.isReady || !this.app.source.isThere) return;
      await keeping.keepCatalogue();
      if (!this.isConnected || this.work.lines.length > 0) return;
      await askWhatCame(this);
      this.draw();
    }).catch(() => {}); // then it is what the device has
  }

  /** The number on a packing list chooses its transfer; answers whether it was one. */
  takes(code) {
    const found = this.kind === "arrive" && this.coming?.find(({ number }) => number === code.trim().toUpperCase());
    if (found) this.choose(found);
    return Boolean(found);
  }

  async choose(transfer) {
    this.work = { ...blank("arrive", this.app.placeId), transfer: transfer ?? null };
    await askWhatCame(this);
    this.draw();
    if (transfer) this.app.say(`${transfer.number} from ${transfer.source}`, "info");
  }

  /** Take over lines at once, in the place of those that were scanned. */
  fill(lines) {
    this.work.lines = lines;
    this.keep();
    this.draw();
    announce(`${lines.length} lines`);
  }

  get reason() {
    return this.kind === "adjust" ? this.reasons.find(({ code }) => code === this.work.reason) : null;
  }

  // --- the lines

  draw(fresh = null) {
    const { lines } = this.work;
    this.list.hidden = lines.length === 0;
    const isIdle = (this.kind === "count" && !this.count) || (this.kind === "arrive" && !this.work.transfer);
    this.hint.hidden = lines.length > 0 || isIdle;
    if (this.rest && this.work.transfer) drawRest(this);
    this.list.replaceChildren(...lines.map((line) => this.#row(line, line === fresh)));
    this.drop.hidden = lines.length === 0;
    this.done.disabled = lines.length === 0 && !(this.work.transfer && this.work.isLast);
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
      this.keep();
    };
    value.addEventListener("focus", () => value.select());
    value.addEventListener("change", () => (type(line, value.value, rules) ? changed() : this.#refuse(value, line)));
    value.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      value.blur();
      this.app.focusField();
    });
    const turn = (by) => (step(line, by, rules), changed(), announce(`${quantity(line.quantity)} ${line.title}`));
    const knob = (by, name, label) => h("button", { class: "stepper__button", type: "button", "data-more": by > 0, "aria-label": `${label}: ${line.title}`, onclick: () => turn(by) }, icon(name));
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
    if (this.kind === "count" || !line.variant) return null;
    const field = (label, name, attributes, set) => {
      const id = `${name}-${line.id}`;
      const input = h("input", { id, autocomplete: "off", autocapitalize: "characters", "data-field": name, ...attributes });
      input.value = name === "serials" ? line.serials.join(", ") : line[name];
      input.addEventListener("change", () => (set(input.value, input), this.keep()));
      return h("div", { class: "field" }, h("label", { for: id }, label), input);
    };
    if (this.kind === "arrive" && line.tracking !== "serial") {
      const broken = field("Damaged as well", "damaged", { inputmode: "decimal" }, (text, input) => {
        const damaged = { quantity: "0" };
        const isNumber = text.trim() === "" || type(damaged, text);
        input.removeAttribute("aria-invalid");
        if (!isNumber) return this.#refuse(input, line);
        return (line.damaged = damaged.quantity);
      });
      return h("div", { class: "floor-line__details" }, broken, line.tracking === "lot" && field("Lot", "lot", { maxlength: 40, placeholder: "As it was sent" }, (text) => (line.lot = text.trim())));
    }
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

  /** What stands in a field is no number: it is said, and nothing is done before it is mended. */
  #refuse(field, { title }) {
    field.setAttribute("aria-invalid", "true");
    this.app.say(NO_NUMBER(title), "error");
  }

  #remove(line) {
    if (!line || this.finishing) return;
    const { work } = this;
    const place = work.lines.indexOf(line);
    work.lines = work.lines.filter((one) => one !== line);
    this.keep();
    this.draw();
    const bringBack = () => {
      if (this.work !== work || !this.isConnected || work.lines.some(({ id }) => id === line.id)) return;
      work.lines = work.lines.toSpliced(place, 0, line);
      this.keep();
      this.draw(line);
    };
    import("../lib/toast.js").then(({ toast }) => toast(`${line.title} was taken out.`, { action: { label: "Bring it back", run: bringBack } }));
    this.app.focusField();
  }

  #throwAway() {
    const { work } = this;
    this.#anew(work);
    this.keep();
    this.draw();
    this.app.say("");
    import("../lib/toast.js").then(({ toast }) => toast("Thrown away.", { action: { label: "Take it back", run: () => this.#takeUp(work) } }));
  }

  /** The next piece of the same work: what was chosen above it stays. */
  #anew({ reason, count, to, transfer }) {
    this.past = [];
    this.before = "[]";
    this.back.hidden = true;
    this.work = { ...blank(this.kind, this.app.placeId), reason, count, to, transfer };
    const last = this.head.querySelector("#floor-last");
    if (last) last.checked = false;
    const note = this.head.querySelector("#floor-note");
    if (note) note.value = "";
  }

  #takeUp(work) {
    if (this.work.lines.length > 0 || !this.isConnected) return;
    this.work = work;
    this.keep();
    this.draw();
  }

  /** What was received is not offered again: the server says what is left, or the queue does. */
  async #afterArrival(keeping, { state }) {
    if (state === "sent") for (let times = 0; times < 2; times++) await keeping.keepCatalogue().catch(() => {}); // one that ran before knew nothing of it
    await askWhatCame(this);
  }

  async #finish() {
    if (document.activeElement?.matches("input")) document.activeElement.blur(); // what is being typed counts, also by the key for Done
    const unread = this.list.querySelector("[aria-invalid='true']");
    if (unread) {
      unread.focus();
      const { title } = this.work.lines.find(({ id }) => id === unread.closest("[data-line]").dataset.line);
      return this.app.say(NO_NUMBER(title), "error");
    }
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
      const told = await keeping.book({ kind: SENT_AS[this.kind] ?? this.kind, about: work.id, make: (offset) => bodyOf(work, offset) });
      await keepDraft({ ...work, lines: [] }, this.app.person);
      this.#anew(this.kind === "arrive" ? {} : work);
      if (this.kind === "arrive") await this.#afterArrival(keeping, told);
      this.draw();
      this.app.say(saying(told), told.state === "sent" ? "success" : "info");
    } catch (problem) {
      this.app.say(why(problem), "error");
    }
  }
}
customElements.define("floor-lines", FloorLines);
