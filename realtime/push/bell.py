"""The doorbell of the workers that push. Losing a ring costs seconds: the sweep looks at the rows."""

import logging
from datetime import UTC, datetime

from celery import current_app
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from core.tenancy.rounds import Visits
from realtime.push.deliveries import next_moment

VISITS = Visits("push", most=100)
"""Of the sweep: shops that owe a message when it is due, all others in rounds of a hundred each ten seconds."""
logger = logging.getLogger(__name__)


def ring_if_owed(schema: str) -> None:
    """Tell the workers that the shop at hand owes messages, or have it visited when it will. Never raises for Redis."""
    moment, now = next_moment(), datetime.now(UTC)
    if moment is None:
        return
    VISITS.note(schema, max(moment, now))
    if moment > now:
        return
    try:
        current_app.send_task("realtime.tasks.push", args=[schema], queue="webhooks", retry=False)
    except (RedisError, KombuError, OSError) as problem:
        logger.warning("the push bell did not ring", extra={"schema": schema, "problem": str(problem)})
