"""Labels of lots and pieces: they open what they stand for wherever they are scanned, and say so where they cannot."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from core.ids import uuid7
from core.testing import CANARY, Shop
from inventory.models import Lot, ScanCode, Serial, StockMovement, Variant
from inventory.selectors import targets_of
from tests.api import Api, machine
from tests.test_lots_and_serials import tracked

GTIN = "04006381333931"


@pytest.fixture
def goods(acme: Shop) -> dict[str, Variant]:
    return {"MILK": tracked("lot", "MILK"), "CREAM": tracked("lot", "CREAM"), "PHONE": tracked("serial", "PHONE")}


def receive(key: Api, shop: Shop, *lines: dict[str, Any]) -> Any:
    body = {"id": str(uuid7()), "kind": "receipt", "location": str(shop.location.pk)}
    return key.post("stock/movements/", body | {"lines": [{"quantity": "1", **line} for line in lines]})


def test_what_is_received_is_found_by_its_label_with_its_article_in_one_call(
    acme: Shop, globex: Shop, goods: dict[str, Variant]
) -> None:
    key = machine(acme)
    lines: list[dict[str, Any]] = [
        {"code": "MILK", "lot": "L-9", "expires_on": "2036-01-31"},
        {"code": "PHONE", "serials": ["3569380"]},
    ]
    assert receive(key, acme, *lines).status_code == 201
    lot, piece = key.get("scan/l-9/").json(), key.get("scan/3569380/").json()
    wanted = str(Lot.objects.get(code="L-9").pk)
    assert (lot["kind"], lot["target"], lot["lot_id"], lot["lot"]) == ("lot", wanted, wanted, "L-9")
    assert (lot["sku"], lot["variant"], lot["expires_on"], lot["state"]) == (
        "MILK", str(goods["MILK"].pk), "2036-01-31", "open",
    )  # fmt: skip
    assert (piece["kind"], piece["sku"], piece["serial"], piece["state"]) == ("serial", "PHONE", "3569380", "in_stock")
    assert CANARY not in str(lot) + str(piece)
    for text, page in (("L-9", f"/stock/lots/{wanted}/"), ("3569380", f"/stock/serials/{piece['target']}/")):
        assert acme.client("stock clerk").get("/scan/", {"code": text})["Location"] == page
    assert {one.variant_id for one in targets_of(["L-9", "3569380"]).values()} == {goods["MILK"].pk, goods["PHONE"].pk}
    # The same piece goes and comes back: its label is registered once, and says what became of it.
    Serial.objects.update(state="sold")
    assert key.get("scan/3569380/").json()["state"] == "sold"
    assert receive(key, acme, lines[1]).status_code == 201
    assert ScanCode.objects.filter(kind="serial").count() == 1
    assert machine(acme, ["inventory.view_products"]).get("scan/L-9/").status_code == 404


def test_gs1_labels_name_the_lot_or_the_piece_beside_the_article(acme: Shop, goods: dict[str, Variant]) -> None:
    key = machine(acme)
    ScanCode.objects.create(code=GTIN[:-4] + "0008", symbology="code", variant=goods["CREAM"])
    ScanCode.objects.filter(code=GTIN).update(variant=goods["MILK"])
    assert receive(key, acme, {"code": "MILK", "lot": "AB12", "expires_on": "2036-01-31"}).status_code == 201
    found = key.get(f"scan/(01){GTIN}(10)AB12/").json()
    assert (found["kind"], found["sku"], found["lot"], found["state"]) == ("variant", "MILK", "AB12", "open")
    assert (found["lot_id"], found["expires_on"]) == (str(Lot.objects.get().pk), "2036-01-31")
    assert key.get(f"scan/(01){GTIN}(10)NEW/").json()["lot_id"] is None
    ScanCode.objects.filter(code=GTIN).update(variant=goods["PHONE"])
    assert receive(key, acme, {"code": "PHONE", "serials": ["77"]}).status_code == 201
    found = key.get(f"scan/(01){GTIN}(21)77/").json()
    assert (found["serial"], found["serial_id"], found["state"]) == ("77", str(Serial.objects.get().pk), "in_stock")


def test_a_name_that_two_makers_use_is_told_instead_of_guessed(acme: Shop, goods: dict[str, Variant]) -> None:
    key = machine(acme)
    assert receive(key, acme, {"code": "MILK", "lot": "A"}, {"code": "CREAM", "lot": "A"}).status_code == 201
    answer = key.get("scan/A/")
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous-code")
    assert {one["name"] for one in answer.json()["targets"]} == {"A of MILK", "A of CREAM"}
    assert "Scan the article first" in acme.client("owner").get("/scan/", {"code": "A"}).content.decode()
    assert targets_of(["A"]) == {}


@pytest.mark.parametrize(
    "line", [{"code": "MILK", "lot": "5012345678900"}, {"code": "PHONE", "serials": ["5012345678900"]}]
)
def test_the_code_of_an_article_in_the_place_of_a_label_is_refused_in_words(
    acme: Shop, goods: dict[str, Variant], line: dict[str, Any]
) -> None:
    before = StockMovement.objects.count()
    answer = receive(machine(acme), acme, line)
    assert answer.status_code == 422, answer.content
    assert "05012345678900 belongs to" in str(answer.json()) or "5012345678900 belongs to Acme Earl Grey (TEA)" in str(
        answer.json()
    )
    assert (StockMovement.objects.count(), Lot.objects.count(), Serial.objects.count()) == (before, 0, 0)


def test_the_label_of_a_lot_is_no_code_of_an_article(acme: Shop, goods: dict[str, Variant]) -> None:
    key = machine(acme)
    receive(key, acme, {"code": "MILK", "lot": "L-9"})
    answer = key.post(f"variants/{acme.variant('CUP').pk}/codes/", {"code": "L-9"})
    assert (answer.status_code, "a lot of MILK" in str(answer.json())) == (409, True), answer.content


def test_labels_of_before_are_registered_once_and_leave_what_others_have(acme: Shop, goods: dict[str, Variant]) -> None:
    step = import_module("inventory.migrations.0010_labels_of_lots_and_serials")
    for sku, code in (("MILK", "A"), ("CREAM", "A"), ("MILK", "5012345678900"), ("MILK", "R-ABC1"), ("MILK", "B")):
        Lot.objects.create(variant=goods[sku], code=code)
    Serial.objects.create(variant=goods["PHONE"], number="77")
    for _ in range(2):
        step.register(apps, None)
        rows = ScanCode.objects.exclude(kind="variant").values_list("kind", "code", "target_id")
        milk = {code: pk for code, pk in Lot.objects.filter(variant=goods["MILK"]).values_list("code", "pk")}
        assert set(rows) == {
            ("lot", "A", milk["A"]), ("lot", "B", milk["B"]), ("serial", "77", Serial.objects.get().pk),
        }  # fmt: skip
    step.release(apps, None)
    assert not ScanCode.objects.exclude(kind="variant").exists()
