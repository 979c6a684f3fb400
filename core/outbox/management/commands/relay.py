import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from types import FrameType
from typing import Any

from django.db import OperationalError, connection
from redis.exceptions import RedisError

from core.outbox.doorbell import wait_for_ring
from core.outbox.relay import BATCH, number_events
from core.tenancy.commands import PlainCommand
from core.tenancy.models import Tenant
from core.tenancy.selectors import active_tenants, tenant_by_schema

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
        next_sweep = 0.0
        while not self.stopping.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    for tenant in active_tenants():
                        self._drain(tenant)
                    next_sweep = time.monotonic() + every
                for tenant in self._rung(every):
                    self._drain(tenant)
            except OperationalError as problem:
                logger.warning("the database does not answer", extra={"problem": str(problem)})
                connection.close()
                self.stopping.wait(1)

    def _rung(self, seconds: float) -> Iterator[Tenant]:
        try:
            schema = wait_for_ring(seconds)
        except RedisError:
            self.stopping.wait(min(seconds, 0.5))  # without a doorbell the sweep alone carries on
            return
        tenant = tenant_by_schema(schema) if schema else None
        if tenant is not None:
            yield tenant

    def _drain(self, tenant: Tenant) -> None:
        while not self.stopping.is_set() and number_events(tenant) == BATCH:
            pass

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()
