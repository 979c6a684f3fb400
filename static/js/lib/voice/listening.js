// Listening while it is switched on: what is heard, what it was taken for, and what came of it, for everybody to see.
import { h, icon } from "../dom.js";
import { toast } from "../toast.js";
import { SAYABLE, choose } from "./grammar.js";
import { recogniser } from "./recogniser.js";

const TOLD = "voice:told";
const ENDED = {
  refused: "This browser may not use the microphone. Allow it in the browser's settings, then switch voice on again.",
  "no-microphone": "There is no microphone here. Voice is off.",
  away: "What is said cannot be understood without a network. Voice is off.",
  broken: "Voice does not work in this browser just now. It is off.",
};
const ACTS = { floor: () => import("./floor.js"), till: () => import("./till.js") };

/** The state of a `<voice-switch>`: `data-commands` says whose commands are heard, its `closest("[data-voice]")` is told them. */
export class Listening {
  isOn = false;

  constructor(element) {
    this.element = element;
    this.button = element.querySelector("button");
    this.commands = element.dataset.commands;
    this.host = element.closest("[data-voice]");
    this.words = h("span", { class: "voice-state__words" });
    this.strip = h(
      "div",
      { class: "voice-state", role: "status", hidden: true },
      h("span", { class: "voice-state__ear", "aria-hidden": "true" }, icon("mic")),
      this.words,
      h("button", { class: "button button--small button--quiet", type: "button", onclick: () => this.help() }, "What can I say?"),
    );
    this.host.querySelector("[data-voice-state]").append(this.strip);
    document.addEventListener("visibilitychange", () => document.hidden && this.stop()); // a page that nobody sees hears nothing
  }

  async turn() {
    if (this.isOn) return this.stop();
    if (!localStorage.getItem(TOLD) && !(await this.help({ isFirst: true }))) return undefined;
    localStorage.setItem(TOLD, "yes");
    this.acts = await ACTS[this.commands]();
    this.isOn = true;
    this.#draw("Listening …");
    recogniser().start((alternatives) => this.#heard(alternatives), (why) => this.#ended(why));
    return undefined;
  }

  stop() {
    if (!this.isOn) return;
    this.isOn = false;
    recogniser().stop();
    this.#draw("");
  }

  /** What can be said; the first time also where the sound goes. Answers whether somebody wants to be heard. */
  help({ isFirst = false } = {}) {
    const rows = SAYABLE[this.commands].flatMap(([words, what]) => [h("dt", {}, `“${words}”`), h("dd", {}, what)]);
    const told = h("p", {}, "What you say goes to the maker of this browser, who turns it into words. The shop keeps nothing of it. It listens until you switch it off or leave the page.");
    const yes = h("button", { class: "button button--primary", value: "yes" }, isFirst ? "Listen" : "Close");
    const foot = h("footer", { class: "dialog__foot" }, isFirst && h("button", { class: "button", value: "no" }, "Not now"), yes);
    const head = h("header", { class: "dialog__head" }, h("h2", { class: "dialog__title", id: "voice-title" }, "Voice"));
    const body = h("div", { class: "dialog__body stack" }, told, h("dl", { class: "facts" }, ...rows));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "voice-title" }, h("form", { method: "dialog" }, head, body, foot));
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        dialog.remove();
        resolve(dialog.returnValue === "yes");
      });
    });
  }

  async #heard(alternatives) {
    const command = choose(alternatives, this.commands);
    const [{ words = "" } = {}] = alternatives;
    if (!command) return this.#draw(`“${words.trim()}” is nothing I know.`);
    if (command.name === "silence") return this.stop();
    if (command.name === "help") return void this.help();
    if (document.querySelector("dialog#voice-title, dialog[aria-labelledby='voice-title']")) return undefined;
    const became = await this.acts.act(this.host, command);
    return this.isOn && this.#draw(`“${command.words.trim()}”${became ? `: ${became}` : ""}`);
  }

  #ended(why) {
    this.isOn = false;
    this.#draw("");
    toast(ENDED[why] ?? ENDED.broken, { kind: "warning" });
  }

  #draw(text) {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.strip.hidden = !this.isOn;
    this.words.textContent = text;
  }
}
