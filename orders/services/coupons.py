"""Coupons at the checkout: refused with the reason, used once each and never more often than they may be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import F, Q

from orders.discounting import in_words
from orders.errors import CouponRefused
from orders.models import Coupon, CouponUse
from orders.services.offers import WhyNot

# Such a coupon stays in the customer's hand and the sale goes on: what they pay is not more than the coupon promised.
NO_HARM = {"better", "nothing", "twice"}


def refuse_coupons(why_not: Sequence[WhyNot]) -> None:
    """Raise `CouponRefused` when a coupon that was shown does not hold for the sale."""
    refused = [reason for reason in why_not if reason.coupon and reason.code not in NO_HARM]
    if refused:
        raise CouponRefused(
            f"{refused[0].coupon}: {refused[0].detail}",
            details={"coupons": [{"coupon": x.coupon, "code": x.code, "detail": x.detail} for x in refused]},
        )


def use_coupons(coupons: Sequence[Coupon], *, customer_id: UUID | None) -> None:
    """Count a use of each coupon, in the transaction that has inserted the uses. Locks the coupons in key order.

    Raises:
        CouponRefused: somebody else had the last use.
    """
    for coupon in sorted(coupons, key=lambda one: one.pk):
        left = Coupon.objects.filter(Q(max_uses__isnull=True) | Q(used__lt=F("max_uses")), pk=coupon.pk, is_active=True)
        if not left.update(used=F("used") + 1):
            raise _refused(coupon, "used-up")
        if coupon.max_per_customer is not None:
            # The row is locked: whoever used it at the same time has committed, and is counted.
            uses = CouponUse.objects.filter(coupon=coupon, customer=customer_id, given_back_at__isnull=True).count()
            if uses > coupon.max_per_customer:
                raise _refused(coupon, "used-by-customer")


def give_back_coupons(order_id: UUID) -> int:
    """Undo the uses of an order that is voided, in that transaction; answers how many. A repeat does nothing."""
    uses = list(
        CouponUse.objects.select_for_update().filter(order=order_id, given_back_at__isnull=True).order_by("coupon_id")
    )
    for use in uses:
        Coupon.objects.filter(pk=use.coupon_id, used__gt=0).update(used=F("used") - 1)
    return CouponUse.objects.filter(pk__in=[use.pk for use in uses]).update(given_back_at=datetime.now(UTC))


def _refused(coupon: Coupon, code: str) -> CouponRefused:
    detail = in_words(code)
    return CouponRefused(
        f"{coupon.code}: {detail}", details={"coupons": [{"coupon": coupon.code, "code": code, "detail": detail}]}
    )
