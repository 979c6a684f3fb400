// The page's end of the decoding worker.
import { understood } from "./codes.js";
import { Turns } from "./passes.js";

/** How long the decoder may take to load and to answer. */
const MOST_MS = 20000;

const PARTS = ["passes", "readers", "native", "zxing"];

/** One decoder; `wasm` is the address of our own reader's WebAssembly, which is fetched when it is wanted. */
export class Eye {
  #answers = new Map();
  #count = 0;
  #turns = new Turns();

  constructor({ wasm }) {
    const parts = PARTS.map((name) => [name, import.meta.resolve(`./${name}.js`)]);
    const places = { ...Object.fromEntries(parts), decoder: import.meta.resolve("zxing-wasm"), wasm: new URL(wasm, location.href).href };
    this.worker = new Worker(import.meta.resolve("./worker.js"), { type: "module" });
    this.worker.onmessage = ({ data }) => this.#hear(data);
    this.worker.onerror = (event) => this.#fail(new Error(event.message || "The worker did not start"));
    this.ready = this.#ask({ begin: places });
    this.ready.catch(() => this.close());
  }

  /** Whether a picture is being looked at. */
  get isBusy() {
    return this.#answers.size > 0;
  }

  /**
   * Look at a frame (a `VideoFrame` or `ImageBitmap`, which is used up); answers `{ kind, ms, width, height, found }`,
   * found `[{ key, code, format, corners }]`. `kind` is the next in turn where none is named.
   */
  async look(frame, kind = this.#turns.next()) {
    const answer = await this.#ask({ look: { id: (this.#count += 1), frame, kind } }, [frame]);
    const found = answer.found.map((result) => ({ ...understood(result), format: result.format, corners: result.corners })).filter(({ key }) => key);
    if (found.length > 0) this.#turns.hit(kind);
    return { ...answer, found };
  }

  close() {
    this.worker.terminate();
    this.#fail(new Error("The scanner was closed"));
  }

  #ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      const id = message.look?.id ?? 0;
      const timer = setTimeout(() => this.#fail(new Error("The scanner does not answer")), MOST_MS);
      this.#answers.set(id, { resolve, reject, timer });
      this.worker.postMessage(message, transfer);
    });
  }

  #hear({ id, answer, problem, isBlind }) {
    const waiting = this.#answers.get(id);
    if (!waiting) return;
    this.#answers.delete(id);
    clearTimeout(waiting.timer);
    if (problem) waiting.reject(Object.assign(new Error(problem), { isBlind }));
    else waiting.resolve(answer);
  }

  #fail(problem) {
    for (const { reject, timer } of this.#answers.values()) {
      clearTimeout(timer);
      reject(problem);
    }
    this.#answers.clear();
  }
}
