// Pages as the server drew them for the person who is logged in. Never more than one person's.

const NAME = "pages";

export class Copies {
  async get(path) {
    return (await (await caches.open(NAME)).match(path)) ?? null;
  }

  async put(path, answer) {
    await (await caches.open(NAME)).put(path, answer);
  }

  /** Somebody (by id; "" nobody) is logged in: what was drawn for another goes. */
  async belongTo(person) {
    const cache = await caches.open(NAME);
    const owner = await cache.match("/copy-of");
    if (owner && (await owner.text()) === person) return;
    await this.forget();
    if (person) await (await caches.open(NAME)).put("/copy-of", new Response(person));
  }

  forget() {
    return caches.delete(NAME);
  }
}
