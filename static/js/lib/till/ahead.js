// Loads what the till opens on demand while nobody needs the line, so that it opens at once, also when the line breaks.

const PARTS = [
  () => import("../../elements/till-payment.js"),
  () => import("../../elements/till-receipt.js"),
  () => import("./refusals.js"),
  () => import("../../elements/till-customer.js"),
  () => import("../../elements/till-return.js"),
  () => import("../../elements/till-parked.js"),
  () => import("../../elements/till-discount.js"),
  () => import("../../elements/till-serial.js"),
  () => import("../../elements/till-lot.js"),
  () => import("../../elements/till-approval.js"),
  () => import("../../elements/till-register.js"),
  () => import("../../elements/till-giftcard.js"),
  () => import("../../elements/till-waiting.js"),
  () => import("./rows.js"),
  () => import("./accounts.js"),
  () => import("./others.js"),
  () => import("./discounts.js"),
  () => import("./gone.js").then(({ hearFingers }) => hearFingers(document.querySelector("till-counter"))),
];

/** One after the other: a scan meanwhile must not wait for them. What fails is tried again when it is asked for. */
export async function loadAhead() {
  for (const part of PARTS) await part().catch(() => {});
}
