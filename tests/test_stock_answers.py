"""What there was, why, and what it was worth: read from the ledger at any instant, to the last decimal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actors import SYSTEM
from core.ids import uuid7
from core.locations.models import Location
from core.testing import Shop, make_variant, sale_body, stock
from inventory.models import StockLevel, StockMovement, Variant
from inventory.selectors import value
from inventory.selectors.value import stock_as_of, stock_value
from inventory.services.ledger import Change, move_stock
from tests.api import machine, person

Kind = StockMovement.Kind
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
KINDS = [Kind.RECEIPT, Kind.SALE, Kind.ADJUSTMENT, Kind.COUNT, Kind.DAMAGE, Kind.MISSING]


def book(shop: Shop, variant: Variant, units: str, kind: StockMovement.Kind, *, at: datetime, **more: Any) -> None:
    move_stock(
        deltas={(variant.pk, shop.location.pk): Change(on_hand=Decimal(units), **more)},
        kind=kind,
        reference_type="test",
        reference_id=uuid7(),
        actor=SYSTEM,
        occurred_at=at,
        may_refuse=False,
    )


def then(shop: Shop, variant: Variant, instant: datetime) -> Any:
    rows = [row for row in stock_as_of(instant, places=[shop.location.pk]) if row.variant_id == variant.pk]
    return (rows[0].on_hand, rows[0].value) if rows else (Decimal(0), Decimal(0))


@pytest.mark.parametrize("is_late", [True, False])
def test_both_ways_to_an_instant_say_the_same(acme: Shop, monkeypatch: pytest.MonkeyPatch, is_late: bool) -> None:
    monkeypatch.setattr(value, "_is_late", lambda instant: is_late)
    new = make_variant("NEW")
    book(acme, new, "10", Kind.RECEIPT, at=NOON, unit_cost=Decimal(2))
    book(acme, new, "-4", Kind.SALE, at=NOON + timedelta(hours=2))
    book(acme, new, "-1", Kind.SALE, at=NOON + timedelta(hours=1))  # booked late
    hours = [then(acme, new, NOON + timedelta(hours=hour)) for hour in (-1, 0, 1, 2, 3)]
    assert hours == [(0, 0), (10, 20), (9, 18), (5, 10), (5, 10)]


STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(-5, 9), st.decimals("0", "9.9999", places=4), st.integers(0, 9)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, since=st.integers(-1, 9), until=st.integers(0, 10))
def test_the_value_always_adds_up(acme: Shop, steps: list[Any], since: int, until: int) -> None:
    new = make_variant(f"N{uuid7().hex}")
    for kind, units, cost, hour in steps:
        damaged = Decimal(abs(units)) if kind == Kind.DAMAGE else Decimal(0)
        change = {"unit_cost": cost} if units > 0 and kind == Kind.RECEIPT else {}
        book(acme, new, str(units or 1), kind, at=NOON + timedelta(hours=hour), damaged=damaged, **change)
    span = sorted([since, until])
    value = stock_value(since=NOON + timedelta(hours=span[0]), at=NOON + timedelta(hours=span[1]))
    assert value.difference == 0
    now = stock_value(since=NOON - timedelta(days=1), at=datetime.now(UTC) + timedelta(hours=1))
    held = sum(((one.on_hand + one.damaged) * (one.average_cost or 0) for one in StockLevel.objects.all()), Decimal(0))
    assert (now.closing, now.difference) == (held, Decimal(0))


@pytest.mark.django_db(transaction=True)
def test_the_api_says_what_the_stock_is_worth_and_why(acme: Shop) -> None:
    key = machine(acme)
    before = datetime.now(UTC).isoformat()
    assert key.post("orders/", sale_body(acme, {"TEA": "2"})).status_code == 201
    lost = {"variant": str(acme.variant("CUP").pk), "quantity": "1"}
    body = {"id": str(uuid7()), "kind": "adjustment", "location": str(acme.location.pk), "lines": [lost]}
    assert key.post("stock/movements/", body | {"reason_code": "theft"}).status_code == 201
    answer = key.get("stock/value/", {"since": before}).json()
    parts = {part["code"]: Decimal(part["amount"]) for part in answer["parts"]}
    assert (parts["sold"], parts["lost"]) == (Decimal("-4.50"), Decimal(-6))
    assert Decimal(answer["difference"]) == 0
    assert Decimal(answer["value"]) == Decimal(answer["opening"]) - Decimal("10.50")
    past = key.get("stock/as-of/", {"at": before, "variant": lost["variant"]}).json()["results"]
    assert [row["on_hand"] for row in past] == ["10"]
    assert person(acme, "cashier").get("stock/value/").status_code == 403
    assert key.get("stock/value/", {"since": "2026-02-01T00:00:00Z", "at": "2026-01-01T00:00:00Z"}).status_code == 422
    page = acme.client("accountant").get("/stock/value/").content.decode()
    assert "Cost of goods sold" in page and 'value="-4.5' in page


def test_who_works_at_one_place_learns_the_value_of_that_place_only(acme: Shop) -> None:
    annex = Location.objects.create(code="ANNEX", name="Acme annex")
    stock(acme.variant("TEA"), annex, "4")
    key = machine(acme, ["inventory.view_cost", "inventory.view_stock"], places=[annex])
    if key.get("stock/value/").status_code == 200:
        assert {row["location"] for row in key.get("stock/value/").json()["locations"]} <= {str(annex.pk)}
        assert key.get("stock/value/", {"location": str(acme.location.pk)}).json()["locations"] == []


@pytest.mark.django_db(transaction=True)
def test_the_history_tells_every_movement_with_its_cause(acme: Shop) -> None:
    tea = acme.variant("TEA")
    order = machine(acme).post("orders/", sale_body(acme, {"TEA": "2"})).json()["id"]
    body = {"id": str(uuid7()), "kind": "adjustment", "location": str(acme.location.pk), "reason": "behind the shelf"}
    line = {"variant": str(tea.pk), "quantity": "1"}
    api = person(acme, "manager")
    assert api.post("stock/movements/", body | {"lines": [line], "reason_code": "found"}).status_code == 201
    path = f"/stock/history/{tea.pk}/{acme.location.pk}/"
    page = acme.client("manager").get(path).content.decode()
    assert "Why there are 9" in page and "behind the shelf" in page and "Found" in page
    assert f"/orders/{order}/" in page and f"/stock/documents/{body['id']}/" in page
    assert "Found" not in acme.client("manager").get(path, {"kind": "sale"}).content.decode().partition("<tbody>")[2]
    assert acme.client("manager").get(path, {"since": "2031-01-01"}).status_code == 200
    assert acme.client("manager").get(path, {"since": "soon"}).status_code == 422
    assert acme.client("manager").get(f"/stock/history/{uuid7()}/{acme.location.pk}/").status_code == 404
    shown = acme.client("manager").get(f"/stock/documents/{body['id']}/")
    assert shown.status_code == 200 and "Adjustment: Found" in shown.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_late_cost_is_booked_on_the_page_of_its_receipt(acme: Shop) -> None:
    line = {"variant": str(acme.variant("TEA").pk), "quantity": "10", "unit_cost": "2.25"}
    body = {"id": str(uuid7()), "kind": "receipt", "location": str(acme.location.pk), "lines": [line]}
    assert machine(acme).post("stock/movements/", body).status_code == 201
    path, browser = f"/stock/documents/{body['id']}/", acme.client("manager")
    sent = {"id": str(uuid7()), "amount": "5", "spread_by": "value", "reason": "freight"}
    assert browser.post(path, sent | {"amount": "0"}).status_code == 422
    told = browser.post(path, sent, follow=True).content.decode()
    assert "The cost was booked" in told and "freight" in told
    assert StockLevel.objects.get(variant__sku="TEA").average_cost == Decimal("2.50")
    assert "A cost that came later" not in acme.client("stock clerk").get(path).content.decode()
    assert acme.client("stock clerk").post(path, sent).status_code == 403
    assert acme.client("stock clerk").get(f"/stock/documents/{sent['id']}/").status_code == 404
