"""What would happen, before it does: nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import StockReservation
from orders.models import CouponUse, Order, Payment
from orders.services.money_back import parts_as_paid
from orders.services.points import paid_by_points


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What cancelling an open order gives back: money by its ways, goods to the shelf, coupons."""

    money: Sequence[tuple[str, Decimal]]
    goods: Sequence[StockReservation]
    coupons: Sequence[str]


def preview_cancellation(order: Order) -> GivenUp:
    """What `orders.services.placing.cancel_order` would do with money and goods, as things stand."""
    by_points = paid_by_points(order)[0]
    due = sum((payment.amount for payment in order.payments.all()), Decimal(0)) - by_points
    points = [(Payment.Method.POINTS.value, by_points)] if by_points else []
    held = StockReservation.objects.filter(
        reference_type="order", reference_id=order.pk, state=StockReservation.State.LIVE
    ).select_related("variant__product")
    uses = CouponUse.objects.filter(order=order, given_back_at=None).select_related("coupon")
    return GivenUp(
        money=[*parts_as_paid(order, due), *points],
        goods=list(held.order_by("variant__sku", "pk")),
        coupons=[use.coupon.code for use in uses],
    )
