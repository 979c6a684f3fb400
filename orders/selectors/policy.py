"""How the shop sells."""

from orders.models import SellingPolicy


def policy() -> SellingPolicy:
    """How this shop sells; what nobody changed yet is the default, version 0."""
    return SellingPolicy.objects.filter(pk=1).first() or SellingPolicy(id=1, version=0)
