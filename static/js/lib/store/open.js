// The store of this device: one database per origin, so per shop. Who needs it asks here and never opens it otherwise.

import { openDB } from "../../../vendor/idb/idb.js";

export const NAME = "counter";
export const VERSION = 1;

/**
 * The stores by name.
 *
 * - `articles`: what is for sale here, by `id`; `codes` finds one by any of its codes, `product` all of one product (`catalogue.js`).
 * - `tables`: what articles refer to (taxes, price lists, discounts, …), by `name`.
 * - `queue`: what was done here and the server has not taken yet, by `n`; `author` finds what somebody did.
 * - `meta`: single facts, by `name` (how far the catalogue is, the last `n`).
 */
export const STORES = {
  articles: { keyPath: "id", indexes: { codes: { path: "codes", multiEntry: true }, product: { path: "product" } } },
  tables: { keyPath: "name" },
  queue: { keyPath: "n", indexes: { author: { path: "author" } } },
  meta: { keyPath: "name" },
};

let opening = null;

/** The open database; opened once and shared, and opened again after the browser closed it. */
export function open() {
  opening ??= openDB(NAME, VERSION, { upgrade, blocking: letGo, terminated: forget }).catch((problem) => {
    opening = null;
    throw problem;
  });
  return opening;
}

/** Close the database, for who removes it or looks at it from outside. */
export async function close() {
  const database = opening && (await opening.catch(() => null));
  forget();
  database?.close();
}

function upgrade(database) {
  for (const [name, { keyPath, indexes = {} }] of Object.entries(STORES)) {
    if (database.objectStoreNames.contains(name)) continue;
    const store = database.createObjectStore(name, { keyPath });
    for (const [index, { path, multiEntry = false }] of Object.entries(indexes)) store.createIndex(index, path, { multiEntry });
  }
}

// A newer version of the page waits for the database: it may have it, and whoever asks here again opens that one.
function letGo(_current, _blocked, event) {
  event.target.close();
  forget();
}

function forget() {
  opening = null;
}
