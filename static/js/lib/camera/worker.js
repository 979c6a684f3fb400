// Owns the decoder, away from the page: a slow picture never holds up the till. No import map reaches a worker, so the
// page says where everything lies: { begin: { decoder, passes, wasm } }, then { look: { id, frame, kind } } for each picture.

// GS1 DataBar carries lots and dates on fresh goods; the browser's own BarcodeDetector knows neither it nor where
// the parts of a GS1-128 end, on no system, so it is not asked.
const FORMATS = "EAN13,EAN8,UPCA,UPCE,Code128,QRCodeModel2,DataBarOmni,DataBarStkOmni,DataBarLtd,DataBarExp,DataBarExpStk";
const MOST_CODES = 8;

let tools;
let canvas;

const OPTIONS = {
  formats: FORMATS,
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

async function begin({ decoder, passes, wasm }) {
  const [{ default: start }, drawing] = await Promise.all([import(decoder), import(passes)]);
  tools = { module: await start({ locateFile: () => wasm }), ...drawing };
  return {};
}

function look({ frame, kind }) {
  const began = performance.now();
  const [width, height] = [frame.displayWidth ?? frame.width, frame.displayHeight ?? frame.height];
  const drawing = tools.drawingOf(kind, width, height);
  canvas ??= new OffscreenCanvas(1, 1);
  if (canvas.width !== drawing.width || canvas.height !== drawing.height) Object.assign(canvas, { width: drawing.width, height: drawing.height });
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  context.resetTransform();
  if (drawing.isTurned) context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(...drawing.matrix);
  context.drawImage(frame, 0, 0, width, height);
  frame.close();
  const { data } = context.getImageData(0, 0, drawing.width, drawing.height);
  const found = decoded(tools.filtered(kind, tools.greyOf(data), drawing.width, drawing.height), drawing);
  const corners = ({ topLeft, topRight, bottomRight, bottomLeft }) =>
    [topLeft, topRight, bottomRight, bottomLeft].map((point) => tools.inFrame(point, drawing.matrix, width, height));
  return {
    kind,
    ms: performance.now() - began,
    width,
    height,
    found: found.map(({ format, text, symbologyIdentifier, position }) => ({ format, text, symbologyIdentifier, corners: corners(position) })),
  };
}

function decoded(grey, { width, height }) {
  const { module } = tools;
  const memory = module._malloc(grey.length);
  try {
    module.HEAPU8.set(grey, memory);
    const results = module.readBarcodesFromPixmap(memory, width, height, OPTIONS);
    const all = Array.from({ length: results.size() }, (_, at) => results.get(at));
    results.delete?.();
    return all.filter(({ isValid }) => isValid);
  } finally {
    module._free(memory);
  }
}

self.onmessage = async ({ data: { begin: places, look: order } }) => {
  const id = order?.id ?? 0;
  try {
    postMessage({ id, answer: order ? look(order) : await begin(places) });
  } catch (problem) {
    order?.frame.close();
    postMessage({ id, problem: String(problem?.message ?? problem) });
  }
};
