// How old what a device keeps of its shop is, how far it has fetched it, and why it has not, in words.
import { dateTime, number } from "../format.js";

const WHY = {
  broken: "The articles could not be kept on this device: it may have no room left. Make room; it is tried again every minute.",
  refused: "The articles are not told to who is logged in here.",
  elsewhere: "Another open page of this device keeps the articles of its own place.",
};

/** `asOf` (a Date or null) since when it is true; `refresh` a `Refresh`, where this page has one. Answers "" where there is nothing to say. */
export function ageWords(asOf, { progress = null, state = "" } = {}) {
  const done = progress?.articles ? `: ${number(progress.done)} of ${number(progress.articles)}` : "";
  const words = [
    asOf && `Prices and stock on this device are as of ${dateTime(asOf)}.`,
    state === "filling" && progress && `Fetching the articles of this place${done}.`,
    WHY[state],
  ];
  return words.filter(Boolean).join(" ");
}
