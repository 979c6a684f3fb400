// When the queue is sent: on start, back on line, looked at again, after each new item, and every half minute. Where the
// browser can wake a worker (Background Sync), also when no page is open.
import { onQueue } from "./queue.js";
import { howMany, send } from "./send.js";

const EVERY = 30_000;

let stop = null;
let known = 0;

/** Begin, once for a page. */
export function beginSending() {
  if (stop) return;
  const again = () => void send().catch(() => {});
  const look = () => !document.hidden && again();
  addEventListener("online", again);
  document.addEventListener("visibilitychange", look);
  const timer = setInterval(again, EVERY);
  const unheard = onQueue(async () => {
    const now = await howMany();
    if (now > known) {
      again();
      wake();
    }
    known = now;
  });
  stop = () => (clearInterval(timer), unheard());
  again();
}

/** Ask the browser to wake the worker when there is a network; few can, and nothing depends on it. */
async function wake() {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.sync?.register("queue");
  } catch {
    // Not allowed, or not there.
  }
}
