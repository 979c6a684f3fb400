/** The navigation of a phone: while it is open the page behind rests; a choice or a wide window closes it. */
class NavDrawer extends HTMLElement {
  connectedCallback() {
    this.drawer = this.querySelector("[popover]");
    this.wide = matchMedia("(min-width: 64rem)");
    this.drawer?.addEventListener("toggle", this);
    this.drawer?.addEventListener("click", this);
    this.wide.addEventListener("change", this);
  }

  disconnectedCallback() {
    this.drawer?.removeEventListener("toggle", this);
    this.drawer?.removeEventListener("click", this);
    this.wide.removeEventListener("change", this);
    this.rest(false);
  }

  handleEvent(event) {
    if (event.type === "toggle") {
      const isOpen = event.newState === "open";
      this.rest(isOpen);
      if (isOpen) (this.drawer.querySelector("[aria-current]") ?? this.drawer.querySelector("a")).focus();
    } else if (event.type === "change" || event.target.closest("a[href]")) {
      if (this.drawer.matches(":popover-open")) this.drawer.hidePopover();
    }
  }

  rest(isOpen) {
    for (const part of document.querySelectorAll(".shell-main, .shell-bar, .bottom-bar")) part.inert = isOpen;
  }
}
customElements.define("nav-drawer", NavDrawer);
