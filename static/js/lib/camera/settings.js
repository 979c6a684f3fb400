// What this browser remembers of its camera.

const KEY = "camera";

/** `{ device, label, isSilent, wasUsed }`; empty where nothing is kept. */
export function remembered(storage = localStorage) {
  try {
    return JSON.parse(storage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export function remember(change, storage = localStorage) {
  try {
    storage.setItem(KEY, JSON.stringify({ ...remembered(storage), ...change }));
  } catch {
    // private windows keep nothing
  }
}
