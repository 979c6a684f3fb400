"""What an operator sees of the streams: one line per shop, trouble first, and an exit code a monitor understands."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from core.actors import SYSTEM
from core.ids import uuid7
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.outbox.services import emit
from core.outbox.status import stream_status
from core.tenancy.context import use_public, use_tenant
from core.tenancy.models import Tenant, schema_name_of
from core.testing import Shop
from tests.test_outbox import fact
from tests.webhook_steps import connect, sell
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)


def streams(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    out, code = StringIO(), 0
    try:
        call_command("streams", *arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def settle(*shops: Shop) -> None:
    for shop in shops:
        while number_events(shop.tenant):
            pass


def test_shops_whose_events_wait_too_long_come_first_and_end_the_command_with_1(acme: Shop, globex: Shop) -> None:
    settle(acme, globex)
    code, lines = streams()
    assert code == 0 and {line["state"] for line in lines} == {"well"} and len(lines) == 2
    with use_tenant(globex.tenant), transaction.atomic():
        emit(fact(), actor=SYSTEM)
    with use_tenant(globex.tenant):
        Event.objects.filter(seq=None).update(recorded_at=datetime.now(UTC) - timedelta(seconds=90))
        head = Stream.objects.get().head
    code, lines = streams()
    assert code == 1
    assert [line["state"] for line in lines] == ["late", "well"]
    assert (lines[0]["schema"], lines[0]["unnumbered"], lines[0]["head"]) == (globex.tenant.schema_name, 1, head)
    assert 90 <= lines[0]["lag_seconds"] < 150
    assert streams("--older-than", "600")[0] == 0
    assert streams("acme.localhost") == (0, lines[1:])


def test_webhooks_that_are_late_are_trouble_and_those_of_an_endpoint_that_is_off_are_not(acme: Shop) -> None:
    endpoint, _ = connect(acme, "https://hooks.example.com/in", "order.completed")
    sell(acme)
    settle(acme)
    Delivery.objects.update(due_at=datetime.now(UTC) - timedelta(minutes=5))
    code, (line,) = streams("acme.localhost")
    assert (code, line["state"], line["readers"]["webhooks"]["waiting"]) == (1, "late", 1)
    assert 300 <= line["readers"]["webhooks"]["overdue_seconds"] < 360
    endpoint.is_enabled = False
    endpoint.save()
    code, (line,) = streams("acme.localhost")
    assert (code, line["readers"]["webhooks"]) == (0, {"waiting": 1, "overdue_seconds": 0.0})


def test_a_shop_whose_tables_cannot_be_read_is_the_worst_trouble(acme: Shop) -> None:
    settle(acme)
    pk = uuid7()
    with use_public():
        Tenant.objects.create(id=pk, schema_name=schema_name_of(pk), name="Half", state="active")
    try:
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("streams", stdout=out)
        lines = out.getvalue().splitlines()
        assert lines[0].split()[:4] == ["shop", "state", "head", "kept"]
        assert lines[1].split()[:2] == ["Half", "broken"] and "outbox_stream" in lines[1]
        assert streams()[1][0]["state"] == "broken"
    finally:
        with use_public():
            Tenant.objects.filter(pk=pk).delete()


def test_a_shop_without_any_event_is_well(acme: Shop) -> None:
    Event.objects.all().delete()
    Stream.objects.all().delete()
    found = stream_status()
    assert (found.head, found.epoch, found.unnumbered, found.kept_from, found.worst_seconds) == (0, None, 0, None, 0)


def test_the_owner_sees_the_numbers_of_the_own_shop_only(acme: Shop, globex: Shop) -> None:
    settle(acme, globex)
    with use_tenant(globex.tenant), transaction.atomic():
        emit(fact(), actor=SYSTEM)
    shown = acme.client("owner").get("/live/status/").content.decode()
    assert "Waiting for a number</dt><dd>0" in shown and "Waiting in webhooks</dt><dd>0" in shown
