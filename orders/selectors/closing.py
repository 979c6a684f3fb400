"""What of selling keeps a location open."""

from uuid import UUID

from orders.models import Shift


def drawers_left(location_id: UUID) -> str:
    """Shifts that nobody has closed."""
    left = Shift.objects.filter(register__location=location_id, state=Shift.State.OPEN).count()
    return f"{left} drawers are open" if left else ""
