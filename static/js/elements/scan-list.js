import { announce, h, personHere } from "../lib/dom.js";
import { getJson } from "../lib/api.js";
import { named, question } from "../lib/scan/named.js";
import { toast } from "../lib/toast.js";
import { Wedge } from "../lib/till/wedge.js";

/**
 * A form of articles with a number each: a scan adds its units to the article's field, wherever the cursor is. Codes of
 * the articles on the list are known without asking the server; others are looked up and get a row of their own.
 * What was scanned survives a reload until the form is sent. Without JavaScript the fields are typed into.
 */
class ScanList extends HTMLElement {
  #waiting = Promise.resolve();

  connectedCallback() {
    this.leave = new AbortController();
    const options = { signal: this.leave.signal };
    this.form = this.querySelector("form");
    this.field = this.form.elements.code;
    this.rows = this.querySelector("[data-rows]");
    this.choices = this.querySelector("[data-choices]");
    this.known = new Map(Object.entries(JSON.parse(document.getElementById(this.dataset.known).textContent).codes));
    this.wedge = new Wedge();
    this.field.addEventListener("keydown", (event) => this.#enter(event), options);
    this.addEventListener("click", (event) => this.#click(event), options);
    this.form.addEventListener("input", () => this.#keep(), options);
    this.form.addEventListener("submit", () => sessionStorage.removeItem(this.#key), options);
    document.addEventListener("keydown", (event) => this.#hear(event), options);
    this.addEventListener("scanned", (event) => {
      event.preventDefault();
      this.scan(event.detail.code);
    }, options);
    this.#restore();
    // Who has begun to type elsewhere while this was loading goes on there.
    if (!matchMedia("(pointer: coarse)").matches && document.activeElement === document.body) this.field.focus();
    this.dataset.ready = "true";
  }

  disconnectedCallback() {
    this.leave.abort();
  }

  get #key() {
    return `scan-list:${location.pathname}:${personHere()}`;
  }

  #enter(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const typed = this.field.value.trim();
    if (typed) this.scan(typed);
    this.field.value = "";
    this.wedge.reset();
    event.stopPropagation();
  }

  /** A scanner that types while the cursor is elsewhere. */
  #hear(event) {
    if (event.target === this.field) return;
    const scanned = this.wedge.feed({
      key: event.key,
      at: event.timeStamp,
      isModified: event.ctrlKey || event.altKey || event.metaKey, isControl: event.ctrlKey && !event.altKey,
    });
    if (!scanned) return;
    event.preventDefault();
    const { target } = event;
    if (target.matches?.("input")) target.value = target.value.slice(0, -scanned.typed);
    this.scan(scanned.code);
  }

  /** Count a scan; scans are worked off in the order they came. */
  scan(code) {
    const units = this.form.elements.amount?.value || "1";
    if (this.form.elements.amount) this.form.elements.amount.value = "1";
    this.#waiting = this.#waiting.then(() => this.#count(code, units)).catch(() => {});
    return this.#waiting;
  }

  async #count(code, units) {
    let found = this.known.get(code) ?? this.known.get(code.padStart(14, "0"));
    if (!found) {
      try {
        const answer = await getJson(`/api/v1/scan/${encodeURIComponent(code)}/`);
        if (!answer.variant) {
          this.#refuse(`${code} is ${answer.name}, no article.`);
          return;
        }
        const { variant, pack_quantity: pack, name, sku, serial } = answer;
        found = { variant, pack, name, sku, serial };
        this.known.set(code, found);
      } catch (problem) {
        if (problem.status !== 404) this.#refuse(`${code}: ${problem.detail || problem.message}`);
        else await this.#byName(code, units);
        return;
      }
    }
    this.#add(found, units);
  }

  /** No code: words of a name. One article is added, of several somebody chooses. */
  async #byName(words, units) {
    const found = await named(words).catch(() => []);
    if (found.length === 1) this.#add(found[0], units);
    else if (found.length === 0) this.#refuse(`Nothing carries the code or name ${words}.`);
    else this.#ask(words, found, units);
  }

  #ask(words, found, units) {
    const choose = (article) => {
      this.choices.replaceChildren();
      this.#add(article, units);
      this.field.focus();
    };
    this.choices.replaceChildren(...question(words, found, choose));
    this.choices.querySelector("button").focus();
  }

