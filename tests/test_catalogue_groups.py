"""Categories, brands, tax classes and fields: a tree without circles, nothing in use is lost, everything fits."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.errors import Conflict, DomainError, Invalid
from core.outbox.models import Event
from core.testing import CANARY, Shop
from inventory.models import AttributeDefinition, Brand, Category, Product, TaxClass
from inventory.selectors.groups import attributes_for, category_tree
from inventory.services.attributes import (
    checked_attributes,
    create_attribute,
    delete_attribute,
    update_attribute,
)
from inventory.services.groups import (
    MOST_LEVELS,
    category_at,
    create_brand,
    create_category,
    delete_category,
    shift_category,
    update_category,
)
from inventory.services.tax_classes import TaxPart, combined_rate, create_tax_class, delete_tax_class, update_tax_class
from tests.api import machine, person, pointers
from tests.test_race_checkout import at_once


def chain(shop: Shop, *names: str) -> list[Category]:
    """Categories each below the one before."""
    found: list[Category] = []
    for name in names:
        found.append(create_category(name=name, parent_id=found[-1].pk if found else None, actor=shop.actor()))
    return found


def refused(call: Any, code: str, pointer: str = "") -> DomainError:
    """What a service refuses with; the shop is as it was."""
    before = Event.objects.count(), AuditEntry.objects.count()
    with pytest.raises(DomainError) as caught:
        call()
    errors = caught.value.details.get("errors", [])
    if pointer:
        assert (pointer, code) in [(one["pointer"], one["code"]) for one in errors], errors
    else:
        assert caught.value.code == code
    assert (Event.objects.count(), AuditEntry.objects.count()) == before
    return caught.value


def test_a_category_moves_with_all_that_is_below_it(acme: Shop) -> None:
    food, tea, green = chain(acme, "Food", "Tea", "Green")
    (drinks,) = chain(acme, "Drinks")
    moved = update_category(tea.pk, {"parent_id": drinks.pk}, actor=acme.actor())
    assert [one.title for one in category_tree().branches] == ["Food", "Drinks", "Drinks > Tea", "Drinks > Tea > Green"]
    assert category_tree().below(drinks.pk) == {drinks.pk, tea.pk, green.pk}
    assert (moved.version, food.version) == (2, 1)
    event = Event.objects.get(type="category.updated")
    assert event.payload["parent_id"] == str(drinks.pk) and "parent_id" in event.payload["fields"]


@pytest.mark.parametrize("target", [0, 1, 2])
def test_a_category_never_stands_below_itself(acme: Shop, target: int) -> None:
    row = chain(acme, "A", "B", "C")
    call = partial(update_category, row[0].pk, {"parent_id": row[target].pk}, actor=acme.actor())
    refused(call, "circle", "/parent")


def test_a_tree_has_an_end(acme: Shop) -> None:
    row = chain(acme, *[f"L{number}" for number in range(MOST_LEVELS)])
    refused(partial(create_category, name="more", parent_id=row[-1].pk, actor=acme.actor()), "too-deep", "/parent")
    other = chain(acme, "X", "Y")
    call = partial(update_category, other[0].pk, {"parent_id": row[-2].pk}, actor=acme.actor())
    refused(call, "too-deep", "/parent")


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_close_no_circle(acme: Shop) -> None:
    actor = acme.actor()
    for turn in range(6):
        (one,), (two,) = chain(acme, f"one {turn}"), chain(acme, f"two {turn}")
        into = partial(update_category, one.pk, {"parent_id": two.pk}, actor=actor)
        back = partial(update_category, two.pk, {"parent_id": one.pk}, actor=actor)
        results = at_once(acme, [into, back], 2)
        kinds = sorted(type(result).__name__ for result in results)
        assert kinds == ["Category", "Invalid"], results
        assert {one.pk, two.pk} <= {branch.id for branch in category_tree().branches}


def test_siblings_change_places_and_names_are_theirs_once(acme: Shop) -> None:
    a, b, c = (create_category(name=name, actor=acme.actor()) for name in "ABC")
    shift_category(c.pk, by=-1, actor=acme.actor())
    assert [one.name for one in category_tree().branches] == ["A", "C", "B"]
    shift_category(a.pk, by=-1, actor=acme.actor())
    assert [one.name for one in category_tree().branches] == ["A", "C", "B"]
    refused(partial(create_category, name=" a  ".upper(), actor=acme.actor()), "taken", "/name")
    refused(partial(update_category, b.pk, {"name": "C"}, actor=acme.actor()), "taken", "/name")
    refused(partial(create_category, name="Food > Tea", actor=acme.actor()), "reserved", "/name")
    assert create_category(name="A", parent_id=a.pk, actor=acme.actor()).parent_id == a.pk


def test_a_category_in_use_is_not_deleted_but_its_goods_can_move(acme: Shop) -> None:
    (old, below), (new,) = chain(acme, "Old", "Below"), chain(acme, "New")
    create_attribute({"code": "age", "label": "Age", "kind": "number", "category_id": old.pk}, actor=acme.actor())
    product = acme.variant().product
    Product.objects.filter(pk=product.pk).update(category=old)
    refusal = refused(partial(delete_category, old.pk, actor=acme.actor()), "conflict")
    assert refusal.details == {"products": 1, "categories": 1, "attributes": 1}
    refused(partial(delete_category, old.pk, move_to=below.pk, actor=acme.actor()), "circle", "/move_to")
    stamp = product.updated_at
    assert delete_category(old.pk, move_to=new.pk, actor=acme.actor()) == 1
    product.refresh_from_db()
    assert (product.category_id, product.version) == (new.pk, 2) and product.updated_at > stamp
    assert Category.objects.get(pk=below.pk).parent_id == new.pk
    assert AttributeDefinition.objects.get().category_id == new.pk
    told = Event.objects.get(type="category.deleted").payload
    assert (told["products"], told["moved_to"]) == (1, str(new.pk))


def test_a_way_of_names_is_found_or_made(acme: Shop) -> None:
    found = category_at("Food > Tea > Green", actor=acme.actor())
    assert found is not None and category_at(" Food >  Tea > Green", actor=acme.actor()) == found
    assert [one.title for one in category_tree().branches][-1] == "Food > Tea > Green"
    assert Event.objects.filter(type="category.created").count() == 3
    assert category_at("  ", actor=acme.actor()) is None


@pytest.mark.parametrize(
    ("parts", "rate"),
    [
        ([("GST", "5", False), ("PST", "7", False)], "12.0000"),
        ([("GST", "5", False), ("QST", "9.975", False)], "14.9750"),
        ([("GST", "5", False), ("old QST", "9.5", True)], "14.9750"),
        ([("A", "0", False), ("B", "10", True), ("C", "10", True)], "21.0000"),
        ([("A", "9.975", False), ("B", "9.975", True)], "20.9450"),
    ],
)
def test_several_taxes_come_to_one_rate(acme: Shop, parts: list[tuple[str, str, bool]], rate: str) -> None:
    taxes = [TaxPart(name=name, rate=Decimal(share), on_top=top) for name, share, top in parts]
    assert combined_rate(taxes) == Decimal(rate)
    row = create_tax_class(name="both", parts=taxes, actor=acme.actor())
    assert row.rate == Decimal(rate) and len(row.parts) == len(parts)
    assert update_tax_class(row.pk, {"rate": Decimal(20)}, actor=acme.actor()).parts == []


def test_a_changed_rate_shows_its_products_as_changed(acme: Shop) -> None:
    product, tax = acme.variant().product, TaxClass.objects.get(name="standard")
    update_tax_class(tax.pk, {"rate": Decimal(19)}, actor=acme.actor())
    after = Product.objects.get(pk=product.pk)
    assert after.version == product.version + 1 and after.updated_at > product.updated_at
    refusal = refused(partial(delete_tax_class, tax.pk, actor=acme.actor()), "conflict")
    assert refusal.details == {"variants": 3}
    other = create_tax_class(name="new", rate=Decimal(19), actor=acme.actor())
    assert delete_tax_class(tax.pk, move_to=other.pk, actor=acme.actor()) == 3
    assert acme.variant().tax_class == other


@pytest.mark.parametrize(
    ("kind", "good", "kept", "wrong"),
    [
        ("text", " Oak ", "Oak", ["", "x" * 501, 5, "a\nb", None.__class__]),
        ("number", "1.50", "1.5", ["NaN", "1e400", "Infinity", True, "ten", "1.1234567"]),
        ("yes_no", True, True, ["yes", 1, 0]),
        ("date", "2026-11-21", "2026-11-21", ["2026-02-30", "tomorrow", "0001-01-01", 5]),
        ("choice", "Glass", "Glass", ["glass", "", ["Glass"], {}]),
    ],
)
def test_a_value_fits_its_definition(acme: Shop, kind: str, good: Any, kept: Any, wrong: list[Any]) -> None:
    choices = ["Glass", "Clay"] if kind == "choice" else []
    create_attribute({"code": "it", "label": "It", "kind": kind, "choices": choices}, actor=acme.actor())
    assert checked_attributes({"it": good}, category_id=None) == {"it": kept}
    for value in wrong:
        refused(partial(checked_attributes, {"it": value}, category_id=None), "does-not-fit", "/attributes/it")
    refused(partial(checked_attributes, {"other": good}, category_id=None), "unknown", "/attributes/other")


def test_a_field_of_a_category_is_one_of_what_is_below_it(acme: Shop) -> None:
    food, tea = chain(acme, "Food", "Tea")
    (glass,) = chain(acme, "Glass")
    for code, place in (("all", None), ("food", food.pk), ("tea", tea.pk), ("glass", glass.pk)):
        create_attribute({"code": code, "label": code, "kind": "text", "category_id": place}, actor=acme.actor())
    assert [row.code for row in attributes_for(tea.pk)] == ["all", "food", "tea"]
    assert [row.code for row in attributes_for(None)] == ["all"]


def test_a_choice_in_use_goes_only_by_a_new_name(acme: Shop) -> None:
    values = {"code": "made_of", "label": "Made of", "kind": "choice", "choices": ["Glass", "Clay", "Tin"]}
    row = create_attribute(values, actor=acme.actor())
    product = acme.variant().product
    Product.objects.filter(pk=product.pk).update(attributes={"made_of": "Clay"})
    refusal = refused(
        partial(update_attribute, row.pk, {"choices": ["Glass"]}, actor=acme.actor()), "in-use", "/choices"
    )
    assert len(refusal.details["errors"]) == 1 and "Clay: 1 products" in refusal.details["errors"][0]["detail"]
    row = update_attribute(row.pk, {"choices": ["Glass", "Clay"]}, actor=acme.actor())  # tin was nobody's
    row = update_attribute(row.pk, {}, renamed={"Clay": "Stoneware"}, actor=acme.actor())
    product.refresh_from_db()
    assert (row.choices, product.attributes) == (["Glass", "Stoneware"], {"made_of": "Stoneware"})
    refused(partial(update_attribute, row.pk, {"kind": "text"}, actor=acme.actor()), "fixed", "/kind")
    refused(partial(delete_attribute, row.pk, actor=acme.actor()), "conflict")
    assert delete_attribute(row.pk, discard=True, actor=acme.actor()) == 1
    product.refresh_from_db()
    assert product.attributes == {}


LISTS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "categories": ({"name": "Tea"}, {"name": "Teas"}, {"parent": None, "position": 0, "path": ["Teas"]}),
    "brands": ({"name": "Acme"}, {"name": "Acme Ltd"}, {}),
    "tax-classes": (
        {"name": "two", "parts": [{"name": "GST", "rate": "5"}, {"name": "PST", "rate": "7", "on_top": True}]},
        {"rate": "3.5"},
        {"rate": "3.5", "parts": []},
    ),
    "attributes": (
        {"code": "made_of", "label": "Made of", "kind": "choice", "choices": ["Glass"]},
        {"choices": ["Glass", "Clay"], "is_filter": True},
        {"unit": "", "category": None, "kind": "choice"},
    ),
}


@pytest.mark.parametrize("path", LISTS)
def test_each_list_is_kept_over_rest(acme: Shop, globex: Shop, path: str) -> None:
    new, change, more = LISTS[path]
    key = machine(acme)
    made = key.post(f"{path}/", new, **{"Idempotency-Key": "k1"})
    assert made.status_code == 201, made.content
    again = key.post(f"{path}/", new, **{"Idempotency-Key": "k1"})
    assert again.json() == made.json() and again["Idempotent-Replayed"] == "true"
    one = f"{path}/{made.json()['id']}/"
    assert key.post(f"{path}/", new).status_code == 409
    changed = key.patch(one, change, **{"If-Match": made["ETag"]})
    assert changed.status_code == 200 and changed.json().items() >= {**change, **more}.items(), changed.content
    stale = key.patch(one, new if "code" not in new else {"label": "x"}, **{"If-Match": made["ETag"]})
    assert (stale.status_code, stale.json()["current"]) == (412, changed.json())
    assert changed.json() in key.get(f"{path}/").json()["results"]
    assert CANARY not in str(key.get(f"{path}/").content)
    assert pointers(key.patch(one, {"nonsense": 1})) == {"/nonsense"}
    gone = key._send("DELETE", one, {}, {})
    assert (gone.status_code, gone.json()) == (200, {"id": made.json()["id"], "changed": 0})
    assert key.get(one).status_code == key._send("DELETE", one, {}, {}).status_code == 404
    assert person(acme, "cashier").post(f"{path}/", new).status_code == 403


def test_the_lists_are_kept_on_pages(acme: Shop) -> None:
    browser = acme.client("manager")
    pages = {
        "categories": {"name": "Tea"},
        "brands": {"name": "Acme"},
        "tax-classes": {"name": "two", "parts": "GST 5\nPST: 7 % on top"},
        "attributes": {"code": "made_of", "label": "Made of", "kind": "choice", "choices": "Glass\nClay"},
    }
    for group, form in pages.items():
        address = f"/settings/catalogue/{group}/"
        answer = browser.post(address, form)
        assert (answer.status_code, answer["Location"]) == (302, address), answer.content
        assert browser.get(address).status_code == 200
        assert browser.post(address, form).status_code in (409, 422)
    assert TaxClass.objects.get(name="two").rate == Decimal("12.3500")
    tea = Category.objects.get(name="Tea")
    one = f"/settings/catalogue/categories/{tea.pk}/"
    assert browser.post(one, {"name": "Teas", "parent_id": "", "version": "1"}).status_code == 302
    assert "meantime" in browser.post(one, {"name": "X", "parent_id": "", "version": "1"}).content.decode()
    field = AttributeDefinition.objects.get()
    form = {"label": "Made of", "choices": "Glass\nClay = Stoneware", "version": "1"}
    assert browser.post(f"/settings/catalogue/attributes/{field.pk}/", form).status_code == 302
    field.refresh_from_db()
    assert field.choices == ["Glass", "Stoneware"]
    brand = Brand.objects.get()
    Product.objects.filter(name="Acme Earl Grey").update(brand=brand)
    refused_page = browser.post(f"/settings/catalogue/brands/{brand.pk}/", {"delete": "yes"})
    assert refused_page.status_code == 409 and "1 products" in refused_page.content.decode()
    other = create_brand(name="Other", actor=acme.actor())
    moved = browser.post(f"/settings/catalogue/brands/{brand.pk}/", {"delete": "yes", "move_to": str(other.pk)})
    assert moved.status_code == 302 and acme.variant().product.brand == other
    assert acme.client("cashier").get("/settings/catalogue/categories/").status_code == 403


@pytest.mark.parametrize("rate", ["-1", "1000", "NaN", "1.00001", "1e400"])
def test_no_rate_that_is_none(acme: Shop, rate: str) -> None:
    answer = machine(acme).post("tax-classes/", {"name": "x", "rate": rate})
    assert answer.status_code == 422 and pointers(answer) == {"/rate"}
    with pytest.raises((Invalid, Conflict)):
        create_tax_class(name="x", parts=[TaxPart(name="", rate=Decimal(1))] * 9, actor=acme.actor())
