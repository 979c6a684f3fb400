"""What a till needs at hand: the goods that are rung up most."""

from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Max

from orders.metrics_base import COMPLETED
from orders.models import Order, OrderLine

FAVOURITE_DAYS = 28
FAVOURITES_KEPT_SECONDS = 600


def best_sellers(location_id: UUID, *, count: int) -> list[UUID]:
    """Variants by how many sales they were in, in the four weeks up to the location's last sale; kept ten minutes.

    Sales count, not units: a till needs at hand what is rung up often.
    """
    key = f"till:best-sellers:{location_id}:{count}"
    kept = cache.get(key)
    if kept is None:
        kept = _best_sellers(location_id, count)
        cache.set(key, kept, FAVOURITES_KEPT_SECONDS)
    return [UUID(pk) for pk in kept]


def _best_sellers(location_id: UUID, count: int) -> list[str]:
    sales = Order.objects.filter(COMPLETED, location=location_id, kind=Order.Kind.SALE)
    last_day = sales.aggregate(day=Max("business_date"))["day"]
    if last_day is None:
        return []
    lines = OrderLine.objects.filter(
        order__location=location_id,
        order__kind=Order.Kind.SALE,
        order__state=Order.State.COMPLETED,
        order__business_date__gt=last_day - timedelta(days=FAVOURITE_DAYS),
        variant__isnull=False,
        is_stocked=True,
    )
    ranked = lines.values("variant_id").annotate(sales=Count("pk")).order_by("-sales", "variant_id")
    return [str(row["variant_id"]) for row in ranked[:count]]
