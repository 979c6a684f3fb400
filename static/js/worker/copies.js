// Pages as the server drew them for the person who is logged in, and pictures they saw. Never more than one person's.
import { kept, keptAnywhere, sound } from "./kept.js";

const NAME = "pages";
const PICTURES = "pictures";
/** Pictures are kept up to this number, and none with more bytes than a tile needs: 40 MB at the very most. */
export const MOST_PICTURES = 400;
const MOST_BYTES = 100_000;

export class Copies {
  async get(path) {
    return (await kept(NAME, path)) ?? null;
  }

  async put(path, answer) {
    await (await sound(NAME)).put(path, answer);
  }

  /** A picture, from the device where it was seen before. `later` is given what goes on after the answer. */
  async picture(request, later) {
    const own = await kept(PICTURES, request);
    const cache = await caches.open(PICTURES).catch(() => null); // before the answer: one that comes after `forget` stays nowhere
    const known = own ?? (await keptAnywhere(request));
    if (known) return known;
    const answer = await fetch(request).catch(() => Response.error());
    if (cache && isKept(answer)) later(keep(cache, request, answer.clone()).catch(() => {})); // a full disk costs the copy, not the answer
    return answer;
  }

  /** Somebody (by id; "" nobody) is logged in: what was drawn for another goes. */
  async belongTo(person) {
    const owner = await kept(NAME, "/copy-of");
    if (owner && (await owner.text()) === person) return;
    await this.forget();
    if (person) await (await caches.open(NAME)).put("/copy-of", new Response(person));
  }

  forget() {
    return Promise.all([NAME, PICTURES].map((name) => caches.delete(name)));
  }
}

/** What the server calls immutable is under that address for ever. */
function isKept({ status, headers }) {
  const size = Number(headers.get("content-length") ?? Infinity);
  return status === 200 && size <= MOST_BYTES && Boolean(headers.get("cache-control")?.includes("immutable"));
}

async function keep(cache, request, answer) {
  await cache.put(request, answer);
  const seen = await cache.keys(); // in the order in which they came
  for (const old of seen.slice(0, Math.max(0, seen.length - MOST_PICTURES))) await cache.delete(old);
}
