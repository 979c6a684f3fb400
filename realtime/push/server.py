"""Tell the browsers of a shop what is owed to them: one portion, and then it is another shop's turn.

This thread alone speaks with the database; the threads of the pool make HTTP exchanges of at most `WALL_SECONDS` each.
"""

import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus

from py_vapid import Vapid02

from core.http_out import Refused, Unreachable, post
from core.secrets import Unreadable
from realtime.models import PushSubscription
from realtime.push.deliveries import Outcome, Owed, claim, end, finish, owed, put_off
from realtime.push.keys import signer_of
from realtime.push.message import check_endpoint, encrypt, headers_of, rules_of
from realtime.push.rules import WALL_SECONDS

THREADS = 8
Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


def now_utc() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def serve(*, clock: Clock = now_utc) -> int:
    """Serve one portion of the shop at hand; answers how many browsers were claimed."""
    claimed = claim(clock())
    calls: list[tuple[Owed, Vapid02]] = []
    for subscription in claimed:
        try:
            found = _prepared(subscription, clock())
        except Exception:  # one person's trouble is not the others': the lease ends, and it is tried again
            logger.exception("push messages could not be made", extra={"subscription": str(subscription.pk)})
            continue
        if found is not None:
            calls.append(found)
    if calls:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="push") as pool:
            outcomes = list(pool.map(lambda call: _tell(call[0], call[1], clock()), calls))
        for (what, _), outcome in zip(calls, outcomes, strict=True):
            finish(what.subscription, outcome, now=clock(), spread=random.uniform(-1, 1))  # noqa: S311
    return len(claimed)


def _prepared(subscription: PushSubscription, now: datetime) -> tuple[Owed, Vapid02] | None:
    """What to send and who signs it; None where nothing is sent, which is written down."""
    found = owed(subscription, now=now)
    if found is None:
        end(subscription, now=now)
        return None
    if not found.messages:
        finish(subscription, Outcome(found.upto), now=now, spread=0)
        return None
    try:
        return found, signer_of(subscription.key)
    except Unreadable:
        logger.error("the push key of a shop cannot be read", extra={"key": str(subscription.key_id)})
        put_off(subscription, now=now)
        return None


def _tell(what: Owed, signer: Vapid02, now: datetime) -> Outcome:
    """Send a browser's messages in order, up to the first that is not taken. Touches no database."""
    row, told_to = what.subscription, what.subscription.pushed_to
    status: int | None = None
    for message in what.messages:
        try:
            check_endpoint(row.endpoint)
            answer = post(
                row.endpoint,
                encrypt(message.text(), p256dh=row.p256dh, auth=row.auth),
                headers_of(message, endpoint=row.endpoint, signer=signer, now=now),
                rules=rules_of(row.endpoint),
                wall_seconds=WALL_SECONDS,
            )
        except (Refused, Unreachable) as problem:
            return Outcome(told_to, was_called=True, error=str(problem))
        status = answer.status
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return Outcome(told_to, was_called=True, status=status, retry_after=answer.header("retry-after"))
        told_to = max(told_to, message.through)
    return Outcome(what.upto, was_called=True, status=status)
