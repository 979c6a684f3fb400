// Numbers as people say them: "twelve", "twenty one", "a hundred and five", "two and a half", "a dozen", "3,5". Pure.

const ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
const TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES = new Map([["hundred", 100], ["thousand", 1000]]);
const SMALL = new Map([...ONES.map((word, value) => [word, value]), ...TENS.map((word, value) => [word, value * 10]).slice(2), ["oh", 0], ["a", 1], ["an", 1]]);
const FRACTIONS = new Map([["half", "5"], ["quarter", "25"]]);
const DIGITS = /^\d{1,9}(?:[.,]\d{1,3})?$/;
const MOST = 999_999;

/** The decimal text of a number in words or digits ("21", "2.5"), or null where the words are none. All of them must belong to it. */
export function numberOf(words) {
  const said = words.toLowerCase().replace(/([a-z])-(?=[a-z])/g, "$1 ").split(/\s+/).filter(Boolean);
  if (said.length === 0) return null;
  if (said.length === 1 && DIGITS.test(said[0])) return said[0].replace(",", ".");
  const dozen = /^(?:(a|one|two|three|four|five|six) dozen|half a dozen)$/.exec(said.join(" "));
  if (dozen) return String(dozen[1] ? SMALL.get(dozen[1]) * 12 : 6);
  if (said.length === 1 && FRACTIONS.has(said[0])) return `0.${FRACTIONS.get(said[0])}`;
  const fraction = /^(.*?)\s*and (?:a|one) (half|quarter)$/.exec(said.join(" "));
  if (fraction) {
    const whole = wholeOf(fraction[1].split(" "));
    return whole === null ? null : `${whole}.${FRACTIONS.get(fraction[2])}`;
  }
  const point = said.indexOf("point");
  if (point < 0) return textOf(wholeOf(said));
  const whole = wholeOf(said.slice(0, point));
  const places = said.slice(point + 1).map((word) => (/^\d$/.test(word) ? Number(word) : SMALL.get(word)));
  const isRead = whole !== null && places.length > 0 && places.length <= 3 && places.every((digit) => digit >= 0 && digit <= 9);
  return isRead ? `${whole}.${places.join("")}` : null;
}

const textOf = (value) => (value === null ? null : String(value));

/** A whole number in words; "and" may stand behind a hundred or a thousand. */
function wholeOf(said) {
  if (said.length === 1 && /^\d{1,6}$/.test(said[0])) return Number(said[0]);
  let sum = 0;
  let group = 0;
  let last = "";
  for (const word of said) {
    const step = stepOf(word, last, group);
    if (step === null) return null;
    if (step.scale === 1000) [sum, group] = [sum + (group || 1) * 1000, 0];
    else group = step.group;
    last = step.kind;
  }
  return last === "" || last === "and" || sum + group > MOST ? null : sum + group;
}

function stepOf(word, last, group) {
  if (word === "and") return last === "hundred" || last === "thousand" ? { kind: "and", group } : null;
  const scale = SCALES.get(word);
  if (scale === 100) return last === "small" && group > 0 && group < 20 ? { kind: "hundred", group: group * 100 } : null;
  if (scale === 1000) return last === "" || last === "and" || last === "thousand" ? null : { kind: "thousand", scale };
  const value = SMALL.get(word);
  if (value === undefined) return null;
  if (value >= 20) return ["", "hundred", "thousand", "and"].includes(last) ? { kind: "tens", group: group + value } : null;
  if (last === "tens") return value > 0 && value < 10 ? { kind: "small", group: group + value } : null;
  return ["", "hundred", "thousand", "and"].includes(last) ? { kind: "small", group: group + value } : null;
}