  #add(found, units) {
    this.choices.replaceChildren();
    const row = this.#row(found);
    if (found.serial && !this.#name(row, found)) return;
    const input = row.querySelector("[data-units]");
    const more = Number(units) * Number(found.pack);
    const sum = Math.round(((Number(input.value) || 0) + more) * 1000) / 1000;
    input.value = String(sum);
    this.#mark(row);
    this.#keep();
    announce(`${row.dataset.name}: ${sum}`);
    this.#tell(`${sum} ${row.dataset.name}`, "success");
  }

  #refuse(text) {
    toast(text, { kind: "error" });
    this.#tell(text, "error");
  }

  /** On the picture of the camera, where it is open. */
  #tell(text, kind) {
    this.querySelector("camera-scan")?.tell?.(text, kind);
  }

  /** Write a piece's number on its row; answers whether it was not there yet. */
  #name(row, { serial, name }) {
    const pieces = row.querySelector("[data-serials]");
    if (!pieces) return true;
    const there = pieces.value.split(/[\s,;]+/).filter(Boolean);
    if (there.includes(serial)) {
      toast(`${serial} of ${name} was scanned already.`, { kind: "warning" });
      this.#tell(`${serial} was scanned already.`, "error");
      return false;
    }
    pieces.value = [...there, serial].join(", ");
    pieces.closest("[data-pieces]").hidden = false;
    return true;
  }

  #row({ variant, name, sku }) {
    const there = this.rows.querySelector(`[data-variant="${variant}"]`);
    if (there) return there;
    const template = this.querySelector("template");
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.variant = variant;
    row.dataset.name = name;
    row.querySelector("[data-name]").textContent = name;
    row.querySelector("[data-sku]").textContent = sku;
    for (const input of row.querySelectorAll("input")) {
      input.name = `${input.dataset.field}-${variant}`;
      input.setAttribute("aria-label", `${input.dataset.label} ${name}`);
    }
    this.rows.append(row);
    this.querySelector("[data-nothing]")?.setAttribute("hidden", "");
    return row;
  }

  #mark(row) {
    for (const other of this.rows.querySelectorAll(".is-new")) other.classList.remove("is-new");
    row.classList.add("is-new");
    row.scrollIntoView({ block: "nearest" });
    const last = this.querySelector("[data-last]");
    if (last) last.replaceChildren(h("strong", {}, row.querySelector("[data-units]").value), ` ${row.dataset.name}`);
  }

  #click(event) {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    const input = step.closest("[data-variant]").querySelector(step.dataset.of === "d" ? "[data-damaged]" : "[data-units]");
    input.value = String(Math.max(0, (Number(input.value) || 0) + Number(step.dataset.step)));
    this.#keep();
  }

  #keep() {
    const values = [...this.rows.querySelectorAll("[data-variant]")].map((row) => ({
      variant: row.dataset.variant,
      name: row.dataset.name,
      sku: row.querySelector("[data-sku]").textContent,
      units: row.querySelector("[data-units]").value,
      damaged: row.querySelector("[data-damaged]")?.value ?? "",
      serials: row.querySelector("[data-serials]")?.value ?? "",
    }));
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ version: this.dataset.version, values }));
    } catch {
      // No room: what was scanned is there as long as the page is open.
    }
  }

  #restore() {
    const kept = JSON.parse(sessionStorage.getItem(this.#key) ?? "null");
    if (kept?.version !== this.dataset.version || this.dataset.answer === "true") return;
    for (const { units, damaged, serials, ...article } of kept.values) {
      const row = this.#row(article);
      row.querySelector("[data-units]").value = units;
      const broken = row.querySelector("[data-damaged]");
      if (broken) broken.value = damaged;
      const pieces = row.querySelector("[data-serials]");
      if (pieces && serials) {
        pieces.value = serials;
        pieces.closest("[data-pieces]").hidden = false;
      }
    }
  }
}
customElements.define("scan-list", ScanList);
