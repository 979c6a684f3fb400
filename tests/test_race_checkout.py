"""Two hundred buyers, fifty units: exactly fifty sold; one id sent eight times at once: one order."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from core.actors import SYSTEM
from core.errors import DomainError
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import Shop, stock
from inventory.errors import OutOfStock
from inventory.models import StockLevel, StockMovement
from inventory.services.ledger import add_levels, move_stock
from orders.models import Order, Payment
from orders.services.checkout import BasketLine, Placed, Sale, Tender, place_order
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS, AT_ONCE = 200, 12


def deadlocks() -> int:
    """How many deadlocks this database has had to break."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def at_once(shop: Shop, work: list[Callable[[], Any]], threads: int) -> list[Any]:
    """Do everything on connections of its own, ``threads`` at a time, starting together."""
    start = Barrier(threads)

    def one(item: tuple[int, Callable[[], Any]]) -> Any:
        place, call = item
        if place < threads:
            start.wait(30)
        try:
            with use_tenant(shop.tenant):
                return call()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, enumerate(work)))


def sale(shop: Shop, basket: list[tuple[str, int]], total: str) -> Sale:
    return Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=shop.variant(sku).pk, quantity=Decimal(n)) for sku, n in basket],
        payments=[Tender(method="cash", amount=Decimal(total))],
    )


def test_two_hundred_buyers_of_fifty_units_get_exactly_fifty(acme: Shop) -> None:
    actor, before = acme.actor("cashier"), deadlocks()
    stock(acme.variant("TEA"), acme.location, "40")
    stock(acme.variant("CUP"), acme.location, "990")
    # Half of them name the goods in the other order: without one order of locks they would deadlock.
    baskets = [[("TEA", 1), ("CUP", 1)], [("CUP", 1), ("TEA", 1)]]
    sales = [sale(acme, baskets[number % 2], "16.50") for number in range(BUYERS)]

    results = at_once(acme, [partial(place_order, one, actor=actor) for one in sales], AT_ONCE)

    kinds = Counter(type(result) for result in results)
    assert kinds == {Placed: 50, OutOfStock: 150}, kinds
    assert deadlocks() == before
    assert Order.objects.count() == Payment.objects.count() == 50
    for sku, left in (("TEA", 0), ("CUP", 950)):
        level = StockLevel.objects.get(variant__sku=sku)
        ledger = StockMovement.objects.filter(variant__sku=sku)
        assert level.on_hand == left == ledger.aggregate(sum=Sum("delta"))["sum"]
        assert sorted(ledger.values_list("version", flat=True)) == list(range(1, level.version + 1))
        assert ledger.filter(kind="sale").count() == 50
    assert Event.objects.filter(type="order.completed").count() == 50
    assert Event.objects.filter(type="stock.out").count() == 1


def test_one_id_sent_by_eight_threads_at_once_makes_one_order(acme: Shop) -> None:
    actor, wanted = acme.actor("cashier"), sale(acme, [("TEA", 1), ("CUP", 2)], "28.50")

    results = at_once(acme, [partial(place_order, wanted, actor=actor)] * 8, 8)

    assert sorted(result.is_new for result in results) == [False] * 7 + [True]
    assert {result.order.pk for result in results} == {wanted.order_id}
    assert Order.objects.count() == Payment.objects.count() == 1
    assert [level.on_hand for level in StockLevel.objects.order_by("variant__sku")] == [8, 10, 9]
    assert Event.objects.filter(type="order.created").count() == 1


def test_a_fact_is_booked_also_when_somebody_else_makes_its_level_in_this_moment(acme: Shop) -> None:
    """The first movement of a variant at a new location, twice at once: neither may be refused or lost."""
    rounds = 8
    for number in range(rounds):
        place = Location.objects.create(code=f"NEW{number}", name="New")
        work: list[Callable[[], Any]] = [partial(stock, acme.variant("TEA"), place, "5") for _ in range(4)]
        assert at_once(acme, work, 4) == [None] * 4
        level = StockLevel.objects.get(variant=acme.variant("TEA"), location=place)
        assert (level.on_hand, level.version) == (Decimal(20), 4)


def test_a_fact_waits_for_whoever_is_making_its_level(acme: Shop) -> None:
    place = Location.objects.create(code="NEW", name="New")
    key = (acme.variant("TEA").pk, place.pk)
    waiting = ThreadPoolExecutor(1)
    with transaction.atomic():
        add_levels([key])
        booked = waiting.submit(at_once, acme, [partial(book, key, "3")], 1)
        wait_until(somebody_waits, seconds=20)
    assert [type(one) for one in booked.result(20)] == [list]
    level = StockLevel.objects.get(variant=key[0], location=place)
    assert (level.on_hand, level.version) == (Decimal(3), 1)
    waiting.shutdown()


def book(key: tuple[UUID, UUID], quantity: str) -> Any:
    return move_stock(
        deltas={key: Decimal(quantity)},
        kind=StockMovement.Kind.RECEIPT,
        reference_type="test",
        reference_id=uuid7(),
        actor=SYSTEM,
        occurred_at=datetime.now(UTC),
        may_refuse=False,
    )


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0]) > 0
