/** Ticking "everything" or a whole group greys out what it covers already. Without JavaScript all boxes simply work. */
class WebhookEvents extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this);
    this.handleEvent();
  }

  disconnectedCallback() {
    this.removeEventListener("change", this);
  }

  handleEvent() {
    const everything = this.querySelector('input[value="*"]');
    for (const group of this.querySelectorAll("[data-pattern]")) {
      const [whole, ...each] = group.querySelectorAll("input");
      whole.disabled = everything.checked;
      for (const box of each) box.disabled = everything.checked || whole.checked;
    }
  }
}
customElements.define("webhook-events", WebhookEvents);
