// Numbers, money and time in the shop's currency, language and zone, which stand as data on <html>.
// The same words as core/web/amounts.py, so that a live update never changes how a figure looks.

const root = () => globalThis.document?.documentElement.dataset ?? {};
const cache = new Map();

function cached(kind, key, make) {
  const name = `${kind} ${key}`;
  if (!cache.has(name)) cache.set(name, make());
  return cache.get(name);
}

const localeOf = (options) => options.locale ?? root().locale ?? "en-GB";
const zoneOf = (options) => options.timeZone ?? root().timeZone ?? "UTC";
const isNothing = (value) => value === null || value === undefined || value === "" || !isFinite(value);

export const NO_VALUE = "–";

/** An amount; pass the server's decimal string as it is, no float in between. */
export function money(amount, options = {}) {
  if (isNothing(amount)) return NO_VALUE;
  const locale = localeOf(options);
  const currency = options.currency ?? root().currency;
  if (!currency) throw new Error("There is no shop here, so name the currency");
  const formatter = cached(
    "money",
    `${locale} ${currency}`,
    () => new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }),
  );
  return formatter.format(amount);
}

/** A short amount for an axis: £12k. */
export function shortMoney(amount, options = {}) {
  const locale = localeOf(options);
  const currency = options.currency ?? root().currency;
  return cached(
    "shortMoney",
    `${locale} ${currency}`,
    () =>
      new Intl.NumberFormat(locale, {
        style: "currency",
        currency,
        currencyDisplay: "narrowSymbol",
        notation: "compact",
        minimumFractionDigits: 0,
        maximumFractionDigits: 1,
      }),
  ).format(amount);
}

export function number(value, options = {}) {
  if (isNothing(value)) return NO_VALUE;
  const locale = localeOf(options);
  const places = options.places ?? "any";
  return cached(
    "number",
    `${locale} ${places}`,
    () =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: places === "any" ? 0 : places,
        maximumFractionDigits: places === "any" ? 6 : places,
        useGrouping: "always",
      }),
  ).format(value);
}

export function shortNumber(value, options = {}) {
  const locale = localeOf(options);
  return cached(
    "shortNumber",
    locale,
    () => new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }),
  ).format(value);
}

/** A quantity of at most three places, without trailing zeros. */
export function quantity(value, options = {}) {
  if (isNothing(value)) return NO_VALUE;
  const locale = localeOf(options);
  return cached(
    "quantity",
    locale,
    () => new Intl.NumberFormat(locale, { maximumFractionDigits: 3, useGrouping: "always" }),
  ).format(value);
}

/** A share of one: 0.124 is 12.4%. */
export function percent(share, options = {}) {
  if (isNothing(share)) return NO_VALUE;
  const locale = localeOf(options);
  const places = options.places ?? 1;
  return cached(
    "percent",
    `${locale} ${places}`,
    () =>
      new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: places, maximumFractionDigits: places }),
  ).format(share);
}

function instant(kind, format, value, options) {
  if (value === null || value === undefined || value === "") return NO_VALUE;
  const when = value instanceof Date ? value : new Date(value);
  if (Number.isNaN(when.getTime())) return NO_VALUE;
  const locale = localeOf(options);
  const timeZone = options.timeZone ?? zoneOf(options);
  return cached(kind, `${locale} ${timeZone}`, () => new Intl.DateTimeFormat(locale, { ...format, timeZone })).format(when);
}

const DATE = { day: "numeric", month: "short", year: "numeric" };
const TIME = { hour: "2-digit", minute: "2-digit" };

/** The day of an instant in the shop's zone; a plain date (2011-06-15) is that day everywhere. */
export function date(value, options = {}) {
  return instant("date", DATE, value, isPlainDate(value) ? { ...options, timeZone: "UTC" } : options);
}

export const time = (value, options = {}) => instant("time", TIME, value, options);
export const dateTime = (value, options = {}) => instant("dateTime", { ...DATE, ...TIME }, value, options);

/** Since when: the time, and the day with it where that is not today. */
export function since(value, { now = new Date(), ...options } = {}) {
  return date(value, options) === date(now, options) ? time(value, options) : dateTime(value, options);
}

/** What somebody typed or scanned, as a sentence can quote it: of a long one the beginning, without what is no letter. */
export function quoted(text, most = 40) {
  const letters = [...text.replace(/[\p{Cc}\p{Cf}]/gu, "")];
  return letters.length > most ? `${letters.slice(0, most).join("")} …` : letters.join("");
}

/** Day and month, for an axis. */
export function shortDate(value, options = {}) {
  const format = { day: "numeric", month: "short" };
  return instant("shortDate", format, value, isPlainDate(value) ? { ...options, timeZone: "UTC" } : options);
}

function isPlainDate(value) {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
}

const STEPS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
];

/** How long ago, in the largest unit that fits: 2 minutes ago. Beyond a month, the date. */
export function relativeTime(value, { now = Date.now(), ...options } = {}) {
  const locale = localeOf(options);
  let amount = (new Date(value).getTime() - now) / 1000;
  if (Number.isNaN(amount)) return NO_VALUE;
  const formatter = cached("relative", locale, () => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
  for (const [unit, size] of STEPS) {
    if (Math.abs(Math.round(amount)) < size) return formatter.format(Math.round(amount), unit);
    amount /= size;
  }
  return date(value, options);
}
