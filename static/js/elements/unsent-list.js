import { csrfToken } from "../lib/api.js";
import { h, icon, personHere } from "../lib/dom.js";
import { money, number, since } from "../lib/format.js";
import { readDevice } from "../lib/store/device.js";
import { everything, hurry, isPromised, onQueue, sent, shownOf } from "../lib/store/queue.js";
import { canSeal, rescueFile, sealQueue } from "../lib/store/seal.js";
import { send, sender } from "../lib/store/send.js";
import { beginSending } from "../lib/store/syncer.js";

const WHY = {
  network: "The server does not answer just now. It is tried again by itself.",
  slow: "The line is too slow just now. It is tried again by itself.",
  refused: "The server does not let this device in. Ask somebody who manages devices; nothing is lost.",
};
const BECAME = { applied: "booked", duplicate: "booked", partly: "booked in part; a manager looks at the rest", quarantined: "a manager looks at it" };

const MOST_SHOWN = 100;
const LEAVING = "?leave"; // the worker led here instead of logging somebody out

/**
 * What this device has not sent: what the person at it did one by one, what others did as a number. Without the server
 * nobody knows who is at it (the page is drawn for nobody): then it is one number.
 */
class UnsentList extends HTMLElement {
  connectedCallback() {
    this.person = personHere();
    this.say = h("p", { class: "unsent__say", role: "status" });
    this.why = h("div", { class: "flash flash--warning", hidden: true }, icon("alert"), h("div", { class: "flash__body" }));
    this.kept = h("p", { class: "muted", hidden: true }, "This browser did not promise to keep what waits if the device runs out of room. Put the shop on the home screen, keep some room free, and save a rescue file when much waits.");
    this.list = h("ul", { class: "row-list", role: "list", "aria-label": "Waiting to be sent" });
    this.gone = h("ul", { class: "row-list", role: "list", "aria-label": "Sent last" });
    this.now = h("button", { class: "button button--primary", type: "button", onclick: () => this.#send() }, icon("refresh"), " Send now");
    this.rescue = h("button", { class: "button", type: "button", onclick: () => this.#save() }, icon("download"), " Save a rescue file");
    this.leave = h("button", { class: "button", type: "button", onclick: () => this.#leave() }, icon("lock"), " Seal them and log out");
    this.goneTitle = h("h3", { class: "unsent__title" }, "Sent last");
    this.replaceChildren(this.say, this.why, this.kept, this.list, h("div", { class: "cluster" }, this.now, this.leave, this.rescue), this.goneTitle, this.gone);
    this.stop = onQueue(() => this.draw());
    beginSending();
    this.draw();
  }

  disconnectedCallback() {
    this.stop?.();
  }

  async draw() {
    let items;
    try {
      items = await everything();
    } catch {
      this.say.textContent = "The store of this device cannot be opened.";
      return;
    }
    const [{ problem }, done, device, isKept] = await Promise.all([sender(), sent(this.person), readDevice(), isPromised()]);
    const own = items.filter(({ by }) => by === this.person && this.person);
    const others = items.length - own.length;
    const what = items.every(({ kind }) => (kind ?? "sale") === "sale") ? ["sale waits", "sales wait"] : ["piece of work waits", "pieces of work wait"];
    const count = `${number(items.length)} ${what[items.length === 1 ? 0 : 1]}`;
    const isLeaving = location.search === LEAVING && items.length > 0;
    this.device = device;
    this.rescue.hidden = items.length === 0 || !canSeal(device);
    this.leave.hidden = !isLeaving || !canSeal(device);
    this.say.textContent = items.length === 0 ? "Everything is sent." : `${isLeaving ? "Before you log out: " : ""}${count} to be sent, the oldest since ${since(items[0].occurred_at)}.`;
    this.why.hidden = items.length === 0 || !WHY[problem];
    this.why.querySelector("div").textContent = WHY[problem] ?? "";
    this.kept.hidden = items.length === 0 || isKept;
    this.now.hidden = items.length === 0;
    this.list.hidden = items.length === 0 || !this.person;
    const more = own.length - MOST_SHOWN;
    this.list.replaceChildren(...own.slice(0, MOST_SHOWN).map(row), ...(more > 0 ? [h("li", { class: "row-list__item muted" }, `${number(more)} more after them`)] : []), ...(others > 0 && this.person ? [h("li", { class: "row-list__item muted" }, `${others} by ${own.length > 0 ? "others" : "somebody else"}`)] : []));
    this.goneTitle.hidden = this.gone.hidden = done.length === 0;
    this.gone.replaceChildren(...done.slice(0, 10).map(goneRow));
  }

  /** Somebody wants to go: nobody can read here what they sold, and it is sent all the same. */
  async #leave() {
    this.leave.setAttribute("aria-busy", "true");
    await sealQueue(this.device);
    const form = h("form", { method: "post", action: "/logout/", hidden: true }, h("input", { type: "hidden", name: "csrfmiddlewaretoken", value: csrfToken() }));
    this.append(form);
    form.submit();
  }

  async #save() {
    const file = await rescueFile(await everything(), this.device);
    const address = URL.createObjectURL(file);
    const link = h("a", { href: address, download: `unsent-${this.device.prefix}-${new Date().toISOString().slice(0, 10)}.ndjson` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  async #send() {
    this.now.setAttribute("aria-busy", "true");
    await hurry();
    await send().catch(() => {});
    this.now.removeAttribute("aria-busy");
    this.draw();
  }
}

function row(item) {
  const { occurred_at, tries = 0, said } = item;
  const { number, total } = shownOf(item);
  const state = said || (tries > 0 ? "Tried, it is tried again" : "Waits");
  return h(
    "li",
    { class: "row-list__item" },
    h("span", { class: "row-list__main" }, h("span", { class: "row-list__title" }, number), h("span", { class: "row-list__note" }, `${since(occurred_at)}, ${state}`)),
    total && h("span", { class: "row-list__end" }, money(total)),
  );
}

function goneRow({ shown, number, became, title }) {
  const note = [number && `#${number}`, BECAME[became], became === "quarantined" && title].filter(Boolean).join(", ");
  return h(
    "li",
    { class: "row-list__item" },
    h("span", { class: "row-list__main" }, h("span", { class: "row-list__title" }, shown.number), h("span", { class: "row-list__note" }, note)),
    shown.total && h("span", { class: "row-list__end" }, money(shown.total)),
  );
}
customElements.define("unsent-list", UnsentList);
