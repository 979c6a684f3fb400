"""What else happens at a till and on the floor while the server is away: each fact once, and what it lacked is said."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.ids import uuid7
from core.locations.models import Location
from core.sync.models import Flag
from core.testing import Shop, make_variant, sale_body
from inventory.models import (
    CountEntry,
    ScanCode,
    StockDocument,
    StockLevel,
    StockPolicy,
    Transfer,
    TransferReceipt,
    Variant,
)
from inventory.selectors.transfers import under_way_to
from inventory.services.counts import CountDraft, cancel_count, open_count
from inventory.services.lines import GoodsLine
from inventory.services.shipping import ship_transfer
from inventory.services.transfers import TransferDraft, create_transfer
from orders.auditor import audit_books
from orders.models import Consent, Customer, Order
from tests.api import person
from tests.cash_steps import an_open_shift, closed
from tests.tills_away import Till

pytestmark = pytest.mark.django_db(transaction=True)


def results(told: list[dict[str, Any]]) -> list[str]:
    return [one["result"] for one in told]


def on_hand(shop: Shop, sku: str = "TEA") -> Decimal:
    return StockLevel.objects.get(variant__sku=sku, location=shop.location).on_hand


def kinds() -> set[str]:
    return set(Flag.objects.values_list("kind", flat=True))


def test_a_return_of_a_sale_in_the_same_queue_is_booked_behind_it(acme: Shop, globex: Shop) -> None:
    shift = an_open_shift(acme)
    till = Till.at(acme)
    sale = till.sell({"TEA": "2"}, order={"register": str(shift.register_id)})["body"]["order"]
    refund: dict[str, Any] = {
        "id": str(uuid7()),
        "lines": [{"position": 1, "quantity": "1"}],
        "reason": "leaks",
        "register": str(shift.register_id),
        "payments": [{"method": "cash", "amount": "4.50"}],
    }
    till.item("return", {"of": sale["id"], "refund": refund})
    closed(acme, shift)

    told = till.send(list(reversed(till.queue)))

    assert results(told) == ["applied", "applied"]
    back = Order.objects.get(pk=refund["id"])
    assert (back.total, back.shift_id, on_hand(acme)) == (Decimal("-4.50"), shift.pk, Decimal(9))
    assert kinds() == {"closed-shift"}
    till.n -= 1
    assert results(till.send([{**till.item("return", {"of": sale["id"], "refund": refund}), "n": 3}])) == ["duplicate"]


def test_a_return_nobody_had_allowed_is_booked_and_one_of_more_than_was_sold_is_kept(acme: Shop) -> None:
    till = Till.at(acme, who="viewer")
    sale = sale_body(acme, {"CUP": "1"})
    person(acme, "cashier").post("orders/", sale)
    refund = {"id": str(uuid7()), "lines": [{"position": 1, "quantity": "1"}], "reason": "late"}
    till.item("return", {"of": sale["id"], "refund": refund})
    till.item("return", {"of": sale["id"], "refund": {**refund, "id": str(uuid7())}})
    till.item("return", {"of": str(uuid7()), "refund": {**refund, "id": str(uuid7())}})
    assert results(till.send()) == ["applied", "quarantined", "quarantined"]
    assert Flag.objects.get(kind="late-return").at_risk == 12


def test_a_parked_basket_and_a_customer_are_there_once(acme: Shop) -> None:
    till = Till.at(acme)
    cart = {
        "id": str(uuid7()),
        "location": str(acme.location.pk),
        "lines": [{"variant": str(acme.variant("TEA").pk), "quantity": "1"}],
        "label": "Blue coat",
    }
    till.item("park", cart)
    till.item("customer", {"id": str(uuid7()), "name": "Ada", "number": "C1", "codes": ["LC-77"]})
    till.item("customer", {"name": "Bo", "phone": "1"})
    queue = list(till.queue)
    assert results(till.send()) == ["applied"] * 3
    assert results(till.send(queue)) == ["duplicate"] * 3
    assert Order.objects.get().state == "parked"
    assert Customer.objects.get(name="Ada").number != "C1"
    assert Customer.objects.filter(name="Bo").count() == 1
    assert kinds() == {"customer-taken"}


def test_what_a_till_parked_and_took_up_again_is_nobody_elses_and_a_till_that_was_faster_is_told_of(acme: Shop) -> None:
    till = Till.at(acme)
    carts = [
        {
            "id": str(uuid7()),
            "location": str(acme.location.pk),
            "lines": [{"variant": str(acme.variant("CUP").pk), "quantity": "1"}],
        }
        for _ in range(3)
    ]
    taken, thrown, late = (cart["id"] for cart in carts)
    for cart in carts:
        till.item("park", cart)
    till.item("unpark", {"cart": taken, "take": str(uuid7())})
    till.item("unpark", {"cart": thrown, "take": None})
    queue = list(till.queue)
    assert results(till.send()) == ["applied"] * 5
    states = {str(pk): state for pk, state in Order.objects.values_list("pk", "state")}
    assert states == {taken: "ended", thrown: "ended", late: "parked"}
    assert (results(till.send(queue)), kinds()) == (["duplicate"] * 5, set())

    other = person(acme, "manager").post(f"orders/parked/{late}/resume/", {"id": str(uuid7())})
    assert other.status_code == 200
    till.item("unpark", {"cart": late, "take": str(uuid7())})
    till.item("unpark", {"cart": str(uuid7()), "take": str(uuid7())})
    assert results(till.send()) == ["applied", "quarantined"]
    twice = Flag.objects.get(kind="parked-twice")
    assert (twice.at_risk, str(twice.object_id)) == (Decimal(12), late)
    assert Order.objects.filter(state="ended").count() == 3


def movement(shop: Shop, kind: str, **more: Any) -> dict[str, Any]:
    lines = [{"variant": str(shop.variant("TEA").pk), "quantity": "5"}]
    return {"id": str(uuid7()), "kind": kind, "location": str(shop.location.pk), "lines": lines, **more}


def test_goods_received_and_corrections_are_booked_as_of_when_they_happened(acme: Shop) -> None:
    till = Till.at(acme, who="stock clerk")
    when = datetime.now(UTC) - timedelta(hours=2)
    till.item("receive", movement(acme, "receipt"), occurred_at=when.isoformat())
    till.item("adjust", movement(acme, "adjustment", reason_code="theft", reason="gone"))
    till.item("receive", movement(acme, "adjustment"))
    till.item("receive", movement(acme, "receipt", lines=[{"variant": str(uuid7()), "quantity": "1"}]))
    till.who = "cashier"
    online = movement(acme, "receipt")
    assert person(acme, "stock clerk").post("stock/movements/", online).status_code == 201
    till.who = "stock clerk"
    till.item("receive", online)
    till.who = "cashier"
    till.item("receive", movement(acme, "receipt"))
    queue = list(till.queue)

    told = till.send()

    assert results(told) == ["applied", "applied", "quarantined", "quarantined", "duplicate", "applied"]
    assert on_hand(acme) == 10 + 5 - 5 + 5 + 5
    assert StockDocument.objects.get(pk=told[0]["document"]).occurred_at == when
    assert kinds() == {"not-booked", "no-right"}
    assert results(till.send(queue)) == ["duplicate"] * 6


def test_what_was_counted_is_added_once_and_late_counts_are_kept(acme: Shop) -> None:
    draft = CountDraft(count_id=uuid7(), location_id=acme.location.pk)
    count = open_count(draft, actor=acme.actor()).count
    till = Till.at(acme, who="stock clerk")
    entries = [
        {"id": str(uuid7()), "variant": str(acme.variant("TEA").pk), "quantity": "9"},
        {"id": str(uuid7()), "variant": str(uuid7()), "quantity": "1"},
    ]
    first = till.item("count", {"count": str(count.pk), "entries": entries})
    assert results(till.send()) == ["applied"]
    assert CountEntry.objects.get().device == till.device.name
    cancel_count(count.pk, actor=acme.actor())
    later = [{**entries[0], "id": str(uuid7())}]
    till.item("count", {"count": str(count.pk), "entries": later})
    assert results(till.send([first, *till.queue])) == ["duplicate", "quarantined"]
    assert kinds() == {"count-entry", "not-booked"}


def test_a_code_found_on_an_article_is_its_own_unless_it_is_anothers(acme: Shop) -> None:
    till = Till.at(acme, who="stock clerk")
    jam, tea = (str(acme.variant(sku).pk) for sku in ("JAM", "TEA"))
    till.item("link-code", {"variant": jam, "code": "4012345678901"})
    till.item("link-code", {"variant": tea, "code": "4012345678901"})
    assert results(till.send()) == ["applied", "quarantined"]
    assert ScanCode.objects.get(code="04012345678901").variant == acme.variant("JAM")
    assert kinds() == {"no-right", "not-booked"}


def test_a_transfer_leaves_and_arrives(acme: Shop) -> None:
    other = Location.objects.create(code="POP", name="Pop-up")
    draft = TransferDraft(
        transfer_id=uuid7(),
        source_id=acme.location.pk,
        destination_id=other.pk,
        lines=[GoodsLine(variant_id=acme.variant("TEA").pk, quantity=Decimal(3))],
    )
    create_transfer(draft, actor=acme.actor())
    till = Till.at(acme, who="stock clerk")
    named = {"transfer": str(draft.transfer_id)}
    till.item("transfer-out", named)
    arrived = {"id": str(uuid7()), "lines": [{"variant": str(acme.variant("TEA").pk), "quantity": "3"}]}
    till.item("transfer-in", {**named, **arrived})
    till.item("transfer-out", named)
    till.item("transfer-in", {**named, **arrived, "id": str(uuid7())})
    told = till.send()
    assert results(told) == ["applied", "applied", "duplicate", "quarantined"]
    assert Transfer.objects.get().state == "closed"
    assert StockLevel.objects.get(location=other).on_hand == 3
    assert audit_books() == []


def test_a_line_that_cannot_be_booked_keeps_no_other_out_of_the_ledger_and_goes_to_a_person_once(
    acme: Shop, globex: Shop
) -> None:
    till = Till.at(acme, who="stock clerk")
    tea = {"variant": str(acme.variant("TEA").pk), "quantity": "5"}
    lines = [
        {"code": "NOBODY-7", "quantity": "2"},
        tea,
        {**tea, "quantity": "0"},
        {"variant": str(uuid7())} | {"quantity": "1"},
    ]
    body = movement(acme, "receipt", lines=lines)
    till.item("receive", body)
    queue = list(till.queue)

    (told,) = till.send()

    assert (told["result"], told["left_out"], on_hand(acme)) == ("applied", [0, 2, 3], Decimal(15))
    document = StockDocument.objects.get()
    assert [(line["variant"], line["quantity"]) for line in document.lines] == [(tea["variant"], "5")]
    flag = Flag.objects.get()
    assert (flag.kind, flag.object_id, flag.location_id) == ("line-left-out", document.pk, acme.location.pk)
    assert flag.sentence.startswith("3 of 4 lines not booked: 2 × NOBODY-7, ")
    assert [row["name"] for row in flag.details["lines"]][:2] == ["2 × NOBODY-7", f"0 × {acme.variant('TEA').title}"]
    assert results(till.send(queue)) == ["duplicate"]
    till.item("receive", body)  # the draft of the same work came back
    make_variant("SEVEN", codes=["NOBODY-7"])  # and by now somebody knows the article
    assert results(till.send()) == ["duplicate"]
    assert (on_hand(acme), StockDocument.objects.count(), Flag.objects.count()) == (Decimal(15), 1, 1)
    page = acme.client("owner").get(f"/exceptions/{flag.pk}/").content.decode()
    assert f"/stock/book/?kind=receipt&amp;location={acme.location.pk}" in page
    assert "2 × NOBODY-7" in page and "is more than zero" in page


def test_a_receipt_of_which_nothing_is_known_is_kept_whole(acme: Shop) -> None:
    till = Till.at(acme, who="stock clerk")
    lines = [{"code": "NOBODY-7", "quantity": "2"}, {"code": "NOBODY-8", "quantity": "1"}]
    till.item("receive", movement(acme, "receipt", lines=lines))
    assert results(till.send()) == ["quarantined"]
    assert (StockDocument.objects.count(), kinds()) == (0, {"not-booked"})


def test_a_correction_that_lacks_the_note_of_a_younger_rule_is_booked_and_said(acme: Shop) -> None:
    StockPolicy.objects.create(id=1, note_above=Decimal("0.01"))
    Variant.objects.filter(sku="TEA").update(unit_cost=Decimal(2))
    till = Till.at(acme, who="stock clerk")
    body = movement(acme, "adjustment", reason_code="theft")
    till.item("adjust", body)
    assert results(till.send()) == ["applied"]
    assert (on_hand(acme), kinds()) == (Decimal(5), {"note-missing"})
    till.item("adjust", body)
    assert results(till.send()) == ["duplicate"]
    assert (on_hand(acme), Flag.objects.count()) == (Decimal(5), 1)


def test_a_transfer_that_nobody_had_drafted_is_drafted_and_leaves_when_it_left(acme: Shop, globex: Shop) -> None:
    other = Location.objects.create(code="POP", name="Pop-up")
    till = Till.at(acme, who="stock clerk")
    when = datetime.now(UTC) - timedelta(hours=2)
    body: dict[str, Any] = {
        "transfer": str(uuid7()),
        "source": str(acme.location.pk),
        "destination": str(other.pk),
        "note": "Van 2",
        "lines": [{"variant": str(acme.variant("TEA").pk), "quantity": "4"}],
    }
    till.item("transfer-out", body, occurred_at=when.isoformat())
    queue = list(till.queue)
    assert results(till.send()) == ["applied"]
    transfer = Transfer.objects.get()
    assert (transfer.pk, transfer.state, transfer.note) == (UUID(body["transfer"]), "shipped", "Van 2")
    assert (transfer.shipped_at, on_hand(acme)) == (when, Decimal(6))
    (row,) = under_way_to(other.pk)
    assert [(line["sku"], line["on_its_way"]) for line in row["lines"]] == [("TEA", "4")]
    assert (row["source"], under_way_to(acme.location.pk)) == (acme.location.name, [])
    till.item("transfer-out", body)
    assert results(till.send([*queue, *till.queue])) == ["duplicate", "duplicate"]
    assert (Transfer.objects.count(), on_hand(acme), kinds()) == (1, Decimal(6), set())
    assert audit_books() == []


def test_a_transfer_of_what_is_not_there_or_to_nowhere_is_kept_and_nothing_of_it_stands(acme: Shop) -> None:
    other = Location.objects.create(code="POP", name="Pop-up")
    till = Till.at(acme, who="stock clerk")
    tea = str(acme.variant("TEA").pk)
    for more in (
        {"destination": str(other.pk), "lines": [{"variant": tea, "quantity": "400"}]},
        {"destination": str(acme.location.pk), "lines": [{"variant": tea, "quantity": "1"}]},
        {"destination": str(uuid7()), "lines": [{"variant": tea, "quantity": "1"}]},
        {"destination": str(other.pk), "lines": []},
        {"lines": [{"variant": tea, "quantity": "1"}]},
    ):
        till.item("transfer-out", {"transfer": str(uuid7()), "source": str(acme.location.pk), **more})
    assert results(till.send()) == ["quarantined"] * 5
    assert (Transfer.objects.count(), on_hand(acme), kinds()) == (0, Decimal(10), {"not-booked"})


def test_what_arrived_in_part_closes_a_transfer_as_of_when_it_came(acme: Shop) -> None:
    other = Location.objects.create(code="POP", name="Pop-up")
    tea = acme.variant("TEA")
    line = GoodsLine(variant_id=tea.pk, quantity=Decimal(3))
    draft = TransferDraft(transfer_id=uuid7(), source_id=acme.location.pk, destination_id=other.pk, lines=[line])
    create_transfer(draft, actor=acme.actor())
    ship_transfer(draft.transfer_id, actor=acme.actor())
    till = Till.at(acme, who="stock clerk")
    when = datetime.now(UTC) - timedelta(minutes=5)
    body = {
        "transfer": str(draft.transfer_id),
        "id": str(uuid7()),
        "lines": [{"variant": str(tea.pk), "quantity": "1", "damaged": "1"}],
        "is_last": True,
        "reason": "One fell out",
    }
    till.item("transfer-in", body, occurred_at=when.isoformat())
    assert results(till.send()) == ["applied"]
    till.item("transfer-in", body)
    assert results(till.send()) == ["duplicate"]
    receipt = TransferReceipt.objects.get()
    assert (receipt.occurred_at, receipt.transfer.state, receipt.reason) == (when, "closed", "One fell out")
    level = StockLevel.objects.get(location=other)
    assert [level.on_hand, level.damaged, level.in_transit] == [1, 1, 0]
    assert audit_books() == []


def test_a_new_customer_comes_with_what_they_agreed_to(acme: Shop, globex: Shop) -> None:
    till = Till.at(acme)
    agreed = {"purpose": "email", "wording": "May we write to you?", "source": "floor"}
    body = {"id": str(uuid7()), "name": "Ada", "email": "ada@example.com", "codes": ["LC-77"], "agreements": [agreed]}
    till.item("customer", body)
    till.item("customer", body)
    assert results(till.send()) == ["applied", "duplicate"]
    consent = Consent.objects.get()
    assert (consent.customer.name, consent.purpose, consent.is_given) == ("Ada", "email", True)
    assert (consent.wording, consent.source, consent.actor_id) == (
        "May we write to you?",
        "floor",
        acme.person("cashier").pk,
    )
    online = person(acme, "cashier")
    again = online.post("customers/", body)
    assert (again.status_code, Consent.objects.count()) == (200, 1)
    other = online.post("customers/", {**body, "agreements": [{**agreed, "purpose": "sms"}]})
    assert (other.status_code, other.json()["code"]) == (422, "identifier-reused")
    for wrong in ({"purpose": "fax"}, {"wording": " "}, {"source": ""}):
        refused = online.post(
            "customers/", {**body, "id": str(uuid7()), "codes": [], "agreements": [{**agreed, **wrong}]}
        )
        assert refused.status_code in (400, 422), refused.content
    assert (Customer.objects.filter(name="Ada").count(), Consent.objects.count(), kinds()) == (1, 1, set())


@pytest.mark.parametrize(
    "kind",
    ["return", "park", "unpark", "customer", "receive", "count", "link-code", "transfer-in", "transfer-out", "sale"],
)
@pytest.mark.parametrize("body", [{}, {"id": 7}, {"lines": "x", "order": 7, "of": None, "refund": []}])
def test_a_body_that_is_none_is_kept(acme: Shop, kind: str, body: Any) -> None:
    till = Till.at(acme)
    till.item(kind, body)
    (told,) = till.send()
    assert (told["result"], told["code"]) == ("quarantined", "invalid")


def test_work_whose_draft_came_back_is_known_under_another_number(acme: Shop) -> None:
    till = Till.at(acme, who="stock clerk")
    body = movement(acme, "receipt")
    till.item("receive", body)
    assert results(till.send()) == ["applied"]
    there = on_hand(acme)
    till.item("receive", body, occurred_at=datetime.now(UTC).isoformat())
    assert results(till.send()) == ["duplicate"]
    assert (on_hand(acme), StockDocument.objects.count(), kinds()) == (there, 1, set())
