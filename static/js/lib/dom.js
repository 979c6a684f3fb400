// Small words for the document. Text is always text here: nothing in this file parses HTML.

/** Make an element: `h("button", { class: "button", type: "button", onclick: f }, "Save")`. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite, found through any icon that the server drew. */
export function icon(name, className = "icon") {
  const drawn = document.querySelector("svg.icon > use")?.getAttribute("href") ?? "/static/img/icons.svg";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${drawn.split("#")[0]}#${name}`);
  svg.append(use);
  return svg;
}

/** Listen, and get the function that stops listening: for `connectedCallback` and its opposite. */
export function on(target, type, listener, options) {
  target.addEventListener(type, listener, options);
  return () => target.removeEventListener(type, listener, options);
}

/** Wait until nobody has called for `milliseconds`, then call once with the last arguments. */
export function debounce(milliseconds, action) {
  let timer;
  const cancel = () => clearTimeout(timer);
  const later = (...args) => {
    cancel();
    timer = setTimeout(() => action(...args), milliseconds);
  };
  return Object.assign(later, { cancel });
}

/** The data of `{{ value|json_script:"id" }}`, or undefined. */
export function jsonScript(id, root = document) {
  const element = root.getElementById(id);
  return element ? JSON.parse(element.textContent) : undefined;
}

let announcer;

/** Say something to those who listen instead of looking. */
export function announce(text, { urgent = false } = {}) {
  announcer ??= document.body.appendChild(h("div", { class: "visually-hidden" }));
  const line = h("p", { role: urgent ? "alert" : "status" });
  announcer.replaceChildren(line);
  setTimeout(() => (line.textContent = text), 60);
}

/** Who is logged in (an id), as the page was drawn; "" for nobody. */
export const personHere = () => globalThis.document?.querySelector('meta[name="person"]')?.content ?? "";
