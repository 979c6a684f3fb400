"""What else happens at a till and on the floor while the server is away: each fact once, and what it lacked is said."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.locations.models import Location
from core.sync.models import Flag
from core.testing import Shop, sale_body
from inventory.models import CountEntry, ScanCode, StockDocument, StockLevel, Transfer
from inventory.services.counts import CountDraft, cancel_count, open_count
from inventory.services.lines import GoodsLine
from inventory.services.transfers import TransferDraft, create_transfer
from orders.auditor import audit_books
from orders.models import Customer, Order
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
    assert list(Order.objects.order_by("pk").values_list("state", flat=True)) == ["ended", "ended", "parked"]
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


@pytest.mark.parametrize(
    "kind", ["return", "park", "unpark", "customer", "receive", "count", "link-code", "transfer-in", "sale"]
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
