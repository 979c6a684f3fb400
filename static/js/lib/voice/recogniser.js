// What hears words: one interface, and the browser's own recogniser behind it. Another can take its place by `use`.
//
//   isThere               whether this browser has one
//   start(onWords, onEnd) begin to listen; `onWords([{ words, confidence }, …])` hears each thing that was said, best guess first;
//                         `onEnd(why)` that it ended by itself: "refused", "no-microphone", "away" or "broken"
//   stop()                listen no more; nothing is heard after it

const AGAIN_MS = 300;
const MOST_FAILURES = 5; // in a row, without a word
/** What the browser calls its troubles; those that are left out pass by themselves. */
const TROUBLES = { "not-allowed": "refused", "service-not-allowed": "refused", "audio-capture": "no-microphone", network: "away", "language-not-supported": "broken" };

/** The browser's recogniser. It ends after each silence, so it is begun again until somebody stops it. */
export class BrowserRecogniser {
  #heard = null;
  #wanted = null;
  #failures = 0;

  constructor({ language = document.documentElement.lang || "en", kind = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition } = {}) {
    Object.assign(this, { language, kind });
  }

  get isThere() {
    return Boolean(this.kind);
  }

  start(onWords, onEnd = () => {}) {
    if (this.#wanted || !this.isThere) return;
    this.#wanted = { onWords, onEnd };
    this.#failures = 0;
    this.#begin();
  }

  stop() {
    this.#wanted = null;
    clearTimeout(this.timer);
    this.#heard?.abort();
    this.#heard = null;
  }

  #begin() {
    const wanted = this.#wanted;
    const heard = (this.#heard = Object.assign(new this.kind(), { lang: this.language, continuous: true, interimResults: false, maxAlternatives: 4 }));
    const isMine = () => this.#wanted === wanted && this.#heard === heard;
    heard.onresult = (event) => {
      if (!isMine()) return;
      this.#failures = 0;
      for (const result of [...event.results].slice(event.resultIndex)) {
        if (result.isFinal) wanted.onWords([...result].map(({ transcript, confidence }) => ({ words: transcript, confidence })));
      }
    };
    heard.onerror = ({ error }) => {
      if (!isMine()) return;
      if (error !== "no-speech") this.#failures += 1;
      if (TROUBLES[error]) this.#end(TROUBLES[error]);
    };
    heard.onend = () => {
      if (!isMine()) return;
      if (this.#failures >= MOST_FAILURES) this.#end("broken");
      else this.timer = setTimeout(() => isMine() && this.#begin(), AGAIN_MS);
    };
    try {
      heard.start();
    } catch {
      this.#end("broken");
    }
  }

  #end(why) {
    const { onEnd } = this.#wanted;
    this.stop();
    onEnd(why);
  }
}

let made = null;

/** The recogniser of this page. */
export const recogniser = () => (made ??= new BrowserRecogniser());

/** Put another in its place: anything with `isThere`, `start` and `stop`. */
export function use(another) {
  made = another;
}
