"""Everything at once: people who sell, take back, void, send, receive, count, set aside and throw away, in any order.

Each of them keeps a notebook of what they did, as plainly as can be. Afterwards the levels, the goods on their way,
what is set aside and the money are what the notebooks add up to, the auditor finds nothing, and nobody had to be
rescued from a deadlock.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum

from core.actors import Actor
from core.errors import Conflict, DomainError
from core.ids import uuid7
from core.locations.models import Location
from core.testing import Shop, stock
from inventory.errors import OutOfStock
from inventory.models import StockLevel, StockMovement, StockReservation
from inventory.services.arrivals import Arrival, receive_transfer
from inventory.services.count_booking import approve_count
from inventory.services.count_entries import EntryDraft, add_entries
from inventory.services.counts import CountDraft, open_count, review_count
from inventory.services.documents import book_stock
from inventory.services.lines import GoodsLine
from inventory.services.reservations import Reserve, release, reserve
from inventory.services.shipping import ship_transfer
from inventory.services.stating import StockChange, StockLine
from inventory.services.transfers import TransferDraft, create_transfer
from orders.auditor import audit_books
from orders.models import Order, Payment
from orders.services.checkout import BasketLine, Placed, Sale, Tender, place_order
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.voids import void_order
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, STEPS = 4, 40
SKUS = ("TEA", "CUP", "JAM")
Key = tuple[UUID, UUID]
EXPECTED_REFUSALS = (OutOfStock, Conflict)


@dataclass
class Notebook:
    """What one person did that succeeded."""

    on_hand: Counter[Key] = field(default_factory=Counter)
    damaged: Counter[Key] = field(default_factory=Counter)
    in_transit: Counter[Key] = field(default_factory=Counter)
    reserved: Counter[Key] = field(default_factory=Counter)
    money: Decimal = Decimal(0)
    done: Counter[str] = field(default_factory=Counter)


class Person:
    """Does random things in a shop with two places, on a database connection of their own."""

    def __init__(self, shop: Shop, seed: int, places: list[Location]) -> None:
        self.pick = Random(seed)
        self.actor: Actor = shop.actor("owner")
        self.variants = {sku: shop.variant(sku) for sku in SKUS}
        self.places = places
        self.notes = Notebook()
        self.sales: list[Placed] = []
        self.left: dict[tuple[UUID, int], Decimal] = {}
        self.boxes: list[tuple[UUID, UUID, UUID, Decimal]] = []
        self.kept: list[tuple[UUID, UUID, UUID, Decimal]] = []

    def live(self) -> Notebook:
        acts: list[Callable[[], None]] = [
            *([self.sell] * 5),
            self.take_back,
            self.take_back,
            self.void,
            self.receive,
            self.damage,
            self.send,
            self.unpack,
            self.set_aside,
            self.buy_what_was_set_aside,
            self.give_up,
            self.count,
        ]
        for _ in range(STEPS):
            act = self.pick.choice(acts)
            try:
                act()
                self.notes.done[act.__name__] += 1
            except EXPECTED_REFUSALS:
                self.notes.done["refused"] += 1
        return self.notes

    def somewhere(self) -> Location:
        return self.pick.choice(self.places)

    def something(self) -> tuple[Any, Decimal]:
        return self.variants[self.pick.choice(SKUS)], Decimal(self.pick.randint(1, 4))

    def sell(self, *, place: Location | None = None, basket: dict[Any, Decimal] | None = None, **more: Any) -> None:
        place = place or self.somewhere()
        if basket is None:
            basket = dict(self.something() for _ in range(self.pick.randint(1, 3)))
        total = sum((variant.unit_price * units for variant, units in basket.items()), Decimal(0))
        placed = place_order(
            Sale(
                order_id=uuid7(),
                location_id=place.pk,
                lines=[BasketLine(variant_id=variant.pk, quantity=units) for variant, units in basket.items()],
                payments=[Tender(method="cash", amount=total)],
                **more,
            ),
            actor=self.actor,
        )
        self.notes.money += total
        for variant, units in basket.items():
            self.notes.on_hand[variant.pk, place.pk] -= units  # type: ignore[assignment]
        self.sales.append(placed)
        self.left |= {(placed.order.pk, line.position): line.quantity for line in placed.lines}

    def take_back(self) -> None:
        if not self.sales:
            return
        sale = self.pick.choice(self.sales)
        line = self.pick.choice(list(sale.lines))
        left = self.left[sale.order.pk, line.position]
        if not left:
            return
        units = Decimal(self.pick.randint(1, int(left)))
        where = self.pick.choice(["restock", "damaged", "none"])
        wanted = Return(
            refund_id=uuid7(),
            order_id=sale.order.pk,
            lines=[ReturnLine(position=line.position, quantity=units, disposition=where)],
            reason="changed their mind",
            by_method="cash",
        )
        refund = return_goods(wanted, actor=self.actor)
        self.left[sale.order.pk, line.position] -= units
        assert refund.order.total == -units * line.unit_price
        self.notes.money += refund.order.total
        key = (line.variant_id, sale.order.location_id)
        if where == "restock":
            self.notes.on_hand[key] += units  # type: ignore[index,assignment]
        elif where == "damaged":
            self.notes.damaged[key] += units  # type: ignore[index,assignment]

    def void(self) -> None:
        if not self.sales:
            return
        sale = self.pick.choice(self.sales)
        void_order(sale.order.pk, void_id=uuid7(), reason="rung up twice", actor=self.actor)
        self.sales.remove(sale)
        self.notes.money -= sale.order.total
        for line in sale.lines:
            self.notes.on_hand[line.variant_id, sale.order.location_id] += line.quantity  # type: ignore[index,assignment]

    def receive(self) -> None:
        self._book("receipt", "", "on_hand")

    def damage(self) -> None:
        self._book("adjustment", "damaged", "damaged")

    def _book(self, kind: str, code: str, state: str) -> None:
        place = self.somewhere()
        variant, units = self.something()
        book_stock(
            StockChange(
                document_id=uuid7(),
                kind=kind,
                location_id=place.pk,
                reason="what happened",
                reason_code=code,
                lines=[StockLine(variant_id=variant.pk, quantity=units)],
            ),
            actor=self.actor,
        )
        getattr(self.notes, state)[variant.pk, place.pk] += units
        if state == "damaged":
            self.notes.on_hand[variant.pk, place.pk] -= units  # type: ignore[assignment]

    def send(self) -> None:
        source, destination = self.pick.sample(self.places, 2)
        variant, units = self.something()
        line = GoodsLine(variant_id=variant.pk, quantity=units)
        draft = TransferDraft(transfer_id=uuid7(), source_id=source.pk, destination_id=destination.pk, lines=[line])
        transfer = create_transfer(draft, actor=self.actor).transfer
        ship_transfer(transfer.pk, actor=self.actor)
        self.notes.on_hand[variant.pk, source.pk] -= units  # type: ignore[assignment]
        self.notes.in_transit[variant.pk, destination.pk] += units  # type: ignore[assignment]
        self.boxes.append((transfer.pk, variant.pk, destination.pk, units))

    def unpack(self) -> None:
        if not self.boxes:
            return
        transfer_id, variant_id, place_id, units = self.boxes.pop()
        good = Decimal(self.pick.randint(0, int(units)))
        lines = [GoodsLine(variant_id=variant_id, quantity=good)] if good else []
        receive_transfer(
            Arrival(receipt_id=uuid7(), transfer_id=transfer_id, lines=lines, is_last=True, reason="the rest is lost"),
            actor=self.actor,
        )
        self.notes.in_transit[variant_id, place_id] -= units  # type: ignore[assignment]
        self.notes.on_hand[variant_id, place_id] += good  # type: ignore[assignment]

    def set_aside(self) -> None:
        place = self.somewhere()
        variant, units = self.something()
        wanted = Reserve(
            reservation_id=uuid7(),
            variant_id=variant.pk,
            location_id=place.pk,
            quantity=units,
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
        reserve(wanted, actor=self.actor)
        self.notes.reserved[variant.pk, place.pk] += units  # type: ignore[assignment]
        self.kept.append((wanted.reservation_id, variant.pk, place.pk, units))

    def buy_what_was_set_aside(self) -> None:
        if not self.kept:
            return
        reservation_id, variant_id, place_id, units = self.kept[-1]
        variant = next(one for one in self.variants.values() if one.pk == variant_id)
        place = next(one for one in self.places if one.pk == place_id)
        self.sell(place=place, basket={variant: units}, reservations=[reservation_id])
        self.kept.pop()
        self.notes.reserved[variant_id, place_id] -= units  # type: ignore[assignment]

    def give_up(self) -> None:
        if not self.kept:
            return
        reservation_id, variant_id, place_id, units = self.kept.pop()
        release(reservation_id, actor=self.actor)
        self.notes.reserved[variant_id, place_id] -= units  # type: ignore[assignment]

    def count(self) -> None:
        """What is found differs from the record of that instant by what the ledger books: that is what is noted."""
        place = self.somewhere()
        variant, seen = self.something()
        count = open_count(CountDraft(count_id=uuid7(), location_id=place.pk), actor=self.actor).count
        add_entries(count.pk, [EntryDraft(entry_id=uuid7(), variant_id=variant.pk, quantity=seen)], actor=self.actor)
        review_count(count.pk, actor=self.actor)
        approve_count(count.pk, actor=self.actor, not_counted="leave")
        for row in StockMovement.objects.filter(reference_type="count", reference_id=count.pk):
            self.notes.on_hand[row.variant_id, row.location_id] += row.delta  # type: ignore[assignment]


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_people_do_at_once_adds_up(acme: Shop, seed: int) -> None:
    places = [acme.location, Location.objects.create(code="NORTH", name="North")]
    for sku in SKUS:
        for place in places:
            stock(acme.variant(sku), place, "40")
    start = {(row.variant_id, row.location_id): row.on_hand for row in StockLevel.objects.all()}
    before = deadlocks()
    people = [Person(acme, seed * 100 + number, places) for number in range(PEOPLE)]
    results = at_once(acme, [partial(person.live) for person in people], PEOPLE)
    wrong = [result for result in results if isinstance(result, DomainError)]
    assert wrong == [], [(one.code, one.details) for one in wrong]
    total = sum((Counter(note.done) for note in results), Counter[str]())
    assert total["sell"] > PEOPLE and total["refused"] < PEOPLE * STEPS / 2, total

    for row in StockLevel.objects.all():
        key = (row.variant_id, row.location_id)
        noted = {
            state: sum((getattr(note, state)[key] for note in results), Decimal(0))
            for state in ("on_hand", "damaged", "in_transit", "reserved")
        }
        noted["on_hand"] += start[key]
        assert {state: getattr(row, state) for state in noted} == noted, (row.variant.sku, total)
    money = Payment.objects.aggregate(sum=Sum("amount"))["sum"]
    assert money == sum((note.money for note in results), Decimal(0))
    assert Order.objects.filter(kind="sale", state="completed").count() == sum(len(one.sales) for one in people)
    live = StockReservation.objects.filter(state="live").aggregate(sum=Sum("quantity"))["sum"] or Decimal(0)
    assert live == sum((units for one in people for *_, units in one.kept), Decimal(0))
    assert deadlocks() == before
    assert audit_books() == []
