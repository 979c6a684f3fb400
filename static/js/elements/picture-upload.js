import { announce } from "../lib/dom.js";

/** Around a form with one picture: it can be dropped on the zone or pasted anywhere on the page. */
class PictureUpload extends HTMLElement {
  connectedCallback() {
    this.leave = new AbortController();
    const options = { signal: this.leave.signal };
    const zone = this.querySelector(".dropzone");
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    }, options);
    zone.addEventListener("dragleave", () => zone.classList.remove("is-over"), options);
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("is-over");
      this.#take(event.dataTransfer.files);
    }, options);
    document.addEventListener("paste", (event) => this.#take(event.clipboardData?.files ?? []), options);
  }

  disconnectedCallback() {
    this.leave.abort();
  }

  #take(files) {
    if (files.length === 0) return;
    if (files.length > 1) return announce("One picture at a time");
    this.querySelector("input[type=file]").files = files;
    announce(`${files[0].name} will be added`);
  }
}
customElements.define("picture-upload", PictureUpload);
