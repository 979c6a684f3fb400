/** A message that can be dismissed, or goes by itself after `data-seconds` of not being read. */
class FlashMessage extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("pointerenter", this);
    this.addEventListener("focusin", this);
    this.addEventListener("pointerleave", this);
    this.wait();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  handleEvent(event) {
    if (event.type === "click") {
      if (event.target.closest(".flash__close")) this.remove();
    } else if (event.type === "pointerleave") this.wait();
    else clearTimeout(this.timer);
  }

  wait() {
    clearTimeout(this.timer);
    const seconds = Number(this.dataset.seconds);
    if (seconds > 0) this.timer = setTimeout(() => this.remove(), seconds * 1000);
  }
}
customElements.define("flash-message", FlashMessage);
