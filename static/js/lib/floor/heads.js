// What is asked beside the lines of a piece of work: which stocktake, why, where to, what came. Each draws into `screen.head`.
import { getJson } from "../api.js";
import { h, icon } from "../dom.js";
import { quantity } from "../format.js";
import { allOf, stillComing } from "./lines.js";
import { everything } from "../store/queue.js";
import { parseQuantity, quantityText } from "../till/money.js";
import { uuid7 } from "../till/uuid.js";

const SECONDS = 3;

const empty = (name, title, text) => h("div", { class: "empty" }, h("span", { class: "empty__icon" }, icon(name)), h("p", { class: "empty__title" }, title), h("p", { class: "empty__text" }, text));
const choice = (id, label, control, hint) => h("div", { class: "field" }, h("label", { for: id }, label), control, hint);

/** A line of words that goes with the work. */
export function askNote(screen, label, placeholder) {
  const input = h("input", { id: "floor-note", maxlength: 200, placeholder, autocomplete: "off", "data-field": "note" });
  input.value = screen.work.note;
  input.addEventListener("input", () => {
    screen.work.note = input.value;
    screen.keep();
  });
  screen.head.append(choice("floor-note", label, input));
}

/** The stocktake that is counted for: those that are open here, as the server says or as the page was drawn. */
export async function askWhichCount(screen) {
  const { app } = screen;
  const here = app.setup.counts.filter(({ location }) => location === app.placeId);
  const query = new URLSearchParams({ state: "open", location: app.placeId });
  const told = await getJson(`/api/v1/counts/?${query}`, { seconds: SECONDS }).catch(() => null);
  const open = told?.results ?? here;
  screen.count = open.find(({ id }) => id === screen.work.count) ?? open[0];
  if (!screen.count) {
    screen.head.replaceChildren(empty("check", "Nothing is being counted here", "Whoever approves stocktakes opens one; then it can be counted from here."));
    return;
  }
  screen.work.count = screen.count.id;
  const nameOf = ({ name, number }) => name || number;
  if (open.length === 1) {
    screen.head.replaceChildren(h("p", { class: "floor-work__what" }, nameOf(screen.count), screen.count.is_blind && h("span", { class: "badge" }, "blind")));
    return;
  }
  const select = h("select", { id: "floor-count" }, ...open.map((one) => h("option", { value: one.id, selected: one === screen.count }, nameOf(one))));
  select.addEventListener("change", () => {
    screen.count = open.find((one) => one.id === select.value);
    screen.work.count = select.value;
    screen.keep();
    screen.draw();
  });
  screen.head.replaceChildren(choice("floor-count", "Stocktake", select));
}

/** Why stock is corrected, and whether that needs a note: what the device keeps of the shop's rules goes before what the page was drawn with. */
export async function askWhy(screen) {
  const { reasons, notes_corrections: drawn } = screen.app.setup;
  const kept = await screen.app.bring().then((keeping) => keeping.tables()).catch(() => null);
  const isNoted = kept?.terms.notes_corrections ?? drawn;
  screen.reasons = reasons.map((reason) => ({ ...reason, needs_note: reason.needs_note || isNoted }));
  const effect = h("p", { class: "field__hint", id: "floor-why-hint" });
  const select = h("select", { id: "floor-why", "aria-describedby": "floor-why-hint" }, ...reasons.map(({ code, label }) => h("option", { value: code, selected: code === screen.work.reason }, label)));
  const say = () => (effect.textContent = `${screen.reason.effect}${screen.reason.needs_note ? "; say what happened" : ""}`);
  select.addEventListener("change", () => {
    screen.work.reason = select.value;
    if (!screen.reason.is_signed) for (const line of screen.work.lines) line.quantity = line.quantity.replace("-", "");
    say();
    screen.keep();
    screen.draw();
  });
  say();
  screen.head.replaceChildren(choice("floor-why", "Why", select, effect));
  askNote(screen, "Note", "");
}

/** The place that goods are sent to. Another place is another transfer. */
export function askWhereTo(screen) {
  const { app } = screen;
  const others = app.setup.others.filter(({ id }) => id !== app.placeId);
  if (others.length === 1) screen.work.to = others[0].id;
  const first = others.length > 1 ? [h("option", { value: "" }, "Choose a place")] : [];
  const select = h("select", { id: "floor-to", "data-field": "to" }, ...first, ...others.map(({ id, name }) => h("option", { value: id, selected: id === screen.work.to }, name)));
  select.addEventListener("change", () => {
    Object.assign(screen.work, { to: select.value, id: uuid7() });
    screen.keep();
  });
  screen.head.replaceChildren(choice("floor-to", "To", select));
  askNote(screen, "Note", "Optional: for whoever unpacks it");
}

