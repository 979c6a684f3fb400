// What would be lost if this tab were loaded anew at this moment: words that were typed, a dialog or the camera in use.
import { FIELDS, isChanged } from "../fields.js";

const PAUSE = 1000; // ms after the last key: a scanner may be in the middle of a code

const touched = new Set();
let lastKey = -Infinity;
let isWatching = false;

/** Remember from now on which fields a person changed; what is typed already counts too. */
export function watchTyping() {
  if (isWatching) return;
  isWatching = true;
  for (const field of document.querySelectorAll(FIELDS)) if (field.localName !== "select") touched.add(field);
  document.addEventListener("input", ({ target }) => touched.add(target), { capture: true });
  document.addEventListener("keydown", () => (lastKey = performance.now()), { capture: true });
}

/** Whether nothing is lost by loading this page anew now. */
export function isQuiet(now = performance.now()) {
  if (now - lastKey < PAUSE || document.querySelector("dialog[open], :popover-open")) return false;
  for (const field of touched) if (!field.isConnected) touched.delete(field);
  if ([...touched].some((field) => isChanged(field) && field.checkVisibility())) return false;
  return ![...document.querySelectorAll("video")].some(({ srcObject }) => srcObject);
}
