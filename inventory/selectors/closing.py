"""What of the inventory keeps a location open."""

from uuid import UUID

from django.db.models import Q

from inventory.models import Count, StockLevel, Transfer


def stock_left(location_id: UUID) -> str:
    """Goods that are recorded here, or on their way here."""
    some = ~Q(on_hand=0) | ~Q(damaged=0) | ~Q(in_transit=0)
    left = StockLevel.objects.filter(some, location=location_id).count()
    return f"{left} articles have stock there" if left else ""


def transfers_left(location_id: UUID) -> str:
    """Transfers from or to it that are not over."""
    here = Q(source=location_id) | Q(destination=location_id)
    left = Transfer.objects.filter(here, state__in=[Transfer.State.DRAFT, Transfer.State.SHIPPED]).count()
    return f"{left} transfers are open" if left else ""


def counts_left(location_id: UUID) -> str:
    """Stocktakes that are not booked."""
    left = Count.objects.filter(location=location_id, state__in=[Count.State.OPEN, Count.State.REVIEW]).count()
    return f"{left} stocktakes are open" if left else ""
