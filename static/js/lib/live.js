// The one live connection of a page: facts of the shop as they happen, resumed without a gap after every break.
import { postJson } from "./api.js";
import { afterClose, covers, Cursor, delayBefore, Versions } from "./live-state.js";

const TICKETS = "/api/v1/live/tickets/";

class Connection {
  cursor = new Cursor();
  versions = new Versions();
  channels = { event: new Set(), reset: new Set(), status: new Set(), presence: new Set() };
  status = "connecting";
  screens = 0;
  attempt = 0;
  heartbeat = 15;
  heardAt = 0;

  start() {
    if (this.isStarted) return;
    this.isStarted = true;
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.lose("offline"));
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
    addEventListener("pagehide", () => this.lose("connecting"));
    document.addEventListener("visibilitychange", () => !document.hidden && this.hurry());
    setInterval(() => this.watch(), 5000);
    this.open();
  }

  async open() {
    clearTimeout(this.timer);
    if (this.isOpening || this.socket || this.isStopped) return;
    this.isOpening = true;
    if (this.status !== "offline") this.say("connecting");
    try {
      const { ticket, path } = await postJson(TICKETS, undefined, { seconds: 10 });
      this.connect(ticket, path);
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) this.stop("offline");
      else this.later();
    } finally {
      this.isOpening = false;
    }
  }

  connect(ticket, path) {
    const url = new URL(path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("ticket", ticket);
    if (this.cursor.since) url.searchParams.set("since", this.cursor.since);
    const socket = new WebSocket(url);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onmessage = ({ data }) => socket === this.socket && this.hear(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return;
      this.socket = undefined;
      const next = afterClose(code);
      if (next === "stop") this.stop("offline");
      else if (next === "renew" && this.attempt === 0) {
        this.attempt = 1;
        this.open();
      } else this.later();
    };
  }

  hear(frame) {
    this.heardAt = Date.now();
    if (frame.type === "events") {
      for (const event of frame.events) {
        if (this.cursor.take(event.seq) && this.versions.isCurrent(event)) this.tell("event", event);
      }
      this.cursor.advance(frame.through);
    } else if (frame.type === "ping" || frame.type === "pong") {
      this.cursor.advance(frame.head);
      this.attempt = 0;
    } else if (frame.type === "hello") {
      this.heartbeat = frame.heartbeat;
      if (this.cursor.greet(frame)) this.reset(frame.epoch, frame.last_seq);
      this.showScreens(frame.screens);
      this.say("live");
      clearTimeout(this.steady);
      this.steady = setTimeout(() => (this.attempt = 0), 3000);
    } else if (frame.type === "reset") {
      this.cursor.reset(frame);
      this.reset(frame.epoch, frame.seq);
    } else if (frame.type === "presence") this.showScreens(frame.screens);
  }

  reset(epoch, seq) {
    this.versions.clear();
    this.tell("reset", { epoch, seq });
  }

  showScreens(screens) {
    if (!screens || screens === this.screens) return;
    this.screens = screens;
    this.tell("presence", screens);
  }

  /** A silent line is asked once, then given up: a laptop that slept does not know that its socket is dead. */
  watch() {
    if (!this.socket || this.socket.readyState === WebSocket.CONNECTING) return;
    const silence = (Date.now() - this.heardAt) / 1000;
    if (silence > this.heartbeat * 2 + 5) this.lose("connecting", true);
    else if (silence > this.heartbeat + 5) this.probe();
  }

  probe() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send('{"type":"ping"}');
  }

  hurry() {
    if (this.isStopped) return;
    if (this.socket) this.probe();
    else {
      this.attempt = 0;
      this.open();
    }
  }

  lose(status, again = false) {
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
    clearTimeout(this.timer);
    this.say(status);
    if (again) this.open();
  }

  later() {
    clearTimeout(this.steady);
    this.say(this.attempt > 1 || !navigator.onLine ? "offline" : "connecting");
    this.timer = setTimeout(() => this.open(), delayBefore(this.attempt));
    this.attempt += 1;
  }

  stop(status) {
    this.isStopped = true;
    this.lose(status);
  }

  say(status) {
    if (status === this.status) return;
    this.status = status;
    this.tell("status", status);
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

const connection = new Connection();

/**
 * Hear events: `onEvent(["order.completed", "stock.*"], (event) => …)`. Each comes once, in order, never an older version
 * of an object after a newer one. Gives the function that stops listening.
 */
export function onEvent(types, listener) {
  const wanted = [types].flat();
  return connection.on("event", (event) => wanted.some((type) => covers(type, event.type)) && listener(event));
}

/** Hear that the page must read what it shows afresh when that is older than `{epoch, seq}`: at the start, or after too long a break. */
export const onReset = (listener) => connection.on("reset", listener);

/** Hear `connecting`, `live` or `offline`, first the present one. */
export function onStatus(listener) {
  listener(connection.status);
  return connection.on("status", listener);
}

/** Hear how many screens of the shop are live. */
export function onPresence(listener) {
  if (connection.screens) listener(connection.screens);
  return connection.on("presence", listener);
}
