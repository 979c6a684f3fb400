"""Variants from options: the matrix is completed, what stands keeps its id, and nothing with a past is deleted."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.audit.models import AuditEntry
from core.outbox.models import Event
from core.testing import CANARY, Shop, make_variant, sale_body, stock
from inventory.models import PriceChange, Product, StockLevel, Variant
from inventory.option_matrix import Option, Value, sku_of
from inventory.services.pictures import add_picture
from inventory.services.prices import PriceLine, create_price_list, set_prices
from tests.api import machine, pointers
from tests.pictures import a_picture


def option(name: str, *values: str, was: str = "", **renames: str) -> dict[str, Any]:
    """``renames`` are new values by the old one."""
    stated = [{"value": renames.get(value, value), "was": value if value in renames else ""} for value in values]
    return {"name": name, "was": was, "values": stated}


def put(key: Any, product: Product, *options: dict[str, Any], match: str = "*", **more: Any) -> Any:
    return key._send("PUT", f"products/{product.pk}/options/", {"options": options, **more}, {"If-Match": match})


def preview(key: Any, product: Product, *options: dict[str, Any], **more: Any) -> Any:
    return key.post(f"products/{product.pk}/options/preview/", {"options": options, **more})


def standing(product: Product) -> dict[str, Variant]:
    return {row.name: row for row in product.variants.all()}


def test_the_matrix_is_made_from_the_first_variant_which_stays_itself(acme: Shop, globex: Shop) -> None:
    key, shirt = machine(acme), make_variant("SHIRT", price="19.90")
    make_variant("SHIRT-M-blue")
    Variant.objects.filter(pk=shirt.pk).update(unit="pc", unit_cost=Decimal("7.5"))
    told = Event.objects.count()
    product, wanted = shirt.product, (option("Size", "S", "M"), option("Colour", "dark red", "blue"))
    seen = preview(key, product, *wanted)
    assert seen.status_code == 200, seen.content
    assert [row["sku"] for row in seen.json()["added"]] == ["SHIRT-S-blue", "SHIRT-M-dark-red", "SHIRT-M-blue-2"]
    assert product.variants.count() == 1 and Event.objects.count() == told
    done = put(key, product, *wanted, match='"1"')
    assert done.status_code == 200, done.content
    body = done.json()
    assert [one["name"] for one in body["options"]] == ["Size", "Colour"] and body["version"] == 2
    assert [(row["name"], row["sku"]) for row in body["variants"]] == [
        ("S / dark red", "SHIRT"),
        ("S / blue", "SHIRT-S-blue"),
        ("M / dark red", "SHIRT-M-dark-red"),
        ("M / blue", "SHIRT-M-blue-2"),
    ]
    assert body["variants"][0]["id"] == str(shirt.pk)
    rows = list(product.variants.all())
    assert {(row.unit_price, row.unit, row.unit_cost) for row in rows} == {(Decimal("19.9"), "pc", Decimal("7.5"))}
    assert rows[3].options == {"Size": "M", "Colour": "blue"} and rows[3].title.endswith(", M / blue")
    assert PriceChange.objects.filter(variant__product=product).count() == 3
    event = Event.objects.get(type="product.updated")
    assert event.payload["fields"] == ["options", "variants_added"]
    assert AuditEntry.objects.filter(object_type="product", object_id=str(product.pk), action="change").count() == 1
    again = put(key, product, *wanted)
    assert again.json()["version"] == 2 and Event.objects.count() == told + 1
    assert CANARY not in done.content.decode()


def test_renaming_keeps_every_variant(acme: Shop) -> None:
    key, product = machine(acme), make_variant("SHIRT").product
    assert put(key, product, option("Size", "S", "M")).status_code == 200
    before = standing(product)
    swapped = option("Length", "S", "M", was="Size", S="M", M="S")
    assert put(key, product, swapped).status_code == 200
    after = standing(product)
    assert (after["M"].pk, after["S"].pk) == (before["S"].pk, before["M"].pk)
    assert after["M"].options == {"Length": "M"} and after["M"].sku == before["S"].sku
    added = put(key, product, option("Length", "M", "S"), option("Colour", "red", "blue"))
    assert added.status_code == 200
    now = standing(product)
    assert (now["M / red"].pk, now["S / red"].pk) == (after["M"].pk, after["S"].pk) and len(now) == 4


def test_what_has_a_past_is_not_for_sale_and_comes_back_and_the_rest_is_deleted(acme: Shop) -> None:
    key, product = machine(acme), make_variant("SHIRT").product
    everything = option("Size", "S", "M", "L", "XL", "XXL")
    assert put(key, product, everything).status_code == 200
    rows = standing(product)
    stock(rows["L"], acme.location, "5")
    rows["XL"].codes.create(code="MINE-1")
    assert key.post("orders/", sale_body(acme, {rows["M"].sku: "1"}, accept_shortage=True)).status_code == 201
    seen = preview(key, product, option("Size", "S")).json()
    assert [row["name"] for row in seen["deactivated"]] == ["M", "L", "XL"]
    assert [row["name"] for row in seen["deleted"]] == ["XXL"]
    answer = put(key, product, option("Size", "S"))
    assert answer.status_code == 200
    left = standing(product)
    assert {name: row.is_active for name, row in left.items()} == {"S": True, "M": False, "L": False, "XL": False}
    Variant.objects.filter(pk=left["S"].pk).update(is_active=False)  # by hand, and no option brings it back
    assert put(key, product, everything).status_code == 200
    back = standing(product)
    assert {name for name, row in back.items() if not row.is_active} == {"S"}
    assert all(back[name].pk == rows[name].pk for name in ("S", "M", "L", "XL")) and back["XXL"].pk != rows["XXL"].pk


def test_variants_made_by_hand_are_found_by_name_or_left_alone(acme: Shop) -> None:
    key = machine(acme)
    names = ("small", "Large", "Gift box")
    body = {"name": "Bowl", "variants": [{"sku": f"B{n}", "name": n, "unit_price": "3"} for n in names]}
    product = Product.objects.get(pk=key.post("products/", body).json()["id"])
    assert put(key, product, option("Size", "Small", "Medium", "Large"), sku_base="BOWL").status_code == 200
    rows = {row.sku: row for row in product.variants.all()}
    assert rows["Bsmall"].name == "Small" and rows["BLarge"].options == {"Size": "Large"}
    assert rows["BGift box"].options == {} and rows["BGift box"].is_active
    assert rows["BOWL-Medium"].options == {"Size": "Medium"} and len(rows) == 4


BIG = [option(name, *(f"{name}{n}" for n in range(13))) for name in ("A", "B", "C")]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (BIG, {"/options"}),
        ([option(name, "x") for name in "ABCD"], {"/options"}),
        ([option("A", *map(str, range(101)))], {"/options/0/values"}),
        ([option("A")], {"/options/0/values"}),
        ([option("A", "x", "X")], {"/options/0/values/1/value"}),
        ([option("A", "x"), option("a", "y")], {"/options/1/name"}),
        ([option("A", "x", was="B")], {"/options/0/was"}),
        ([option("A", "x", x="y")], {"/options/0/values/0/was"}),
        ([option("A", "x" * 39)], {"/options/0/values/0/value"}),
        ([option(" ", "x")], {"/options/0/name"}),
        ([option("A", "x\x07")], {"/options/0/values/0/value"}),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(acme: Shop, options: list[Any], where: set[str]) -> None:
    key, product = machine(acme), make_variant("SHIRT").product
    for answer in (preview(key, product, *options), put(key, product, *options)):
        assert (answer.status_code, pointers(answer)) == (422, where), answer.content
    product.refresh_from_db()
    assert product.version == 1 and product.variants.count() == 1 and product.options == []


def test_a_stale_version_and_a_stranger_change_nothing(acme: Shop, globex: Shop) -> None:
    key, product = machine(acme), make_variant("SHIRT").product
    stale = put(key, product, option("Size", "S", "M"), match='"7"')
    assert stale.status_code == 412 and stale.json()["current"]["version"] == 1
    assert put(machine(acme, "cashier"), product, option("Size", "S")).status_code == 403
    assert put(key, Product(), option("Size", "S")).status_code == 404
    assert product.variants.count() == 1


def test_two_thousand_variants_are_made_and_taken_back(acme: Shop) -> None:
    key, product = machine(acme), make_variant("SHIRT").product
    full = (option("A", *map(str, range(100))), option("B", *map(str, range(20))))
    assert put(key, product, *full).status_code == 200
    assert product.variants.count() == 2000
    assert len(preview(key, product).json()["deleted"]) == 1999
    assert put(key, product).status_code == 200
    assert [row.options for row in product.variants.all()] == [{}]


def test_a_sku_is_made_of_letters_digits_and_dashes_and_is_never_too_long() -> None:
    assert sku_of("TEA", ("Extra  large!", "grün")) == "TEA-Extra-large-grün"
    assert sku_of("TEA", ("♥",)) == "TEA-1" and sku_of("TEA", ("♥",), number=2) == "TEA-2"
    long = sku_of("B" * 64, ("v" * 38, "w" * 38), number=3)
    assert len(long) == 64 and long.endswith("-3")
    assert Option("A", [Value("x")]).was == ""


TABS = ("variants", "stock", "prices", "codes", "pictures", "history")


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_asks_the_same_few_questions_for_two_thousand_variants(acme: Shop, tab: str) -> None:
    product, browser = make_variant("SHIRT").product, acme.client("owner")
    path = f"/products/{product.pk}/?tab={tab}"
    browser.get(path)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(path)
        assert answer.status_code == 200 and answer.content.count(b"<tr>") < 80
        return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "SET ")) for query in queries)

    few = asked()
    rows = [Variant(product=product, sku=f"SHIRT-{n}", name=str(n), unit_price=1, position=n) for n in range(1, 2000)]
    Variant.objects.bulk_create(rows)
    StockLevel.objects.bulk_create(StockLevel(variant=row, location=acme.location) for row in rows)
    many = asked()
    assert few <= many <= few + 1, (few, many)  # codes are asked for where there are variants


def test_the_page_shows_then_does_and_never_what_was_not_shown(acme: Shop) -> None:
    browser, product = acme.client("manager"), make_variant("SHIRT").product
    path = f"/products/{product.pk}/options/"
    typed = {"name0": "Size", "values0": "S, M\nL", "version": "1"}
    shown = browser.post(path, typed)
    assert shown.status_code == 200 and "SHIRT-M" in shown.content.decode() and product.variants.count() == 1
    seen = shown.context["seen"]
    other = browser.post(path, {**typed, "values0": "S, M, XL", "seen": seen, "confirm": "1"})
    assert other.status_code == 200 and product.variants.count() == 1
    assert browser.post(path, {**typed, "seen": seen, "confirm": "1"}).status_code == 302
    assert [row.name for row in product.variants.all()] == ["S", "M", "L"]
    renamed = {"was0": "Size", "name0": "Size", "values0": "S -> Small, M, L", "version": "1"}
    stale = browser.post(path, {**renamed, "seen": browser.post(path, renamed).context["seen"], "confirm": "1"})
    assert stale.status_code == 412
    renamed["version"] = "2"
    done = browser.post(path, {**renamed, "seen": browser.post(path, renamed).context["seen"], "confirm": "1"})
    assert done.status_code == 302
    first = product.variants.order_by("position").first()
    assert first is not None and (first.sku, first.name) == ("SHIRT", "Small")
    wrong = browser.post(path, {"name0": "Size", "values0": "S, s", "version": "3"})
    assert wrong.status_code == 422 and "stands twice" in wrong.content.decode()
    page = browser.get(f"/products/{product.pk}/", {"o0": "M"}).content.decode()
    assert "SHIRT-M" in page and "SHIRT-L" not in page
    assert "SHIRT-L" in browser.get(f"/products/{product.pk}/?o0=nothing&tab=none").content.decode()
    assert acme.client("cashier").get(path).status_code == 403


def test_codes_are_added_made_and_taken_away_on_the_page(acme: Shop) -> None:
    browser, shirt, tea = acme.client("manager"), make_variant("SHIRT"), acme.variant("TEA")
    path = f"/products/{shirt.product_id}/codes/"

    def do(what: str, **more: Any) -> str:
        answer = browser.post(path, {"do": what, "variant": str(shirt.pk), **more}, follow=True)
        assert answer.status_code == 200
        return str(answer.content.decode())

    assert "pack of 6" in do("add", code="5000000000012", pack_quantity="6") and shirt.codes.count() == 1
    do("make")
    assert shirt.codes.count() == 2
    taken = tea.codes.first()
    assert taken is not None
    assert "belongs to" in do("add", code=taken.code)
    for wrong in ({}, {"code": "x", "pack_quantity": "NaN"}, {"code": "x", "pack_quantity": "0"}, {"code": "x" * 81}):
        do("add", **wrong)
    do("remove", code_id=taken.pk)
    assert shirt.codes.count() == 2 and tea.codes.filter(pk=taken.pk).exists()
    do("remove", code_id=shirt.codes.get(pack_quantity=6).pk)
    assert shirt.codes.count() == 1
    assert browser.post(path, {"do": "make", "variant": str(tea.pk)}).status_code == 404
    assert acme.client("cashier").post(path, {"do": "make", "variant": str(shirt.pk)}).status_code == 403


def test_costs_of_the_past_are_seen_with_the_permission_only(acme: Shop) -> None:
    key, cup = machine(acme), acme.variant("CUP")
    body = {"variants": [{"id": str(cup.pk), "unit_cost": "6.66"}]}
    assert key.patch(f"products/{cup.product_id}/", body).status_code == 200
    path = f"/products/{cup.product_id}/?tab=history"
    assert "6.66" in acme.client("owner").get(path).content.decode()
    assert "6.66" not in acme.client("cashier").get(path).content.decode()


def test_a_tile_of_the_till_shows_the_price_that_holds(acme: Shop) -> None:
    prices = create_price_list({"name": "Today", "location_id": acme.location.pk}, actor=acme.actor("owner"))
    set_prices(prices.pk, [PriceLine(code="TEA", unit_price=Decimal("3.10"))], actor=acme.actor("owner"))
    tiles = acme.client("cashier").get(f"/till/articles/?location={acme.location.pk}&q=TEA").json()["articles"]
    assert [tile["unit_price"] for tile in tiles] == ["3.1000"]
    page = acme.client("manager").get(f"/products/{acme.variant('TEA').product_id}/?tab=prices").content.decode()
    assert "£3.10" in page and "Today" in page


def test_a_product_says_what_it_looks_like(acme: Shop) -> None:
    tea = acme.variant("TEA")
    picture = add_picture(tea.product_id, a_picture(), alt="A tin", actor=acme.actor("owner"))
    body = machine(acme).get(f"products/{tea.product_id}/").json()["pictures"]
    url = f"/pictures/{picture.sha256}-320.webp/"
    assert [(one["id"], one["alt"], one["urls"]["320"]) for one in body] == [(str(picture.pk), "A tin", url)]
    assert url in acme.client("cashier").get("/products/").content.decode()
