"""Deliveries of a history that was replaced are not sent by themselves."""

from datetime import UTC, datetime

from webhooks.models import Delivery, Endpoint

State = Delivery.State


def park_waiting(reason: str) -> int:
    """Give up every delivery that waits or is being sent; answers how many. Part of the caller's transaction.

    They stand in the log as given up, with the reason: a person who finds that the receiver should have them sends them
    again. Whoever is sending one loses its lease and writes nothing down.
    """
    list(Endpoint.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    now = datetime.now(UTC)
    return Delivery.objects.filter(state__in=[State.PENDING, State.SENDING]).update(
        state=State.DEAD, finished_at=now, last_status=None, last_error=reason[:300], lease_until=None, lease_token=None
    )
