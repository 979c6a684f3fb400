import { h, icon } from "./dom.js";

const ICONS = { success: "check", warning: "alert", error: "alert", info: "info" };

/**
 * Show a notice in the corner. `kind`: info, success, warning or error; errors stay until dismissed.
 * `action`: `{ label, run }` adds a button, for instance to undo.
 */
export function toast(text, { kind = "info", title = "", seconds = kind === "error" ? 0 : 6, action = null } = {}) {
  const message = h(
    "flash-message",
    { class: `flash flash--${kind}`, role: kind === "error" ? "alert" : "status", "data-seconds": seconds || null },
    icon(ICONS[kind] ?? "info"),
    h(
      "div",
      { class: "flash__body" },
      title && h("p", { class: "flash__title" }, title),
      h("p", {}, text),
      action &&
        h("button", { class: "link-button", type: "button", onclick: () => (message.remove(), action.run()) }, action.label),
    ),
    h("button", { class: "flash__close", type: "button", "aria-label": "Dismiss" }, icon("close", "icon icon--small")),
  );
  region().append(message);
  return message;
}

/** Say what went wrong with a request, in the words of the problem. */
export function toastProblem(problem) {
  return toast(problem.detail || problem.message, { kind: "error", title: problem.detail ? problem.title : "" });
}

/** The corner, above an open dialog too. */
function region() {
  const corner =
    document.getElementById("toasts") ??
    document.body.appendChild(h("div", { class: "toasts", id: "toasts", "aria-live": "polite" }));
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  (dialog ?? document.body).append(corner);
  return corner;
}
