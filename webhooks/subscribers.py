"""What webhooks do when the shop's events are numbered."""

from collections.abc import Sequence

from core.outbox.models import Event
from core.outbox.readers import Reader, register_reader
from core.outbox.relay import after_numbering, when_numbered
from core.tenancy.models import Tenant
from webhooks.bell import ring
from webhooks.selectors import lowest_waiting, stream_backlog
from webhooks.server import now_utc
from webhooks.services.deliveries import add_deliveries, has_due
from webhooks.services.parking import park_waiting


@when_numbered
def make_deliveries(events: Sequence[Event]) -> None:
    """In the relay's transaction: what is numbered is owed."""
    add_deliveries(events, now=now_utc())


@after_numbering
def ring_for_deliveries(tenant: Tenant, events: Sequence[Event]) -> None:
    """After its commit: wake the workers."""
    if has_due(now_utc()):
        ring(tenant.schema_name)


register_reader(Reader("webhooks", backlog=stream_backlog, needs_from=lowest_waiting, park=park_waiting))
