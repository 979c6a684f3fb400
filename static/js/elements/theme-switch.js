import { chooseTheme, readTheme, showTheme } from "../lib/theme.js";

/** Radio buttons for light, auto and dark; several on a page agree, and so do other tabs. */
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this);
    document.documentElement.addEventListener("themechange", this);
    addEventListener("storage", this);
    this.show();
  }

  disconnectedCallback() {
    this.removeEventListener("change", this);
    document.documentElement.removeEventListener("themechange", this);
    removeEventListener("storage", this);
  }

  handleEvent(event) {
    if (event.type === "change") chooseTheme(event.target.value);
    else if (event.type === "themechange") this.show();
    else if (event.key === "theme" || event.key === null) showTheme(readTheme());
  }

  show() {
    const theme = document.documentElement.dataset.theme;
    for (const radio of this.querySelectorAll("input")) radio.checked = radio.value === theme;
  }
}
customElements.define("theme-switch", ThemeSwitch);
