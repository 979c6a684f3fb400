import { extent, fromJson, fromRows } from "../lib/chart-data.js";
import { debounce, h } from "../lib/dom.js";
import { date, money, number, percent, quantity, shortDate, shortMoney, shortNumber } from "../lib/format.js";
import { onThemeChange } from "../lib/theme.js";

const SHORT = { money: shortMoney, number: shortNumber, quantity: shortNumber, percent: (share) => percent(share, { places: 0 }) };
const LONG = { money, number, quantity, percent };
const DAY = 86_400;

/**
 * Draws a table or a `json_script` named by `data-source` as lines, bars and a band. The table stays the accessible
 * form: the drawing is hidden from screen readers, and when it cannot be loaded nothing is lost.
 */
class LineChart extends HTMLElement {
  connectedCallback() {
    this.stopTheme = onThemeChange(() => this.draw());
    this.resize = new ResizeObserver(debounce(60, () => this.fit()));
    this.resize.observe(this);
    this.setAttribute("aria-hidden", "true");
    this.draw();
  }

  disconnectedCallback() {
    this.stopTheme();
    this.resize.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  /** Read the source again, after it changed, and draw. */
  async draw() {
    let uPlot;
    try {
      ({ default: uPlot } = await import("uplot"));
    } catch (error) {
      this.dataset.state = "failed";
      this.textContent = "The drawing could not be loaded. The table below has every figure.";
      this.removeAttribute("aria-hidden");
      console.error(error);
      return;
    }
    if (!this.isConnected) return;
    const data = this.read();
    if (!data || data.x.length === 0) return this.replaceChildren();
    this.plot?.destroy();
    this.replaceChildren();
    const colours = this.colours();
    this.tip = h("div", { class: "chart-tip", hidden: true });
    this.append(this.legend(data));
    this.plot = new uPlot(this.options(uPlot, data, colours), this.columns(data), this);
    this.append(this.tip);
    this.dataset.state = "drawn";
  }

  read() {
    const source = document.getElementById(this.dataset.source ?? "") ?? this.querySelector("table, script");
    if (!source) return null;
    if (source.localName === "script") return fromJson(JSON.parse(source.textContent));
    this.source = source;
    const heads = [...source.tHead.rows[0].cells].map((cell) => ({
      label: cell.textContent.trim(),
      kind: cell.dataset.kind,
    }));
    const rows = [...source.tBodies[0].rows].map((row) =>
      [...row.cells].map((cell) => ({
        text: cell.textContent.trim(),
        value: cell.dataset.value ?? cell.querySelector("data")?.value,
        datetime: cell.querySelector("time")?.dateTime || undefined,
      })),
    );
    return fromRows(heads, rows);
  }

  /** Canvas cannot read custom properties, so a probe resolves them for the theme of now. */
  colours() {
    const probe = h("span", { hidden: true });
    this.append(probe);
    const colour = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = {
      series: [1, 2, 3, 4, 5].map((index) => colour(`chart-${index}`)),
      muted: colour("chart-muted"),
      grid: colour("chart-grid"),
      ink: colour("ink-soft"),
      paper: colour("surface"),
    };
    probe.remove();
    return found;
  }

  hue(data, index) {
    const { hue } = data.series[index];
    return hue ?? (index % 5) + 1;
  }

  columns(data) {
    const columns = [data.x, ...data.series.map(({ values }) => values)];
    if (data.band) columns.push(data.band.low, data.band.high);
    return columns;
  }

  options(uPlot, data, colours) {
    const format = this.dataset.format ?? "number";
    const fade = (colour, share) => `color-mix(in srgb, ${colour} ${share}%, transparent)`;
    const bandHue = colours.series[data.series.length > 1 ? this.hue(data, data.series.length - 1) - 1 : 0];
    const series = data.series.map(({ label, kind }, index) => {
      const stroke = colours.series[this.hue(data, index) - 1];
      if (kind === "bars") {
        return {
          label,
          stroke: fade(stroke, 0),
          width: 0,
          fill: fade(stroke, 82),
          paths: uPlot.paths.bars({ size: [0.72, 42], radius: 0.12, align: 0 }),
          points: { show: false },
        };
      }
      return {
        label,
        stroke,
        width: 2,
        dash: kind === "dashed" ? [6, 4] : undefined,
        fill: kind === "line" && data.series.length === 1 && !data.band ? fade(stroke, 10) : undefined,
        points: { show: data.x.length < 2, size: 7 },
        spanGaps: false,
      };
    });
    if (data.band) {
      for (const label of ["low", "high"]) series.push({ label, stroke: fade(bandHue, 0), width: 0, points: { show: false } });
    }
    const axisFont = `12px ${getComputedStyle(this).fontFamily}`;
    return {
      ...this.size(),
      padding: [10, 12, 0, 4],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      legend: { show: false },
      focus: { alpha: 1 },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: {
          size: 9,
          width: 2,
          stroke: () => colours.paper,
          fill: (plot, index) => plot.series[index].stroke?.(plot, index) ?? colours.ink,
          show: (plot, index) => (this.hasPoint(data, index) ? undefined : false),
        },
      },
      scales: {
        x: { time: data.isTime, range: (plot, low, high) => this.xRange(data, low, high) },
        y: { range: () => extent(data) },
      },
      series: [{}, ...series],
      bands: data.band
        ? [{ series: [series.length, series.length - 1], fill: fade(bandHue, 18), dir: -1 }]
        : undefined,
      axes: [
        {
          stroke: colours.ink,
          font: axisFont,
          grid: { show: false },
          ticks: { stroke: colours.grid, size: 5, width: 1 },
          gap: 6,
          size: 28,
          space: data.isTime ? 64 : this.labelWidth(data),
          incrs: data.isTime ? undefined : [1, 2, 5, 10, 20, 50, 100],
          values: (plot, splits, axis, space, step) => splits.map((split) => this.xLabel(data, split, step)),
        },
        {
          stroke: colours.ink,
          font: axisFont,
          grid: { stroke: colours.grid, width: 1 },
          ticks: { show: false },
          gap: 8,
          space: 38,
          size: (plot, values) => 18 + Math.max(0, ...(values ?? []).map((value) => value.length)) * 6.6,
          values: (plot, splits) => splits.map((split) => SHORT[format](split)),
        },
      ],
      hooks: { setCursor: [(plot) => this.point(plot, data, LONG[format])] },
    };
  }

