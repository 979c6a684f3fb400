import { announce } from "../lib/dom.js";

/**
 * A form whose server works things out (adds an article, finds a customer, sums up) without leaving the page: buttons
 * other than the primary one, and changes of fields marked `data-live`, are sent in the background and the form is drawn
 * as the answer shows it. What is scanned or typed into a field marked `data-queue` is worked off in order, so that a
 * scanner need not wait. Without JavaScript the same form is sent and drawn as a page.
 */
class LiveForm extends HTMLElement {
  #waiting = Promise.resolve();
  #asked = 0;

  connectedCallback() {
    this.leave = new AbortController();
    const options = { signal: this.leave.signal };
    this.addEventListener("submit", (event) => this.#submit(event), options);
    this.addEventListener("change", (event) => event.target.matches("[data-live]") && this.#ask({}), options);
    this.dataset.ready = "true";
  }

  disconnectedCallback() {
    this.leave.abort();
  }

  get #form() {
    return this.querySelector("form");
  }

  #submit(event) {
    const button = event.submitter;
    if (button?.matches(".button--primary")) {
      if (!this.hasAttribute("aria-busy")) return;
      event.preventDefault(); // what was asked before comes first: the button is another one then
      this.#waiting.then(() => this.#form.requestSubmit(this.#form.querySelector("button.button--primary")));
      return;
    }
    event.preventDefault();
    const more = {};
    if (button?.name) more[button.name] = button.value;
    const queue = this.#form.querySelector("[data-queue]");
    if (queue?.value) {
      more.find = queue.value;
      queue.value = "";
    }
    this.#ask(more);
  }

  #ask(more) {
    this.setAttribute("aria-busy", "true");
    this.#asked += 1;
    this.#waiting = this.#waiting.then(() => this.#send(more)).finally(() => {
      this.#asked -= 1;
      if (!this.#asked) this.removeAttribute("aria-busy");
    });
  }

  async #send(more) {
    const body = new FormData(this.#form);
    const sent = states(this.#form);
    body.delete("find");
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    let text;
    try {
      const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "text/html" } });
      if (answer.redirected) return void location.assign(answer.url);
      text = await answer.text();
    } catch {
      announce("The server cannot be reached. Nothing was changed.");
      return;
    }
    if (this.isConnected) this.#draw(new DOMParser().parseFromString(text, "text/html").querySelector("live-form form"), more, sent);
  }

  #draw(fresh, more, sent) {
    if (!fresh) return void location.reload();
    const at = document.activeElement;
    const focused = this.contains(at) ? at.id : "";
    keep(this.#form, sent, fresh);
    this.#form.replaceWith(document.adoptNode(fresh));
    const queue = this.#form.querySelector("[data-queue]");
    const back = "find" in more || "add" in more ? queue : document.getElementById(focused);
    back?.focus();
    if (back?.matches?.("input:not([type=radio], [type=checkbox])")) back.setSelectionRange?.(back.value.length, back.value.length);
    const told = this.querySelector(".totals__grand + .totals__grand, .field__error")?.textContent.trim();
    if (told) announce(told);
  }
}

const isTyped = (field) => field.matches("input:not([type=hidden]), select, textarea");
const stateOf = (field) => (field.matches("[type=radio], [type=checkbox]") ? String(field.checked) : field.value);

/** The state of every field that people change, by its name, value (of a choice) and place among those. */
function states(form) {
  const found = new Map();
  for (const field of [...form.elements].filter(isTyped)) {
    const name = field.matches("[type=radio], [type=checkbox]") ? `${field.name}=${field.value}` : field.name;
    let place = 0;
    while (found.has(`${name}#${place}`)) place += 1;
    found.set(`${name}#${place}`, field);
  }
  return new Map([...found].map(([key, field]) => [key, { field, state: stateOf(field) }]));
}

/** What was typed or chosen while the answer was under way stays. */
function keep(old, sent, fresh) {
  const there = states(fresh);
  for (const [key, { state }] of states(old)) {
    const same = there.get(key)?.field;
    if (!same || (sent.get(key)?.state ?? state) === state) continue;
    if (same.matches("[type=radio], [type=checkbox]")) same.checked = state === "true";
    else same.value = state;
  }
}

customElements.define("live-form", LiveForm);
