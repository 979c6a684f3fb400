// Our own reader: zxing as WebAssembly. It knows GS1 DataBar, and tells where the parts of a GS1 code end.

const FORMATS = "EAN13,EAN8,UPCA,UPCE,Code128,QRCodeModel2,DataBarOmni,DataBarStkOmni,DataBarLtd,DataBarExp,DataBarExpStk";
/** Data Matrix costs nearly as much again as all the others: looked for in the middle of the picture, and where one was seen. */
const WITH_MATRIX = `${FORMATS},DataMatrix`;
const GOES_ON = 20;
const MOST_CODES = 8;

const OPTIONS = {
  tryHarder: true,
  tryRotate: true,
  tryInvert: false,
  tryDownscale: true,
  tryDenoise: false,
  isPure: false,
  downscaleFactor: 3,
  downscaleThreshold: 500,
  minLineCount: 2,
  maxNumberOfSymbols: MOST_CODES,
  validateOptionalChecksum: false,
  returnErrors: false,
  tryCode39ExtendedMode: false,
  binarizer: 0, // local average
  eanAddOnSymbol: 0, // ignored
  textMode: 0, // plain
  characterSet: 0, // as the code says
};

/** Fetch and compile the reader: `decoder` and `wasm` are the addresses of its module and of its WebAssembly. */
export async function zxingReader({ decoder, wasm }) {
  const { default: start } = await import(decoder);
  return new ZxingReader(await start({ locateFile: () => wasm }));
}

class ZxingReader {
  #matrixLooks = 0;

  constructor(module) {
    this.module = module;
  }

  /** What is in a picture: `[{ format, text, symbologyIdentifier, corners }]`; `hasMatrix`: a Data Matrix is in it, somebody says. */
  read(picture, { hasMatrix = false } = {}) {
    const { module } = this;
    const formats = hasMatrix || this.#matrixLooks > 0 || picture.kind.startsWith("near") ? WITH_MATRIX : FORMATS;
    const grey = picture.grey();
    const memory = module._malloc(grey.length);
    try {
      module.HEAPU8.set(grey, memory);
      const results = module.readBarcodesFromPixmap(memory, picture.width, picture.height, { ...OPTIONS, formats });
      const all = Array.from({ length: results.size() }, (_, at) => results.get(at));
      results.delete?.();
      const found = all.filter(({ isValid }) => isValid).map(told);
      this.#matrixLooks = found.some(isMatrix) ? GOES_ON : Math.max(0, this.#matrixLooks - 1);
      return found;
    } finally {
      module._free(memory);
    }
  }
}

const isMatrix = ({ format }) => format === "DataMatrix";

function told({ format, text, symbologyIdentifier, position: { topLeft, topRight, bottomRight, bottomLeft } }) {
  return { format, text, symbologyIdentifier, corners: [topLeft, topRight, bottomRight, bottomLeft] };
}