/** What is on its way here: of the device's store less what it has not sent yet; in a browser that is no device, of the server. */
async function coming(app) {
  const keeping = await app.bring();
  const tables = await keeping.tables();
  if (!tables) return ofServer(app);
  const waiting = (await everything()).filter(({ kind }) => kind === "transfer-in").map(({ body }) => body);
  return stillComing(tables.arrivals, waiting);
}

async function ofServer({ setup, placeId }) {
  const query = new URLSearchParams({ state: "shipped", location: placeId, limit: "100" });
  const { results } = await getJson(`${setup.urls.transfers}?${query}`, { seconds: SECONDS }).catch(() => ({ results: [] }));
  const places = new Map(setup.others.map(({ id, name }) => [id, name]));
  const line = ({ variant, sku, name: title, on_its_way }) => ({ variant, sku, title, on_its_way, tracking: "none", pieces: [] });
  const mine = results.filter(({ destination }) => destination === placeId);
  return stillComing(mine.map(({ id, number, source, lines }) => ({ id, number, source: places.get(source) ?? "", lines: lines.map(line) })), []);
}

/** The transfer that came, and what of it has not been scanned yet. `screen.takes(code)` hears the number on its packing list. */
export async function askWhatCame(screen) {
  const found = await coming(screen.app);
  const { work } = screen;
  const known = found.find(({ id }) => id === work.transfer?.id);
  if (work.lines.length === 0) work.transfer = known ?? (found.length === 1 ? found[0] : null);
  else if (work.transfer && !known) found.push(work.transfer); // it was begun before somebody else received it: the server says so
  else work.transfer = known;
  Object.assign(screen, { coming: found, rest: null });
  if (found.length === 0) {
    screen.head.replaceChildren(empty("download", "Nothing is on its way here", "What another place sends stands here as soon as it has left."));
    return;
  }
  const words = ({ number, source, lines }) => `${number} from ${source}, ${lines.length} ${lines.length === 1 ? "article" : "articles"}`;
  const first = work.transfer ? [] : [h("option", { value: "" }, "Choose, or scan its packing list")];
  const select = h("select", { id: "floor-came", "data-field": "transfer" }, ...first, ...found.map((one) => h("option", { value: one.id, selected: one.id === work.transfer?.id }, words(one))));
  select.addEventListener("change", () => screen.choose(found.find(({ id }) => id === select.value)));
  const last = h("input", { type: "checkbox", id: "floor-last", checked: work.isLast });
  last.addEventListener("change", () => {
    work.isLast = last.checked;
    screen.keep();
    screen.draw();
  });
  const all = h("button", { class: "button", type: "button", onclick: () => screen.fill(allOf(work.transfer)) }, icon("check"), " All of it came");
  const rest = h("ul", { class: "floor-rest", role: "list", "aria-label": "Still to come" });
  const box = h("label", { class: "check" }, last, h("span", {}, "Nothing more will come", h("span", { class: "check__note" }, "What was not scanned is missing.")));
  const more = work.transfer ? [rest, h("div", { class: "cluster" }, all), box] : [];
  screen.head.replaceChildren(choice("floor-came", "What came", select), ...more);
  screen.rest = work.transfer ? rest : null;
  if (work.transfer) askNote(screen, "Note", "Where something is missing or too many");
}

/** What of the transfer was not scanned yet. */
export function drawRest({ rest, work }) {
  const came = new Map();
  for (const { variant, quantity: units, damaged } of work.lines) came.set(variant, (came.get(variant) ?? 0n) + parseQuantity(units) + parseQuantity(damaged ?? "0"));
  const open = work.transfer.lines.filter(({ variant, on_its_way }) => (came.get(variant) ?? 0n) < parseQuantity(on_its_way));
  rest.replaceChildren(...open.map(({ variant, title, on_its_way }) => h("li", {}, h("span", {}, title), h("span", { class: "num" }, `${quantity(quantityText(came.get(variant) ?? 0n))} of ${quantity(on_its_way)}`))));
}
