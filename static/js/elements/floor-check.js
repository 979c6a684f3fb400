import { h } from "../lib/dom.js";
import { money, quantity, since } from "../lib/format.js";

const MOST_SHOWN = 20;

/** What an article costs, or what there is of it: the last one large, those before it below. */
class FloorCheck extends HTMLElement {
  begin(app, name) {
    Object.assign(this, { app, isStock: name === "stock" });
    const hint = this.isStock ? "Scan an article, or type its name: what there is of it, here and elsewhere." : "Scan an article, or type its name: what it costs.";
    this.hint = h("p", { class: "floor-hint" }, hint);
    this.last = h("div", { class: "floor-answer", role: "status" });
    this.before = h("ul", { class: "row-list card card--flush", role: "list", "aria-label": "Looked up before", hidden: true });
    this.replaceChildren(this.hint, this.last, this.before);
  }

  async found({ article, pack, asOf }) {
    this.hint.hidden = true;
    if (this.shown) this.#putAside(this.shown);
    this.shown = article;
    const elsewhere = h("ul", { class: "floor-elsewhere", role: "list" });
    const large = this.isStock ? stockOf(article) : money(article.unit_price);
    const small = this.isStock ? money(article.unit_price) : article.is_stocked ? `${stockOf(article)} here` : "";
    const parts = [
      h("p", { class: "floor-answer__title" }, article.title),
      h("p", { class: "floor-answer__large" }, large, article.unit && h("span", { class: "floor-answer__unit" }, this.isStock ? ` ${article.unit}` : ` per ${article.unit}`)),
      h("p", { class: "floor-answer__note" }, h("span", { class: "mono" }, article.sku), small && ` · ${small}`, pack !== "1" && ` · this code is for ${quantity(pack)}`),
      asOf && h("p", { class: "badge badge--warn" }, `as of ${since(asOf)}`),
      elsewhere,
    ];
    this.last.replaceChildren(...parts.filter(Boolean));
    if (!this.isStock || asOf || !article.is_stocked) return;
    const names = new Map(this.app.setup.locations.map(({ id, name }) => [id, name]));
    const rows = (await this.app.source.everywhere(article)).filter(({ location }) => location !== this.app.placeId && names.has(location));
    elsewhere.replaceChildren(...rows.map(({ location, on_hand }) => h("li", {}, h("span", {}, names.get(location)), h("span", { class: "num" }, quantity(on_hand)))));
  }

  #putAside(article) {
    const end = this.isStock ? stockOf(article) : money(article.unit_price);
    this.before.hidden = false;
    this.before.prepend(
      h(
        "li",
        { class: "row-list__item" },
        h("span", { class: "row-list__main" }, h("span", { class: "row-list__title" }, article.title), h("span", { class: "row-list__note mono" }, article.sku)),
        h("span", { class: "row-list__end" }, end),
      ),
    );
    while (this.before.children.length > MOST_SHOWN) this.before.lastChild.remove();
  }
}
customElements.define("floor-check", FloorCheck);

/** In words what there is here: what is counted blind nobody is told. */
function stockOf({ is_stocked, on_hand }) {
  if (!is_stocked) return "Not kept in stock";
  return on_hand === null || on_hand === undefined ? "Not shown" : quantity(on_hand);
}
