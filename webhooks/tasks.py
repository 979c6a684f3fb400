"""What the workers do for webhooks: serve who rang, ring what was forgotten, forget what is old."""

from celery import shared_task

from core.tenancy.context import use_tenant
from core.tenancy.selectors import active_tenants
from webhooks.bell import pass_on, ring, take, the_seat
from webhooks.server import Server, now_utc
from webhooks.services.deliveries import forget_old, has_due, return_expired


@shared_task
def deliver(schema: str) -> None:
    """Send what a shop has to send. If a process of this worker is serving already, it takes the shop over."""
    pass_on(schema)  # before the look at the seat: who leaves it looks for names once more
    with the_seat() as seat:
        if seat is None:
            return
        Server(seat).serve(schema)
    for late in take():
        ring(late)


@shared_task
def sweep_webhooks() -> None:
    """For every shop: give back what a vanished worker held, and ring for whatever is due."""
    now = now_utc()
    for tenant in active_tenants():
        with use_tenant(tenant):
            return_expired(now)
            is_due = has_due(now)
        if is_due:
            ring(tenant.schema_name)


@shared_task
def forget_old_deliveries() -> None:
    """Remove what is older than 30 days, shop by shop."""
    for tenant in active_tenants():
        with use_tenant(tenant):
            forget_old(now_utc())
