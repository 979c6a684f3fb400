// The service worker as a page sees it: it is set up when the page has time, and a new version waits for a quiet moment.
import { toast } from "../toast.js";
import { isQuiet, watchTyping } from "./quiet.js";
import { onReplaced } from "./served.js";

const MINUTE = 60_000;
const EVERY = 1000; // ms between two looks for a quiet moment
const SOON = 5000; // ms until the second try
const LOCK = "sale";
const AGAIN = "worker-gone"; // that a tab was loaded anew for it: once is enough

let isSelling = () => false; // in this tab
let isWaiting = false;
let timer = null;
let minutes = 0;

/**
 * Set the worker up. A new version takes over when no tab has a sale under way (`holdSales`): when somebody says so, or
 * leaves the tab. Every page that the version before served is then loaded anew, each at its own quiet moment.
 */
export async function install() {
  const { serviceWorker } = navigator;
  if (!serviceWorker || !isSecureContext) return null;
  watchTyping();
  onReplaced(loadAnewOnceQuiet);
  timer ??= setInterval(look, MINUTE);
  try {
    return await begin();
  } catch (problem) {
    setTimeout(look, SOON);
    throw problem;
  }
}

async function begin() {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register("/service-worker.js", { type: "module", scope: "/", updateViaCache: "none" });
  if (!registration) return null; // a browser that is told to have none
  if (registration.waiting && serviceWorker.controller) offer(registration);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => installing.state === "installed" && serviceWorker.controller && offer(registration));
  });
  // Nobody waits for this: a worker that cannot keep its files now is never ready.
  serviceWorker.ready.then(({ active }) => active.postMessage({ act: "keep", path: location.pathname, pictures: shownPictures() }));
  return registration;
}

/**
 * Whether there is a new version, once an hour. Where there is no worker at all it is set up again: the network may have
 * gone while it fetched its files, and a browser whose store was damaged by a power cut throws its workers away.
 */
async function look() {
  minutes += 1;
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    if (!registration) await begin();
    else if (minutes % 60 === 0) await registration.update();
    sessionStorage.removeItem(AGAIN);
  } catch (problem) {
    // The browser began anew with its workers, and this page still holds on to those that were: the next page does not.
    if (problem?.name !== "AbortError" || sessionStorage.getItem(AGAIN)) return;
    sessionStorage.setItem(AGAIN, "yes");
    loadAnewOnceQuiet();
  }
}

/** The addresses of what this page has shown already, of this shop. */
function shownPictures() {
  const fetched = performance.getEntriesByType("resource").filter(({ initiatorType, name }) => initiatorType === "img" && name.startsWith(`${location.origin}/`));
  return [...new Set(fetched.map(({ name }) => name))];
}

function offer(registration) {
  const takeOver = (instead) => whenFree(() => registration.waiting?.postMessage({ act: "take over" }), instead);
  const run = () => takeOver(() => toast("Finish the sale first; the new version waits."));
  toast("A new version is ready.", { seconds: 20, action: { label: "Use it now", run } });
  document.addEventListener("visibilitychange", () => document.hidden && takeOver());
}

/** Load this page anew as soon as nothing is lost by it: no sale under way here, nothing typed, nothing open. */
function loadAnewOnceQuiet() {
  if (isWaiting) return;
  isWaiting = true;
  const look = () => !isSelling() && navigator.onLine && isQuiet() && location.reload();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
  look();
}

/** Do something unless a sale is under way in any tab; else `instead`. */
function whenFree(act, instead = () => {}) {
  if (!navigator.locks) return act();
  return navigator.locks.request(LOCK, { mode: "exclusive", ifAvailable: true }, (lock) => (lock ? act() : instead()));
}

/** Say from now on whether a sale is under way in this tab: something in the basket of `session`, its answer open, or its end shown. */
export function holdSales(session) {
  isSelling = () => !session.isEmpty || session.isFrozen || session.isShowing;
  if (!navigator.locks) return;
  let release = null;
  const look = () => {
    const isUnderWay = isSelling();
    if (isUnderWay === Boolean(release)) return;
    if (isUnderWay) {
      const until = new Promise((resolve) => (release = resolve));
      navigator.locks.request(LOCK, { mode: "shared" }, () => until).catch(() => {});
    } else {
      release();
      release = null;
    }
  };
  session.addEventListener("change", look);
  look();
}