  hasPoint(data, index) {
    return data.series[index - 1] && data.series[index - 1].kind !== "bars";
  }

  xRange(data, low, high) {
    const hasBars = data.series.some(({ kind }) => kind === "bars");
    const step = data.x.length > 1 ? (high - low) / (data.x.length - 1) : data.isTime ? DAY * 16 : 1;
    if (data.x.length === 1) return [data.x[0] - step, data.x[0] + step]; // uPlot's own low and high are years apart
    return hasBars ? [low - step * 0.6, high + step * 0.6] : [low, high];
  }

  xLabel(data, value, step) {
    if (!data.isTime) return Number.isInteger(value) ? (data.labels[value] ?? "") : "";
    const when = new Date(value * 1000);
    if (step >= DAY * 300) return String(when.getUTCFullYear());
    if (step >= DAY) return shortDate(when, { timeZone: "UTC" });
    return `${String(when.getUTCHours()).padStart(2, "0")}:${String(when.getUTCMinutes()).padStart(2, "0")}`;
  }

  title(data, index) {
    const label = data.labels[index];
    if (this.source?.isConnected) return this.source.tBodies[0].rows[index]?.cells[0]?.textContent.trim() ?? label;
    return data.isTime ? date(label.length <= 10 ? label.padEnd(10, "-01") : label) : label;
  }

  point(plot, data, format) {
    const { left, idx } = plot.cursor;
    if (idx === null || idx === undefined || left < 0) {
      this.tip.hidden = true;
      return;
    }
    const rows = data.series.map(({ label, kind, values }, index) => ({
      label,
      key: `${kind === "dashed" ? "chart-legend__key--dashed " : kind === "bars" ? "chart-legend__key--bars " : ""}chart-legend__key--${this.hue(data, index)}`,
      text: values[idx] === null ? null : format(values[idx]),
    }));
    if (data.band && data.band.low[idx] !== null) {
      rows.push({
        label: data.band.label,
        key: `chart-legend__key--band ${this.bandKey(data)}`,
        text: `${format(data.band.low[idx])} to ${format(data.band.high[idx])}`,
      });
    }
    this.tip.replaceChildren(
      h("p", { class: "chart-tip__title" }, this.title(data, idx)),
      ...rows
        .filter(({ text }) => text !== null)
        .map(({ label, key, text }) =>
          h(
            "p",
            { class: "chart-tip__row" },
            h("span", { class: `chart-legend__key ${key}` }),
            label,
            h("span", { class: "chart-tip__value" }, text),
          ),
        ),
    );
    this.tip.hidden = false;
    this.place(plot, left);
  }

  place(plot, left) {
    const over = plot.over.getBoundingClientRect();
    const box = this.getBoundingClientRect();
    const anchor = over.left - box.left + left;
    const width = this.tip.offsetWidth;
    const x = anchor + 14 + width > box.width ? anchor - 14 - width : anchor + 14;
    this.tip.style.transform = `translate(${Math.max(0, x)}px, ${over.top - box.top + 8}px)`;
  }

  bandKey(data) {
    return `chart-legend__key--${this.hue(data, Math.max(0, data.series.length - 1))}`;
  }

  legend(data) {
    if (data.series.length + (data.band ? 1 : 0) < 2) return "";
    const entry = (label, key) =>
      h("li", { class: "chart-legend__item" }, h("span", { class: `chart-legend__key ${key}` }), label);
    const kinds = { bars: "chart-legend__key--bars ", dashed: "chart-legend__key--dashed " };
    return h(
      "ul",
      { class: "chart-legend" },
      data.series.map(({ label, kind }, index) =>
        entry(label, `${kinds[kind] ?? ""}chart-legend__key--${this.hue(data, index)}`),
      ),
      data.band && entry(data.band.label, `chart-legend__key--band ${this.bandKey(data)}`),
    );
  }

  /** Room for one label of a named axis, so that every name stands where it can. */
  labelWidth(data) {
    return 14 + Math.max(...data.labels.map((label) => label.length)) * 6.6;
  }

  size() {
    const legend = this.querySelector(".chart-legend")?.offsetHeight ?? 0;
    const height = Number(this.dataset.height) || (this.classList.contains("line-chart--small") ? 176 : 280);
    return { width: Math.max(200, Math.floor(this.clientWidth)), height: height - legend };
  }

  fit() {
    if (this.plot && this.clientWidth > 0 && this.plot.width !== Math.floor(this.clientWidth)) this.plot.setSize(this.size());
  }
}
customElements.define("line-chart", LineChart);
