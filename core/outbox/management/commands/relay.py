import logging
import signal
import threading
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.db import OperationalError, connection
from redis.exceptions import RedisError

from core.outbox.doorbell import ring, wait_for_ring
from core.outbox.relay import BATCH, number_events
from core.tenancy.commands import PlainCommand
from core.tenancy.models import Tenant
from core.tenancy.rounds import Rounds
from core.tenancy.selectors import tenant_by_schema

PER_TURN = 50
"""Shops that one sweep looks at: a lost ring of one shop among a thousand costs 40 seconds, and nobody waits for it."""

MOST_BATCHES = 10
"""Batches of one shop in a row, before the others have their turn."""

logger = logging.getLogger(__name__)


class Command(PlainCommand):
    help = "Number committed events and tell the listeners. Any number may run; SIGTERM ends it after the batch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sweep-seconds", type=float, default=2.0, help="how often to look without a ring")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        every: float = options["sweep_seconds"]
        next_sweep, rounds = 0.0, Rounds(PER_TURN)
        while not self.stopping.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + every
                    for tenant in rounds.turn():
                        self._drain(tenant)
                tenant_that_rang = self._rung(every)
                if tenant_that_rang is not None:
                    self._drain(tenant_that_rang)
            except OperationalError as problem:
                logger.warning("the database does not answer", extra={"problem": str(problem)})
                connection.close()
                self.stopping.wait(1)

    def _rung(self, seconds: float) -> Tenant | None:
        try:
            schema = wait_for_ring(seconds)
        except RedisError:
            self.stopping.wait(min(seconds, 0.5))  # without a doorbell the sweep alone carries on
            return None
        return tenant_by_schema(schema) if schema else None

    def _drain(self, tenant: Tenant) -> None:
        """Number what a shop has, but not for ever while others wait. One shop's trouble is not the others'."""
        try:
            for _ in range(MOST_BATCHES):
                if self.stopping.is_set() or number_events(tenant) < BATCH:
                    return
        except OperationalError:
            raise
        except Exception:
            logger.exception("a shop's events could not be numbered", extra={"schema": tenant.schema_name})
            return
        ring(tenant.schema_name)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()
