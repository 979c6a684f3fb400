// Keys that come before the till's modules run: a scanner does not wait for a page. lib/till/keys.js takes them over.
// Not a module: a module would run too late.
(() => {
  const keys = [];
  const keep = (event) => {
    keys.push(event);
    if (event.key === "Enter") event.preventDefault(); // a form would be sent, and the page would start again
  };
  document.addEventListener("keydown", keep, { capture: true });
  document.addEventListener(
    "till:ready",
    (event) => {
      document.removeEventListener("keydown", keep, { capture: true });
      event.detail.take(keys);
    },
    { once: true },
  );
})();
