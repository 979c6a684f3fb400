// What was said on the shop floor, done: each command presses what a finger would. Answers a few words where it could not.

const CANNOT = "not here";

/** Do a command (`{ name, value }`) for `app`, the `<floor-app>`. */
export async function act(app, { name, value }) {
  if (document.querySelector("dialog:modal")) return "answer the question first";
  if (name.startsWith("go:")) return open(app, name.slice(3));
  if (name === "price" || name === "stock") return look(app, name, value);
  const does = ACTS[name];
  return does ? does(app, value) : CANNOT;
}

const ACTS = {
  search: (app, words) => (app.parts.scan.hidden ? look(app, "price", words) : void app.take(words)),
  camera: (app) => (app.parts.scan.hidden ? CANNOT : void app.querySelector("camera-scan").open()),
  "camera-off": (app) => void app.querySelector("camera-scan").view?.close(),
  next: (app) => (app.say("Scan the next."), void app.focusField()),
  back: () => void (location.hash = ""),
  done: (app) => press(app.screen?.querySelector(".floor-foot__done")),
  quantity: (app, units) => newest(app, (screen) => screen.setNewest(units)),
  more: (app) => newest(app, (screen) => screen.stepNewest(1)),
  less: (app) => newest(app, (screen) => screen.stepNewest(-1)),
  remove: (app) => newest(app, (screen) => screen.removeNewest()),
  undo: (app) => (app.screen?.undo?.() ? "" : "nothing to take back"),
};

function press(button) {
  if (!button || button.hidden || button.disabled) return CANNOT;
  button.click();
  return "";
}

const newest = (app, change) => (app.screen?.setNewest && app.screen.work.lines.length > 0 ? change(app.screen) : CANNOT);

function open(app, part) {
  const tile = app.querySelector(`.floor-tile[href="#${part}"]`);
  if (!tile || tile.hidden) return CANNOT;
  location.hash = part;
  return "";
}

async function look(app, part, words) {
  const tile = app.querySelector(`.floor-tile[href="#${part}"]`);
  if (!tile || tile.hidden) return CANNOT;
  await app.open(part);
  app.take(words);
  return "";
}
