"""A room and one line of it, without a server: what is told in turn to one who reads."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from core.ids import uuid7
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.tenancy.context import tenant_sync
from core.testing import Shop
from realtime.sockets.frames import Batch, Told
from realtime.sockets.pace import Pace
from realtime.sockets.room import MOST_HELD, Room, Socket
from realtime.sockets.sight import Sight
from realtime.sockets.wire import Wire
from tests.live_steps import head, news


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [60, MOST_HELD + 100], ids=["as many as are kept", "more than are kept"])
def test_what_happened_while_the_past_was_told_is_told_in_turn(acme: Shop, count: int) -> None:
    """The queue of a line is far shorter than what is held for it."""
    number_events(acme.tenant)
    begin = head()
    news(10)
    number_events(acme.tenant)
    sight, epoch = Sight.of(acme.actor()), Stream.objects.get().epoch
    room = Room(acme.tenant, Pace(queue_frames=4, frame_events=1))
    room.head = begin + 10
    told: list[int] = []

    def happen() -> list[Told]:
        news(count)
        number_events(acme.tenant)
        return [Told.of(event) for event in Event.objects.filter(seq__gt=begin + 10).order_by("seq")]

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        frame = json.loads(message.get("text", "{}"))
        told.extend(event["seq"] for event in frame.get("events", ()))
        if told == [begin + 1] and room.head == begin + 10:
            for event in await tenant_sync(happen)(acme.tenant):
                room.hear(Batch.of([event]))

    async def subscribed() -> None:
        pass

    async def listen() -> None:
        with ThreadPoolExecutor(1) as database:
            asyncio.get_running_loop().set_default_executor(database)
            wire = Wire(send, most=4)
            socket = Socket(wire=wire, sight=sight, topics=("*",), identity=("user", uuid7()))
            await room.join(socket, (epoch, begin), subscribed)
            while wire.is_open and len(told) < 10 + count:
                await asyncio.sleep(0)
            await wire.drop()
            database.submit(connections.close_all).result()

    asyncio.run(listen())
    assert told == list(range(begin + 1, begin + 11 + count))


@pytest.mark.django_db(transaction=True)
def test_who_reads_the_past_while_another_brings_the_room_further_misses_nothing(acme: Shop) -> None:
    """The hint of what happened meanwhile was lost, so nothing was held for it."""
    number_events(acme.tenant)
    begin = head()
    news(10)
    number_events(acme.tenant)
    sight, epoch = Sight.of(acme.actor()), Stream.objects.get().epoch
    room = Room(acme.tenant, Pace(queue_frames=4, frame_events=1))
    told: list[int] = []

    def happen() -> None:
        news(3)
        number_events(acme.tenant)

    async def ignore(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)

    async def subscribed() -> None:
        pass

    def line(send: Any) -> Socket:
        return Socket(wire=Wire(send, most=4), sight=sight, topics=("*",), identity=("user", uuid7()))

    async def send(message: dict[str, Any]) -> None:
        frame = json.loads(message.get("text", "{}"))
        told.extend(event["seq"] for event in frame.get("events", ()))
        if told == [begin + 1] and room.head is None:
            await tenant_sync(happen)(acme.tenant)
            await room.join(line(ignore), None, subscribed)

    async def listen() -> None:
        with ThreadPoolExecutor(1) as database:
            asyncio.get_running_loop().set_default_executor(database)
            first = line(send)
            await room.join(first, (epoch, begin), subscribed)
            while first.wire.is_open and len(told) < 13:
                await asyncio.sleep(0)
            for socket in room.sockets:
                await socket.wire.drop()
            database.submit(connections.close_all).result()

    asyncio.run(asyncio.wait_for(listen(), 20))
    assert told == list(range(begin + 1, begin + 14))
