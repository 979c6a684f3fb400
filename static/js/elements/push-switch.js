import { h, icon, personHere } from "../lib/dom.js";
import { stateOf, whyNot } from "../lib/push/state.js";
import { able, switchOff, switchOn } from "../lib/push/subscribe.js";

/** Push messages in this browser: how it stands, and one button. `data-key` of the shop, `data-here` what the server knows. */
class PushSwitch extends HTMLElement {
  connectedCallback() {
    this.words = h("p", { class: "push__words", role: "status" });
    this.button = h("button", { class: "button", type: "button", onclick: () => this.press() });
    this.error = h("div", { class: "flash flash--warning", role: "alert", hidden: true }, icon("alert"), h("div", { class: "flash__body" }));
    this.replaceChildren(this.words, this.button, this.error);
    this.draw();
  }

  async draw() {
    this.state = stateOf(await able(this.dataset.here));
    this.words.textContent = this.state.words;
    this.button.hidden = !this.state.action;
    this.button.classList.toggle("button--primary", this.state.action === "on");
    this.button.textContent = this.state.action === "off" ? "Switch off here" : "Switch on in this browser";
    this.dataset.state = this.state.name;
  }

  async press() {
    this.button.disabled = true;
    this.button.setAttribute("aria-busy", "true");
    this.error.hidden = true;
    const { key, here } = this.dataset;
    const person = personHere();
    try {
      await (this.state.action === "on" ? switchOn({ key, person }) : switchOff(here));
      location.reload(); // the list of browsers is the server's
    } catch (error) {
      this.error.querySelector("div").textContent = whyNot(error);
      await this.draw();
      this.error.hidden = this.state.name === "denied";
    } finally {
      this.button.disabled = false;
      this.button.removeAttribute("aria-busy");
    }
  }
}
customElements.define("push-switch", PushSwitch);
