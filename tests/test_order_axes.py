"""Where an order stands is what its rows say: random legal and illegal acts beside a small model of it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.ids import uuid7
from core.testing import Shop, stock
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Order, Payment
from orders.selectors import find_order, visible_orders
from orders.selectors.axes import axes_of
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.changes import Settlement, confirm_change, propose_change
from orders.services.checkout import place_order
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import Cancellation, add_payment, cancel_order, place_open_order
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.rewriting import Action
from orders.services.voids import void_order

pytestmark = pytest.mark.django_db
PRICE = Decimal("4.50")
STEPS = {"open": {"pack": "packed", "cancel": "cancelled"}, "packed": {"done": "done", "cancel": "cancelled"}}
ACTS = st.sampled_from(["pay", "parcel", "pack", "done", "cancel parcel", "cancel", "return", "void", "change"])


@dataclass
class Model:
    """One order of so many units: what was paid and given back, its parcels, what came back, and its state."""

    units: int
    paid: Decimal
    state: str
    at_counter: bool
    parcels: dict[UUID, tuple[int, str]] = field(default_factory=dict)
    back: int = 0
    ever_paid: bool = False
    was_changed: bool = False

    @property
    def due(self) -> Decimal:
        return PRICE * self.units

    @property
    def gone(self) -> int:
        return sum(units for units, state in self.parcels.values() if state == "done")

    @property
    def free(self) -> int:
        return self.units - sum(units for units, state in self.parcels.values() if state != "cancelled")

    def settle(self) -> None:
        if self.state == "open" and self.paid == self.due and self.gone == self.units:
            self.state = "completed"

    def axes(self) -> tuple[str, str, str]:
        done, over = self.state == "completed", self.state in ("voided", "cancelled")
        if over or (done and self.back == self.units):
            paid = "refunded" if self.ever_paid else "unpaid"
        else:
            paid = "paid" if self.paid == self.due else "partly" if self.paid > 0 else "unpaid"
        return paid, "all" if done else part(self.gone, self.units), part(self.back, self.units)


def part(some: int, of: int) -> str:
    return "none" if not some else "partly" if some < of else "all"


class Walk:
    """Acts on an order through the services, and says whether the model lets them."""

    def __init__(self, shop: Shop, units: int, at_counter: bool) -> None:
        self.shop, self.actor = shop, shop.actor()
        line = BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(units))
        total = PRICE * units
        sale = Sale(order_id=uuid7(), location_id=shop.location.pk, lines=[line], payments=[])
        if at_counter:
            paid = Sale(**{**vars_of(sale), "payments": [Tender(method="card", amount=total)]})
            self.order = place_order(paid, actor=self.actor).order
        else:
            self.order = place_open_order(sale, delivery={"kind": "pickup"}, actor=self.actor).order
        self.model = Model(
            units,
            total if at_counter else Decimal(0),
            "completed" if at_counter else "open",
            at_counter,
            ever_paid=at_counter,
        )

    def act(self, act: str, units: int) -> None:
        """Do it; where the model forbids it, the services must, and then nothing has moved."""
        before = self.rows()
        may = getattr(self, f"may_{act.replace(' ', '_')}")(units)
        try:
            getattr(self, f"do_{act.replace(' ', '_')}")(units, may)
        except DomainError:
            assert not may, f"{act} {units} was refused"
            assert self.rows() == before, f"{act} {units} was refused and something moved"
        else:
            assert may, f"{act} {units} went through"
        self.model.settle()

    def rows(self) -> tuple[Any, ...]:
        """All that an act may touch."""
        order = Order.objects.values_list("state", "version", "total").get(pk=self.order.pk)
        level = StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku="TEA")
        return order, level, Payment.objects.count(), Order.objects.count(), self.order.fulfilments.count()

    # --- what the model allows, and what is done

    def may_pay(self, units: int) -> bool:
        return self.model.state == "open" and PRICE * units <= self.model.due - self.model.paid

    def do_pay(self, units: int, may: bool) -> None:
        add_payment(self.order.pk, Tender(method="card", amount=PRICE * units), actor=self.actor)
        self.model.paid, self.model.ever_paid = self.model.paid + PRICE * units, True

    def may_parcel(self, units: int) -> bool:
        return self.model.state == "open" and units <= self.model.free

    def do_parcel(self, units: int, may: bool) -> None:
        draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=self.order.pk, lines=[(1, Decimal(units))])
        create_fulfilment(draft, actor=self.actor)
        self.model.parcels[draft.fulfilment_id] = (units, "open")

    def chosen(self, units: int) -> UUID | None:
        return list(self.model.parcels)[units % len(self.model.parcels)] if self.model.parcels else None

    def may_step(self, units: int, step: str) -> bool:
        parcel = self.chosen(units)
        if parcel is None:
            return True  # nothing to step: nothing is done
        state = self.model.parcels[parcel][1]
        is_repeat = state == {"pack": "packed", "done": "done", "cancel": "cancelled"}[step]
        return is_repeat or (self.model.state == "open" and step in STEPS.get(state, {}))

    def do_step(self, units: int, step: str) -> None:
        parcel = self.chosen(units)
        if parcel is None:
            return
        _, is_new = take_step(parcel, Step(name=step), actor=self.actor)
        count, state = self.model.parcels[parcel]
        self.model.parcels[parcel] = (count, STEPS[state][step] if is_new else state)

    def may_pack(self, units: int) -> bool:
        return self.may_step(units, "pack")

    def do_pack(self, units: int, may: bool) -> None:
        self.do_step(units, "pack")

    def may_done(self, units: int) -> bool:
        return self.may_step(units, "done")

    def do_done(self, units: int, may: bool) -> None:
        self.do_step(units, "done")

    def may_cancel_parcel(self, units: int) -> bool:
        return self.may_step(units, "cancel")

    def do_cancel_parcel(self, units: int, may: bool) -> None:
        self.do_step(units, "cancel")

    def may_cancel(self, units: int) -> bool:
        return self.model.state == "open" and not self.model.gone

    def do_cancel(self, units: int, may: bool) -> None:
        cancel_order(self.order.pk, Cancellation(cancel_id=uuid7(), reason="no"), actor=self.actor)
        self.model.state, self.model.paid = "cancelled", Decimal(0)
        self.model.parcels = {key: (count, "cancelled") for key, (count, _) in self.model.parcels.items()}

    def may_return(self, units: int) -> bool:
        return self.model.state == "completed" and units <= self.model.units - self.model.back

    def do_return(self, units: int, may: bool) -> None:
        lines = [ReturnLine(position=1, quantity=Decimal(units))]
        return_goods(Return(refund_id=uuid7(), order_id=self.order.pk, lines=lines, reason="x"), actor=self.actor)
        self.model.back += units

    def may_void(self, units: int) -> bool:
        is_untouched = not self.model.back and not self.model.was_changed
        return self.model.state == "completed" and self.model.at_counter and is_untouched

    def do_void(self, units: int, may: bool) -> None:
        void_order(self.order.pk, void_id=uuid7(), reason="x", actor=self.actor)
        self.model.state, self.model.paid = "voided", Decimal(0)

    def may_change(self, units: int) -> bool:
        is_packed = any(state != "cancelled" for _, state in self.model.parcels.values())
        return self.model.state in ("open", "completed") and not is_packed and not self.model.back

    def do_change(self, units: int, may: bool) -> None:
        action = Action(kind="quantity", position=1, quantity=Decimal(units))
        change, _ = propose_change(change_id=uuid7(), order_id=self.order.pk, actions=[action], actor=self.actor)
        due = change.difference if self.model.state == "completed" and change.difference > 0 else Decimal(0)
        how = Settlement(payments=[Tender(method="card", amount=due)] if due else None)
        version = Order.objects.get(pk=self.order.pk).version
        confirm_change(change.pk, order_id=self.order.pk, version=version, settlement=how, actor=self.actor)
        self.model.units, self.model.was_changed = units, True
        self.model.paid = self.model.due if self.model.state == "completed" else min(self.model.paid, self.model.due)


def vars_of(sale: Sale) -> dict[str, Any]:
    return {name: getattr(sale, name) for name in sale.__slots__}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
@given(at_counter=st.booleans(), size=st.integers(1, 4), acts=st.lists(st.tuples(ACTS, st.integers(1, 4)), max_size=12))
def test_the_axes_are_what_the_rows_say_and_what_is_illegal_moves_nothing(
    acme: Shop, at_counter: bool, size: int, acts: list[tuple[str, int]]
) -> None:
    stock(acme.variant("TEA"), acme.location, "100")
    walk = Walk(acme, size, at_counter)
    for act, units in acts:
        walk.act(act, units)
        order, model = find_order(walk.order.pk, actor=walk.actor), walk.model
        where = axes_of(order)
        assert (where.paid, where.handed_over, where.returned) == model.axes(), (act, units)
        assert (order.state, order.total) == (model.state, model.due), (act, units)
        there = sum(order.payments.values_list("amount", flat=True), Decimal(0))
        assert there == model.paid and (order.state != "completed" or there == order.total)
        assert where.to_pay == (0 if model.state in ("voided", "cancelled") else model.due - model.paid)
    axes: dict[str, Any] = dict(zip(("paid", "handed_over", "returned"), walk.model.axes(), strict=True))
    assert walk.order in visible_orders(actor=walk.actor, **axes)
    assert audit_books() == []
