// What the dialogs beside a sale have in common. Loaded with the first of them.
import { h, icon } from "../dom.js";

let number = 0;

/** A custom element that builds its dialog when it is first asked. Fires "closed" when it is done. */
export class Aside extends HTMLElement {
  get isOpen() {
    return this.dialog?.open ?? false;
  }

  /** Build the dialog once: `body` and `foot` are nodes; a `submit` makes it a form. */
  build(title, body, { foot = null, submit = null, isWide = false } = {}) {
    const id = `till-aside-${++number}`;
    const parts = [
      h(
        "header",
        { class: "dialog__head" },
        h("h2", { class: "dialog__title", id }, title),
        h("button", { class: "button button--icon button--quiet", type: "button", "aria-label": "Back to the basket", onclick: () => this.leave() }, icon("close")),
      ),
      h("div", { class: "dialog__body till-aside" }, body),
      foot && h("footer", { class: "dialog__foot" }, foot),
    ].filter(Boolean);
    const inner = submit ? [h("form", { novalidate: true, autocomplete: "off" }, parts)] : parts;
    this.dialog = h("dialog", { class: `dialog till-dialog${isWide ? " till-dialog--wide" : ""}`, "aria-labelledby": id }, inner);
    this.heading = this.dialog.querySelector("h2");
    if (submit) {
      this.dialog.firstElementChild.addEventListener("submit", (event) => {
        event.preventDefault();
        submit();
      });
    }
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    this.dialog.addEventListener("close", () => this.dispatchEvent(new CustomEvent("closed", { bubbles: true })));
    this.dialog.addEventListener("keydown", (event) => this.#walk(event));
    this.replaceChildren(this.dialog);
  }

  show() {
    if (!this.isOpen) this.dialog.showModal();
  }

  close() {
    if (this.isOpen) this.dialog.close();
  }

  /** Somebody wants out: an element that must not be left now says so. */
  leave() {
    this.close();
  }

  /** Up and down go through what can be chosen (`[data-choice]`), also from the field above it. */
  #walk(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way === undefined || event.target.matches("select, textarea")) return;
    const choices = [...this.dialog.querySelectorAll("[data-choice]:not(:disabled)")];
    if (choices.length === 0) return;
    const here = choices.findIndex((choice) => choice === event.target || choice.closest("li")?.contains(event.target));
    if (here < 0 && way < 0) return;
    event.preventDefault();
    if (here + way < 0) this.dialog.querySelector("input")?.focus();
    else choices[Math.min(here + way, choices.length - 1)].focus();
  }
}

/** A labelled field: `{ row, field, say(text) }`; `say` shows what is wrong with it. */
export function field(label, attributes = {}, { hint = "" } = {}) {
  const id = `till-field-${++number}`;
  const error = h("p", { class: "field__error", id: `${id}-error`, hidden: true });
  const input = h("input", { id, autocomplete: "off", "aria-describedby": `${id}-error`, ...attributes });
  const row = h("div", { class: "field" }, h("label", { for: id }, label), input, hint && h("p", { class: "field__hint" }, hint), error);
  const say = (text) => {
    error.hidden = !text;
    error.replaceChildren(...(text ? [icon("alert"), ` ${text}`] : []));
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  return { row, field: input, say };
}

/** A message inside a dialog, empty at first: `{ box, say(text, kind) }`. */
export function message() {
  const body = h("div", { class: "flash__body" });
  const box = h("div", { class: "flash", role: "alert", hidden: true }, icon("alert"), body);
  const say = (text, kind = "warning") => {
    box.hidden = !text;
    box.className = `flash flash--${kind}`;
    body.textContent = text;
  };
  return { box, say };
}

/** What a refusal says, for people. */
export const words = (problem) => problem.detail || problem.title || problem.message;
