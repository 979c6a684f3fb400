// A QR code of a receipt's number, as orders/receipts/qr.py draws it for the server's receipts: alphanumeric, level M, of the
// two smallest sizes, always with the same mask. Pure; the test compares it module by module with the server's library.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** By version: what it holds at most (letters), its codewords of data and of correction. */
const VERSIONS = [
  { most: 20, data: 16, extra: 10 },
  { most: 38, data: 28, extra: 16 },
];
const FORMAT = 0b101010000010010; // level M, mask 0
const QUIET = 4;

/** The modules of a text as rows of booleans (dark); null for what is too long or has other letters. */
export function modulesOf(text) {
  const version = VERSIONS.findIndex(({ most }) => text.length <= most) + 1;
  if (!version || [...text].some((letter) => !LETTERS.includes(letter))) return null;
  const { data, extra } = VERSIONS[version - 1];
  const words = codewords(text, data);
  return drawn(version, [...words, ...correction(words, extra)]);
}

/** `{ size, path }` of an SVG with the quiet zone, one unit per module; null as `modulesOf`. */
export function qrPath(text) {
  const rows = modulesOf(text);
  if (!rows) return null;
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])));
  return { size: rows.length + 2 * QUIET, path: dark.join("") };
}

function codewords(text, count) {
  const bits = [];
  const put = (value, width) => {
    for (let place = width - 1; place >= 0; place -= 1) bits.push((value >> place) & 1);
  };
  put(0b0010, 4);
  put(text.length, 9);
  for (let at = 0; at < text.length; at += 2) {
    const [one, two] = [...text.slice(at, at + 2)].map((letter) => LETTERS.indexOf(letter));
    if (two === undefined) put(one, 6);
    else put(one * 45 + two, 11);
  }
  put(0, Math.min(4, count * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const words = [];
  for (let at = 0; at < bits.length; at += 8) words.push(bits.slice(at, at + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  for (let pad = 0xec; words.length < count; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

/** The rest of a division by the generator, in the field of 256 elements. */
function correction(words, count) {
  let generator = [1];
  for (let power = 0, root = 1; power < count; power += 1, root = times(root, 2)) {
    generator = [...generator, 0].map((factor, place) => factor ^ times(generator[place - 1] ?? 0, root));
  }
  const rest = [...words, ...Array(count).fill(0)];
  for (let place = 0; place < words.length; place += 1) {
    const factor = rest[place];
    generator.forEach((each, next) => (rest[place + next] ^= times(each, factor)));
  }
  return rest.slice(words.length);
}

function times(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product & 0x80 ? 0x11d : 0);
    if ((other >> bit) & 1) product ^= one;
  }
  return product & 0xff;
}

function drawn(version, words) {
  const size = 17 + 4 * version;
  const rows = Array.from({ length: size }, () => Array(size).fill(null));
  const set = (y, x, isDark) => rows[y]?.[x] !== undefined && (rows[y][x] = isDark);
  for (const [top, left] of [[0, 0], [0, size - 7], [size - 7, 0]]) {
    for (let y = -1; y < 8; y += 1) for (let x = -1; x < 8; x += 1) set(top + y, left + x, isFinder(y, x));
  }
  if (version > 1) for (let y = -2; y < 3; y += 1) for (let x = -2; x < 3; x += 1) set(size - 7 + y, size - 7 + x, Math.max(Math.abs(y), Math.abs(x)) !== 1);
  for (let at = 8; at < size - 8; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  putFormat(rows, size);
  putWords(rows, size, words);
  return rows;
}

function isFinder(y, x) {
  const ring = Math.max(Math.abs(y - 3), Math.abs(x - 3));
  return ring < 2 || ring === 3;
}

function putFormat(rows, size) {
  for (let bit = 0; bit < 15; bit += 1) {
    const isDark = ((FORMAT >> bit) & 1) === 1;
    rows[bit < 6 ? bit : bit < 8 ? bit + 1 : size - 15 + bit][8] = isDark;
    rows[8][bit < 8 ? size - 1 - bit : bit === 8 ? 7 : 14 - bit] = isDark;
  }
  rows[size - 8][8] = true;
}

/** In columns of two from the right, up and down in turns, around what stands there. */
function putWords(rows, size, words) {
  let place = 0;
  let isUp = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right -= 1;
    for (let step = 0; step < size; step += 1) {
      const y = isUp ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (rows[y][x] !== null) continue;
        const bit = ((words[place >> 3] ?? 0) >> (7 - (place & 7))) & 1;
        rows[y][x] = (bit === 1) !== ((y + x) % 2 === 0);
        place += 1;
      }
    }
    isUp = !isUp;
  }
}
