import { number } from "../lib/format.js";
import { onPresence } from "../lib/live.js";

/** How many screens of the shop are live: "3 screens live". */
class BoardScreens extends HTMLElement {
  connectedCallback() {
    this.show(Number(this.dataset.screens));
    this.stop = onPresence((screens, people) => this.show(screens, people));
  }

  disconnectedCallback() {
    this.stop();
  }

  show(screens, people = []) {
    const words = screens > 0 ? `${number(screens)} ${screens === 1 ? "screen" : "screens"} live` : "";
    if (this.textContent !== words) this.textContent = words;
    this.title = people.map(({ name, devices }) => (devices > 1 ? `${name} (${devices} devices)` : name)).join(", ");
  }
}
customElements.define("board-screens", BoardScreens);
