// Runs before the first paint, so that a chosen theme never flashes. Not a module: a module would run too late.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is closed to us: the device's own theme stands.
}
