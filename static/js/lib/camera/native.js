// The reader that some browsers bring along (`BarcodeDetector`): quick, and nothing has to be fetched for it.

/** What it has to know, in our words. */
const NAMES = { ean_13: "EAN13", ean_8: "EAN8", upc_a: "UPCA", upc_e: "UPCE", code_128: "Code128", qr_code: "QRCode" };

/** The browser's own reader; null where there is none, or none that knows all of `NAMES`. */
export async function nativeReader(Detector = globalThis.BarcodeDetector) {
  try {
    const known = await Detector.getSupportedFormats();
    const formats = Object.keys(NAMES);
    return formats.every((format) => known.includes(format)) ? new NativeReader(new Detector({ formats })) : null;
  } catch {
    return null; // there, but not at work
  }
}

class NativeReader {
  constructor(detector) {
    this.detector = detector;
  }

  /** What is in a picture: `[{ format, text, corners }]`. Fails where the system's service is away. */
  async read(picture) {
    const found = await this.detector.detect(picture.image());
    const wanted = found.filter(({ format }) => NAMES[format]);
    return wanted.map(({ format, rawValue, cornerPoints }) => ({ format: NAMES[format], text: rawValue, corners: cornerPoints.map(({ x, y }) => ({ x, y })) }));
  }
}
