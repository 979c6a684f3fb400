import { h, icon } from "../lib/dom.js";
import { since } from "../lib/format.js";
import { ageWords } from "../lib/store/age.js";
import { Aside } from "../lib/till/aside.js";
import "./unsent-list.js";

/** How the till stands with the server, and what waits to be sent. */
class TillWaiting extends Aside {
  ask(counter) {
    this.counter = counter;
    if (!this.dialog) {
      this.about = h("p", {});
      this.setUp = h("p", { hidden: true });
      this.age = h("p", { class: "muted", hidden: true });
      this.build("This till and the server", [this.about, this.age, this.setUp, h("unsent-list")]);
    }
    this.#say();
    this.show();
    this.#sayAge();
  }

  async #sayAge() {
    const { offline } = this.counter.standing;
    this.#follow(offline?.refresh);
    const asOf = await offline?.asOf();
    this.age.textContent = ageWords(asOf, offline?.refresh);
    this.age.hidden = this.age.textContent === "";
  }

  /** Say it again when the catalogue of the device is further than it was. */
  #follow(refresh) {
    if (!refresh || refresh === this.followed) return;
    this.followed = refresh;
    for (const news of ["progress", "change"]) refresh.addEventListener(news, () => this.#sayAge());
  }

  #say() {
    const { session, standing } = this.counter;
    const { line, offline } = standing;
    const device = offline?.device;
    const is = line.isAway ? `The server has been away since ${since(line.since)}.` : "The server answers.";
    const can = offline?.isReady
      ? `This is ${device.label}: cash and card sales, returns of what it sold itself lately and parked baskets go on without the server and are sent when it is back. Gift cards, store credit, points and customers need it.`
      : device?.isOver
        ? "This device was let out: it sends what it still holds, and sells only while the server answers."
        : "This browser sells only while the server answers.";
    this.about.textContent = `${is} ${can}`;
    const address = session.setup.urls.devices;
    this.setUp.hidden = Boolean(offline?.isReady) || !address;
    if (address) this.setUp.replaceChildren(h("a", { class: "button", href: address }, icon("till"), " Set this till up to sell without a network"));
  }
}
customElements.define("till-waiting", TillWaiting);
