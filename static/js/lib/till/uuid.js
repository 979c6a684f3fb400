/** A version 7 UUID (RFC 9562, 5.7): 48 bits of Unix milliseconds, then randomness. Made before the first try. */
export function uuid7(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(10))) {
  const time = now.toString(16).padStart(12, "0");
  const bytes = Array.from(random, (byte, place) => {
    if (place === 0) return 0x70 | (byte & 0x0f);
    return place === 2 ? 0x80 | (byte & 0x3f) : byte;
  });
  const hex = time + bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
