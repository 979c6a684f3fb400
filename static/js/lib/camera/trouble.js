// Why there is no picture, and what to do about it, in plain words.

const WORDS = {
  NotAllowedError: "This browser may not use the camera. Allow it beside the address of this page, then try again.",
  NotFoundError: "This device has no camera.",
  NotReadableError: "The camera is in use by another program. Close that, then try again.",
  insecure: "The camera works on a secure address only (https).",
  ended: "The camera was taken away.",
  decoder: "The scanner could not be loaded. Check the network, then try again.",
};
const ALIKE = { AbortError: "NotReadableError", OverconstrainedError: "NotFoundError", SecurityError: "NotAllowedError", PermissionDeniedError: "NotAllowedError" };

/** The sentence for an error of `getUserMedia`, or for one of our own words (`insecure`, `ended`, `decoder`). */
export function inWords(problem) {
  const name = typeof problem === "string" ? problem : problem.name;
  const known = WORDS[name] ?? WORDS[ALIKE[name]] ?? "The camera did not start.";
  return `${known} You can always type the code.`;
}
