// The files of this version of the app, and of those before it that a kept page may still need.
import { kept, keptAnywhere, sound } from "./kept.js";

const PREFIX = "files-";
const HASHED = /\.[0-9a-f]{12}(?=\.\w+$)/;
const AT_ONCE = 6;

export class Files {
  constructor({ version, files, offline, waiting }) {
    Object.assign(this, { name: PREFIX + version, files, pages: [offline, waiting] });
    this.plain = new Map(files.map((file) => [file.replace(HASHED, ""), file]));
  }

  /** Keep every file of the version; one that an earlier version had under the same hashed name is not fetched again. */
  async fill() {
    const cache = await sound(this.name);
    const left = [...this.files];
    const worker = async () => {
      for (let file = left.shift(); file; file = left.shift()) {
        const known = HASHED.test(file) ? await keptAnywhere(file) : null;
        await cache.put(file, known ?? (await fetched(file)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    for (const page of this.pages) await cache.put(page, await fetched(page, { credentials: "omit" }));
  }

  /** A file from the device. What is hashed never changes, so it is kept once it was fetched. `later`: what goes on then. */
  async answer(request, later) {
    const known = (await kept(this.name, request)) ?? (await keptAnywhere(request));
    if (known) return known;
    later(this.#mend());
    const answer = await fetch(request).catch(() => this.#twin(request));
    if (answer.ok && answer.status === 200 && HASHED.test(new URL(request.url).pathname)) {
      const copy = answer.clone();
      await sound(this.name).then((cache) => cache.put(request, copy)).catch(() => {}); // a full disk costs the copy, not the answer
    }
    return answer;
  }

  /** Where the files of this version are gone (a cache that was damaged), all of them are fetched again. */
  async #mend() {
    if (await kept(this.name, this.pages[0])) return;
    this.mending ??= this.fill().catch(() => {}).finally(() => (this.mending = null));
    await this.mending;
  }

  /** Workers know no import map and ask by plain names: without a network the hashed file of this version answers them. */
  async #twin(request) {
    const hashed = this.plain.get(new URL(request.url).pathname);
    return (hashed && (await this.page(hashed))) || Response.error();
  }

  async page(path) {
    return (await kept(this.name, path)) ?? Response.error();
  }

  /** Files of other versions, once the kept pages are of this one. */
  async tidy() {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== this.name) await caches.delete(name);
  }
}

async function fetched(address, options = {}) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer;
}
