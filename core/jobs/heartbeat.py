"""Progress that is seen, and a lease that is kept, while a job is inside one long transaction or statement."""

import logging
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection

from core.jobs.registry import Progress
from core.jobs.services import LostLease
from core.tenancy.context import current_tenant, use_tenant
from core.tenancy.models import Tenant

TICK_SECONDS = 0.5
BEAT_SECONDS = 10.0
logger = logging.getLogger(__name__)


class Heartbeat:
    """Tells a job's progress from a thread, and so over a database connection of its own.

    What is told on the job's connection inside a transaction nobody sees before the commit, and a lease that is not
    renewed during a long statement is lost. Use it as a context manager around such work and call it like the
    `Progress` it wraps: it never waits for the database. Raises `LostLease` at the next call after a beat found that
    another worker took the job over.
    """

    def __init__(self, tell: Progress) -> None:
        self._tell, self._lock = tell, Lock()
        self._latest: tuple[int, int | None, str] = (0, None, "")
        self._is_news, self._is_lost, self._stop = False, False, Event()

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        if self._is_lost:
            raise LostLease
        with self._lock:
            self._latest, self._is_news = (done, total, message), True

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._beat, args=[current_tenant()], name="heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self, tenant: Tenant) -> None:
        quiet = 0.0
        try:
            with use_tenant(tenant):
                is_over = False
                while not is_over:
                    is_over = self._stop.wait(TICK_SECONDS)
                    quiet += TICK_SECONDS
                    with self._lock:
                        latest, is_news = self._latest, self._is_news
                        self._is_news = False
                    if is_news or (quiet >= BEAT_SECONDS and not is_over):
                        quiet = 0.0
                        self._tell_once(latest)
        except LostLease:
            self._is_lost = True
        finally:
            connection.close()

    def _tell_once(self, latest: tuple[int, int | None, str]) -> None:
        try:
            self._tell(*latest)
        except DatabaseError:  # a beat that fails is not the work that fails; the next one tries again
            logger.warning("a heartbeat failed", exc_info=True)
            connection.close()
