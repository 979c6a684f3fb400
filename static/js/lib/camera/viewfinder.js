// The scanner while it is open: a picture docked at the lower edge of the page, over which the basket goes on filling.
import { announce, h, icon } from "../dom.js";
import { Eye } from "./eye.js";
import { Marks } from "./marks.js";
import { remember, remembered } from "./settings.js";
import { Camera, frameOf } from "./stream.js";
import { shake, sound, wakeTones } from "./tones.js";
import { normalise } from "../scan/gtin.js";
import { inWords } from "./trouble.js";
import { Verdict } from "./verdict.js";

/** A choice stays so long after its codes left the picture: a finger on its way moves the phone. */
const CHOICE_MS = 5000;

let eye;

/** The one decoder of this page; a new one where it failed. */
function theEye(wasm) {
  eye ??= new Eye({ wasm });
  eye.ready.catch(() => (eye = null));
  return eye;
}

/** Fetch and compile the decoder, so that the first scan need not wait for it. */
export function warm(wasm) {
  return theEye(wasm).ready;
}

/**
 * The open scanner. `onCode(code)` hears each code that counts, `onClose()` that it was closed, `onTrouble()` that there
 * is no picture. A code it `had` taken before counts again after it left the picture; `isBackable` says that the way
 * back closes the camera and leaves the page. `tell(text, kind)` shows what became of a code.
 */
export class Viewfinder {
  #verdict = new Verdict();
  #leave = new AbortController();

