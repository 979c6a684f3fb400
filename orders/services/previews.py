"""What would happen, before it does: nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import StockReservation
from orders.models import CouponUse, Order
from orders.services.money_back import as_paid


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What cancelling an open order gives back: money by its ways, goods to the shelf, coupons."""

    money: Sequence[tuple[str, Decimal]]
    goods: Sequence[StockReservation]
    coupons: Sequence[str]


def preview_cancellation(order: Order) -> GivenUp:
    """What `orders.services.placing.cancel_order` would do with money and goods, as things stand."""
    due = sum((payment.amount for payment in order.payments.all()), Decimal(0))
    held = StockReservation.objects.filter(
        reference_type="order", reference_id=order.pk, state=StockReservation.State.LIVE
    ).select_related("variant__product")
    uses = CouponUse.objects.filter(order=order, given_back_at=None).select_related("coupon")
    return GivenUp(
        money=[(tender.method, tender.amount) for tender, _ in as_paid(order, due)],
        goods=list(held.order_by("variant__sku", "pk")),
        coupons=[use.coupon.code for use in uses],
    )
