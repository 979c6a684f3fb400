// What a browser can do about push messages, in words: pure, so that every case is tried without a browser of its kind.

/**
 * `{ hasPush, isSecure, isApple, isInstalled, permission, isOn }` of a browser to `{ name, words, action }`; `action` is
 * "on", "off" or "" where nothing can be pressed.
 */
export function stateOf({ hasPush, isSecure = true, isApple = false, isInstalled = false, permission = "default", isOn = false }) {
  if (!hasPush && isApple && !isInstalled) {
    return { name: "install", action: "", words: "On an iPhone or iPad push messages need the app on the home screen: press Share, then Add to Home Screen, and open it from there." };
  }
  if (!hasPush) {
    const words = isSecure ? "This browser cannot show push messages, or not in a private window." : "Push messages need an address that begins with https.";
    return { name: "impossible", action: "", words };
  }
  if (permission === "denied") {
    return { name: "denied", action: "", words: "This browser was told to show no messages of this shop. Allow notifications for this page in the browser's settings (the sign beside the address), then load the page again." };
  }
  if (isOn && permission === "granted") return { name: "on", action: "off", words: "This browser shows push messages, also while it is in the background." };
  return { name: "off", action: "on", words: "Have this browser tell you at once, also while this page is closed. It asks for your leave first." };
}

/** Why it could not be switched on, for who pressed. */
export function whyNot(error) {
  if (error?.name === "TimeoutError") return "The push service of this browser did not answer within 10 seconds. Try again later; perhaps this network keeps it away.";
  if (error?.name === "NotAllowedError") return "The browser did not allow it. Press again, and choose Allow.";
  if (error?.name === "AbortError") return "The push service of this browser cannot be reached from here. Try again later.";
  return error?.detail || error?.message || "It did not work. Try again later.";
}

/** A promise with an end: rejects with a `TimeoutError` after `ms`. */
export function within(ms, promise) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new DOMException("No answer in time.", "TimeoutError")), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Whether a subscription was made for this key (URL-safe base 64), as far as the browser says. */
export function isFor(subscription, key) {
  const given = subscription.options?.applicationServerKey;
  return !given || inBase64(given) === key;
}

/** Bytes in URL-safe base 64 without padding. */
export function inBase64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
