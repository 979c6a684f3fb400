// The chosen theme: "light", "dark", or "auto" which follows the device. Remembered in this browser.
export const THEMES = ["light", "auto", "dark"];
const KEY = "theme";

/** A theme that exists; everything else is "auto". */
export function validTheme(value) {
  return THEMES.includes(value) ? value : "auto";
}

export function readTheme(storage = globalThis.localStorage) {
  try {
    return validTheme(storage.getItem(KEY));
  } catch {
    return "auto";
  }
}

export function rememberTheme(theme, storage = globalThis.localStorage) {
  try {
    if (theme === "auto") storage.removeItem(KEY);
    else storage.setItem(KEY, theme);
  } catch {
    // It holds for this page then.
  }
}

/** Whether a theme is dark, given what the device prefers. */
export function isDark(theme, devicePrefersDark) {
  return theme === "dark" || (theme === "auto" && devicePrefersDark);
}

const device = () => matchMedia("(prefers-color-scheme: dark)");

/** Show a theme on this page and colour the browser's own frame to match. */
export function showTheme(theme) {
  const root = document.documentElement;
  root.dataset.theme = theme;
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    meta.dataset.own ??= meta.content;
    const forDark = meta.media.includes("dark");
    meta.content = theme === "auto" || forDark === (theme === "dark") ? meta.dataset.own : frameColour();
  }
  root.dispatchEvent(new CustomEvent("themechange", { detail: { theme, dark: isDark(theme, device().matches) } }));
}

export function chooseTheme(theme) {
  const valid = validTheme(theme);
  rememberTheme(valid);
  showTheme(valid);
}

/** Call back when the colours on the page change, by choice here, in another tab or by the device. Returns a stop. */
export function onThemeChange(callback) {
  const root = document.documentElement;
  const query = device();
  const byDevice = () => root.dataset.theme === "auto" && callback();
  root.addEventListener("themechange", callback);
  query.addEventListener("change", byDevice);
  return () => {
    root.removeEventListener("themechange", callback);
    query.removeEventListener("change", byDevice);
  };
}

function frameColour() {
  return getComputedStyle(document.documentElement).backgroundColor;
}
