import { ApiProblem } from "../lib/api.js";
import { on } from "../lib/dom.js";
import { FIELDS, isChanged } from "../lib/fields.js";
import { onEvent, onReset } from "../lib/live.js";
import { morph } from "../lib/morph.js";

const PAUSE = 1000; // ms between two readings while events come
const SOON = 200; // ms after the first of them: what belongs together comes together
const BUSY = 1500; // ms until the next look at something that is on its way without telling

/**
 * Keeps the part of a page inside it as the server would draw it now. `data-events` are the types of events after which
 * it looks ("order.* payment.*"), `data-about` the identifiers one of which they must name (none: any), `data-mark` how
 * far the shop's stream was when the part was drawn (`epoch:seq`), `data-busy` that it should look again soon anyway,
 * `data-every` after how many seconds it looks whatever is told.
 *
 * It reads the page's own address, at most once a second, and only what differs is touched. It waits while somebody
 * types, has typed something that was not sent, presses a button or has a dialog open; forms that only search
 * (`method="get"`) are left alone instead. What holds the focus keeps it.
 */
class LivePart extends HTMLElement {
  connectedCallback() {
    this.readAt = -PAUSE;
    this.pause = Math.max(PAUSE, 1000 * Number(this.dataset.pause ?? 0));
    const types = (this.dataset.events ?? "").split(" ").filter(Boolean);
    this.stops = [
      onEvent(types, (event) => this.concerns(event) && this.want()),
      onReset(({ epoch, seq }) => {
        const [known = "", head = "-1"] = (this.dataset.mark ?? "").split(":");
        if (known !== epoch || Number(head) < seq) this.want();
      }),
      on(document, "visibilitychange", () => !document.hidden && this.isStale && this.want()),
      on(this, "submit", (event) => (this.isLeaving = !event.defaultPrevented && event.target.method !== "dialog")),
      on(window, "pageshow", () => (this.isLeaving = false)),
      ...["focusout", "change", "reset", "pointerup"].map((name) => on(this, name, () => this.isStale && this.want())),
    ];
    const every = 1000 * Number(this.dataset.every ?? 0);
    if (every) this.everyTimer = setInterval(() => this.want(), every);
    this.lookSoon();
  }

  disconnectedCallback() {
    for (const stop of this.stops) stop();
    clearTimeout(this.timer);
    clearTimeout(this.busyTimer);
    clearInterval(this.everyTimer);
  }

  concerns({ object, data }) {
    const about = (this.dataset.about ?? "").split(" ").filter(Boolean);
    return !about.length || about.includes(object.id) || Object.values(data ?? {}).some((value) => about.includes(value));
  }

  lookSoon() {
    clearTimeout(this.busyTimer);
    if (this.querySelector("[data-busy]")) this.busyTimer = setTimeout(() => this.want(), BUSY);
  }

  want() {
    this.isStale = true;
    if (document.hidden || this.isReading || this.timer || !this.isConnected) return;
    const wait = Math.max(SOON, this.readAt + this.pause - performance.now());
    this.timer = setTimeout(() => this.read(), wait);
  }

  async read() {
    this.timer = undefined;
    if (isInUse(this) || this.isLeaving) {
      this.timer = setTimeout(() => this.read(), PAUSE);
      return;
    }
    this.isReading = true;
    this.isStale = false;
    this.readAt = performance.now();
    let again = 0;
    try {
      this.draw(await fetchPage());
    } catch (problem) {
      if (!problem.isTemporary) return;
      this.isStale = true;
      again = 5000;
    } finally {
      this.isReading = false;
    }
    if (again) setTimeout(() => this.want(), again);
    else if (this.isStale) this.want();
    else this.lookSoon();
  }

  draw(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(this.id);
    if (!fresh || !this.isConnected) return;
    if (isInUse(this) || this.isLeaving) {
      this.isStale = true; // somebody began to type while the answer was under way
      return;
    }
    const held = this.contains(document.activeElement) ? document.activeElement : null;
    morph(this, fresh, [], isLeftAlone);
    for (const chart of this.querySelectorAll("line-chart")) chart.draw?.();
    if (held && document.activeElement !== held) twinOf(held, this)?.focus({ preventScroll: true });
  }
}

async function fetchPage() {
  const response = await fetch(location.href, {
    headers: { Accept: "text/html", "X-Live-Part": "1" }, // messages for the next page stay for the next page
    redirect: "error", // to the log-in page: not this page
    signal: AbortSignal.timeout(15_000),
  }).catch(() => {
    throw new ApiProblem({ status: 0, code: "network" });
  });
  if (!response.ok) throw new ApiProblem({ status: response.status });
  return response.text();
}

const isSearch = (field) => field.form?.method === "get";

function isInUse(part) {
  if (part.querySelector(":active, dialog[open], :popover-open")) return true;
  return [...part.querySelectorAll(FIELDS)].some((field) => !isSearch(field) && (field === document.activeElement || isChanged(field)));
}

/** What the server did not draw this time, what somebody may be typing into, what draws itself. */
const isLeftAlone = (element) => element.matches("[data-keep], form[method=get], line-chart");

/** What took the place of an element that had the focus and is gone. */
function twinOf(gone, part) {
  if (gone.isConnected) return gone;
  if (gone.id) return document.getElementById(gone.id);
  const address = gone.getAttribute("href");
  return address ? part.querySelector(`a[href="${CSS.escape(address)}"]`) : null;
}

customElements.define("live-part", LivePart);
