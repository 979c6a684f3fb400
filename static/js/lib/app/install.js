// The service worker as a page sees it: it is set up when the page has time, and a new version waits for a quiet moment.
import { toast } from "../toast.js";

const HOUR = 3_600_000;
const LOCK = "sale";

/**
 * Set the worker up. A new version takes over when no tab has a sale under way (`holdSales`); before anything was done in
 * this one at once, later when somebody says so.
 */
export async function install() {
  const { serviceWorker } = navigator;
  if (!serviceWorker || !isSecureContext) return null;
  const hadOne = Boolean(serviceWorker.controller);
  const registration = await serviceWorker.register("/service-worker.js", { type: "module", scope: "/", updateViaCache: "none" });
  if (!registration) return null; // a browser that is told to have none
  if (hadOne) serviceWorker.addEventListener("controllerchange", () => whenFree(() => location.reload()), { once: true });
  if (registration.waiting && hadOne) offer(registration);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => installing.state === "installed" && serviceWorker.controller && offer(registration));
  });
  setInterval(() => registration.update().catch(() => {}), HOUR);
  const { active } = await serviceWorker.ready;
  active.postMessage({ act: "keep", path: location.pathname, pictures: shownPictures() });
  return registration;
}

/** The addresses of what this page has shown already, of this shop. */
function shownPictures() {
  const fetched = performance.getEntriesByType("resource").filter(({ initiatorType, name }) => initiatorType === "img" && name.startsWith(`${location.origin}/`));
  return [...new Set(fetched.map(({ name }) => name))];
}

function offer(registration) {
  const takeOver = () => whenFree(() => registration.waiting?.postMessage({ act: "take over" }), () => toast("Finish the sale first; the new version waits."));
  toast("A new version is ready.", { seconds: 20, action: { label: "Use it now", run: takeOver } });
  document.addEventListener("visibilitychange", () => document.hidden && takeOver(), { once: true });
}

/** Do something unless a sale is under way in any tab; else `instead`. */
function whenFree(act, instead = () => {}) {
  if (!navigator.locks) return act();
  return navigator.locks.request(LOCK, { mode: "exclusive", ifAvailable: true }, (lock) => (lock ? act() : instead()));
}

/** Say from now on whether a sale is under way in this tab: something in the basket of `session`, its answer open, or its end shown. */
export function holdSales(session) {
  if (!navigator.locks) return;
  let release = null;
  const look = () => {
    const isUnderWay = !session.isEmpty || session.isFrozen || session.isShowing;
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
