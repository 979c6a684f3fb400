"""Carts put aside: any till of the location takes one up, exactly one wins. Nothing of them is booked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import SYSTEM, Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, fault, must_be_version, refuse
from core.locations.selectors import active_location
from core.money import plain_decimal
from core.outbox.services import emit
from core.secrets import Unreadable, reseal, seal, unseal
from orders.errors import AlreadyTaken
from orders.events import OrderDiscarded, OrderParked, OrderResumed
from orders.models import Customer, Order, OrderLine
from orders.permissions import SELL
from orders.services.basket import BasketLine, CardSold, GivenDiscount, Sale
from orders.services.cards_sold import card_lines, check_cards
from orders.services.checkout import MOST_LINES
from orders.services.credit import normal_code
from orders.services.papers import new_document, same_request
from orders.services.pricing import price_lines

Action = AuditEntry.Action
State = Order.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """What is to be put aside. ``order_id`` is the till's and makes repeats harmless."""

    order_id: UUID
    location_id: UUID
    lines: Sequence[BasketLine]
    label: str = ""
    customer_id: UUID | None = None
    note: str = ""
    coupons: Sequence[str] = ()
    discount: GivenDiscount | None = None
    gift_cards: Sequence[CardSold] = ()

    def as_sale(self) -> Sale:
        return Sale(
            order_id=self.order_id,
            location_id=self.location_id,
            lines=self.lines,
            payments=(),
            customer_id=self.customer_id,
            note=self.note,
            coupons=self.coupons,
            discount=self.discount,
            gift_cards=self.gift_cards,
        )

    def stated(self) -> dict[str, Any] | None:
        """What is kept beside lines and amounts: `orders.models.Order.basket`, None where there is nothing."""
        lines = {str(place): told for place, line in enumerate(self.lines, start=1) if (told := _told_of(line))}
        cards = [_sealed(card) for card in self.gift_cards]
        kept = {"coupons": list(self.coupons), "discount": _plain(self.discount), "lines": lines, "gift_cards": cards}
        return {name: value for name, value in kept.items() if value} or None

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        return fingerprint([self.as_sale().hash().hex(), self.label])


def _told_of(line: BasketLine) -> dict[str, Any]:
    told = {"discount": _plain(line.discount), "lot": line.lot, "serials": list(line.serials)}
    if line.label:
        told |= {"scanned": line.label, "labels": plain_decimal(line.quantity)}
    return {name: value for name, value in told.items() if value}


def _sealed(card: CardSold) -> dict[str, Any]:
    """A gift card that waits to be sold; the code that somebody typed is sealed, and worth nothing until then."""
    code = normal_code(card.code)
    return {
        "id": str(card.card_id),
        "amount": plain_decimal(card.amount, places=2),
        "last_four": code[-4:],
        "sealed": seal(code, place=_place_of(card.card_id)) if code else "",
        "expires_on": card.expires_on.isoformat() if card.expires_on else None,
    }


def _place_of(card_id: object) -> str:
    return f"orders.parked_card:{card_id}"


def code_of_parked(card: Mapping[str, Any]) -> str:
    """The code of a gift card in a parked cart, for the till that takes it up; "" where none was typed.

    One that cannot be opened any more, because its key is gone, is typed again.
    """
    try:
        return unseal(card["sealed"], place=_place_of(card["id"])) if card["sealed"] else ""
    except Unreadable:
        return ""


@transaction.atomic
def reseal_parked_cards() -> tuple[int, int]:
    """Seal the codes of gift cards in parked carts under today's first key. A part of `manage.py reseal_secrets`.

    Answers how many are, and how many no key of today opens; those stay as they were.
    """
    done = unreadable = 0
    rows = Order.objects.select_for_update(of=("self",), no_key=True)
    for order in rows.filter(state=State.PARKED, basket__has_key="gift_cards").order_by("pk"):
        for card in (order.basket or {})["gift_cards"]:
            try:
                card["sealed"] = card["sealed"] and reseal(card["sealed"], place=_place_of(card["id"]))
                done += bool(card["sealed"])
            except Unreadable:
                unreadable += 1
        order.save(update_fields=["basket"])
    return done, unreadable


def _plain(given: GivenDiscount | None) -> dict[str, str] | None:
    if given is None:
        return None
    return {"kind": given.kind, "value": plain_decimal(given.value), "reason": given.reason}


@dataclass(frozen=True, slots=True)
class Kept:
    """The parked cart, and whether this call did it (False: it was done before by this very request)."""

    order: Order
    lines: Sequence[OrderLine]
    is_new: bool


