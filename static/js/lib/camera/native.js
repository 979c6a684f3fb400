// The reader that some browsers bring along (`BarcodeDetector`): quick, and nothing has to be fetched for it.

/** What it has to know, and what it may know, in our words. */
const NEEDED = { ean_13: "EAN13", ean_8: "EAN8", upc_a: "UPCA", upc_e: "UPCE", code_128: "Code128", qr_code: "QRCode" };
const NAMES = { ...NEEDED, data_matrix: "DataMatrix" };

/** The browser's own reader; null where there is none, or none that knows all of `NEEDED`. */
export async function nativeReader(Detector = globalThis.BarcodeDetector) {
  try {
    const known = await Detector.getSupportedFormats();
    if (!Object.keys(NEEDED).every((format) => known.includes(format))) return null;
    return new NativeReader(new Detector({ formats: Object.keys(NAMES).filter((format) => known.includes(format)) }));
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
