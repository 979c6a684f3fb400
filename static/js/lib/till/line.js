// Whether the server answers, as this till has found: what the browser believes of its network is only a hint.

const PROBE = "/readyz";
const FIRST = 2000;
const MOST = 20_000;

/** Fires "change". `since` is when the server went away, null while it answers. */
export class ServerLine extends EventTarget {
  since = null;

  get isAway() {
    return this.since !== null;
  }

  begin() {
    addEventListener("offline", () => this.lost());
    addEventListener("online", () => this.probe());
    document.addEventListener("visibilitychange", () => !document.hidden && this.isAway && this.probe());
    if (!navigator.onLine) this.lost();
  }

  lost() {
    if (this.isAway) return;
    this.since = new Date();
    this.wait = FIRST;
    this.#again();
    this.dispatchEvent(new Event("change"));
  }

  /** Whether a problem is the line's (the server was not reached, or cannot work) and not what was asked. */
  heard({ status }) {
    if (status !== 0 && !(status >= 500)) return false;
    if (status !== 500) this.lost(); // one thing that goes wrong there is not all of it
    return true;
  }

  back() {
    if (!this.isAway) return;
    this.since = null;
    clearTimeout(this.timer);
    this.dispatchEvent(new Event("change"));
  }

  /** Look whether it is there, now. */
  async probe() {
    if (this.isProbing) return;
    this.isProbing = true;
    clearTimeout(this.timer);
    const isThere = await fetch(PROBE, { cache: "no-store", signal: AbortSignal.timeout(4000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    this.isProbing = false;
    if (isThere) this.back();
    else if (this.isAway) this.#again();
    else this.lost();
  }

  #again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.probe(), this.wait);
    this.wait = Math.min(MOST, this.wait * 2);
  }
}
