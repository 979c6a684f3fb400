import { announce } from "../lib/dom.js";

/** Copies `data-text`, or the text or value of the element named by `data-for`. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
    clearTimeout(this.timer);
  }

  async handleEvent(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const source = document.getElementById(this.dataset.for ?? "");
    const text = this.dataset.text ?? source?.value ?? source?.textContent.trim() ?? "";
    try {
      await navigator.clipboard.writeText(text);
      this.tell(button, "Copied");
    } catch {
      if (source) getSelection().selectAllChildren(source);
      this.tell(button, "Press Ctrl-C");
    }
  }

  tell(button, words) {
    this.before ??= [...button.childNodes];
    const label = document.createElement("span");
    label.textContent = words;
    button.replaceChildren(label);
    announce(words);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      button.replaceChildren(...this.before);
      this.before = undefined;
    }, 1800);
  }
}
customElements.define("copy-button", CopyButton);
