// Push messages in the worker: what is shown for a payload, and where a press on it leads.

const OWNER = "push-of";
const PUSH = "/api/v1/push/";
const FALLBACK = { title: "Something is new in the shop", url: "/notifications/", open: "/notifications/", tag: "news" };
const MOST = { title: 120, body: 300, tag: 64 };

/** What to show for a payload, as text or null: `{ title, options }`. Never throws: a browser must show something. */
export function shown(text, { icon, badge } = {}) {
  const told = { ...FALLBACK, ...read(text) };
  return {
    title: told.title,
    options: { body: told.body ?? "", tag: told.tag, icon, badge, data: { url: told.url, open: told.open } },
  };
}

function read(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return {};
  }
  if (given === null || typeof given !== "object") return {};
  const fit = {};
  for (const [name, most] of Object.entries(MOST)) {
    if (typeof given[name] === "string" && given[name].trim()) fit[name] = given[name].slice(0, most);
  }
  for (const name of ["url", "open"]) if (isOurs(given[name])) fit[name] = given[name];
  if (fit.url && !fit.open) fit.open = fit.url;
  return fit;
}

/** Whether an address is a page of this origin; a payload leads nowhere else. */
export function isOurs(address) {
  return typeof address === "string" && /^\/(?![/\\])/.test(address) && address.length < 1000;
}

/** The open tab that shows the page of a notification, the one that was looked at first; undefined where none does. */
export function tabOf(tabs, address) {
  const at = (tab) => tab.url.replace(/^[a-z]+:\/\/[^/]+/, "").replace(/#.*$/, "");
  const fitting = tabs.filter((tab) => at(tab) === address);
  return fitting.find((tab) => tab.visibilityState === "visible") ?? fitting[0];
}

/** Begin to listen; `hear` is `addEventListener`. */
export function hearPush(hear, pictures) {
  hear("push", (event) => event.waitUntil(show(event.data?.text() ?? null, pictures)));
  hear("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
  hear("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(follow(event.notification.data));
  });
}

export function show(text, pictures) {
  const { title, options } = shown(text, pictures);
  return registration.showNotification(title, options);
}

/** Go to the tab that shows it already, or open one. The page of the notification itself takes it as read. */
export async function follow({ url, open }) {
  const tab = tabOf(await clients.matchAll({ type: "window", includeUncontrolled: true }), url);
  if (!tab) return clients.openWindow(open);
  await Promise.all([tab.focus(), fetch(open, { redirect: "manual", credentials: "same-origin" }).catch(() => null)]);
  return tab;
}

/** A page was drawn for somebody (by id): messages for who was at this browser before end here. */
export async function belongTo(person) {
  const owner = await (await caches.open(OWNER)).match("/push-of");
  if (owner && (await owner.text()) !== person) await end();
}

/**
 * The browser gave the subscription up (a key that grew old, a push service that moved): subscribe anew and tell the
 * server, which goes on where it was. Nothing where nobody at this browser wants messages.
 */
export async function renew({ oldSubscription = null, newSubscription = null }) {
  if (!(await (await caches.open(OWNER)).match("/push-of"))) return null;
  const options = { userVisibleOnly: true, applicationServerKey: await keyOfShop() };
  const fresh = newSubscription ?? (await registration.pushManager.subscribe(options));
  const { endpoint, keys } = fresh.toJSON();
  const body = { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } };
  const before = oldSubscription?.endpoint;
  if (before && before !== endpoint) body.instead = before;
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": await formToken() };
  const answer = await fetch(PUSH, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
  if (answer.status === 401 || answer.status === 403) await end(); // nobody is logged in here any more
  return answer.ok;
}

async function keyOfShop() {
  const answer = await fetch(PUSH, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`No key: ${answer.status}`);
  return (await answer.json()).public_key;
}

/** The token against forged requests, from a page of whoever is logged in: a worker has no document of its own. */
async function formToken() {
  const page = await (await fetch(FALLBACK.url, { credentials: "same-origin" })).text();
  return /<meta name="csrf-token" content="([^"]+)"/.exec(page)?.[1] ?? "";
}

/** No more messages in this browser, and none of those that are shown stay for the next person's eyes. */
export async function end() {
  await caches.delete(OWNER);
  const [subscription, notes] = await Promise.all([registration.pushManager?.getSubscription(), registration.getNotifications()]);
  for (const note of notes) note.close();
  await subscription?.unsubscribe();
}
