"""Corrections with reasons, what they would do before they do it, costs of goods received and costs known late."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from core.ids import uuid7
from core.outbox.models import Event
from core.testing import Shop
from inventory.models import (
    Lot,
    LotLevel,
    Serial,
    StockDocument,
    StockLevel,
    StockMovement,
    StockPolicy,
    StockReservation,
    Variant,
)
from inventory.reasons import REASONS
from inventory.services.holds import hold
from orders.auditor import audit_books
from tests.api import Api, machine, person, pointers

pytestmark = pytest.mark.django_db(transaction=True)


def body(shop: Shop, kind: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "kind": kind, "location": str(shop.location.pk), "lines": list(lines), **more}


def line(shop: Shop, quantity: str, sku: str = "TEA", **more: Any) -> dict[str, Any]:
    return {"variant": str(shop.variant(sku).pk), "quantity": quantity, **more}


def level(shop: Shop, sku: str = "TEA") -> Any:
    return StockLevel.objects.get(variant__sku=sku, location=shop.location)


def correct(key: Api, shop: Shop, code: str, quantity: str, **more: Any) -> Any:
    wanted = body(shop, "adjustment", line(shop, quantity), reason_code=code, **more)
    shown = key.post("stock/movements/preview/", wanted)
    answer = key.post("stock/movements/", wanted)
    if answer.status_code == 201:
        after = level(shop)
        said = shown.json()["lines"][0]
        assert [Decimal(said[name]) for name in ("on_hand_after", "damaged_after")] == [after.on_hand, after.damaged]
        moved = StockMovement.objects.latest("id")
        units = moved.delta + moved.damaged
        assert Decimal(said["value"]) == units * (moved.unit_cost or 0)
    return answer


def test_every_reason_does_what_its_preview_says(acme: Shop) -> None:
    key = machine(acme)
    assert correct(key, acme, "damaged", "1").status_code == 201  # so that there is something to throw away
    for code, reason in REASONS.items():
        assert correct(key, acme, code, "1", reason="a note").status_code == 201, code
        document = StockDocument.objects.latest("recorded_at")
        assert document.reason_code == code and reason.effect
    kinds = set(StockMovement.objects.filter(reference_type="stock_document").values_list("kind", flat=True))
    assert kinds == {"adjustment", "damage"}
    assert audit_books() == []


def test_damaged_goods_are_repaired_or_thrown_away_only_where_they_are(acme: Shop) -> None:
    key = machine(acme)
    refused = correct(key, acme, "repaired", "1")
    assert refused.status_code == 422 and pointers(refused) == {"/lines/0/quantity"}
    assert correct(key, acme, "damaged", "3").status_code == 201
    assert correct(key, acme, "repaired", "1").status_code == 201
    assert correct(key, acme, "written_off", "2").status_code == 201
    assert correct(key, acme, "written_off", "1").status_code == 422
    assert (level(acme).on_hand, level(acme).damaged) == (8, 0)


def test_a_correction_of_much_value_needs_a_note(acme: Shop) -> None:
    StockPolicy.objects.create(id=1, note_above=Decimal("4.50"))  # tea costs 2.25
    key = machine(acme)
    assert correct(key, acme, "lost", "2").status_code == 201
    refused = correct(key, acme, "lost", "2.001")
    assert pointers(refused) == {"/reason"} and refused.json()["errors"][0]["code"] == "note-needed"
    assert correct(key, acme, "damaged", "3").status_code == 422
    assert correct(key, acme, "lost", "2.001", reason="the cellar was under water").status_code == 201
    assert correct(key, acme, "other", "1").status_code == 422


def test_goods_received_state_their_cost_if_one_may_see_costs(acme: Shop) -> None:
    key, clerk = machine(acme), person(acme, "stock clerk")
    wanted = body(acme, "receipt", line(acme, "10", unit_cost="3.25"), line(acme, "2", "CUP"))
    assert clerk.post("stock/movements/", wanted).status_code == 403
    answer = key.post("stock/movements/", wanted)
    assert answer.status_code == 201, answer.content
    assert sorted(line.get("unit_cost") for line in answer.json()["lines"]) == ["3.2500", "6.0000"]
    assert level(acme).average_cost == Decimal("2.75")
    plain = body(acme, "receipt", line(acme, "1"))
    assert "unit_cost" not in clerk.post("stock/movements/", plain).json()["lines"][0]
    assert "value" not in clerk.post("stock/movements/preview/", plain | {"id": str(uuid7())}).json()["lines"][0]
    assert StockMovement.objects.latest("id").unit_cost == Decimal("2.25")  # the catalogue's


def test_a_late_cost_raises_what_is_held_and_names_the_rest(acme: Shop) -> None:
    key = machine(acme)
    new = Variant.objects.create(product=acme.variant("TEA").product, sku="NEW", unit_price=1, unit_cost=2)
    receipt = body(acme, "receipt", {"variant": str(new.pk), "quantity": "10", "unit_cost": "2"})
    assert key.post("stock/movements/", receipt).status_code == 201
    gone = body(acme, "adjustment", {"variant": str(new.pk), "quantity": "4"}, reason_code="lost")
    assert key.post("stock/movements/", gone).status_code == 201
    cost = {"id": str(uuid7()), "receipt": receipt["id"], "amount": "5", "reason": "freight"}
    answer = key.post("stock/late-costs/", cost)
    assert answer.status_code == 201, answer.content
    said = answer.json()["lines"][0]
    assert (said["cost_before"], said["cost_after"], said["held"], said["expense"]) == ("2.0000", "2.5000", "3", "2")
    again = key.post("stock/late-costs/", cost)
    assert (again.status_code, again.json()) == (200, answer.json())
    assert key.post("stock/late-costs/", cost | {"amount": "6"}).json()["code"] == "identifier-reused"
    told = Event.objects.get(type="stock.revalued").payload
    assert [Decimal(told[name]) for name in ("amount", "held", "expense")] == [5, 3, 2]
    moved = StockMovement.objects.latest("id")
    assert (moved.kind, moved.delta, moved.revaluation) == ("cost", Decimal(0), Decimal(3))
    assert level(acme, "NEW").average_cost == Decimal("2.5")


def test_a_late_cost_is_spread_to_the_last_cent_by_value_or_quantity(acme: Shop) -> None:
    key = machine(acme)
    receipt = body(acme, "receipt", line(acme, "3"), line(acme, "3", "CUP"), line(acme, "1", "JAM"))
    key.post("stock/movements/", receipt)
    for spread in ("value", "quantity"):
        cost = {"id": str(uuid7()), "receipt": receipt["id"], "amount": "10", "spread_by": spread, "reason": "duty"}
        lines = key.post("stock/late-costs/", cost).json()["lines"]
        assert sum(Decimal(x["amount"]) for x in lines) == 10
        assert all(Decimal(x["held"]) + Decimal(x["expense"]) == Decimal(x["amount"]) for x in lines)
    assert sorted(x["amount"] for x in lines) == ["1.4285", "4.2857", "4.2858"]


def test_a_late_cost_that_makes_no_sense_is_refused(acme: Shop) -> None:
    key = machine(acme)
    stated = {"id": str(uuid7()), "location": str(acme.location.pk), "reason": "x"}
    good = line(acme, "1", amount="1")
    for lines in (
        [],
        [line(acme, "0", amount="1")],
        [line(acme, "1", amount="0")],
        [good, good],
        [good | {"variant": str(uuid7())}],
    ):
        assert key.post("stock/late-costs/", stated | {"lines": lines}).status_code == 422, lines
    assert key.post("stock/late-costs/", stated | {"receipt": str(uuid7()), "amount": "1"}).status_code == 404
    assert key.post("stock/late-costs/", stated).status_code == 422
    assert person(acme, "stock clerk").post("stock/late-costs/", stated | {"lines": [good]}).status_code == 403
    assert not StockDocument.objects.exists()
    credit = stated | {"lines": [line(acme, "10", amount="-100")]}
    assert key.post("stock/late-costs/", credit).json()["lines"][0]["cost_after"] == "0.0000"


def test_lots_and_pieces_are_named_when_goods_come(acme: Shop) -> None:
    key = machine(acme)
    Variant.objects.filter(sku="NONE").delete()
    milk, phone = (
        Variant.objects.create(product=acme.variant("TEA").product, sku=sku, unit_price=1, unit_cost=1, tracking=how)
        for sku, how in (("MILK", "lot"), ("PHONE", "serial"))
    )
    first = {"variant": str(milk.pk), "quantity": "5", "lot": "A", "expires_on": "2027-01-31"}
    two = {"variant": str(phone.pk), "quantity": "2", "serials": ["S1", "S2"]}
    answer = key.post("stock/movements/", body(acme, "receipt", first, first | {"lot": "B"}, two))
    assert answer.status_code == 201, answer.content
    assert LotLevel.objects.filter(lot__code__in=["A", "B"], on_hand=5).count() == 2
    assert str(Lot.objects.get(code="A").expires_on) == "2027-01-31"
    assert set(Serial.objects.values_list("number", "state")) == {("S1", "in_stock"), ("S2", "in_stock")}
    for wrong, where in (
        (first | {"lot": ""}, "lot"),
        (first | {"expires_on": "2028-01-01"}, "expires_on"),
        (two | {"serials": ["S3"]}, "serials"),
        (two | {"serials": ["S3", "S3"]}, "serials"),
        (two | {"serials": ["S1", "S3"]}, "serials"),
        (line(acme, "1", lot="A"), "lot"),
        (line(acme, "1", serials=["X"]), "serials"),
    ):
        refused = key.post("stock/movements/", body(acme, "receipt", wrong))
        assert (refused.status_code, pointers(refused)) == (422, {f"/lines/0/{where}"}), wrong
    thrown = body(acme, "adjustment", {"variant": str(milk.pk), "quantity": "2", "lot": "B"}, reason_code="expired")
    assert key.post("stock/movements/", thrown).status_code == 201
    stolen = body(
        acme, "adjustment", {"variant": str(phone.pk), "quantity": "1", "serials": ["S2"]}, reason_code="theft"
    )
    assert key.post("stock/movements/", stolen).status_code == 201
    assert LotLevel.objects.get(lot__code="B").on_hand == 3
    assert Serial.objects.get(number="S2").state == "gone"


def test_the_page_takes_many_lines_and_shows_what_they_do(acme: Shop) -> None:
    browser = acme.client("manager")
    sent = {"id": str(uuid7()), "kind": "receipt", "location": str(acme.location.pk), "reason_code": "correction"}
    added = browser.post("/stock/book/", sent | {"do": "add", "scan": "CUP", "code": ["TEA"], "quantity": ["2"]})
    assert added.status_code == 200 and 'value="CUP"' in added.content.decode()
    lines = {"code": ["TEA", "CUP", ""], "quantity": ["2", "1", ""], "unit_cost": ["2.25", "6", ""]}
    shown = browser.post("/stock/book/", sent | lines | {"do": "check"})
    assert shown.status_code == 200 and 'value="10.5000000"' in shown.content.decode()
    assert level(acme).on_hand == 10
    booked = browser.post("/stock/book/", sent | lines | {"do": "book"}, follow=True)
    assert "2 articles booked" in booked.content.decode()
    assert (level(acme).on_hand, level(acme, "CUP").on_hand) == (12, 11)
    wrong = browser.post("/stock/book/", sent | {"id": str(uuid7()), "code": ["TEA", "WHAT"], "quantity": ["1", "1"]})
    assert wrong.status_code == 422 and "There is no such variant" in wrong.content.decode()


def test_the_page_finds_articles_by_name_asks_which_and_refuses_what_is_none(acme: Shop) -> None:
    browser, tea = acme.client("manager"), acme.variant("TEA").title
    sent = {"id": str(uuid7()), "kind": "receipt", "location": str(acme.location.pk), "do": "add"}
    lines = {"code": ["CUP"], "quantity": ["4"]}
    one = browser.post("/stock/book/", sent | lines | {"scan": tea}).content.decode()
    assert 'value="CUP"' in one and 'value="TEA"' in one and one.count(tea) >= 2
    several = browser.post("/stock/book/", sent | lines | {"scan": "e"}).content.decode()
    assert "Which one?" in several and 'name="pick" value="TEA"' in several and 'value="4"' in several
    chosen = browser.post("/stock/book/", sent | lines | {"scan": "e", "pick": "TEA"}).content.decode()
    assert 'value="TEA"' in chosen and "Which one?" not in chosen
    none = browser.post("/stock/book/", sent | lines | {"scan": "no such thing"}).content.decode()
    assert "No article carries this code" in none and none.count("<legend class") == 1 and 'value="4"' in none
    left = browser.post("/stock/book/", sent | {"code": ["CUP", "TEA"], "quantity": ["4", "1"], "do": "remove-0"})
    assert 'value="CUP"' not in left.content.decode() and 'value="TEA"' in left.content.decode()
    assert level(acme).on_hand == 10


def test_goods_of_an_order_are_listed_without_a_date_and_only_the_order_lets_go_of_them(acme: Shop) -> None:
    with transaction.atomic():
        order_id = uuid7()
        units = {(acme.variant("TEA").pk, acme.location.pk): Decimal(2)}
        hold(units, cause=("order", order_id), actor=acme.actor(), note="Order X")
    shown = acme.client("manager").get("/stock/reservations/").content.decode()
    assert f'href="/orders/{order_id}/">Order X' in shown and "it leaves" in shown
    assert "2999" not in shown and "/released/" not in shown and "/extended/" not in shown


def test_goods_are_set_aside_by_name_and_the_labels_of_a_product_begin_with_its_articles(acme: Shop) -> None:
    browser, tea = acme.client("manager"), acme.variant("TEA")
    sent = {"id": str(uuid7()), "location": str(acme.location.pk), "quantity": "1", "hold_for": "1440", "note": ""}
    assert browser.post("/stock/reservations/", sent | {"code": "no such thing"}).status_code == 422
    assert b"type more of the name" in browser.post("/stock/reservations/", sent | {"code": "e"}).content
    assert browser.post("/stock/reservations/", sent | {"code": tea.title}).status_code == 302
    assert StockReservation.objects.get().variant_id == tea.pk
    assert ">TEA</textarea>" in browser.get(f"/labels/?product={tea.product_id}").content.decode().replace("\n", "")
