"""What the workers do for devices."""

from datetime import UTC, datetime

from celery import shared_task

from core.devices.services.fleet import tell_silent
from core.devices.services.numbers import tell_gaps
from core.tenancy.models import Tenant
from core.tenancy.rounds import for_every_shop


@shared_task
def look_for_silent_devices() -> None:
    """Tell of devices that hold unsent work and are not heard of, and of numbers that stay missing.

    Repeating tells nothing twice.
    """
    for_every_shop(_look)


def _look(tenant: Tenant) -> None:
    now = datetime.now(UTC)
    tell_silent(now=now)
    tell_gaps(now=now)
