"""What may be given back without asking anybody, and who is asked for more."""

from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.locations.models import Location
from core.locations.selectors import business_today
from orders.models import Approval, Order
from orders.permissions import REFUND_BEYOND
from orders.selectors.policy import policy
from orders.services.approvals import allowed


def is_beyond_limits(sale: Order, place: Location, due: Decimal) -> bool:
    """Whether a return is late, or more than the shop lets everybody give back."""
    limits = policy()
    age = (business_today(place) - sale.business_date).days
    late = limits.return_days is not None and age > limits.return_days
    return late or (limits.refund_amount is not None and due > limits.refund_amount)


def let_back(
    sale: Order, amount: Decimal, *, document_id: UUID, at: UUID, approval_id: UUID | None, actor: Actor
) -> Approval | None:
    """Let so much of a sale go back beyond the limits, by who may or by an approval; raises as `allowed`."""
    act = ("order", document_id)
    return allowed(actor, REFUND_BEYOND, at=at, approval_id=approval_id, act=act, subject=sale.pk, amount=amount)
