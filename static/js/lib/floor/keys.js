// The keyboard of the shop floor, for tablets: no shortcut is a key that a scanner types.
import { h } from "../dom.js";

const HELP_WAIT_MS = 120;
const LIST = [
  [["F2"], "To the code field"],
  [["F3"], "Open the camera"],
  [["F4"], "Type how many of the newest line"],
  [["Del"], "Take the newest line out"],
  [["Ctrl", "Z"], "Take the last change back"],
  [["Ctrl", "Enter"], "Done"],
  [["F6"], "Start over"],
  [["F8"], "Voice on or off"],
  [["Esc"], "Close the choices; back to the tiles"],
  [["?"], "This list"],
];

const isField = (element) => element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
const press = (root, selector) => {
  const button = root?.querySelector(selector);
  if (button && !button.hidden && !button.disabled) button.click();
};

/** Do what a key means for `app` (a floor-app); answers whether it meant something. */
export function hearKey(app, event) {
  if (event.isComposing || document.querySelector("dialog:modal")) return false;
  if (event.key === "?") return question(app, event);
  const does = meaning(app, event);
  if (!does) return false;
  event.preventDefault();
  does();
  return true;
}

function meaning(app, event) {
  const { field, parts, screen } = app;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key === "Enter") return screen && (() => press(screen, ".floor-foot__done"));
  if (isCommand && event.key === "z") return screen?.undo && !isField(event.target) && (() => screen.undo());
  if (isCommand || event.altKey) return null;
  if (event.key === "F8") return () => press(app, "voice-switch button");
  if (parts.scan.hidden) return event.key === "Escape" && location.hash ? () => (location.hash = "") : null;
  if (event.key === "F2") return () => field.focus();
  if (event.key === "F3") return () => press(app, "camera-scan button");
  if (event.key === "F4") return () => screen?.querySelector(".stepper__value")?.focus();
  if (event.key === "F6") return () => press(screen, "[data-over]");
  if (event.key === "Delete" && !(isField(event.target) && event.target.value)) return screen?.removeNewest && (() => screen.removeNewest());
  if (event.key === "Escape" && !event.defaultPrevented && !(isField(event.target) && event.target.value && event.target !== field) && !field.value) return () => (location.hash = "");
  return null;
}

/** A question mark alone asks for help; in a burst it belongs to a code, among words to the words. */
function question(app, event) {
  const { target } = event;
  if (isField(target) && target.value !== "") return false;
  setTimeout(() => {
    if (app.wedge.length > 1 || (isField(target) && target.value !== "?")) return;
    app.wedge.reset();
    if (isField(target)) target.value = "";
    showHelp();
  }, HELP_WAIT_MS);
  return true;
}

/** The list of the keys. */
export function showHelp() {
  const keys = LIST.flatMap(([names, what]) => [h("dt", {}, ...names.flatMap((name, place) => [place > 0 && " ", h("kbd", {}, name)])), h("dd", {}, what)]);
  const told = h("p", {}, "A scanner works at any moment, wherever the cursor is; what it types never sets off one of these.");
  const head = h("header", { class: "dialog__head" }, h("h2", { class: "dialog__title", id: "floor-keys-title" }, "Keyboard"));
  const foot = h("footer", { class: "dialog__foot" }, h("button", { class: "button button--primary" }, "Close"));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "floor-keys-title" }, h("form", { method: "dialog" }, head, h("div", { class: "dialog__body stack" }, told, h("dl", { class: "facts floor-keys" }, ...keys)), foot));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
