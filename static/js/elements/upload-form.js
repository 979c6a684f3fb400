import { announce } from "../lib/dom.js";

/**
 * Around a form with one file: the whole drop zone takes a file, and while it is sent the button says so and a second
 * click sends nothing twice. Without JavaScript it is the form alone.
 */
class UploadForm extends HTMLElement {
  connectedCallback() {
    this.leave = new AbortController();
    const options = { signal: this.leave.signal };
    this.addEventListener("submit", (event) => this.send(event), options);
    this.addEventListener("dragover", (event) => this.hover(event, true), options);
    this.addEventListener("dragleave", (event) => this.hover(event, false), options);
    this.addEventListener("drop", (event) => this.drop(event), options);
    addEventListener("pageshow", () => this.rest(), options); // back again: the form must be usable
  }

  disconnectedCallback() {
    this.leave.abort();
  }

  send(event) {
    if (this.isSending) return event.preventDefault();
    this.isSending = true;
    this.querySelector("button[type=submit]")?.setAttribute("aria-busy", "true");
    announce("Sending the file");
  }

  rest() {
    this.isSending = false;
    this.querySelector("button[type=submit]")?.removeAttribute("aria-busy");
  }

  hover(event, isOver) {
    const zone = event.target.closest?.(".dropzone");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("is-over", isOver);
  }

  drop(event) {
    const zone = event.target.closest?.(".dropzone");
    const input = zone?.querySelector("input[type=file]");
    if (!input) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    if (event.dataTransfer.files.length === 1) input.files = event.dataTransfer.files;
    else announce("One file at a time");
  }
}
customElements.define("upload-form", UploadForm);
