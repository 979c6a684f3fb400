// Switch push messages on and off in this browser.
import { install } from "../app/install.js";
import { deleteJson, postJson } from "../api.js";
import { isFor, within } from "./state.js";

const LIMIT = 10_000; // ms: where the push service cannot be reached, subscribe() never ends by itself
const OWNER = "push-of"; // as static/js/worker/push.js reads it

/** What this browser is able to do, as `stateOf` takes it. `here` is the subscription that the server knows of it. */
export async function able(here) {
  const hasPush = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
  const registration = hasPush ? await navigator.serviceWorker.getRegistration() : null;
  const subscription = await registration?.pushManager.getSubscription();
  return {
    hasPush,
    isSecure: isSecureContext,
    isApple: /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1),
    isInstalled: matchMedia("(display-mode: standalone)").matches || navigator.standalone === true,
    permission: globalThis.Notification?.permission ?? "denied",
    isOn: Boolean(here && subscription),
  };
}

/** Ask for leave, subscribe, and tell the server. Must be called by a press. */
export async function switchOn({ key, person }) {
  if ((await Notification.requestPermission()) !== "granted") throw new DOMException("", "NotAllowedError");
  await within(LIMIT, install());
  const registration = await within(LIMIT, navigator.serviceWorker.ready);
  const old = await registration.pushManager.getSubscription();
  if (old && !isFor(old, key)) await old.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const subscription = await within(LIMIT, registration.pushManager.subscribe(options));
  const { endpoint, keys } = subscription.toJSON();
  const answer = await postJson("/api/v1/push/", { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
  await (await caches.open(OWNER)).put("/push-of", new Response(person));
  return answer;
}

/** Tell the server first: what it knows no more it sends nothing to. */
export async function switchOff(here) {
  if (here) await deleteJson(`/api/v1/push/${here}/`).catch((error) => { if (error.status !== 404) throw error; });
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  await caches.delete(OWNER);
}
