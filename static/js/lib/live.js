// What a page hears of its shop, without a gap after every break (docs/events.md). Tabs share a socket and count alone.
import { Line, Tabs } from "./live-line.js";
import { covers, Cursor, Versions } from "./live-state.js";

const nameOfRound = () => {
  const key = document.querySelector('meta[name="live-line"]')?.content;
  return key ? `live:${key}` : "";
};

class Page {
  cursor = new Cursor();
  versions = new Versions();
  channels = { event: new Set(), reset: new Set(), status: new Set(), presence: new Set(), note: new Set() };
  status = "connecting";
  since = null;
  here = { screens: 0, people: [] };
  heartbeat = 15;
  heardAt = 0;

  start() {
    if (this.tabs) return;
    this.tabs = new Tabs(nameOfRound(), {
      lead: () => this.lead(),
      follow: () => this.drop(),
      hear: (news) => this.follow(news),
      asked: () => this.answer(),
    });
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.line?.lose("offline"));
    addEventListener("pageshow", (event) => event.persisted && this.begin());
    addEventListener("pagehide", () => this.end());
    document.addEventListener("visibilitychange", () => !document.hidden && this.hurry());
    setInterval(() => this.watch(), 5000);
    this.begin();
  }

  begin() {
    this.heardAt = Date.now();
    this.tabs.join();
  }

  end() {
    this.drop();
    this.tabs.leave();
    this.say("connecting");
  }

  lead() {
    this.line = new Line(this.cursor, {
      take: (frame) => {
        const after = this.cursor.seq;
        this.take(frame);
        this.tabs.post({ frame, after });
      },
      say: (status) => {
        this.say(status);
        this.tabs.post({ status, since: this.since });
      },
      end: () => this.tabs.leave(),
    });
    this.line.open();
  }

  drop() {
    this.line?.stop({ quietly: true });
    this.line = undefined;
  }

  answer() {
    const { epoch, seq } = this.cursor;
    const hello = { type: "hello", epoch, last_seq: seq, heartbeat: this.line?.heartbeat ?? 15, ...this.here };
    this.tabs.post({ frame: seq < 0 ? undefined : hello, after: seq, status: this.status, since: this.since });
    this.line?.hurry();
  }

  follow({ frame, after, status, since }) {
    this.heardAt = Date.now();
    if (frame && (this.cursor.seq >= 0 || frame.type === "hello")) {
      // Something was told before we could hear it.
      if (frame.type === "events" && after > this.cursor.seq) this.reset({ epoch: this.cursor.epoch, seq: after });
      this.take(frame);
    }
    if (status) this.say(status, since);
  }

  /** A leading tab that fell silent is asked, and replaced if it is dead. */
  watch() {
    if (this.line || this.status === "offline") return;
    if ((Date.now() - this.heardAt) / 1000 > this.heartbeat + 5) this.tabs.ask();
  }

  hurry() {
    if (this.line) this.line.hurry();
    else this.tabs.ask();
  }

  take(frame) {
    if (frame.type === "events") {
      for (const event of frame.events) {
        if (this.cursor.take(event.seq) && this.versions.isCurrent(event)) this.tell("event", event);
      }
      this.cursor.advance(frame.through);
    } else if (frame.type === "ping" || frame.type === "pong") this.cursor.advance(frame.head);
    else if (frame.type === "hello") {
      this.heartbeat = frame.heartbeat;
      if (this.cursor.greet(frame)) this.afresh();
      this.show(frame);
    } else if (frame.type === "reset") this.reset(frame);
    else if (frame.type === "presence") this.show(frame);
    else if (frame.type === "note") this.tell("note", frame);
  }

  /** The greeting of another history is followed by a reset to the same place: the page is told once. */
  reset(place) {
    if (this.cursor.reset(place)) this.afresh();
  }

  afresh() {
    const { epoch, seq } = this.cursor;
    this.versions.clear();
    this.tell("reset", { epoch, seq });
  }

  show({ screens, people }) {
    if (!screens) return;
    this.here = { screens, people: people ?? this.here.people };
    this.tell("presence", this.here);
  }

  say(status, since = status === "live" ? null : (this.since ?? new Date())) {
    if (status === this.status && since === this.since) return;
    this.since = since;
    this.status = status;
    this.tell("status", { status, since });
  }

  tell(channel, news) {
    for (const listener of [...this.channels[channel]]) {
      try {
        listener(news);
      } catch (error) {
        reportError(error); // one listener's trouble is not the others'
      }
    }
  }

  on(channel, listener) {
    this.channels[channel].add(listener);
    this.start();
    return () => this.channels[channel].delete(listener);
  }
}

const page = new Page();

/** `onEvent("stock.*", (event) => …)`: each once, in order, never an older version after a newer. Answers how to stop. */
export function onEvent(types, listener) {
  const wanted = [types].flat();
  return page.on("event", (event) => wanted.some((type) => covers(type, event.type)) && listener(event));
}

/** What is older than `{epoch, seq}` must be read afresh. */
export const onReset = (listener) => page.on("reset", listener);

/** `connecting`, `catching-up`, `live` or `offline`, and since when it is not live. */
export function onStatus(listener) {
  listener(page.status, page.since);
  return page.on("status", ({ status, since }) => listener(status, since));
}

/** How many screens are live, and who is there: `[{id, name, devices}]`. */
export function onPresence(listener) {
  if (page.here.screens) listener(page.here.screens, page.here.people);
  return page.on("presence", ({ screens, people }) => listener(screens, people));
}

/** Hints for this person or device, `{kind, data}`. They may be lost. */
export function onNote(kinds, listener) {
  const wanted = [kinds].flat();
  return page.on("note", ({ kind, data }) => wanted.some((each) => covers(each, kind)) && listener({ kind, data }));
}
