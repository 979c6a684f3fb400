// The socket itself: tickets, resuming, growing pauses, and noticing a line that died without a word.
import { postJson } from "./api.js";
import { afterClose, delayBefore } from "./live-state.js";

const TICKETS = "/api/v1/live/tickets/";

/**
 * One connection. `cursor` says where to resume and is moved by whoever takes the frames; `take(frame)` gets every one,
 * `say(status)` hears `connecting`, `catching-up`, `live` or `offline`, and `end()` that it is over for good.
 */
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

  /** A silent line is asked once, then given up: a laptop that slept does not know that its socket is dead. */
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

  /** Somebody looks, or the network is back: do not wait for the next turn. */
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

  /** It is over: nobody may listen here, or another page listens for us. */
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
