"""What tills send later of selling: bodies read, and handed to the services."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from rest_framework import serializers

from core.api.fields import AmountField, PriceField, QuantityField, RateField
from core.api.views import body_of
from core.sync.facts import by_author
from core.sync.registry import Held, Item, Kind, Outcome, register_kind
from orders.api.after import ReturnInput, return_of
from orders.api.customer_bodies import CustomerInput, split
from orders.api.parking import CartInput, cart_of
from orders.api.serializers import OrderInput
from orders.api.views import sale_of
from orders.models import Order, Payment
from orders.services.charged import Charged, ChargedLine
from orders.services.checkout import MOST_LINES
from orders.services.parking import park
from orders.services.taken_carts import take_up
from orders.services.taken_returns import take_customer, take_return
from orders.services.taken_sales import TakenSale, take_sale


class ChargedLineInput(serializers.Serializer[Any]):
    """A line as the customer saw it."""

    variant = serializers.UUIDField(required=False, allow_null=True)
    sku = serializers.CharField(required=False, allow_blank=True, max_length=80)
    title = serializers.CharField(required=False, allow_blank=True, max_length=250)
    name = serializers.CharField(required=False, allow_blank=True, max_length=250)
    quantity = QuantityField(required=False, allow_null=True)
    unit_price = PriceField(min_value=0)
    tax_rate = RateField(min_value=0)
    discount = AmountField(required=False, min_value=0)
    net = AmountField()
    tax = AmountField()
    total = AmountField()
    tax_parts = serializers.ListField(child=serializers.DictField(), required=False, max_length=20)


class ChargedInput(serializers.Serializer[Any]):
    """What a sale came to at the till."""

    lines = ChargedLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    total = AmountField(min_value=0)
    cash_rounding = AmountField(required=False)


class TakenSaleInput(serializers.Serializer[Any]):
    """A sale that a till completed without the server."""

    order = OrderInput()
    as_sold = ChargedInput()
    receipt_number = serializers.CharField(required=False, allow_blank=True, max_length=40)


def _sale(item: Item) -> Outcome:
    return take_sale(taken_sale_of(body_of(TakenSaleInput, item.body), item), item)


def taken_sale_of(body: dict[str, Any], item: Item) -> TakenSale:
    """The body of a sale that happened in the words of the service."""
    said = body["as_sold"]
    charged = Charged(
        lines=[_line(line) for line in said["lines"]],
        total=said["total"],
        cash_rounding=said.get("cash_rounding", Decimal(0)),
    )
    number = body.get("receipt_number") or f"{item.prefix}-{item.n:06}"
    return TakenSale(sale=sale_of(body["order"], "user"), charged=charged, receipt_number=number)


def _line(said: dict[str, Any]) -> ChargedLine:
    return ChargedLine(
        variant_id=said.get("variant"),
        sku=said.get("sku", ""),
        title=said.get("title") or said.get("name", ""),
        quantity=said.get("quantity"),
        unit_price=said["unit_price"],
        tax_rate=said["tax_rate"],
        discount=said.get("discount", Decimal(0)),
        net=said["net"],
        tax=said["tax"],
        total=said["total"],
        tax_parts=said.get("tax_parts", ()),
    )


def _held(body: Mapping[str, Any]) -> Held:
    """The money of a sale that cannot be booked, from whatever can be read of it."""
    order = body.get("order")
    order = order if isinstance(order, Mapping) else {}
    payments = [one for one in order.get("payments") or () if isinstance(one, Mapping)]
    cash = [_amount(one.get("amount")) for one in payments if one.get("method") == Payment.Method.CASH]
    number = body.get("receipt_number")
    return Held(
        total=sum((_amount(one.get("amount")) for one in payments), Decimal(0)),
        cash=sum(cash, Decimal(0)),
        location_id=_uuid(order.get("location")),
        register_id=_uuid(order.get("register")),
        label=number[:40] if isinstance(number, str) else "",
    )


def _amount(value: Any) -> Decimal:
    """A plain amount of money, or nothing."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
    return amount.quantize(Decimal("0.0001")) if amount.is_finite() and 0 <= amount < 10**12 else Decimal(0)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


class TakenReturnInput(serializers.Serializer[Any]):
    """Goods that came back to a till without the server: ``of`` is the sale's id."""

    of = serializers.UUIDField()
    refund = ReturnInput()
    receipt_number = serializers.CharField(required=False, allow_blank=True, max_length=40)


def _return(item: Item) -> Outcome:
    body = body_of(TakenReturnInput, item.body)
    return take_return(return_of(body["of"], body["refund"]), item, receipt_number=body.get("receipt_number", ""))


def _held_return(body: Mapping[str, Any]) -> Held:
    """Where goods came back: where the return says, else where they were sold."""
    refund = body.get("refund")
    refund = refund if isinstance(refund, Mapping) else {}
    place = _uuid(refund.get("location"))
    if place is None and (sale := _uuid(body.get("of"))) is not None:
        place = Order.objects.filter(pk=sale).values_list("location_id", flat=True).first()
    return Held(location_id=place)


def _park(item: Item) -> Outcome:
    """The body of ``POST /orders/parked/``; nothing of it is booked."""
    cart = cart_of(body_of(CartInput, item.body))
    kept, doubts = by_author(item, lambda actor: park(cart, actor=actor))
    return Outcome(
        object_type="order",
        object_id=kept.order.pk,
        label=kept.order.number,
        location_id=kept.order.location_id,
        answer={"order": str(kept.order.pk), "number": kept.order.number},
        doubts=doubts,
        is_new=kept.is_new,
    )


class TakenUpInput(serializers.Serializer[Any]):
    """A till took up what it had parked: ``take`` is the id of its new basket, null where it was thrown away."""

    cart = serializers.UUIDField()
    take = serializers.UUIDField(allow_null=True)


def _unpark(item: Item) -> Outcome:
    body = body_of(TakenUpInput, item.body)
    return take_up(body["cart"], body["take"], item)


def _customer(item: Item) -> Outcome:
    """The body of ``POST /customers/``. A number or card that somebody else has by now is left away, and said."""
    body = body_of(CustomerInput, item.body)
    known, doubts = take_customer(body.get("id") or item.id, item, **split(body))
    return Outcome(
        object_type="customer",
        object_id=known.customer.pk,
        label=known.customer.number,
        answer={"customer": str(known.customer.pk), "number": known.customer.number},
        doubts=doubts,
        is_new=known.is_new,
    )


register_kind(Kind(name="return", title="A return", version=1, take=_return, held=_held_return))
register_kind(Kind(name="park", title="A parked basket", version=1, take=_park))
register_kind(Kind(name="unpark", title="A parked basket taken up", version=1, take=_unpark))
register_kind(Kind(name="customer", title="A customer", version=1, take=_customer))
register_kind(Kind(name="sale", title="A sale", version=1, take=_sale, held=_held))
