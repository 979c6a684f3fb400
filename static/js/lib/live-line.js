// The socket itself, and which of the tabs of a log-in has it.
import { postJson } from "./api.js";
import { afterClose, delayBefore } from "./live-state.js";

const TICKETS = "/api/v1/live/tickets/";
const PATIENCE = 3000; // ms that the tab which has the socket may take to answer

/** One connection. `take(frame)` gets every frame and moves `cursor`, `say(status)` hears how it is, `end()` that it is over. */
export class Line {
  status = "connecting";
  heartbeat = 15;
  attempt = 0;
  heardAt = 0;
  goal = 0;

  constructor(cursor, { take, say, end }) {
    Object.assign(this, { cursor, take, say, end });
    this.watching = setInterval(() => this.watch(), 5000);
  }

  async open() {
    clearTimeout(this.timer);
    if (this.isOpening || this.socket || this.isOver) return;
    this.isOpening = true;
    if (this.status !== "offline") this.tell("connecting");
    try {
      const { ticket, path } = await postJson(TICKETS, undefined, { seconds: 10 });
      if (!this.isOver) this.connect(ticket, path);
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) this.stop();
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
      if (next === "stop") this.stop();
      else if (next === "renew" && this.attempt === 0) {
        this.attempt = 1;
        this.open();
      } else this.later();
    };
  }

  hear(frame) {
    this.heardAt = Date.now();
    if (frame.type === "restart") {
      this.comeBack = frame.wait * 1000;
      return;
    }
    const resumes = this.cursor.seq >= 0;
    this.take(frame);
    if (frame.type === "hello") {
      this.heartbeat = frame.heartbeat;
      this.goal = resumes ? frame.last_seq : 0;
      clearTimeout(this.steady);
      this.steady = setTimeout(() => (this.attempt = 0), 3000);
    } else if (frame.type === "ping" || frame.type === "pong") this.attempt = 0;
    else if (frame.type === "reset") this.goal = 0;
    this.tell(this.cursor.seq >= this.goal ? "live" : "catching-up");
  }

  /** A silent line is asked, then given up: a laptop that slept does not know that it is dead. */
  watch() {
    if (!this.socket || this.socket.readyState === WebSocket.CONNECTING) return;
    const silence = (Date.now() - this.heardAt) / 1000;
    if (silence > this.heartbeat * 2 + 5) {
      this.lose("connecting");
      this.open();
    } else if (silence > this.heartbeat + 5) this.probe();
  }

  probe() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send('{"type":"ping"}');
  }

  hurry() {
    if (this.isOver) return;
    if (this.socket) this.probe();
    else {
      this.attempt = 0;
      this.open();
    }
  }

  lose(status) {
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
    clearTimeout(this.timer);
    this.tell(status);
  }

  later() {
    clearTimeout(this.steady);
    this.tell(this.attempt > 1 || !navigator.onLine ? "offline" : "connecting");
    this.timer = setTimeout(() => this.open(), this.comeBack ?? delayBefore(this.attempt));
    this.comeBack = undefined;
    this.attempt += 1;
  }

  stop({ quietly = false } = {}) {
    if (this.isOver) return;
    this.isOver = true;
    clearInterval(this.watching);
    clearTimeout(this.steady);
    if (quietly) this.say = () => {};
    this.lose("offline");
    if (!quietly) this.end();
  }

  tell(status) {
    if (status === this.status) return;
    this.status = status;
    this.say(status);
  }
}

// A lock, not a SharedWorker: phones have it too, it passes on when a tab crashes, and no script survives its version.
/** A tab in the round of `name`: told to `lead`, to `follow`, to `hear` what the leader posts, or `asked` how things stand. */
export class Tabs {
  isLeading = false;

  constructor(name, { lead, follow, hear, asked }) {
    Object.assign(this, { name, lead, follow, hear, asked });
    this.canShare = Boolean(name && navigator.locks && globalThis.BroadcastChannel);
  }

  join() {
    if (!this.canShare) {
      this.isLeading = true;
      this.lead();
      return;
    }
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }) => this.receive(data);
    this.queue();
    this.ask();
  }

  leave() {
    this.waiting?.abort();
    this.release?.();
    clearTimeout(this.doubt);
    this.channel?.close();
    this.channel = undefined;
    this.isLeading = false;
  }

  post(news) {
    if (this.isLeading) this.channel?.postMessage({ news });
  }

  /** A leader that gives no sign of life loses the socket to us. */
  ask() {
    if (!this.channel || this.isLeading) return;
    this.channel.postMessage({ ask: true });
    clearTimeout(this.doubt);
    this.doubt = setTimeout(() => this.steal(), PATIENCE);
  }

  receive({ ask, news }) {
    if (ask) {
      if (this.isLeading) this.asked();
      return;
    }
    clearTimeout(this.doubt);
    if (!this.isLeading) this.hear(news);
  }

  queue() {
    this.waiting = new AbortController();
    this.hold({ signal: this.waiting.signal });
  }

  steal() {
    if (this.isLeading || !this.channel) return;
    this.waiting?.abort();
    this.hold({ steal: true });
  }

  hold(options) {
    navigator.locks
      .request(this.name, options, () => {
        if (!this.channel) return undefined;
        clearTimeout(this.doubt);
        this.isLeading = true;
        this.lead();
        return new Promise((done) => (this.release = done));
      })
      .catch((problem) => {
        if (problem.name !== "AbortError") throw problem;
        if (!this.isLeading) return;
        this.isLeading = false;
        this.follow();
        this.queue();
      });
  }
}