def park(cart: Cart, *, actor: Actor) -> Kept:
    """Put a cart aside with today's prices; they are looked up again when it is sold.

    Coupons, discounts by hand, lots and pieces are kept as they were stated: nothing of them is used or set aside, and
    an approval is asked for again. So are gift cards that the cart buys: none of them is issued before it is paid.

    A price that somebody stated is kept as stated: whether they may sell at it is asked at the sale.

    Raises:
        Forbidden: the actor may not sell here.
        Invalid, NotFound: a line, the customer or the location is wrong; every wrong line is named.
        ReusedIdentifier: the id belongs to something else.
    """
    actor.require(SELL, at=cart.location_id)
    stored = Order.objects.filter(pk=cart.order_id).first()
    if stored is not None:
        return _again(stored, cart, actor)
    location = active_location(cart.location_id)
    _check(cart)
    now = datetime.now(UTC)
    priced = price_lines(cart.as_sale(), SYSTEM, when=now)
    cards = card_lines(cart.gift_cards, after=len(priced.lines))
    for line in cards:
        line.gift_card_id = None  # there is none before it is paid
    lines = [*priced.lines, *cards]
    order = new_document(
        order_id=cart.order_id,
        request_hash=cart.hash(),
        location=location,
        lines=lines,
        actor=actor,
        when=now,
        discounts=priced.discounts,
        state=State.PARKED,
        channel=Order.Channel.COUNTER,
        customer_id=cart.customer_id,
        label=cart.label[:80],
        note=cart.note[:300],
        basket=cart.stated(),
    )
    try:
        _write(order, lines, actor)
    except IntegrityError as conflict:
        stored = Order.objects.filter(pk=cart.order_id).first()
        if stored is None:
            raise
        try:
            return _again(stored, cart, actor)
        except NotFound as refusal:
            raise refusal from conflict
    return Kept(order, lines, True)


def _again(stored: Order, cart: Cart, actor: Actor) -> Kept:
    told = "This id belongs to an order with other content."
    same_request(stored, actor=actor, request_hash=cart.hash(), told=told)
    return Kept(stored, list(stored.lines.all()), False)


def _check(cart: Cart) -> None:
    errors = [
        fault(f"/lines/{place}/quantity", "positive", "More than zero.")
        for place, line in enumerate(cart.lines)
        if line.quantity <= 0
    ]
    if not (cart.lines or cart.gift_cards) or len(cart.lines) > MOST_LINES:
        errors.insert(0, fault("/lines", "length", f"Between 1 and {MOST_LINES} lines."))
    refuse(*errors, *check_cards(cart.as_sale()))
    if cart.customer_id and not Customer.objects.filter(pk=cart.customer_id).exists():
        raise NotFound("There is no such customer.", details={"customer": str(cart.customer_id)})


@transaction.atomic
def _write(order: Order, lines: Sequence[OrderLine], actor: Actor) -> None:
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(lines)
    record(
        Action.CREATE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"state": (None, order.state), "total": (None, order.total), "label": (None, order.label)},
    )
    emit(
        OrderParked(**_named(order), currency=order.currency, total=order.total, lines=order.line_count),
        actor=actor,
    )


@transaction.atomic
def resume(order_id: UUID, *, take_id: UUID, actor: Actor, version: int | None = None) -> Kept:
    """Take a parked cart up. Of several tills exactly one gets it; ``take_id`` is that till's, and a repeat with it
    gets the same cart again, also after a crash.

    Raises:
        NotFound: there is no such cart at a location where the actor sells.
        AlreadyTaken: another till has it, or somebody threw it away.
        StaleVersion: it was changed since ``version``.
    """
    order = _locked(order_id, actor)
    if order.state == State.ENDED and order.ended_ref == take_id and order.ended_by_id == actor.id:
        return Kept(order, list(order.lines.all()), False)
    _end(order, take_id, actor, version)
    record(
        Action.CHANGE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"taken_up_by": (None, actor.label)},
    )
    emit(OrderResumed(**_named(order)), actor=actor)
    return Kept(order, list(order.lines.all()), True)


@transaction.atomic
def discard(order_id: UUID, *, actor: Actor, version: int | None = None) -> bool:
    """Throw a parked cart away; answers whether this call did it. Repeating by the same person changes nothing.

    Raises: as `resume`.
    """
    order = _locked(order_id, actor)
    if order.state == State.ENDED and order.ended_ref is None and order.ended_by_id == actor.id:
        return False
    _end(order, None, actor, version)
    record(Action.DELETE, actor=actor, object_type="order", object_id=order.pk, object_label=order.number)
    emit(OrderDiscarded(**_named(order)), actor=actor)
    return True


def _locked(order_id: UUID, actor: Actor) -> Order:
    rows = Order.objects.select_for_update(of=("self",)).filter(pk=order_id, state__in=[State.PARKED, State.ENDED])
    places = actor.places(SELL)
    order = (rows if places is None else rows.filter(location__in=places)).first()
    if order is None:
        raise NotFound("There is no such parked cart.")
    return order


def _end(order: Order, take_id: UUID | None, actor: Actor, version: int | None) -> None:
    if order.state == State.ENDED:
        when = order.ended_at.isoformat() if order.ended_at else None
        raise AlreadyTaken(details={"by": order.ended_by_label, "at": when})
    must_be_version(version, order.version)
    order.state, order.version = State.ENDED, order.version + 1
    order.ended_at, order.ended_ref = datetime.now(UTC), take_id
    order.ended_by_id, order.ended_by_label = actor.id, actor.label[:200]
    order.save(update_fields=["state", "version", "ended_at", "ended_ref", "ended_by_id", "ended_by_label"])


def _named(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.pk,
        "version": order.version,
        "number": order.number,
        "location_id": order.location_id,
        "label": order.label,
    }
