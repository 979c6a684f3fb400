"""Work for every shop in turn: a bounded number of them at a time, and one shop's trouble is not the others'."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import OperationalError
from redis.exceptions import RedisError

from core.redis import live_redis
from core.tenancy.context import use_public, use_tenant
from core.tenancy.models import Tenant
from core.tenancy.selectors import active_tenants

logger = logging.getLogger(__name__)


class Rounds:
    """Goes round the active shops in slices, for sweeps that look for what a lost message left.

    A thousand shops looked at every two seconds would keep a processor busy with finding nothing.
    """

    def __init__(self, most: int, after: UUID | None = None) -> None:
        self.most, self.after = most, after

    def turn(self) -> list[Tenant]:
        """The next shops, at most ``most`` of them; each comes again after all the others."""
        with use_public():
            rows = Tenant.objects.filter(state=Tenant.State.ACTIVE).order_by("pk")
            ahead = rows if self.after is None else rows.filter(pk__gt=self.after)
            found = list(ahead[: self.most])
        self.after = found[-1].pk if len(found) == self.most else None
        return found


class Visits:
    """Whom a periodic sweep visits: the shops somebody noted for a moment that has come, and a slice of all the others.

    Notes lie in Redis, shared by all processes, and may be lost: the slices go round every shop and find what is left.
    """

    def __init__(self, name: str, *, most: int) -> None:
        self.most = most
        self._notes, self._place = f"rs:visits:{name}", f"rs:visits:{name}:after"

    def note(self, schema: str, at: datetime) -> None:
        """Have a shop visited by the first sweep after an instant; an earlier note stands. Never raises."""
        try:
            live_redis().zadd(self._notes, {schema: at.timestamp()}, lt=True)
        except RedisError as problem:
            logger.warning("a visit was not noted", extra={"schema": schema, "problem": str(problem)})

    def turn(self, now: datetime) -> list[Tenant]:
        """The active shops of this turn, each once: at most ``most`` that are noted, and ``most`` of the round."""
        after: UUID | None = None
        noted: list[str] = []
        try:
            kept = live_redis().get(self._place)
            after = UUID(kept.decode()) if kept else None  # type: ignore[union-attr]
            found = live_redis().zrangebyscore(self._notes, "-inf", now.timestamp(), start=0, num=self.most)
            noted = [name.decode() for name in found]  # type: ignore[union-attr]
            if noted:
                live_redis().zrem(self._notes, *noted)
        except (RedisError, ValueError) as problem:
            logger.warning("the visits are not known", extra={"problem": str(problem)})
        rounds = Rounds(self.most, after)
        chosen = rounds.turn()
        self._remember(rounds.after)
        with use_public():
            known = {tenant.pk for tenant in chosen}
            rows = Tenant.objects.filter(schema_name__in=noted, state=Tenant.State.ACTIVE).exclude(pk__in=known)
            return [*rows, *chosen]

    def _remember(self, after: UUID | None) -> None:
        try:
            live_redis().set(self._place, str(after or ""))
        except RedisError:
            return


def for_every_shop(work: Callable[[Tenant], object]) -> None:
    """Do ``work`` inside every active shop, see `for_shops`."""
    for_shops(active_tenants(), work)


def for_shops(tenants: Iterable[Tenant], work: Callable[[Tenant], object]) -> None:
    """Do ``work`` inside each of these shops. Where it fails it is logged, and the next shop has its turn.

    Raises ``OperationalError`` when the database does not answer: then no shop can be served.
    """
    for tenant in tenants:
        try:
            with use_tenant(tenant):
                work(tenant)
        except OperationalError:
            raise
        except Exception:
            logger.exception("periodic work failed", extra={"schema": tenant.schema_name, "kind": work.__qualname__})
