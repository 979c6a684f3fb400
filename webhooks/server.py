"""Serve webhooks for a bounded time: claim in one thread, let many receivers take their time in others.

Only the serving thread speaks with the database; the threads of the pool make one HTTP exchange each and know nothing
of shops. So a receiver that hangs costs one thread for at most `core.http_out.WALL_SECONDS`, and neither another
endpoint nor another shop waits for it.
"""

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime

from core.http_out import MOST_BYTES, WALL_SECONDS, Policy, Refused, Unreachable, policy, post
from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant
from core.tenancy.selectors import tenant_by_schema
from webhooks.bell import VISITS, Seat, ring, take
from webhooks.message import headers_of, printable, shown_answer, shown_request
from webhooks.services.deliveries import Claimed, Outcome, claim, finish

SERVE_SECONDS = 20.0
THREADS = 24
"""More than one shop may use, so that a shop whose receivers all hang leaves room for the others."""
MOST_PER_CLAIM = 8
"""Half of what one shop may have under way: written down in one go, and claimed in one go."""
PAUSE_SECONDS = 0.2
Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


def now_utc() -> datetime:
    return datetime.now(UTC)


class Server:
    """One turn of serving. Shops wait in a queue and get one claim each, round after round."""

    def __init__(self, seat: Seat | None = None, *, clock: Clock = now_utc, wall_seconds: float = WALL_SECONDS) -> None:
        self.seat, self.clock, self.wall_seconds = seat, clock, wall_seconds
        self.rules = policy()
        self.waiting: dict[str, Tenant] = {}
        self.under_way: dict[Future[Outcome], tuple[Tenant, Claimed]] = {}

    def serve(self, schema: str, *, seconds: float = SERVE_SECONDS) -> None:
        """Send what the shop, and every shop that rings meanwhile, has to send; rings again for what is left."""
        self._admit([schema])
        end, last_look = time.monotonic() + seconds, 0.0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
            while time.monotonic() < end:
                if time.monotonic() - last_look > PAUSE_SECONDS:
                    last_look = time.monotonic()
                    self._look_around()
                if self.waiting and len(self.under_way) < THREADS:
                    self._next_claim(pool)
                elif self.under_way:
                    self._collect(PAUSE_SECONDS)
                else:
                    break
            while self.under_way:
                self._look_around()
                self._collect(PAUSE_SECONDS)
        for left in self.waiting:
            ring(left)

    def _look_around(self) -> None:
        if self.seat:
            self.seat.keep()
        self._admit(take())

    def _admit(self, schemas: list[str]) -> None:
        for schema in schemas:
            tenant = tenant_by_schema(schema)
            if tenant is not None:
                self.waiting.setdefault(schema, tenant)

    def _next_claim(self, pool: ThreadPoolExecutor) -> None:
        """One claim for the shop that waited longest; it goes to the end of the queue, or leaves it.

        It gets its share of the free threads, so that the shops behind it find some.
        """
        schema, tenant = next(iter(self.waiting.items()))
        share = max(1, (THREADS - len(self.under_way)) // len(self.waiting))
        del self.waiting[schema]
        with use_tenant(tenant):
            claims = claim(self.clock(), most=min(share, MOST_PER_CLAIM))
        if not claims:
            return
        for claimed in claims:
            self.under_way[pool.submit(send, claimed, self.rules, self.clock, self.wall_seconds)] = (tenant, claimed)
        self.waiting[schema] = tenant
        self._collect(0)

    def _collect(self, seconds: float) -> None:
        """Write down what came back, shop by shop. A shop that has room again queues for a claim."""
        back: dict[str, list[tuple[Claimed, Outcome]]] = {}
        shops: dict[str, Tenant] = {}
        for future in wait(self.under_way, timeout=seconds, return_when=FIRST_COMPLETED).done:
            tenant, claimed = self.under_way.pop(future)
            shops[tenant.schema_name] = tenant
            back.setdefault(tenant.schema_name, []).append((claimed, future.result()))
        for schema, results in back.items():
            with use_tenant(shops[schema]):
                for lost in finish(results, spread=_roll):
                    logger.warning("a delivery was finished after its lease", extra={"delivery": lost.delivery_id})
            if any(outcome.error for _, outcome in results):
                VISITS.note(schema, self.clock())  # the sweep looks when the next try is due
            self.waiting.setdefault(schema, shops[schema])


def _roll() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - spreads load


def send(claimed: Claimed, rules: Policy, clock: Clock, wall_seconds: float = WALL_SECONDS) -> Outcome:
    """Make one try: sign for this instant, send, read the start of the answer. Never raises."""
    at, began = clock(), time.monotonic()

    def elapsed() -> int:
        return round((time.monotonic() - began) * 1000)

    if not claimed.secrets:
        return Outcome(at, 0, error="The signing secret cannot be read: its key is missing. Rotate the secret.")
    headers = headers_of(message_id=claimed.message_id, body=claimed.body, at=at, secrets=claimed.secrets)
    shown = shown_request(headers, claimed.headers)
    headers = {**claimed.headers, **headers}
    try:
        answer = post(claimed.url, claimed.body, headers, rules=rules, wall_seconds=wall_seconds)
    except (Refused, Unreachable) as problem:
        return Outcome(at, elapsed(), error=str(problem), request_headers=shown)
    except Exception as problem:
        logger.exception("a webhook could not be sent", extra={"delivery": claimed.delivery_id})
        return Outcome(at, elapsed(), error=f"Internal error ({type(problem).__name__}).", request_headers=shown)
    is_success = 200 <= answer.status < 300
    return Outcome(
        at,
        elapsed(),
        status=answer.status,
        error="" if is_success else f"The receiver answered {answer.status}.",
        retry_after=answer.header("retry-after"),
        request_headers=shown,
        response_headers=shown_answer(answer.headers),
        response_body=printable(answer.body[:MOST_BYTES].decode("utf-8", "replace")),
        is_cut=answer.is_cut,
    )
