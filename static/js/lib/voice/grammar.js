// The few things that can be said on the shop floor and at the till, in plain words. Pure: words in, a command or nothing out.
import { numberOf } from "./numbers.js";

/** Below this a recogniser guesses; nothing is done on a guess. */
export const LEAST_CONFIDENCE = 0.6;

const FILLERS = /^(?:please|ok|okay|now|um|uh|er)\s+|\s+(?:please|now|thanks|thank you)$/g;
const UNITS = "(?:items?|pieces?|units?|times|of (?:them|it|these|those))";

/** `[pattern, name, what its group is]`: "number" must be one, "words" must be some. */
const EVERYWHERE = [
  [/^(?:count|quantity|make it|set(?: it)? to|there are|amount) (.+)$/, "quantity", "number"],
  [/^(?:one more|plus one|add one|another(?: one)?)$/, "more"],
  [/^(?:one less|minus one|take one (?:off|away))$/, "less"],
  [/^(?:undo|undo that|take (?:it|that) back|bring (?:it|that) back)$/, "undo"],
  [/^(?:remove|remove (?:it|that|this|the line)|delete|delete (?:it|that|this))$/, "remove"],
  [/^(?:price|price check|what does|how much is) (?:of |for )?(.+?)(?: cost)?$/, "price", "words"],
  [/^(?:next|next one|next item|next article|search|(?:search|find|look for) (?:a |the )?products?)$/, "next"],
  [/^(?:search product|search for|search|find|look for|look up) (.+)$/, "search", "words"],
  [/^(?:scan|scan item|scan (?:it|this|that)|camera|open (?:the )?camera)$/, "camera"],
  [/^(?:close (?:the )?camera)$/, "camera-off"],
  [/^(?:help|what can i say|commands)$/, "help"],
  [/^(?:stop listening|stop voice|voice off|be quiet)$/, "silence"],
];
const FLOOR = [
  [/^(?:done|finished|save|save changes|save it|book it|that is all|that's all)$/, "done"],
  [/^(?:back|go back|home|go home|cancel)$/, "back"],
  [/^(?:stock of|stock check|stock|how many|how much of) (?:of |for )?(.+?)(?: do we have| are there)?$/, "stock", "words"],
  [/^(?:receive|receive goods|add inventory|goods in|delivery)$/, "go:receive"],
  [/^(?:count|count stock|start counting|stocktake)$/, "go:count"],
  [/^(?:adjust|adjust stock|correct|correct stock)$/, "go:adjust"],
  [/^(?:transfer|transfer out|send goods)$/, "go:send"],
  [/^(?:transfer in|what came)$/, "go:arrive"],
  [/^(?:customer|new customer|add (?:a )?customer)$/, "go:customer"],
];
const TILL = [
  [/^(?:cash|pay cash|pay in cash|pay by cash)$/, "pay:cash"],
  [/^(?:pay|pay now|card|pay card|pay by card|pay with card)$/, "pay:card"],
  [/^(?:park|park it|park (?:the|this) (?:cart|basket|sale)|parked)$/, "ask:parked"],
  [/^(?:customer|choose (?:a )?customer|add (?:a )?customer)$/, "ask:customer"],
  [/^(?:discount|coupon)$/, "ask:discount"],
  [/^(?:back|go back|close|cancel)$/, "back"],
];
const PLACES = { floor: [...FLOOR, ...EVERYWHERE], till: [...TILL, ...EVERYWHERE] };

/** What can be said, for the list that somebody looks at: `[example, what it does]`. */
export const SAYABLE = {
  floor: [
    ["Count twelve", "Sets the newest line to 12"],
    ["One more, one less", "Changes it by one"],
    ["Remove, undo", "Takes the newest line out, brings it back"],
    ["Price of tea", "Looks up what it costs"],
    ["Stock of tea", "Looks up what there is"],
    ["Search tea", "As if it were typed"],
    ["Scan item", "Opens the camera"],
    ["Next, search product", "The cursor into the code field"],
    ["Done, save changes", "Presses Done"],
    ["Receive, count, adjust, transfer, customer", "Opens it"],
    ["Go back", "Back to the tiles"],
    ["Stop listening", "Switches this off"],
  ],
  till: [
    ["Quantity twelve", "Sets the chosen line to 12"],
    ["One more, one less", "Changes it by one"],
    ["Remove, undo", "Takes the chosen line out, brings it back"],
    ["Price of tea, search tea", "Finds products"],
    ["Scan item", "Opens the camera"],
    ["Park, customer, discount", "Opens it"],
    ["Pay cash, pay card", "Opens the payment; you confirm it by hand"],
    ["Go back", "Closes what is open"],
    ["Stop listening", "Switches this off"],
  ],
};

/** The command in some words at a `place` (floor or till): `{ name, value }` (`value` a decimal text or words), or null. */
export function commandOf(words, place) {
  let said = words.toLowerCase().replace(/[.!?,]+(?=\s|$)/g, "").replace(/\s+/g, " ").trim();
  for (let before = ""; before !== said; ) [before, said] = [said, said.replace(FILLERS, "").trim()];
  const number = numberOf(said.replace(new RegExp(`\\s+${UNITS}$`), ""));
  if (number !== null) return fit("quantity", number);
  for (const [pattern, name, kind] of PLACES[place]) {
    const match = pattern.exec(said);
    if (!match) continue;
    if (!kind) return { name, value: "" };
    if (kind === "words") return { name, value: match[1] };
    const value = numberOf(match[1].replace(new RegExp(`\\s+${UNITS}$`), ""));
    if (value !== null) return fit(name, value);
  }
  return null;
}

const fit = (name, value) => ({ name, value });

/** The command of the first of several `alternatives` (`{ words, confidence }`) that is sure enough and is one; null where none is. */
export function choose(alternatives, place) {
  for (const { words, confidence } of alternatives) {
    if (confidence < LEAST_CONFIDENCE) continue;
    const command = commandOf(words, place);
    if (command) return { ...command, words };
  }
  return null;
}
