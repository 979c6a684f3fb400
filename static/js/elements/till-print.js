/** Prints the page when the button inside is pressed; a page that holds a receipt prints only that. */
class TillPrint extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
  }

  handleEvent(event) {
    if (event.target.closest("button")) window.print();
  }
}
customElements.define("till-print", TillPrint);
