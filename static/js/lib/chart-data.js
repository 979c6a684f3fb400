// What a chart draws, read from a table or from JSON. Pure: tests/js/chart-data.test.js.

/**
 * One shape for both sources: `{ x, isTime, labels, series: [{ label, kind, values }], band: { label, low, high } | null }`.
 * `x` are seconds for dates and instants, else 0, 1, 2 …; `values` are numbers or null.
 */
export function fromJson({ x, series, band = null }) {
  return {
    ...axis(x),
    series: series.map(({ label, kind = "line", values, hue }) => ({ label, kind, hue, values: values.map(toNumber) })),
    band: band && { label: band.label ?? "Range", low: band.low.map(toNumber), high: band.high.map(toNumber) },
  };
}

/** Rows of a table: `heads` are `{ label, kind }`, `rows` arrays of `{ text, value, datetime }`; the first column is x. */
export function fromRows(heads, rows) {
  const column = (index) => rows.map((row) => toNumber(row[index]?.value ?? row[index]?.text));
  const series = [];
  const band = {};
  heads.slice(1).forEach(({ label, kind = "line" }, offset) => {
    if (kind === "none") return;
    if (kind === "low" || kind === "high") band[kind] = { label, values: column(offset + 1) };
    else series.push({ label, kind, values: column(offset + 1) });
  });
  return {
    ...axis(rows.map((row) => row[0].datetime ?? row[0].text)),
    series,
    band:
      band.low && band.high
        ? { label: `${band.low.label} to ${band.high.label}`, low: band.low.values, high: band.high.values }
        : null,
  };
}

function axis(x) {
  const labels = x.map(String);
  const seconds = labels.map(toSeconds);
  const isTime = labels.length > 0 && seconds.every((value) => value !== null);
  return { labels, isTime, x: isTime ? seconds : labels.map((_, index) => index) };
}

/** Seconds of 2011-06, 2011-06-15 (at midnight UTC) or of an instant with its offset; else null. */
export function toSeconds(text) {
  if (!/^\d{4}-\d{2}(-\d{2}([T ].*)?)?$/.test(text)) return null;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

/** A number of a decimal string; the empty cell and the dash are null. */
export function toNumber(value) {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(typeof value === "string" ? value.replaceAll(/[\s,\u00a0\u202f]/g, "") : value);
  return Number.isFinite(number) ? number : null;
}

/** The least and the largest of all that is drawn; bars and amounts start at zero. */
export function extent({ series, band }, { fromZero = true } = {}) {
  const all = [...series.flatMap(({ values }) => values), ...(band?.low ?? []), ...(band?.high ?? [])].filter(
    (value) => value !== null,
  );
  if (all.length === 0) return [0, 1];
  let low = all.reduce((least, value) => Math.min(least, value));
  let high = all.reduce((most, value) => Math.max(most, value));
  if (fromZero) [low, high] = [Math.min(0, low), Math.max(0, high)];
  if (low === high) high = low + 1;
  const room = (high - low) * 0.06;
  return [low < 0 ? low - room : low, high > 0 ? high + room : high];
}

/** Which point stands next to a place on the x axis. */
export function nearest(x, value) {
  let best = 0;
  x.forEach((candidate, index) => {
    if (Math.abs(candidate - value) < Math.abs(x[best] - value)) best = index;
  });
  return best;
}
