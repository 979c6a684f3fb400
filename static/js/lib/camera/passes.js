// Kinds of looks at a picture: one per frame in turn costs no frame, and each reads codes that the others miss.

/** The longer side of what the decoder gets, in pixels. */
export const MOST_PIXELS = 1280;

/**
 * `part` of the picture around its middle, drawn `zoom` times as large, turned by so many degrees, then filtered:
 * `columns` blurs up and down (noise on upright bars), `sharpen` gives back edges, `{ radius, amount }`.
 */
export const PASSES = {
  full: {},
  near: { part: 0.5, zoom: 2 },
  turned: { turn: 45 },
  columns: { columns: 2 },
  sharp: { sharpen: { radius: 2, amount: 2.5 } },
  close: { part: 0.4, zoom: 2.5, sharpen: { radius: 5, amount: 3 } },
};
const ORDER = ["full", "near", "turned", "full", "columns", "close", "full", "near", "sharp"];

/** What a second opinion differs by: enough that a misreading does not come twice, little enough that a reading does. */
const APART = { turn: 5, zoom: 0.93 };
const SECOND = "~";

/**
 * Which kind of look is next. After a pass that read something comes its second opinion, then another pass, then it again:
 * codes that few passes read are confirmed at once and stay in sight.
 */
export class Turns {
  #place = 0;
  #due = null;

  next() {
    if (this.#due && !this.#due.wait) {
      const { kind } = this.#due;
      this.#due = null;
      return kind;
    }
    if (this.#due) this.#due.wait -= 1;
    const pass = ORDER[this.#place % ORDER.length];
    this.#place += 1;
    return pass;
  }

  hit(kind) {
    this.#due = kind.endsWith(SECOND) ? { kind: kind.slice(0, -1), wait: 1 } : { kind: `${kind}${SECOND}`, wait: 0 };
  }
}

/** The pass of a kind of look, with what makes a second opinion of it. */
function passOf(kind) {
  const isSecond = kind.endsWith(SECOND);
  const pass = { part: 1, zoom: 1, turn: 0, ...PASSES[isSecond ? kind.slice(0, -1) : kind] };
  return isSecond ? { ...pass, turn: pass.turn + APART.turn, zoom: pass.zoom * APART.zoom } : pass;
}

/** How a frame of so many pixels is drawn for a look: the size of the drawing, and `a b c d e f` of its transform. */
export function drawingOf(kind, width, height) {
  const { part, zoom, turn } = passOf(kind);
  const scale = Math.min(1, MOST_PIXELS / Math.max(width, height)) * zoom;
  const [w, h] = [width * part * scale, height * part * scale].map(Math.round);
  const [cos, sin] = [Math.cos, Math.sin].map((of) => scale * of((turn * Math.PI) / 180));
  const matrix = [cos, sin, -sin, cos, w / 2 - (cos * width - sin * height) / 2, h / 2 - (sin * width + cos * height) / 2];
  return { width: w, height: h, matrix, isTurned: turn !== 0 };
}

/** Where a point of the drawing lies in the frame, in shares of it. */
export function inFrame({ x, y }, [a, b, c, d, e, f], width, height) {
  const [dx, dy, area] = [x - e, y - f, a * d - b * c];
  return { x: (d * dx - c * dy) / area / width, y: (a * dy - b * dx) / area / height };
}

/** Brightness of RGBA pixels. */
export function greyOf(rgba) {
  const grey = new Uint8Array(rgba.length >> 2);
  for (let at = 0, from = 0; at < grey.length; at += 1, from += 4) {
    grey[at] = (306 * rgba[from] + 601 * rgba[from + 1] + 117 * rgba[from + 2] + 512) >> 10;
  }
  return grey;
}

/** RGBA pixels of so much brightness. */
export function rgbaOf(grey) {
  const rgba = new Uint8ClampedArray(grey.length * 4).fill(255);
  for (let at = 0, to = 0; at < grey.length; at += 1, to += 4) rgba[to] = rgba[to + 1] = rgba[to + 2] = grey[at];
  return rgba;
}

/** Whether a look wants more of a picture than to be drawn. */
export function isFiltered(kind) {
  const { columns, sharpen } = passOf(kind);
  return Boolean(columns || sharpen);
}

/** The picture as a look wants it. */
export function filtered(kind, grey, width, height) {
  const { columns, sharpen } = passOf(kind);
  if (columns) return blurDown(grey, width, height, columns);
  return sharpen ? sharpened(grey, width, height, sharpen) : grey;
}

/** Each pixel the mean of those up to `radius` above and below; edges repeat. */
export function blurDown(grey, width, height, radius) {
  const out = new Uint8Array(grey.length);
  const sums = new Uint16Array(width);
  const share = 1 / (2 * radius + 1);
  const row = (y) => Math.min(Math.max(y, 0), height - 1) * width;
  for (let y = -radius; y <= radius; y += 1) for (let x = 0, from = row(y); x < width; x += 1) sums[x] += grey[from + x];
  for (let y = 0; y < height; y += 1) {
    const [to, enters, leaves] = [y * width, row(y + radius + 1), row(y - radius)];
    for (let x = 0; x < width; x += 1) {
      out[to + x] = sums[x] * share + 0.5;
      sums[x] += grey[enters + x] - grey[leaves + x];
    }
  }
  return out;
}

function blurAcross(grey, width, height, radius) {
  const out = new Uint8Array(grey.length);
  const share = 1 / (2 * radius + 1);
  const line = new Uint8Array(width + 2 * radius + 1);
  for (let start = 0; start < grey.length; start += width) {
    line.fill(grey[start], 0, radius);
    line.set(grey.subarray(start, start + width), radius);
    line.fill(grey[start + width - 1], radius + width);
    let sum = 0;
    for (let x = 0; x < 2 * radius + 1; x += 1) sum += line[x];
    for (let x = 0; x < width; x += 1) {
      out[start + x] = sum * share + 0.5;
      sum += line[x + 2 * radius + 1] - line[x];
    }
  }
  return out;
}

/** What differs from its surroundings, `amount` times as much again. */
export function sharpened(grey, width, height, { radius, amount }) {
  const soft = blurDown(blurAcross(grey, width, height, radius), width, height, radius);
  const out = new Uint8ClampedArray(grey.length);
  for (let at = 0; at < grey.length; at += 1) out[at] = grey[at] + amount * (grey[at] - soft[at]);
  return new Uint8Array(out.buffer);
}
