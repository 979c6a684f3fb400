"""The hub: one Redis subscription per process, whatever the number of sockets and shops.

The relay publishes every batch of a shop once; the hub writes it to the lines of that shop, and asks PostgreSQL
wherever Redis was away, slow or wrong. A lost message costs at most one heartbeat.
"""

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.live import ENDED, TOLD, channel
from core.tenancy.context import tenant_sync
from core.tenancy.models import Tenant
from core.tenancy.selectors import tenant_by_schema
from realtime.sockets.closing import Close
from realtime.sockets.frames import unpack
from realtime.sockets.leaving import on_termination
from realtime.sockets.pace import Pace, pace
from realtime.sockets.presence import CHANGED, Here, show_here, who_is_here
from realtime.sockets.room import Room, in_background

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.5
SILENCE_SECONDS = 5.0


def _is_open(tenant: Tenant) -> bool:
    return tenant_by_schema(tenant.schema_name) is not None


ask_open = tenant_sync(_is_open)
tell_presence = tenant_sync(show_here)
ask_presence = tenant_sync(who_is_here)


class Hub:
    """All rooms of this process. Made in the event loop that serves its sockets."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.name = uuid4().hex
        self.rooms: dict[str, Room] = {}
        self.is_subscribed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []

    def room(self, tenant: Tenant) -> Room:
        """The room of a shop; the first visitor starts the hub."""
        if not self._loops or any(task.done() for task in self._loops):
            if not self._loops:
                on_termination(lambda: [socket for room in self.rooms.values() for socket in room.sockets])
            for task in self._loops:
                task.cancel()
            self._loops = [asyncio.create_task(self._listen()), asyncio.create_task(self._tick())]
        return self.rooms.setdefault(tenant.schema_name, Room(tenant, self.pace))

    def leave(self, room: Room) -> None:
        """Forget a room that is empty, after telling the shop's other screens."""
        if not room.sockets and self.rooms.get(room.tenant.schema_name) is room:
            self.rooms.pop(room.tenant.schema_name, None)
            in_background(self._tell_presence(room), "presence", self._running)

    async def subscribed(self) -> None:
        """Wait until Redis tells us everything; without Redis go on, the polling carries the room."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.is_subscribed.wait(), 1)

    async def _listen(self) -> None:
        """Hold the subscription for ever. After each loss every room reads what it may have missed."""
        delay = 0.1
        while True:
            try:
                await self._follow()
            except (RedisError, OSError) as problem:
                logger.warning("live updates poll, Redis does not answer", extra={"problem": str(problem)})
            except Exception:
                logger.exception("the live subscription broke")
            delay = 0.1 if self.is_subscribed.is_set() else min(delay * 2, 3)
            self.is_subscribed.clear()
            await asyncio.sleep(delay)

    async def _follow(self) -> None:
        # No read time-out (redis-py would end a quiet subscription) and no silent reconnects of the library's own.
        client = redis.asyncio.Redis.from_url(
            settings.LIVE_REDIS_URL, socket_timeout=None, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        try:
            async with client.pubsub() as subscription:
                await subscription.psubscribe(channel("*"))
                waiting_for_pong = False
                while True:
                    message = await subscription.get_message(timeout=SILENCE_SECONDS)
                    if message is None:
                        if waiting_for_pong:
                            raise ConnectionError("no answer to a ping")
                        await subscription.ping()
                        waiting_for_pong = True
                        continue
                    waiting_for_pong = False
                    self._take(message)
                    await asyncio.sleep(0)  # messages may lie here in heaps: the lines write before the next is read
        finally:
            await client.aclose()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "psubscribe":
            self.is_subscribed.set()
            for each in self.rooms.values():
                in_background(each.heal(), "heal", self._running)
        elif message["type"] == "pmessage":
            schema = message["channel"].decode().rpartition(":")[2]
            room = self.rooms.get(schema)
            if room is None:
                return
            try:
                self._hear(room, message["data"])
            except (ValueError, KeyError, TypeError):
                logger.exception("a live message that is none", extra={"schema": schema})
                in_background(room.heal(), "heal", self._running)

    def _hear(self, room: Room, data: bytes) -> None:
        """Take a message of a shop: who is here, a word to some, or, as nearly always, events."""
        mark, _, rest = data.partition(b"\n")
        if mark == CHANGED:
            in_background(self._hear_presence(room), "presence", self._running)
        elif mark in (TOLD, ENDED):
            whom, _, text = rest.partition(b"\n")
            some = json.loads(whom)
            if mark == ENDED:
                room.end_device(some["device"])
            else:
                room.tell_some(text.decode(), **some)
        else:
            batch = unpack(data)
            follows_on = room.hear(batch)
            if not follows_on or batch.begins_an_epoch:
                in_background(room.heal(), "heal", self._running)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            for room in list(self.rooms.values()):
                self._care_for(room, now)

    def _care_for(self, room: Room, now: float) -> None:
        """Start what is due in a room."""
        if now >= room.next_beat:
            room.next_beat = now + self.pace.heartbeat_seconds
            room.next_poll = now + self.pace.poll_seconds
            in_background(room.beat(), "heartbeat", self._running)
            room.presence_changed = True
        elif not self.is_subscribed.is_set() and now >= room.next_poll:
            room.next_poll = now + self.pace.poll_seconds
            in_background(room.heal(), "poll", self._running)
        if now >= room.next_check:
            room.next_check = now + self.pace.recheck_seconds
            in_background(self._recheck(room), "recheck", self._running)
        if room.presence_changed and now >= room.next_presence:
            room.presence_changed = False
            room.next_presence = now + min(5.0, len(room.sockets) / 100)  # many that come and go are told in heaps
            in_background(self._tell_presence(room), "presence", self._running)

    async def _recheck(self, room: Room) -> None:
        if await ask_open(room.tenant, room.tenant):
            await room.recheck()
        else:
            room.close_all(Close.NO_SUCH_SHOP)

    async def _tell_presence(self, room: Room) -> None:
        await tell_presence(room.tenant, self.name, room.who_is_here(), seconds=3 * self.pace.heartbeat_seconds)

    async def _hear_presence(self, room: Room) -> None:
        here: Here = await ask_presence(room.tenant)
        room.show(here)


_hub: Hub | None = None


def hub() -> Hub:
    """This process's hub."""
    global _hub  # noqa: PLW0603  one per process is the point
    if _hub is None:
        _hub = Hub(pace())
    return _hub
