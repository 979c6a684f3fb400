import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, commandOf } from "../../static/js/lib/voice/grammar.js";
import { numberOf } from "../../static/js/lib/voice/numbers.js";
import { BrowserRecogniser } from "../../static/js/lib/voice/recogniser.js";

const ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = "x x twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** A number in words, written apart from what reads it. */
function inWords(value, and = " and") {
  if (value < 20) return ONES[value];
  if (value < 100) return TENS[Math.floor(value / 10)] + (value % 10 ? ` ${ONES[value % 10]}` : "");
  const scale = value < 1000 ? 100 : 1000;
  const rest = value % scale;
  const link = scale === 100 || rest < 100 ? and : "";
  return `${inWords(Math.floor(value / scale), and)} ${scale === 100 ? "hundred" : "thousand"}${rest ? `${link} ${inWords(rest, and)}` : ""}`;
}

test("every number up to ten thousand, and some beyond, is read as it is said, with or without and", () => {
  const some = [...Array(10_000).keys(), 12_345, 20_000, 99_999, 100_000, 123_456, 999_999];
  for (const value of some) {
    assert.equal(numberOf(inWords(value)), String(value), inWords(value));
    assert.equal(numberOf(inWords(value, "")), String(value), inWords(value, ""));
  }
});

test("parts, dozens and digits are numbers too", () => {
  const told = { "two and a half": "2.5", "three point five": "3.5", "zero point two five": "0.25", half: "0.5", "a dozen": "12", "two dozen": "24", "half a dozen": "6", "a hundred": "100", "twenty-one": "21", 12: "12", "1.5": "1.5", "1,5": "1.5", "one and a quarter": "1.25" };
  for (const [words, value] of Object.entries(told)) assert.equal(numberOf(words), value, words);
});

test("what is no number is none", () => {
  for (const words of ["", "tea", "twelve teas", "twenty twelve", "one two", "and", "five and", "thousand", "hundred", "point five", "three point", "ten point ten", "one million", "-3", "1e3", "1.2345", "a a", "two hundred thousand thousand", "twenty ten"]) {
    assert.equal(numberOf(words), null, words);
  }
});

/** What people say, and what is meant: `place, words, name, value`. */
const SAID = [
  ["floor", "count twelve", "quantity", "12"],
  ["floor", "Count twelve.", "quantity", "12"],
  ["floor", "there are twenty one of them", "quantity", "21"],
  ["floor", "twelve", "quantity", "12"],
  ["floor", "12 pieces", "quantity", "12"],
  ["floor", "make it two and a half", "quantity", "2.5"],
  ["floor", "count", "go:count", ""],
  ["floor", "next", "next", ""],
  ["floor", "okay next item please", "next", ""],
  ["floor", "search product", "next", ""],
  ["till", "find a product", "next", ""],
  ["floor", "done", "done", ""],
  ["floor", "save changes", "done", ""],
  ["floor", "undo", "undo", ""],
  ["floor", "bring it back", "undo", ""],
  ["floor", "remove that", "remove", ""],
  ["floor", "one more", "more", ""],
  ["floor", "one less", "less", ""],
  ["floor", "price of earl grey", "price", "earl grey"],
  ["floor", "how much is the blue cup", "price", "the blue cup"],
  ["floor", "stock of tea", "stock", "tea"],
  ["floor", "search product blue cup", "search", "blue cup"],
  ["floor", "find jam", "search", "jam"],
  ["floor", "scan item", "camera", ""],
  ["floor", "add inventory", "go:receive", ""],
  ["floor", "new customer", "go:customer", ""],
  ["floor", "go back", "back", ""],
  ["floor", "stop listening", "silence", ""],
  ["floor", "what can I say?", "help", ""],
  ["till", "quantity three", "quantity", "3"],
  ["till", "park", "ask:parked", ""],
  ["till", "park this basket", "ask:parked", ""],
  ["till", "pay cash", "pay:cash", ""],
  ["till", "Pay by card, please", "pay:card", ""],
  ["till", "customer", "ask:customer", ""],
  ["till", "price of tea", "price", "tea"],
  ["till", "undo", "undo", ""],
  ["till", "go back", "back", ""],
];

test("what people say is what is meant", () => {
  for (const [place, words, name, value] of SAID) assert.deepEqual(commandOf(words, place), { name, value }, words);
});

test("what is said to a customer is no command, and nothing takes money by itself", () => {
  for (const place of ["floor", "till"]) {
    for (const words of ["", "good morning", "that is twelve pounds", "count to", "would you like a bag", "done with that shelf yet", "take the payment", "confirm", "give change", "pay twelve pounds", "count minus three", "remove the customer from the list"]) {
      assert.equal(commandOf(words, place), null, `${place}: ${words}`);
    }
  }
  assert.equal(commandOf("done", "till"), null);
  assert.equal(commandOf("pay cash", "floor"), null);
});

test("another guess counts where the first is no command, an unsure one never", () => {
  const guess = (words, confidence = 0.9) => ({ words, confidence });
  assert.equal(choose([guess("count tell"), guess("count twelve")], "floor").value, "12");
  assert.equal(choose([guess("done", 0.5)], "floor"), null);
  assert.equal(choose([guess("done", 0.5), guess("undo", 0.7)], "floor").name, "undo");
  assert.equal(choose([], "floor"), null);
});

/** A recogniser of a browser, as it behaves: it ends by itself after each silence. */
class Fake {
  static all = [];
  constructor() {
    Fake.all.push(this);
  }
  start() {
    this.isOn = true;
  }
  abort() {
    this.isOn = false;
    this.onend?.();
  }
  say(...alternatives) {
    const result = Object.assign(alternatives.map(([transcript, confidence]) => ({ transcript, confidence })), { isFinal: true });
    this.onresult({ results: [result], resultIndex: 0 });
  }
}

test("the browser's recogniser is begun again after a silence, and hears nothing after it was stopped", async () => {
  Fake.all = [];
  const heard = [];
  const ear = new BrowserRecogniser({ language: "en", kind: Fake });
  assert.equal(ear.isThere, true);
  ear.start((words) => heard.push(words[0].words));
  Fake.all[0].say(["one", 0.9], ["won", 0.4]);
  Fake.all[0].onerror({ error: "no-speech" });
  Fake.all[0].onend();
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(Fake.all.length, 2);
  Fake.all[1].say(["two", 0.9]);
  ear.stop();
  Fake.all[1].say(["three", 0.9]);
  Fake.all[0].say(["four", 0.9]);
  assert.deepEqual(heard, ["one", "two"]);
  assert.equal(Fake.all[1].isOn, false);
});

test("a trouble that does not pass ends it and says why; a browser without one has none", () => {
  for (const [error, why] of [["not-allowed", "refused"], ["audio-capture", "no-microphone"], ["network", "away"]]) {
    Fake.all = [];
    const ends = [];
    const ear = new BrowserRecogniser({ language: "en", kind: Fake });
    ear.start(() => {}, (told) => ends.push(told));
    Fake.all[0].onerror({ error });
    Fake.all[0].onend?.();
    assert.deepEqual([ends, Fake.all.length], [[why], 1]);
  }
  assert.equal(new BrowserRecogniser({ language: "en", kind: undefined }).isThere, false);
});
