// A log-out while the server is away: it holds on this device at once, and the server hears of it before it shows anything
// to anybody again. Until then the session's cookie is still there, which no script can take away.
import { become } from "../lib/store/queue.js";
import { open } from "../lib/store/open.js";

const NAME = "leaving";
const TOKEN = /name="csrfmiddlewaretoken" value="([^"]+)"/;
const SECONDS = 8;

export class Leaving {
  /** `logOut` and `account`: the address that ends a session, and a page that every person who is logged in may see. */
  constructor({ log_out: logOut, account }) {
    Object.assign(this, { logOut, account });
  }

  /** Somebody left, and the server does not know it yet. */
  async isOpen() {
    return caches.has(NAME);
  }

  async begin() {
    await caches.open(NAME);
    await forgetPass().catch(() => {}); // without a store there is no pass
    await registration.sync?.register(NAME).catch(() => {}); // not allowed, or not there: the next page does it
  }

  async done() {
    await caches.delete(NAME);
  }

  /** Tell the server now; answers whether nobody is logged in any more. */
  async finish() {
    if (!(await this.isOpen())) return true;
    try {
      const page = await asked(this.account, { redirect: "manual" });
      if (page.type !== "opaqueredirect") {
        const token = page.ok && TOKEN.exec(await page.text())?.[1];
        if (!token) return false;
        const told = await asked(this.logOut, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: token }), redirect: "manual" });
        if (told.type !== "opaqueredirect") return false;
      }
      await this.done();
      return true;
    } catch {
      return false;
    }
  }
}

const asked = (address, options) => fetch(address, { ...options, headers: { Accept: "text/html" }, cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(SECONDS * 1000) });

/** What is done here from now on is not done in their name. */
async function forgetPass() {
  const device = await (await open()).get("meta", "device");
  if (device) await become({ ...device, pass: null, person: null });
}
