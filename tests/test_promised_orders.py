"""Open orders are promised for a time: told, listed by it, late when it is over; and their page says what happened."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.outbox.models import Event
from core.testing import CANARY, Shop
from orders.models import Fulfilment, Order
from orders.services.basket import Tender
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import add_payment
from tests.api import person, pointers
from tests.test_pages_packing import PARCEL, opened

pytestmark = pytest.mark.django_db


def body(shop: Shop, **more: Any) -> dict[str, Any]:
    line = {"variant": str(shop.variant("TEA").pk), "quantity": "1"}
    return {
        "id": str(uuid7()),
        "location": str(shop.location.pk),
        "delivery": {"kind": "pickup"},
        "lines": [line],
        **more,
    }


def promised() -> list[Any]:
    return list(
        Event.objects.filter(type="order.promised").order_by("id").values_list("payload__promised_at", flat=True)
    )


def test_an_order_is_promised_with_its_placing_and_anew_by_its_version(acme: Shop, globex: Shop) -> None:
    api, when = person(acme, "cashier"), datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    wanted = body(acme, promised_at=when.isoformat())
    placed = api.post("orders/open/", wanted)
    assert placed.status_code == 201, placed.content
    assert datetime.fromisoformat(placed.json()["promised_at"]) == when
    assert api.post("orders/open/", wanted).status_code == 200
    other = api.post("orders/open/", {**wanted, "promised_at": None})
    assert other.json()["code"] == "identifier-reused"
    assert [datetime.fromisoformat(one) for one in promised()] == [when]
    path, later = f"orders/{wanted['id']}/delivery/", (when + timedelta(hours=3)).isoformat()
    stale = api.put(path, {"kind": "pickup", "promised_at": later}, **{"if-match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert api.put(path, {"kind": "pickup", "promised_at": later}, **{"if-match": '"1"'}).json()["version"] == 2
    assert api.put(path, {"kind": "pickup", "promised_at": later}).json()["version"] == 2  # a repeat changes nothing
    assert api.put(path, {"kind": "pickup", "promised_at": None}).json()["promised_at"] is None
    assert len(promised()) == 3 and promised()[-1] is None
    assert person(globex, "cashier").put(path, {"kind": "pickup", "promised_at": None}).status_code == 404


@pytest.mark.parametrize("days", [-1, 800])
def test_no_time_that_is_over_or_far_away_is_promised(acme: Shop, days: int) -> None:
    api, when = person(acme, "cashier"), (datetime.now(UTC) + timedelta(days=days)).isoformat()
    refused = api.post("orders/open/", body(acme, promised_at=when))
    assert (refused.status_code, pointers(refused)) == (422, {"/promised_at"})
    order = opened(acme, {"TEA": "1"})
    again = api.put(f"orders/{order.pk}/delivery/", {"kind": "pickup", "promised_at": when})
    assert (again.status_code, pointers(again)) == (422, {"/promised_at"})
    order.refresh_from_db()
    assert (Order.objects.count(), order.version, order.promised_at, promised()) == (1, 1, None, [])


def test_what_is_packed_goes_nowhere_else_and_may_be_promised_anew(acme: Shop) -> None:
    order, actor, api = opened(acme, {"TEA": "1"}, delivery=PARCEL), acme.actor("cashier"), person(acme, "cashier")
    create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk), actor=actor)
    path, when = f"orders/{order.pk}/delivery/", (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert api.put(path, {**PARCEL, "city": "Leeds", "promised_at": when}).status_code == 409
    assert api.put(path, {**PARCEL, "promised_at": when}).status_code == 200
    order.refresh_from_db()
    assert order.promised_at is not None and (order.delivery or {})["city"] == "York"


def test_the_work_list_has_the_most_urgent_first_and_marks_what_is_late(acme: Shop, globex: Shop) -> None:
    now = datetime.now(UTC)
    hours: dict[str, int | None] = {"late": -1, "soon": 1, "none": None, "week": 24 * 5}
    numbers = {}
    for name, ahead in hours.items():
        order = opened(acme, {"TEA": "1"})
        Order.objects.filter(pk=order.pk).update(promised_at=None if ahead is None else now + timedelta(hours=ahead))
        numbers[name] = order.number
    clerk = acme.client("stock clerk")

    def found(query: str = "") -> list[str]:
        page = clerk.get(f"/to-pack/?{query}").content.decode()
        assert CANARY not in page
        return [name for _, name in sorted((page.find(f"#{no}"), name) for name, no in numbers.items()) if _ >= 0]

    assert found() == ["late", "soon", "none", "week"]  # promised for no time: due a day after it was placed
    assert clerk.get("/to-pack/").content.decode().count(">Late<") == 1
    assert (found("due=late"), found("due=week")) == (["late"], ["late", "soon", "none", "week"])
    assert clerk.get("/to-pack/?due=never").status_code == 422


def test_the_page_of_an_order_says_what_happened_step_by_step(acme: Shop) -> None:
    order, actor = opened(acme, {"TEA": "3"}, delivery=PARCEL), acme.actor("cashier")
    for amount in ("5.50", "8.00"):
        add_payment(order.pk, Tender(method="card", amount=Decimal(amount)), actor=actor)
    for units in ("2", "1"):
        draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk, lines=[(1, Decimal(units))])
        parcel, _ = create_fulfilment(draft, actor=actor)
        for step in ("pack", "ship"):
            take_step(parcel.pk, Step(name=step), actor=actor)
    page = acme.client("cashier").get(f"/orders/{order.pk}/").content.decode()
    told = page[page.index('id="history"') :]
    for text in ("Placed", "Paid: card", "£5.50", "£8.00", "Packed: 2 of 3", "Sent off: 2 of 3", "Packed: 1 of 3"):
        assert text in told, text
    assert told.index("Placed") < told.index("£5.50") < told.index("Packed: 2 of 3") < told.index("Sent off: 1 of 3")
    assert told.index("Sent off: 1 of 3") < told.index("Paid and handed over")
    assert "Changed: returned" not in page and Fulfilment.objects.count() == 2