  constructor({ wasm, onCode, onClose, onTrouble, had = "", isBackable = true }) {
    Object.assign(this, { wasm, onCode, onClose, onTrouble });
    if (had) this.#verdict.hold({ key: normalise(had), code: had, at: performance.now() });
    this.marks = new Marks((code) => this.#choose(code));
    this.video = h("video", { class: "camera-dock__video", playsinline: true, muted: true, "aria-label": "What the camera sees" });
    this.video.muted = true;
    this.said = h("p", { class: "camera-dock__said" });
    this.choices = h("div", { class: "camera-dock__choices", role: "group", "aria-label": "Several codes: choose one" });
    this.again = this.#tool("Again", "plus", () => this.#repeat(), "Again: the last code once more");
    this.torch = this.#tool("Light", "torch", () => this.#light());
    this.other = this.#tool("Other camera", "refresh", () => this.#turn());
    this.silent = this.#tool("Sound", "sound", () => this.#hush());
    this.retry = this.#tool("Try again", "refresh", () => this.open());
    this.tools = h("div", { class: "camera-dock__tools" }, this.torch, this.other, this.silent, this.retry, this.again, this.#tool("Close", "close", () => this.close(), "Close the camera"));
    const picture = h("div", { class: "camera-dock__picture" }, this.video, this.marks.svg, this.said);
    this.element = h("section", { class: "camera-dock", "aria-label": "Camera scanner" }, picture, this.choices, this.tools);
    for (const tool of [this.again, this.torch, this.other, this.retry]) tool.hidden = true;
    this.silent.setAttribute("aria-pressed", String(!remembered().isSilent));
    const options = { signal: this.#leave.signal };
    document.addEventListener("visibilitychange", () => this.#seen(), options);
    window.addEventListener("keydown", (event) => this.#key(event), { ...options, capture: true });
    window.addEventListener("popstate", () => this.close({ isBack: true }), options);
    if (isBackable && !history.state?.camera) history.pushState({ ...history.state, camera: true }, "");
  }

  /** Ask for the camera and begin to look; also after a trouble. */
  async open() {
    this.#stop();
    const attempt = (this.attempt = Symbol("attempt"));
    this.#say("Opening the camera …");
    this.retry.hidden = true;
    wakeTones();
    try {
      const camera = await Camera.open(this.video, remembered());
      if (this.attempt !== attempt || this.#leave.signal.aborted) return camera.stop();
      this.camera = camera;
      camera.track.addEventListener("ended", () => this.#trouble("ended"));
      this.torch.hidden = !camera.hasTorch;
      this.torch.setAttribute("aria-pressed", "false");
      camera.other().then((other) => (this.other.hidden = !other));
      remember({ wasUsed: true });
      this.#say("Hold a code into the frame.");
      this.#next();
      await this.#decoder().ready.catch(() => this.#trouble("decoder"));
    } catch (problem) {
      if (this.attempt === attempt && !this.#leave.signal.aborted) this.#trouble(problem);
    }
    return undefined;
  }

  close({ isBack = false } = {}) {
    if (this.#leave.signal.aborted) return;
    this.#leave.abort();
    this.#stop();
    this.element.remove();
    if (!isBack && history.state?.camera) history.back();
    this.onClose();
  }

  /** What became of a code: a name and a price, or why not. */
  tell(text, kind) {
    this.#say(text, kind);
    if (kind === "error") this.#signal("error");
  }

  #tool(label, name, onclick, title = label) {
    return h("button", { class: "camera-dock__tool", type: "button", title, "aria-label": title, onclick }, icon(name), h("span", {}, label));
  }

  #decoder() {
    return theEye(this.wasm);
  }

  #say(text, kind = "info") {
    this.said.textContent = text;
    this.said.dataset.kind = kind;
  }

  #signal(name) {
    if (!remembered().isSilent) sound(name);
    shake(name);
  }

  #trouble(problem) {
    this.#stop();
    const text = inWords(problem);
    this.#say(text, "error");
    announce(text, { urgent: true });
    this.retry.hidden = false;
    this.onTrouble(text);
  }

  #stop() {
    this.camera?.stop();
    this.camera = null;
    this.element.classList.remove("is-looking");
  }

  /** One look per frame, and none while the one before is not through. */
  #next() {
    const { camera, video } = this;
    const look = () => {
      if (this.camera !== camera) return;
      this.#follow();
      this.#look(performance.now());
      this.#next();
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(look);
    else requestAnimationFrame(look);
  }

  /** A question that a code answers (`data-scans`) takes the picture in, and gives it back when it is closed. */
  #follow() {
    const question = document.querySelector("dialog[data-scans]:modal");
    if (!question || question.contains(this.element)) return;
    const home = this.element.parentElement;
    const move = (place) => {
      place.append(this.element);
      this.video.play().catch(() => {}); // it may stop where it is moved
    };
    move(question.querySelector(".dialog__body"));
    question.addEventListener("close", () => move(home), { once: true, signal: this.#leave.signal });
  }

  async #look(at) {
    const decoder = this.#decoder();
    if (decoder.isBusy || document.querySelector("dialog:modal:not([data-scans])")) return; // nothing is sold behind a question
    const { camera } = this;
    try {
      const answer = await decoder.look(await frameOf(this.video));
      if (this.camera === camera) this.#judge(at, answer);
    } catch (problem) {
      if (problem.isBlind && eye === decoder) {
        decoder.close();
        eye = null; // the next attempt begins anew
      }
      if (this.camera === camera && eye !== decoder) this.#trouble("decoder");
      else if (this.camera === camera) console.warn("a picture was not looked at", problem);
    }
  }

  #judge(at, { kind, width, height, found }) {
    const { taken, choices, inView } = this.#verdict.look({ at, kind, found });
    this.element.classList.add("is-looking");
    this.marks.fit(width, height);
    this.marks.draw(inView, choices);
    this.#offer(choices, at);
    if (taken) this.#take(taken);
  }

  #offer(choices, at) {
    if (choices.length > 0) this.offeredAt = at;
    else if (at - (this.offeredAt ?? at) < CHOICE_MS) return;
    const keys = choices.map(({ key }) => key).join(" ");
    if (keys === (this.offered ?? "")) return;
    this.offered = keys;
    const chip = (code) => h("button", { class: "button camera-dock__choice", type: "button", onclick: () => this.#choose(code) }, code.code);
    this.choices.replaceChildren(...choices.map(chip));
    if (choices.length > 1) {
      this.#say("Several codes. Tap the right one.");
      announce("Several codes are in the picture. Choose one.");
    }
  }

  #choose(code) {
    this.#verdict.choose(code.key);
    this.choices.replaceChildren();
    this.offered = "";
    this.#take(code);
  }

  #take(code) {
    this.last = code;
    this.again.hidden = false;
    this.#say(code.code);
    this.#signal("read");
    this.onCode(code.code);
  }

  #repeat() {
    if (this.last) this.#take(this.last);
  }

  async #light() {
    const isOn = this.torch.getAttribute("aria-pressed") !== "true";
    this.torch.setAttribute("aria-pressed", String(await this.camera.light(isOn)));
  }

  async #turn() {
    remember({ ...(await this.camera.other()) });
    await this.open();
  }

  #hush() {
    const isSilent = !remembered().isSilent;
    remember({ isSilent });
    this.silent.setAttribute("aria-pressed", String(!isSilent));
  }

  /** A page that nobody sees uses no camera. */
  #seen() {
    if (document.hidden) this.#stop();
    else if (this.retry.hidden) this.open();
  }

  #key(event) {
    if (event.key !== "Escape" || document.querySelector("dialog:modal")) return;
    const { activeElement } = document;
    if (activeElement?.value && activeElement.matches("input, textarea")) return; // there it clears what was typed
    event.preventDefault();
    event.stopImmediatePropagation();
    this.close();
  }
}
