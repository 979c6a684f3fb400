"""The receivers of the guide, as they stand there, take real deliveries and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from core.outbox.relay import number_events
from core.testing import Shop
from tests.webhook_steps import connect, sell
from webhooks.models import Delivery, Endpoint
from webhooks.server import Server
from webhooks.services.endpoints import rotate_secret, update_endpoint
from webhooks.services.replays import replay_delivery, send_test_event

pytestmark = pytest.mark.django_db(transaction=True)
DOCS = Path(__file__).parent.parent / "docs"
EXAMPLES = {"webhook_receiver.py": sys.executable, "webhook-receiver.mjs": shutil.which("node") or "node"}


@contextmanager
def started(name: str, secret: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """An example on a free port of this machine."""
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": "0"}
    command = [EXAMPLES[name], str(DOCS / "examples" / name)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, int(said(process)["port"])
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def serve(shop: Shop) -> None:
    while number_events(shop.tenant):
        pass
    Server().serve(shop.tenant.schema_name)


def post(port: int, body: bytes, headers: dict[str, str]) -> int:
    call = HTTPConnection("127.0.0.1", port, timeout=10)
    call.request("POST", "/hooks/shop", body, headers)
    return call.getresponse().status


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_takes_what_is_ours_once_and_refuses_everything_else(
    acme: Shop, globex: Shop, settings: Any, name: str
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    endpoint, secret = connect(acme, "http://127.0.0.1:9/hooks/shop", "order.completed")
    with started(name, secret) as (process, port):
        here = f"http://127.0.0.1:{port}/hooks/shop"
        update_endpoint(endpoint_id=endpoint.pk, changes={"url": here}, actor=acme.actor())
        sell(acme)
        serve(acme)
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.last_status) == ("done", 204)
        assert said(process) == {"what": "new", "type": "order.completed", "seq": delivery.event_seq}

        replay_delivery(delivery_id=delivery.pk, actor=acme.actor())
        rotate_secret(endpoint_id=endpoint.pk, actor=acme.actor())  # the old one goes on signing beside the new one
        serve(acme)
        assert said(process)["what"] == "again"
        send_test_event(endpoint_id=endpoint.pk, actor=acme.actor())
        serve(acme)
        assert said(process)["what"] == "test"

        body, now = bytes(delivery.body), datetime.now(UTC)
        for at, key, sent in (
            (now, secret, body + b" "),
            (now - timedelta(minutes=6), secret, body),
            (now, "whsec_" + "A" * 43 + "=", body),
        ):
            signed = Webhook(key).sign("msg_1", at, body.decode())
            stamp = str(int(at.timestamp()))
            headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signed}
            assert post(port, sent, headers) == 400
        assert post(port, body, {}) == 400
    assert Endpoint.objects.get().first_failure_at is None


def test_the_guide_holds_the_examples_as_they_are() -> None:
    guide = (DOCS / "receiving-webhooks.md").read_text()
    for name, language in (("webhook_receiver.py", "python"), ("webhook-receiver.mjs", "js")):
        assert f"```{language}\n{(DOCS / 'examples' / name).read_text()}```" in guide, name
