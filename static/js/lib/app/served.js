// Which worker this page has to do with. Comes with every page, because a worker may take it over before anything else is there.

let isServed = Boolean(navigator.serviceWorker?.controller);
let isReplaced = false;
const listeners = new Set();

navigator.serviceWorker?.addEventListener("controllerchange", () => {
  isReplaced ||= isServed;
  isServed = true; // the first one finds a page that came from the server with all it needs
  if (isReplaced) for (const listener of listeners) listener();
});

/** Have `listener` called when another worker stands where the one stood that this page was made for: now, or later. */
export function onReplaced(listener) {
  listeners.add(listener);
  if (isReplaced) listener();
}
