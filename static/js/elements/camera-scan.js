/**
 * A button that opens the camera as a scanner. Each code fires "scanned" (detail `{ code }`), which the page takes like
 * the code of any other scanner; where nobody does (nobody calls `preventDefault`), it is typed into the field of the same form, and
 * that form is sent if `data-sends` says so. `tell(text, kind)` shows on the picture what became of it.
 * `data-wasm` and `data-styles` are the addresses of what is fetched when it is opened.
 */
class CameraScan extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.hidden = false;
    this.button.addEventListener("click", () => (this.view ? this.view.close() : this.open()));
    this.dataset.ready = "true";
  }

  disconnectedCallback() {
    this.view?.close();
  }

  get #field() {
    return this.closest("form")?.querySelector("input:not([type=hidden])") ?? document.querySelector(".scan-field__input");
  }

  async open() {
    if (this.isOpening || this.view) return;
    this.isOpening = true;
    this.button.setAttribute("aria-busy", "true");
    try {
      const [{ Viewfinder }] = await Promise.all([import("../lib/camera/viewfinder.js"), this.#styles()]);
      this.view = new Viewfinder({
        wasm: this.dataset.wasm,
        onCode: (code) => this.#scanned(code),
        onClose: () => this.#closed(),
        onTrouble: () => this.#field?.focus(),
      });
      (this.closest("[data-camera-dock]") ?? document.querySelector("main")).append(this.view.element);
      this.button.setAttribute("aria-expanded", "true");
      this.view.open();
    } catch {
      const { toast } = await import("../lib/toast.js");
      toast("The scanner could not be loaded. Check the network, or type the code.", { kind: "error" });
      this.#field?.focus();
    } finally {
      this.isOpening = false;
      this.button.removeAttribute("aria-busy");
    }
  }

  tell(text, kind = "info") {
    this.view?.tell(text, kind);
  }

  #closed() {
    const wasInside = this.view?.element.contains(document.activeElement) || document.activeElement === document.body;
    this.view = null;
    this.button.setAttribute("aria-expanded", "false");
    if (wasInside) this.button.focus();
  }

  #scanned(code) {
    const isFree = this.dispatchEvent(new CustomEvent("scanned", { bubbles: true, cancelable: true, detail: { code } }));
    const field = this.#field;
    if (!isFree || !field) return;
    field.value = code;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    if (this.hasAttribute("data-sends")) field.form.requestSubmit();
  }

  /** The styles of the picture, fetched with it. */
  #styles() {
    const { styles } = this.dataset;
    if (document.querySelector(`link[href="${styles}"]`)) return undefined;
    return new Promise((resolve) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href: styles, onload: resolve, onerror: resolve });
      document.head.append(link);
    });
  }
}
customElements.define("camera-scan", CameraScan);
