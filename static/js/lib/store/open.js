// The store of this device: one database per origin, so per shop. Who needs it asks here and never opens it otherwise.

import { openDB } from "../../../vendor/idb/idb.js";

export const NAME = "counter";
export const VERSION = 4;

/**
 * The stores by name.
 *
 * - `articles`: what is for sale here, by `id`; `codes` finds one by any of its codes, `product` all of one product (`catalogue.js`).
 * - `tables`: what articles refer to (taxes, price lists, discounts, …), by `name`.
 * - `queue`: what was done here and the server has not taken yet, by `n`; `author` finds what somebody did, `about` what was done about a thing.
 * - `receipts`: the sales that this device made lately, by the order's `id`; `numbers` finds one by what is printed (`receipts.js`).
 * - `meta`: single facts, by `name` (how far the catalogue is, the last `n`).
 */
export const STORES = {
  articles: { keyPath: "id", indexes: { codes: { path: "codes", multiEntry: true }, product: { path: "product" } } },
  tables: { keyPath: "name" },
  queue: { keyPath: "n", indexes: { author: { path: "author" }, about: { path: "about" } } },
  receipts: { keyPath: "id", indexes: { numbers: { path: "numbers", multiEntry: true }, sold_at: { path: "sold_at" } } },
  meta: { keyPath: "name" },
};

let opening = null;

/** The open database; opened once and shared, and opened again after the browser closed it. */
export function open() {
  opening ??= opened().catch((problem) => {
    opening = null;
    throw problem;
  });
  return opening;
}

/** A tab of an older version of the app takes the database as a newer one has made it: stores and indexes are added, never changed. */
function opened() {
  const hear = { upgrade, blocking: letGo, terminated: forget };
  return openDB(NAME, VERSION, hear).catch((problem) => {
    if (problem?.name !== "VersionError") throw problem;
    return openDB(NAME, undefined, hear);
  });
}

/** Close the database, for who removes it or looks at it from outside. */
export async function close() {
  const database = opening && (await opening.catch(() => null));
  forget();
  database?.close();
}

/** What is missing is added, whichever version the database comes from; what is there stays. */
function upgrade(database, _from, _to, transaction) {
  for (const [name, { keyPath, indexes = {} }] of Object.entries(STORES)) {
    const store = database.objectStoreNames.contains(name) ? transaction.objectStore(name) : database.createObjectStore(name, { keyPath });
    for (const [index, { path, multiEntry = false }] of Object.entries(indexes)) {
      if (!store.indexNames.contains(index)) store.createIndex(index, path, { multiEntry });
    }
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
