import { getJson } from "../lib/api.js";
import { h, on } from "../lib/dom.js";
import { onEvent, onNote, onReset } from "../lib/live.js";

const MOST = 100;
const PAUSE = 2000; // ms between two looks while events come
const SHARED = "notifications"; // what one tab saw, the hidden ones need not ask for

/** The bell of the frame: how many notifications are new, counted up by events and down in all tabs at once. */
class NotificationBell extends HTMLElement {
  connectedCallback() {
    this.lookedAt = -PAUSE;
    this.events = new Set();
    this.others = new BroadcastChannel(SHARED);
    this.others.onmessage = ({ data }) => this.show(data);
    this.stops = [
      onEvent("*", ({ type }) => this.events.has(type) && this.want()),
      onNote("notifications.read", () => this.want()),
      onReset(() => this.want()),
      on(document, "visibilitychange", () => !document.hidden && this.isStale && this.want()),
    ];
    this.want();
  }

  disconnectedCallback() {
    for (const stop of this.stops) stop();
    this.others.close();
    clearTimeout(this.timer);
  }

  want() {
    this.isStale = true;
    if (document.hidden || this.timer) return;
    const wait = Math.max(0, this.lookedAt + PAUSE - performance.now());
    this.timer = setTimeout(() => this.look(), wait && wait * (0.75 + Math.random() / 2));
  }

  async look() {
    this.lookedAt = performance.now();
    this.isStale = false;
    let again = true;
    try {
      const summary = await getJson("/api/v1/notifications/summary/", { seconds: 10 });
      this.events = new Set(summary.events);
      this.show(summary.count);
      this.others.postMessage(summary.count);
    } catch {
      this.isStale = true;
      again = false; // the next event, or the next look at the page, asks again
    }
    this.timer = undefined;
    if (this.isStale && again && this.isConnected) this.want(); // something happened meanwhile
  }

  show(count) {
    const link = this.querySelector("a");
    const text = count >= MOST ? `${MOST - 1}+` : String(count);
    link.setAttribute("aria-label", count ? `Notifications, ${text} new` : "Notifications");
    this.querySelector(".bell__count")?.remove();
    if (count) this.append(h("span", { class: "bell__count", "aria-hidden": "true" }, text));
  }
}
customElements.define("notification-bell", NotificationBell);
