import { h } from "../lib/dom.js";

let number = 0;

/** Asks once before the button inside acts. Without JavaScript the button acts at once and the server may ask. */
class ConfirmButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this, { capture: true });
  }

  disconnectedCallback() {
    this.removeEventListener("click", this, { capture: true });
    this.dialog?.remove();
  }

  handleEvent(event) {
    const button = event.target.closest("button, a[href]");
    if (!button || button.disabled) return;
    if (this.isConfirmed) {
      this.isConfirmed = false;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.ask(button);
  }

  ask(button) {
    const id = `confirm-${++number}`;
    const { title = "Are you sure?", message = "", confirm = button.textContent.trim(), tone = "danger" } = this.dataset;
    this.dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": id, "aria-describedby": message ? `${id}-text` : null },
      h(
        "form",
        { method: "dialog" },
        h("header", { class: "dialog__head" }, h("h2", { class: "dialog__title", id }, title)),
        h("div", { class: "dialog__body" }, message && h("p", { id: `${id}-text` }, message)),
        h(
          "footer",
          { class: "dialog__foot" },
          h("button", { class: "button", value: "", autofocus: true }, "Cancel"),
          h("button", { class: `button button--${tone === "danger" ? "danger" : "primary"}`, value: "yes" }, confirm),
        ),
      ),
    );
    this.dialog.addEventListener("close", () => {
      const isYes = this.dialog.returnValue === "yes";
      this.dialog.remove();
      this.dialog = undefined;
      if (!isYes) return;
      this.isConfirmed = true;
      button.click();
      this.isConfirmed = false;
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
  }
}
customElements.define("confirm-button", ConfirmButton);
