// Looks at pictures away from the page: a slow one never holds up the till. No import map reaches a worker, so the
// page says where everything lies: { begin: { passes, readers, native, zxing, decoder, wasm } }, then { look: { id, frame,
// kind } } for each picture.

/** The browser may take so long to say whether it has a reader. */
const MOST_MS = 1500;

let tools;
let readers;
let canvas;

async function begin(places) {
  const [passes, { Readers }, { nativeReader }, { zxingReader }] = await Promise.all(
    ["passes", "readers", "native", "zxing"].map((name) => import(places[name])),
  );
  tools = passes;
  const native = await Promise.race([nativeReader(), new Promise((resolve) => setTimeout(resolve, MOST_MS, null))]);
  readers = new Readers({ native, open: () => zxingReader(places) });
  await readers.begin();
  return {};
}

async function look({ frame, kind }) {
  const began = performance.now();
  const [width, height] = [frame.displayWidth ?? frame.width, frame.displayHeight ?? frame.height];
  const drawing = tools.drawingOf(kind, width, height);
  const picture = new Picture(kind, drawn(frame, drawing, width, height));
  const found = await readers.read(picture, began);
  return {
    kind,
    ms: performance.now() - began,
    width,
    height,
    found: found.map((one) => ({ ...one, corners: one.corners.map((point) => tools.inFrame(point, drawing.matrix, width, height)) })),
  };
}

/** The pixels of a frame as a look wants them drawn; the frame is used up. */
function drawn(frame, drawing, width, height) {
  canvas ??= new OffscreenCanvas(1, 1);
  if (canvas.width !== drawing.width || canvas.height !== drawing.height) Object.assign(canvas, { width: drawing.width, height: drawing.height });
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  context.resetTransform();
  if (drawing.isTurned) context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(...drawing.matrix);
  context.drawImage(frame, 0, 0, width, height);
  frame.close();
  return context.getImageData(0, 0, drawing.width, drawing.height);
}

/** What a reader looks at: brightness, or pixels in colour where no filter took them away. */
class Picture {
  #grey = null;

  constructor(kind, pixels) {
    Object.assign(this, { kind, pixels, width: pixels.width, height: pixels.height });
  }

  grey() {
    this.#grey ??= tools.filtered(this.kind, tools.greyOf(this.pixels.data), this.width, this.height);
    return this.#grey;
  }

  image() {
    return tools.isFiltered(this.kind) ? new ImageData(tools.rgbaOf(this.grey()), this.width, this.height) : this.pixels;
  }
}

self.onmessage = async ({ data: { begin: places, look: order } }) => {
  const id = order?.id ?? 0;
  try {
    postMessage({ id, answer: order ? await look(order) : await begin(places) });
  } catch (problem) {
    order?.frame.close();
    postMessage({ id, problem: String(problem?.message ?? problem), isBlind: problem?.isBlind });
  }
};
