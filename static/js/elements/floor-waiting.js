import { h } from "../lib/dom.js";
import { ageWords } from "../lib/store/age.js";
import "./unsent-list.js";

/** What this device has not sent yet, and how old what it keeps is. */
class FloorWaiting extends HTMLElement {
  begin(app) {
    this.age = h("p", { class: "muted", hidden: true });
    this.replaceChildren(this.age, h("unsent-list"));
    this.#follow(app);
  }

  disconnectedCallback() {
    this.stop?.();
  }

  async #follow(app) {
    const keeping = await app.bring().catch(() => null);
    await keeping?.shop();
    if (!keeping?.catalogue || !this.isConnected) return;
    const draw = async () => {
      this.age.textContent = ageWords(await keeping.catalogue.since(), keeping.refresh);
      this.age.hidden = this.age.textContent === "";
    };
    const { refresh } = keeping;
    for (const news of ["progress", "change"]) refresh?.addEventListener(news, draw);
    this.stop = () => ["progress", "change"].forEach((news) => refresh?.removeEventListener(news, draw));
    draw();
  }

  found() {}
}
customElements.define("floor-waiting", FloorWaiting);
