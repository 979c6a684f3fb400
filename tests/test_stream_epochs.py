"""After a restore every reader begins anew, and nobody is sent what the history that is gone had sent already."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.errors import Invalid
from core.ids import uuid7
from core.outbox.epochs import begin_epoch
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.outbox.services import emit
from core.tenancy.context import use_tenant
from core.testing import Shop
from orders.auditor import audit_books
from realtime.sockets.pace import Pace
from realtime.sockets.past import read_past
from realtime.sockets.room import Room, Socket
from realtime.sockets.sight import Sight
from realtime.sockets.wire import Wire
from tests.api import machine
from tests.test_outbox import fact
from tests.webhook_steps import connect, sell
from webhooks.models import Delivery
from webhooks.services.deliveries import Outcome, claim, finish
from webhooks.services.replays import replay_failed

pytestmark = pytest.mark.django_db(transaction=True)


def begin(**more: Any) -> Any:
    return begin_epoch(more.pop("epoch", None) or uuid7(), reason="restored", actor=SYSTEM, **more)


def stream() -> Stream:
    return Stream.objects.get()


def test_readers_of_the_old_epoch_are_told_to_read_the_state_anew(acme: Shop, globex: Shop) -> None:
    key = machine(acme)
    number_events(acme.tenant)
    old = stream()
    known = {"after": old.head, "epoch": str(old.epoch)}
    assert key.get("events/", known).status_code == 200
    with use_tenant(globex.tenant):
        number_events(globex.tenant)
        theirs = stream().epoch

    begun = begin()
    answer = key.get("events/", known)
    assert (answer.status_code, answer.json()["code"]) == (410, "reset")
    assert (answer.json()["epoch"], answer.json()["head"]) == (str(begun.epoch), old.head)
    past = read_past(epoch=old.epoch, after=old.head, most=1000)
    assert (past.events, past.epoch) == (None, begun.epoch)
    with use_tenant(globex.tenant):
        assert stream().epoch == theirs

    assert number_events(acme.tenant) == 1
    told = key.get("events/", {"after": old.head, "epoch": str(begun.epoch)}).json()["results"]
    assert [(row["type"], row["seq"]) for row in told] == [("stream.restarted", old.head + 1)]
    assert (told[0]["data"]["before"], told[0]["data"]["reason"]) == (str(old.epoch), "restored")
    (entry,) = AuditEntry.objects.filter(object_type="stream")
    assert entry.changes["epoch"] == [str(old.epoch), str(begun.epoch)] and entry.object_label == "restored"
    assert audit_books() == []


def test_an_open_socket_is_reset_at_the_next_heartbeat(acme: Shop) -> None:
    number_events(acme.tenant)
    old, frames = stream(), []
    begun, sight = begin(), Sight.of(acme.actor())

    async def send(message: dict[str, Any]) -> None:
        frames.append(json.loads(message["text"]))

    async def beat() -> None:
        with ThreadPoolExecutor(1) as database:
            asyncio.get_running_loop().set_default_executor(database)
            room = Room(acme.tenant, Pace())
            wire = Wire(send, most=10)
            socket = Socket(wire=wire, sight=sight, topics=("*",), identity=("user", uuid7()))
            socket.held, socket.cursor = None, old.head
            room.sockets.add(socket)
            room.epoch, room.head = old.epoch, old.head
            await room.beat()
            while len(frames) < 2:
                await asyncio.sleep(0)
            await wire.drop()
            database.submit(connections.close_all).result()

    asyncio.run(beat())
    assert [(frame["type"], frame.get("epoch")) for frame in frames] == [("reset", str(begun.epoch)), ("ping", None)]


def test_what_webhooks_had_not_sent_is_parked_until_a_person_sends_it(acme: Shop) -> None:
    endpoint, _ = connect(acme, "https://hooks.example.com/in", "order.completed", "stream.*")
    for _ in range(3):
        sell(acme)
    number_events(acme.tenant)
    [flying] = claim(datetime.now(UTC))
    assert flying is not None
    sell(acme)  # committed, and not numbered yet
    waiting = Event.objects.filter(seq=None).count()
    assert waiting > 0

    begun = begin()
    assert begun.parked == 4 and Event.objects.filter(seq=None).count() == 1
    rows = Delivery.objects.all()
    assert {(row.state, row.last_error) for row in rows} == {
        ("dead", "Parked, the history of the shop was replaced: restored")
    }
    assert finish([(flying, Outcome(at=datetime.now(UTC), duration_ms=1, status=200))], spread=lambda: 0) == [flying]
    assert not Delivery.objects.exclude(state="dead").exists()

    number_events(acme.tenant)
    fresh = Delivery.objects.get(state="pending")
    assert fresh.event_type == "stream.restarted"
    assert replay_failed(endpoint_id=endpoint.pk, actor=acme.actor()).count == 4


def test_a_repeat_changes_nothing_and_a_reason_must_be_given(acme: Shop) -> None:
    number_events(acme.tenant)
    name = uuid7()
    first = begin(epoch=name)
    entries, events = AuditEntry.objects.count(), Event.objects.count()
    again = begin(epoch=name)
    assert (again.epoch, again.head) == (first.epoch, first.head)
    with pytest.raises(Invalid):
        begin_epoch(uuid7(), reason=" ", actor=SYSTEM)
    assert (AuditEntry.objects.count(), Event.objects.count(), stream().epoch) == (entries, events, name)


def test_the_command_names_what_it_did_and_wants_one_shop_or_all(acme: Shop, globex: Shop) -> None:
    with transaction.atomic():
        emit(fact(), actor=SYSTEM)
    out = StringIO()
    call_command("begin_epoch", "acme.localhost", reason="restored", stdout=out)
    assert f"epoch {stream().epoch} begins after number" in out.getvalue()
    out = StringIO()
    call_command("begin_epoch", all=True, reason="restored", stdout=out)
    assert len(out.getvalue().splitlines()) == 2
    for arguments, options in (((), {}), (("acme.localhost",), {"all": True})):
        with pytest.raises(CommandError, match="one shop"):
            call_command("begin_epoch", *arguments, reason="x", stdout=out, **options)
