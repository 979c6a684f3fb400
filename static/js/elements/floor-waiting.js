import "./unsent-list.js";

/** What this device has not sent yet. */
class FloorWaiting extends HTMLElement {
  begin() {
    this.replaceChildren(document.createElement("unsent-list"));
  }

  found() {}
}
customElements.define("floor-waiting", FloorWaiting);
