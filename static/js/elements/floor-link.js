import { h, icon } from "../lib/dom.js";
import { parseQuantity, quantityText } from "../lib/till/money.js";
import { saying, why } from "../lib/floor/keeping.js";
import { uuid7 } from "../lib/till/uuid.js";

/** Give an article the code that stands on it: scan the code, then say which article it is. */
class FloorLink extends HTMLElement {
  begin(app) {
    this.app = app;
    this.hint = h("p", { class: "floor-hint" });
    this.code = h("p", { class: "floor-answer__large mono" });
    this.article = h("p", { class: "floor-answer__title" });
    this.pack = h("input", { id: "floor-pack", inputmode: "decimal", autocomplete: "off" });
    this.packField = h("div", { class: "field" }, h("label", { for: "floor-pack" }, "Pieces that the code stands for"), this.pack);
    this.done = h("button", { class: "button button--primary button--large floor-foot__done", type: "button", onclick: () => this.#finish() }, icon("check"), " Done");
    this.over = h("button", { class: "button button--large button--quiet", type: "button", "data-over": true, onclick: () => this.#startOver() }, icon("trash"), " Start over");
    this.foot = h("div", { class: "floor-foot" }, this.over, this.done);
    this.replaceChildren(this.hint, h("div", { class: "floor-answer" }, this.code, this.article), this.packField, this.foot);
    this.#startOver();
  }

  /** Nothing carries the code: it is the one to be given. */
  unknown(code) {
    if (this.link) return false; // then it was to be the article
    this.link = { id: uuid7(), code };
    this.#draw();
    return true;
  }

  found({ article }, text) {
    if (!this.link) return this.app.say(`${text} is ${article.title} already. Scan a code that nothing carries yet.`, "error");
    this.link.article = article;
    return this.#draw();
  }

  #startOver() {
    this.link = null;
    this.pack.value = "1";
    this.#draw();
  }

  #draw() {
    const { code, article } = this.link ?? {};
    this.hint.textContent = !code ? "Scan the new code." : article ? "Is this right?" : "Now scan another code of the article, or type its name.";
    this.code.textContent = code ?? "";
    this.article.textContent = article ? `is ${article.title}` : "";
    this.packField.hidden = this.done.hidden = !article;
    this.over.hidden = this.foot.hidden = !code;
    if (article) this.done.focus();
  }

  async #finish() {
    const text = this.pack.value.trim().replace(",", ".");
    const units = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? parseQuantity(text) : 0n;
    if (units === 0n) {
      this.pack.focus();
      return this.app.say("For how many pieces does the code stand?", "error");
    }
    if (this.isBusy) return undefined;
    this.isBusy = true;
    const { id, code, article } = this.link;
    try {
      const keeping = await this.app.bring();
      const told = await keeping.book({ kind: "link-code", about: id, make: () => ({ variant: article.id, code, pack_quantity: quantityText(units) }) });
      this.#startOver();
      this.app.say(`${code} is ${article.title}. ${saying(told)}`, told.state === "sent" ? "success" : "info");
      this.app.focusField();
    } catch (problem) {
      this.app.say(why(problem), "error");
    } finally {
      this.isBusy = false;
    }
    return undefined;
  }
}
customElements.define("floor-link", FloorLink);
