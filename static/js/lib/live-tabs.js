// The tabs of one log-in share one socket: whoever holds the lock has it and passes everything on.
//
// A lock rather than a SharedWorker: it stands wherever that does and on phones besides, passes on by itself when a tab
// ends or crashes, and needs no script of its own that would have to survive a new version of the pages.

const PATIENCE = 3000; // ms that a tab which has the socket may take to answer

/**
 * Take part in the round of `name`. `lead()` is called when this tab is to hold the socket, `follow()` when another took
 * it, `hear(news)` with what the leading tab posts, and `asked()` when a follower wants to know where things stand.
 */
export class Tabs {
  isLeading = false;

  constructor(name, { lead, follow, hear, asked }) {
    Object.assign(this, { name, lead, follow, hear, asked });
    // Without a name there is no log-in to share; without locks each tab has a socket of its own.
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

  /** Ask the leading tab for a sign of life; one that is frozen or gone astray loses the socket to us. */
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
        if (!this.isLeading) return; // we gave up waiting ourselves
        this.isLeading = false;
        this.follow();
        this.queue();
      });
  }
}
