"""The same with a real Celery worker: found by its queue, killed in the middle, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from standardwebhooks import Webhook

from core.ids import uuid7
from core.outbox.relay import number_events
from core.tenancy.context import use_tenant
from core.testing import Shop, sale_body
from tests.webhook_receiver import receiving
from webhooks.bell import ring
from webhooks.models import Delivery
from webhooks.tasks import sweep_webhooks

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the product, on the database of this test run."""
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "retail_saas.settings.test",
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@{address}",
        "WEBHOOK_ALLOW_PRIVATE": "1",
        "PROCESS_ROLE": "worker",
    }
    command = "celery -A retail_saas worker -c 2 -l WARNING --without-gossip --without-mingle -Q webhooks"
    process = subprocess.Popen(
        [sys.executable, "-m", *command.split()], env=env, cwd=Path(settings.BASE_DIR), start_new_session=True
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """As a machine that loses power: the worker and its children, with no chance to tidy up."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(is_so: Callable[[], bool], shop: Shop, *, seconds: float = 40) -> None:
    """Ring now and then, as relay and sweep do, until something is so."""
    deadline, next_ring = time.monotonic() + seconds, 0.0
    while not is_so():
        assert time.monotonic() < deadline, "it did not come true in time"
        if time.monotonic() > next_ring:
            ring(shop.tenant.schema_name)
            next_ring = time.monotonic() + 1
        time.sleep(0.05)  # the pause of a poll with a deadline


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(acme: Shop, settings: object) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True  # type: ignore[attr-defined]
    number_events(acme.tenant)
    owner = acme.client("owner")
    with receiving(hangs=True) as receiver:
        made = owner.post(
            "/api/v1/webhook-endpoints/",
            {"id": str(uuid7()), "url": receiver.url, "subscriptions": ["order.completed"]},
            content_type="application/json",
        ).json()
        sale = sale_body(acme, {"TEA": "1"})
        answer = acme.client("cashier").post("/api/v1/orders/", sale, content_type="application/json")
        assert answer.status_code == 201, answer.content

        with worker() as first:
            number_events(acme.tenant)
            until(receiver.arrived.is_set, acme)
            assert Delivery.objects.get().state == "sending"
            kill(first)
        receiver.gate.set()
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts) == ("sending", 1), "only the lease knows that the worker is gone"

        sweep_webhooks()
        assert Delivery.objects.get().state == "sending", "a lease that runs is not broken"
        Delivery.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
        with worker():
            with use_tenant(acme.tenant):
                sweep_webhooks()
            until(lambda: Delivery.objects.get().state == "done", acme)
    lost, told = receiver.received
    assert lost.headers["webhook-id"] == told.headers["webhook-id"] == delivery.message_id
    event = Webhook(made["secret"]).verify(told.body, told.headers)
    assert (event["type"], event["data"]["order_id"]) == ("order.completed", sale["id"])
    assert Delivery.objects.get().attempts == 2
