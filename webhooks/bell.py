"""Doorbells between processes: who has something to send, and who is serving. Losing them costs seconds only."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from celery import current_app
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from core.redis import live_redis
from core.tenancy.rounds import Visits

BELL = "rs:webhooks:bell"
SEAT_SECONDS = 10
VISITS = Visits("webhooks", most=100)
"""Of the sweep: shops with something to send when it is due, all others in rounds of a hundred each ten seconds."""
logger = logging.getLogger(__name__)


def ring(schema: str) -> None:
    """Tell the workers that a shop has something to send. Never raises: the sweep rings again."""
    VISITS.note(schema, datetime.now(UTC))
    try:
        current_app.send_task("webhooks.tasks.deliver", args=[schema], queue="webhooks", retry=False)
    except (RedisError, KombuError, OSError) as problem:
        logger.warning("the webhook bell did not ring", extra={"schema": schema, "problem": str(problem)})


def pass_on(schema: str) -> None:
    """Leave a shop's name for whoever is serving. Never raises."""
    try:
        live_redis().sadd(BELL, schema)
    except RedisError as problem:
        logger.warning("a webhook bell was not passed on", extra={"schema": schema, "problem": str(problem)})


def take() -> list[str]:
    """The shops whose names were left, each once. Empty when Redis is away."""
    try:
        return [name.decode() for name in live_redis().spop(BELL, 100)]  # type: ignore[union-attr]
    except RedisError:
        return []


class Seat:
    """The right to serve on this machine's worker: one of its processes at a time.

    While a slow receiver keeps that one waiting, the others stay free for other work. The seat of a process that was
    killed is free again after `SEAT_SECONDS`.
    """

    def __init__(self) -> None:
        self.key = f"rs:webhooks:seat:{socket.gethostname()}:{os.getppid()}"
        self.token = uuid4().hex

    def keep(self) -> None:
        """Hold on to it; called about once a second."""
        try:
            live_redis().set(self.key, self.token, ex=SEAT_SECONDS)
        except RedisError:
            return

    def take(self) -> bool:
        try:
            return bool(live_redis().set(self.key, self.token, nx=True, ex=SEAT_SECONDS))
        except RedisError:  # without Redis two may serve: the rows decide anyway
            return True

    def leave(self) -> None:
        try:
            if live_redis().get(self.key) == self.token.encode():
                live_redis().delete(self.key)
        except RedisError:
            return


@contextmanager
def the_seat() -> Iterator[Seat | None]:
    """The seat, or None when another process of this worker has it."""
    seat = Seat()
    if not seat.take():
        yield None
        return
    try:
        yield seat
    finally:
        seat.leave()
