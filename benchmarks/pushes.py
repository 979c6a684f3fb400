"""Push messages: from the return of a commit to the push service, through relay, bell, Celery worker, encryption and call.

The floor is a bare HTTP POST of as many bytes to the same receiver, one connection each, in turn with ours.
"""

import os
import threading
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import django

from benchmarks.harness import machine, process, quantile, table
from benchmarks.webhooks import WORKER, bench_shops

EVENTS = 40
PATIENCE_SECONDS = 20
ENVIRONMENT = {"WEBHOOK_ALLOW_PRIVATE": "1", "PUSH_HOSTS": "127.0.0.1"}


class Receiver(ThreadingHTTPServer):
    """Takes every message as a push service does; `wait` answers when the next one came, and how long it was."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, int]] = []
        self.arrived = threading.Condition()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait(self, count: int) -> tuple[float, int] | None:
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.heard) >= count, PATIENCE_SECONDS)
            return self.heard[count - 1] if len(self.heard) >= count else None


class Handler(BaseHTTPRequestHandler):
    """One message."""

    server: Receiver

    def do_POST(self) -> None:
        at = time.time()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()
        with self.server.arrived:
            self.server.heard.append((at, len(body)))
            self.server.arrived.notify_all()

    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""


def main() -> None:
    """Tell one browser of a shop of one order after the other."""
    os.environ |= ENVIRONMENT
    django.setup()
    from core.tenancy.context import use_tenant
    from realtime.models import PushSubscription

    box = Receiver()
    (tenant,) = bench_shops(1)
    with process("manage.py", "relay"), process(*WORKER, **ENVIRONMENT):
        with use_tenant(tenant):
            place = furnish(f"http://127.0.0.1:{box.server_port}/send/one")
        ours, bare, missing = [], [], 0
        for number in range(EVENTS + 1):
            with use_tenant(tenant):
                end = time.monotonic() + PATIENCE_SECONDS
                while PushSubscription.objects.exclude(lease_until=None).exists() and time.monotonic() < end:
                    time.sleep(0.005)
                PushSubscription.objects.update(due_at=datetime.now(UTC))  # it has rested from the message before
                count = len(box.heard)
                committed = order_placed(place, number)
            found = box.wait(count + 1)
            if number == 0 and found is not None:  # relay and worker have begun
                continue
            if found is None:
                missing += 1
                continue
            ours.append(1000 * (found[0] - committed))
            began, before = time.time(), len(box.heard)
            post(box.server_port, bytes(found[1]))
            told = box.wait(before + 1)
            bare.append(1000 * ((told[0] if told else time.time()) - began))
        with use_tenant(tenant):
            PushSubscription.objects.all().delete()
    rows = [[name, len(waits), *figures(waits)] for name, waits in (("Retail SaaS", ours), ("bare HTTP POST", bare))]
    table(["from commit to push service", "messages", "p50 ms", "p95 ms", "worst ms"], rows)
    print(
        f"{missing} missing. One browser, one message at a time; the receiver is a thread of the process that commits."
    )
    print(machine())


def figures(waits: list[float]) -> list[str]:
    return [f"{quantile(waits, share):.1f}" for share in (0.5, 0.95)] + [f"{max(waits):.1f}"] if waits else ["–"] * 3


def furnish(endpoint: str) -> Any:
    """A person with a browser that gets push messages; answers a place of the shop."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from core.locations.models import Location
    from core.people.models import User
    from core.people.selectors import actor_of_user
    from core.people.services import create_owner
    from realtime.models import PushSubscription
    from realtime.push.keys import in_base64
    from realtime.push.services import Draft, subscribe

    PushSubscription.objects.all().delete()
    if not User.objects.exists():
        create_owner(email="push@bench.test")
    user = User.objects.order_by("pk").first()
    assert user is not None
    point = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )
    draft = Draft(endpoint=endpoint, p256dh=in_base64(point), auth=in_base64(os.urandom(16)))
    subscribe(draft, actor=actor_of_user(user))
    return Location.objects.first() or Location.objects.create(code="BENCH", name="Bench")


def order_placed(place: Any, number: int) -> float:
    """Commit news of an order; when that was done."""
    from decimal import Decimal

    from django.db import transaction

    from core.actors import SYSTEM
    from core.ids import uuid7
    from core.outbox.services import emit
    from orders.events import OrderCreated

    with transaction.atomic():
        emit(
            OrderCreated(
                order_id=uuid7(),
                version=1,
                number=f"B{number}",
                location_id=place.pk,
                channel="online",
                currency="GBP",
                total=Decimal("21.00"),
            ),
            actor=SYSTEM,
        )
    return time.time()


def post(port: int, body: bytes) -> None:
    call = HTTPConnection("127.0.0.1", port, timeout=10)
    call.request("POST", "/floor", body, {"Content-Type": "application/octet-stream", "Connection": "close"})
    call.getresponse().read()
    call.close()


if __name__ == "__main__":
    main()
