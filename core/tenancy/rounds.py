"""Work for every shop in turn: a bounded number of them at a time, and one shop's trouble is not the others'."""

import logging
from collections.abc import Callable

from django.db import OperationalError

from core.tenancy.context import use_public, use_tenant
from core.tenancy.models import Tenant
from core.tenancy.selectors import active_tenants

logger = logging.getLogger(__name__)


class Rounds:
    """Goes round the active shops in slices, for sweeps that look for what a lost message left.

    A thousand shops looked at every two seconds would keep a processor busy with finding nothing.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._after: Tenant | None = None

    def turn(self) -> list[Tenant]:
        """The next shops, at most ``most`` of them; each comes again after all the others."""
        with use_public():
            rows = Tenant.objects.filter(state=Tenant.State.ACTIVE).order_by("pk")
            ahead = rows if self._after is None else rows.filter(pk__gt=self._after.pk)
            found = list(ahead[: self.most])
        self._after = found[-1] if len(found) == self.most else None
        return found


def for_every_shop(work: Callable[[Tenant], object]) -> None:
    """Do ``work`` inside every active shop. Where it fails it is logged, and the next shop has its turn.

    Raises ``OperationalError`` when the database does not answer: then no shop can be served.
    """
    for tenant in active_tenants():
        try:
            with use_tenant(tenant):
                work(tenant)
        except OperationalError:
            raise
        except Exception:
            logger.exception("periodic work failed", extra={"schema": tenant.schema_name, "kind": work.__qualname__})
