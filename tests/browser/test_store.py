"""What a device keeps, in a real browser's database: filled, told what changed, asked without a server."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from core.locations.models import Location
from core.testing import Shop, make_variant
from inventory.models import Product as Goods
from inventory.services.catalogue import ProductDraft, VariantDraft, update_product
from inventory.services.retiring import retire_product
from orders.services.discounts import create_discount
from tests.browsers import complaints, logged_in
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

# `device`: a catalogue, what keeps it up to date, and the shop as it answers from there. Pages of two articles.
DEVICE = """async (place) => {
  const lib = (name) => import(`/static/js/lib/store/${name}.js`);
  const [{ Catalogue }, { Refresh }, { Shop }] = await Promise.all([lib("catalogue"), lib("refresh"), lib("shop")]);
  const catalogue = new Catalogue();
  const here = () => place;
  window.device = { catalogue, refresh: new Refresh(catalogue, here, { limit: 2 }), shop: new Shop(catalogue, here) };
}"""
SKUS = "async () => [...(await device.catalogue.search('')).values()].map(({ sku }) => sku).sort()"
QUOTE = """async (body) => {
  const { postJson } = await import("/static/js/lib/api.js");
  const { as_of, ...mine } = await device.shop.quote(body);
  return [mine, await postJson("/api/v1/orders/quote/", body)];
}"""
NOTED = """async () => {
  const database = await (await import("/static/js/lib/store/open.js")).open();
  return (await database.getAll("meta")).map(({ name }) => name);
}"""
HEAR = """() => {
  window.heard = new Promise((done) => device.catalogue.addEventListener("change", () => done(), { once: true }));
}"""
REFUSAL = "async (code) => device.shop.scan(code).then(() => 'known', (problem) => problem.code)"


@pytest.fixture
def context(browser: Browser, product: Product, acme: Shop) -> Iterator[BrowserContext]:
    context = logged_in(browser, product, acme)
    yield context
    context.close()


def a_tab(context: BrowserContext, shop: Shop) -> Page:
    page = context.new_page()
    page.goto("/settings/account/")
    page.evaluate(DEVICE, str(shop.location.pk))
    return page


def fresh(page: Page) -> None:
    page.evaluate("() => device.refresh.now()")
    assert page.evaluate("() => [device.refresh.state, String(device.refresh.problem ?? '')]") == ["resting", ""]


def priced(shop: Shop, sku: str, price: str) -> None:
    variant = shop.variant(sku)
    draft = VariantDraft(id=variant.pk, values={"unit_price": Decimal(price)})
    update_product(variant.product_id, ProductDraft(values={}, variants=[draft]), actor=shop.actor())


def test_a_device_is_filled_told_what_changed_and_answers_by_itself(
    context: BrowserContext, product: Product, acme: Shop, globex: Shop
) -> None:
    product.quiet(acme)
    page = a_tab(context, acme)
    said = complaints(page)
    told: list[Any] = []
    page.expose_function("told", lambda detail: told.append(detail))  # noqa: PLW0108  playwright marks it
    page.evaluate("() => device.refresh.addEventListener('progress', ({ detail }) => told(detail))")
    assert page.evaluate(REFUSAL, "TEA") == "away"
    fresh(page)
    assert told == [{"done": 2, "articles": 3}]
    assert page.evaluate(SKUS) == ["CUP", "JAM", "TEA"]
    assert page.evaluate("async () => (await device.shop.scan('5012345678900')).article.sku") == "TEA"

    priced(acme, "TEA", "5.55")
    retire_product(acme.variant("JAM").product_id, actor=acme.actor())
    make_variant("NEW", name="A new thing", price="1.25")
    update_product(Goods.objects.get(name="A new thing").pk, ProductDraft(values={"name": "Bun"}), actor=acme.actor())
    create_discount(name="Spring", kind="percent", value=Decimal(10), actor=acme.actor())
    product.quiet(acme)
    fresh(page)
    assert page.evaluate(SKUS) == ["CUP", "NEW", "TEA"]
    assert page.evaluate(
        "async () => (await device.shop.articles({ q: 'bun' })).map(({ unit_price }) => unit_price)"
    ) == ["1.2500"]
    lines = [{"variant": str(acme.variant(sku).pk), "quantity": units} for sku, units in (("TEA", "3"), ("NEW", "7"))]
    mine, theirs = page.evaluate(QUOTE, {"location": str(acme.location.pk), "channel": "counter", "lines": lines})
    assert mine == theirs and mine["discount_total"] != "0.00"

    # The next page has the names from what this one wrote down, with what changed after that.
    assert page.evaluate(NOTED) == ["catalogue", "names", "renamed"]
    page.goto("/settings/account/")
    page.evaluate(DEVICE, str(acme.location.pk))
    assert page.evaluate(SKUS) == ["CUP", "NEW", "TEA"]
    assert page.evaluate("async () => (await device.catalogue.search('bun')).length") == 1

    context.set_offline(True)
    assert page.evaluate("async () => (await device.shop.scan('TEA')).article.unit_price") == "5.5500"
    page.evaluate("() => device.refresh.now()")
    assert page.evaluate("() => device.refresh.state") == "away"
    assert page.evaluate("async () => (await device.refresh.age()) < 60")
    assert [one for one in said if "ERR_INTERNET_DISCONNECTED" not in one] == []


def test_a_filling_that_was_broken_off_goes_on_where_it_was_and_forgets_what_is_gone_meanwhile(
    context: BrowserContext, product: Product, acme: Shop, globex: Shop
) -> None:
    product.quiet(acme)
    page = a_tab(context, acme)
    page.evaluate(
        """async (place) => {
          const { getJson } = await import("/static/js/lib/api.js");
          const first = await getJson(`/api/v1/catalogue/?location=${place}&limit=2`);
          await device.catalogue.keepPage(first, place);
        }""",
        str(acme.location.pk),
    )
    assert page.evaluate("async () => [await device.catalogue.state(), (await device.catalogue.filling()).done]") == [
        None,
        2,
    ]
    retire_product(acme.variant("TEA").product_id, actor=acme.actor())
    product.quiet(acme)
    page.reload()
    page.evaluate(DEVICE, str(acme.location.pk))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/catalogue/?" in request.url else None)
    fresh(page)
    assert len(asked) == 1 and "cursor=&" not in asked[0]
    assert page.evaluate(SKUS) == ["CUP", "JAM"]

    # Read as a whole again, what no page names is forgotten.
    page.evaluate(
        """async () => {
          const { open } = await import("/static/js/lib/store/open.js");
          const database = await open();
          const row = (await device.catalogue.code("04006381333931")).row;
          const [state, id] = [await device.catalogue.state(), "ffffffff-0000-7000-8000-000000000000"];
          await database.put("articles", { ...row, id, sku: "GHOST", round: 0 });
          await database.put("meta", { ...state, epoch: id });
          await device.catalogue.names();
        }"""
    )
    fresh(page)
    assert page.evaluate(SKUS) == ["CUP", "JAM"]

    # Closed after the last page and before the end.
    page.evaluate(
        """async () => {
          const database = await (await import("/static/js/lib/store/open.js")).open();
          const { name, ...state } = await device.catalogue.state();
          await database.put("meta", { ...state, name: "filling", cursor: null, done: 2, articles: 2 });
        }"""
    )
    fresh(page)
    assert page.evaluate("async () => [await device.catalogue.filling(), (await device.catalogue.state()).round]") == [
        None,
        2,
    ]


def test_two_pages_at_two_places_do_not_take_the_catalogue_from_each_other(
    context: BrowserContext, product: Product, acme: Shop, globex: Shop
) -> None:
    two = Location.objects.create(code="TWO", name="Second shop")
    product.quiet(acme)
    page, beside = a_tab(context, acme), context.new_page()
    fresh(page)
    beside.goto("/settings/account/")
    beside.evaluate(DEVICE, str(two.pk))
    fresh(beside)
    assert page.evaluate(REFUSAL, "TEA") == "away"
    page.evaluate("() => device.refresh.now()")
    assert page.evaluate("() => device.refresh.state") == "elsewhere"
    assert beside.evaluate(REFUSAL, "TEA") == "known"


def test_the_tabs_of_a_device_know_the_same(
    context: BrowserContext, product: Product, acme: Shop, globex: Shop
) -> None:
    product.quiet(acme)
    page = a_tab(context, acme)
    fresh(page)
    beside = a_tab(context, acme)
    assert beside.evaluate(SKUS) == ["CUP", "JAM", "TEA"]
    variant = acme.variant("CUP")
    update_product(variant.product_id, ProductDraft(values={"name": "Green mug"}), actor=acme.actor())
    product.quiet(acme)
    changed = (
        "() => new Promise((done) => device.catalogue.addEventListener('change', done, { once: true })).then(() => 1)"
    )
    beside.evaluate(f"() => {{ window.changed = ({changed})(); }}")
    fresh(page)
    assert beside.evaluate("() => window.changed") == 1
    assert beside.evaluate("async () => (await device.catalogue.search('mug')).map(({ sku }) => sku)") == ["CUP"]
