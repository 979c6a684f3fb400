const STAYS = "camera-stays";
const STAYS_MS = 15000;

/**
 * A button that opens the camera as a scanner. Each code fires "scanned" (detail `{ code }`), which the page takes like
 * the code of any other scanner; where nobody does (nobody calls `preventDefault`), it is typed into the field `data-for`, or
 * the first of the same form. `data-sends` (a selector of a submit button, or "") then sends that form, and the camera is
 * open again on the page that answers. `tell(text, kind)` shows on the picture what became of a code.
 * `data-wasm` and `data-styles` are the addresses of what is fetched when it is opened.
 */
class CameraScan extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.hidden = false;
    this.button.addEventListener("click", () => (this.view ? this.view.close() : this.open()));
    this.dataset.ready = "true";
    const { path, code, at } = JSON.parse(sessionStorage.getItem(STAYS) ?? "{}");
    sessionStorage.removeItem(STAYS);
    if (path === location.pathname && Date.now() - at < STAYS_MS && this.sends !== undefined) this.open({ had: code });
    else if (localStorage.getItem("camera")) (window.requestIdleCallback ?? setTimeout)(() => this.#warm());
  }

  get sends() {
    return this.dataset.sends;
  }

  disconnectedCallback() {
    this.view?.close();
  }

  get #field() {
    return document.getElementById(this.dataset.for) ?? this.closest("form")?.querySelector("input:not([type=hidden])");
  }

  /** Fetch and compile the decoder while nothing else happens, where the camera was used before. */
  #warm() {
    import("../lib/camera/viewfinder.js").then(({ warm }) => warm(this.dataset.wasm)).catch(() => {});
  }

  /** Open the camera; the code it `had` taken already counts again after it left the picture. */
  async open({ had = "" } = {}) {
    if (this.isOpening || this.view) return;
    this.isOpening = true;
    this.button.setAttribute("aria-busy", "true");
    try {
      const [{ Viewfinder }] = await Promise.all([import("../lib/camera/viewfinder.js"), this.#styles()]);
      this.view = new Viewfinder({
        wasm: this.dataset.wasm,
        had,
        isBackable: this.sends === undefined,
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
    if (this.sends === undefined) return;
    sessionStorage.setItem(STAYS, JSON.stringify({ path: location.pathname, code, at: Date.now() }));
    field.form.requestSubmit(this.sends ? field.form.querySelector(this.sends) : null);
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
