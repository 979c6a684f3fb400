// What a worker reads from the browser's caches. A machine that loses its power may leave a cache behind that answers
// every question with an error, for good. Such a one is thrown away, so that it can be filled anew.

/** A cache that answers, for who writes. */
export async function sound(name) {
  const cache = await caches.open(name);
  try {
    await cache.match("/");
    return cache;
  } catch {
    await caches.delete(name);
    return caches.open(name);
  }
}

/** What the cache `name` holds for a request; undefined where it holds nothing, or is damaged. */
export async function kept(name, request) {
  try {
    return await (await caches.open(name)).match(request);
  } catch {
    await sound(name).catch(() => {});
    return undefined;
  }
}

/** The same of any cache. */
export async function keptAnywhere(request) {
  try {
    return await caches.match(request);
  } catch {
    for (const name of await caches.keys().catch(() => [])) {
      const known = await kept(name, request);
      if (known) return known;
    }
    return undefined;
  }
}
