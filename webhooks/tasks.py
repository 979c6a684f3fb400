"""What the workers do for webhooks: serve who rang, ring what was forgotten, forget what is old."""

from celery import shared_task

from core.tenancy.models import Tenant
from core.tenancy.rounds import for_every_shop, for_shops
from webhooks.bell import VISITS, pass_on, ring, take, the_seat
from webhooks.server import Server, now_utc
from webhooks.services.deliveries import forget_old, next_moment, return_expired


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
    """Give back what a vanished worker held, and ring for whatever is due.

    Visits the shops that have something to send when it is due, and a slice of all others, whose ring may be lost.
    """
    for_shops(VISITS.turn(now_utc()), _wake)


def _wake(tenant: Tenant) -> None:
    now = now_utc()
    return_expired(now)
    moment = next_moment()
    if moment is None:
        return
    VISITS.note(tenant.schema_name, moment)
    if moment <= now:
        ring(tenant.schema_name)


@shared_task
def forget_old_deliveries() -> None:
    """Remove what is older than 30 days, shop by shop."""
    for_every_shop(_forget)


def _forget(tenant: Tenant) -> None:
    forget_old(now_utc())
