"""The sockets of one shop in this process. Keeps every one of them gap-free, whatever Redis does.

A batch from Redis is only a hint: it is used when it follows on, else PostgreSQL is asked. ``head`` is the number up
to which this process has told everybody; a socket's ``cursor`` is the same for one socket.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakValueDictionary

from core.actors import Actor
from core.devices.ceilings import devices_of_log_ins, within
from core.devices.models import Device
from core.tenancy.context import tenant_sync
from core.tenancy.models import Tenant
from realtime.sockets.closing import Close
from realtime.sockets.frames import Batch, Told, frame, in_portions
from realtime.sockets.pace import Pace
from realtime.sockets.past import Identity, Past, actors_again, log_ins_over, read_past, unknown_locations
from realtime.sockets.presence import Here, Person
from realtime.sockets.sight import Places, Sight
from realtime.sockets.snapshot import SNAPSHOT_URL
from realtime.sockets.topics import wants_presence
from realtime.sockets.wire import Wire

logger = logging.getLogger(__name__)
CHANGES_WHO = frozenset({"person.updated", "api_key.revoked", "device.enrolled", "device.updated", "device.revoked"})
"""Events after which somebody may not hear any more what they hear: nobody waits for the next regular look."""
MOST_HELD = 256
"""Batches that are kept for a socket whose past is being read; what is older is read again from PostgreSQL."""

ask_past = tenant_sync(read_past)


def _again(
    who: set[Identity], sessions: set[str], places: frozenset[str] = frozenset()
) -> tuple[dict[Identity, Actor | None], set[str], set[str], dict[str, Device]]:
    unknown = unknown_locations(places) if places else set()
    return actors_again(who), log_ins_over(sessions), unknown, devices_of_log_ins(sessions)


ask_again = tenant_sync(_again)


@dataclass(slots=True, kw_only=True, eq=False)
class Socket:
    """One open socket. ``held``: what came while its past is still being read, None afterwards.

    ``session`` is the key of the log-in it ends with, ``device`` what others may call it; ``only`` are the places it
    asked for; ``name`` is whom others see here, none for a machine.
    """

    wire: Wire
    sight: Sight
    topics: tuple[str, ...]
    identity: Identity
    only: Places = None
    session: str = ""
    device: str = ""
    name: str = ""
    sees_people: bool = False
    cursor: int = 0
    is_greeted: bool = False
    held: deque[Batch] | None = field(default_factory=lambda: deque(maxlen=MOST_HELD))

    def offer(self, batch: Batch, frames: dict[Sight, str]) -> None:
        """Tell what of a batch is new here; ``frames`` keeps the texts that equal sights share."""
        if self.held is not None:
            self.held.append(batch)
        elif text := self.take(batch, frames):
            self.wire.put(text)

    def take(self, batch: Batch, frames: dict[Sight, str]) -> str:
        """What of a batch is new here, as a frame or nothing; it counts as told."""
        if batch.last <= self.cursor:
            return ""
        if batch.first <= self.cursor:
            text = self.sight.frame_of(batch.after(self.cursor))
        else:
            if self.sight not in frames:
                frames[self.sight] = self.sight.frame_of(batch)
            text = frames[self.sight]
        self.cursor = batch.last
        return text

    def reset(self, past: Past) -> None:
        """Say that what it shows must be read afresh, and go on from the head."""
        self.cursor = past.head
        self.wire.put(frame("reset", epoch=str(past.epoch), seq=past.head, snapshot_url=SNAPSHOT_URL))


class Room:
    """See the module. Everything runs in one event loop; the only waits are those for the database."""

    def __init__(self, tenant: Tenant, pace: Pace) -> None:
        self.tenant = tenant
        self.pace = pace
        self.sockets: set[Socket] = set()
        self._sights: WeakValueDictionary[Sight, Sight] = WeakValueDictionary()
        self.epoch: UUID | None = None
        self.head: int | None = None
        self.here = Here()
        self.presence_changed = False
        now = time.monotonic()
        self.next_beat = now + pace.heartbeat_seconds * random.uniform(0.5, 1)  # noqa: S311  spreads the work
        self.next_poll = now + pace.poll_seconds
        self.next_presence = now
        self.next_check = now + pace.recheck_seconds * random.uniform(0.5, 1)  # noqa: S311
        self._is_healing = False
        self._heal_again = False

    async def join(
        self, socket: Socket, since: tuple[UUID, int] | None, subscribed: Callable[[], Awaitable[None]]
    ) -> None:
        """Greet a socket and tell it what it missed after ``since``; from then on it hears what the room hears."""
        socket.sight = self._sights.setdefault(socket.sight, socket.sight)  # one object: compared by a glance
        self.sockets.add(socket)
        await subscribed()  # from here on nothing is missed: it is held, or it is in the past that is read next
        epoch, after = since or (None, None)
        past: Past = await ask_past(self.tenant, epoch=epoch, after=after, most=self.pace.replay_events)
        self.epoch = before = self.epoch or past.epoch
        socket.wire.put(
            frame(
                "hello",
                epoch=str(past.epoch),
                last_seq=past.head,
                topics=socket.sight.types,
                heartbeat=self.pace.heartbeat_seconds,
                screens=self.here.screens,
            )
        )
        socket.is_greeted = True
        if past.events is None:
            socket.reset(past)
        else:
            socket.cursor = past.head if after is None else after
            await self._replay(socket, past)
        await self._release(socket)
        if self.epoch not in (before, past.epoch) and self.head is not None:  # another history began meanwhile
            socket.reset(Past(self.epoch, self.head, None))
        if after is not None:  # also where nothing of it was for these ears: it has caught up
            socket.wire.put(frame("ping", head=socket.cursor))
        self.head = socket.cursor if self.head is None else self.head
        self.presence_changed = True

    def leave(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        self.presence_changed = True

    def hear(self, batch: Batch) -> bool:
        """Tell everybody a batch that follows on. False: something before it is missing, so ask PostgreSQL."""
        if self.head is not None:
            if batch.last <= self.head:
                return True
            if batch.first > self.head + 1:
                return False
            batch = batch.after(self.head)
        frames: dict[Sight, str] = {}
        for socket in self.sockets:
            socket.offer(batch, frames)
        self.head = batch.last
        if any(told.type in CHANGES_WHO for told in batch.events):
            self.next_check = 0.0
        return True

    async def heal(self) -> None:
        """Read from PostgreSQL what nobody told us. Calls during a reading are answered by one more reading."""
        if self._is_healing:
            self._heal_again = True
            return
        self._is_healing = True
        try:
            while self.sockets and self.head is not None:
                self._heal_again = False
                past: Past = await ask_past(
                    self.tenant, epoch=self.epoch, after=self.head, most=self.pace.replay_events
                )
                if past.events is None:
                    self._reset_all(past)
                for portion in self._portions(past.events or ()):
                    self.hear(Batch.of(portion))
                    await asyncio.sleep(0)  # a large portion stands alone: the lines write before the next one comes
                if not self._heal_again:
                    return
        finally:
            self._is_healing = False

    async def beat(self) -> None:
        """The heartbeat: heal, then say up to where everything has been told."""
        await self.heal()
        text = frame("ping", head=self.head)
        for socket in self.sockets:
            if socket.held is None and socket.cursor == self.head:
                socket.wire.put(text)

    def who_is_here(self) -> Here:
        """What this process knows of it."""
        people: dict[str, Person] = {}
        for socket in self.sockets:
            if socket.name:
                people.setdefault(str(socket.identity[1]), Person(socket.name)).devices.add(socket.device[:8])
        return Here(len(self.sockets), people)

    def show(self, here: Here) -> None:
        """Tell who is here on every line that was greeted and asked for it; names only to those who may see them."""
        if here == self.here:
            return
        self.here = here
        texts = {sees: here.frame(names=sees) for sees in (False, True)}
        for socket in self.sockets:
            if socket.is_greeted and wants_presence(socket.topics):
                socket.wire.put(texts[socket.sees_people])

    def tell_some(self, text: str, *, user: str = "", device: str = "") -> None:
        """Put a frame on the lines of one person or one device."""
        for socket in self._of(user=user, device=device):
            socket.wire.put(text)

    def end_device(self, device: str) -> None:
        """Close the lines of a log-in that is over."""
        for socket in self._of(device=device):
            socket.wire.close(Close.NOT_ALLOWED, "logged out")

    def _of(self, *, user: str = "", device: str = "") -> list[Socket]:
        identity = ("user", UUID(user)) if user else None
        found = [
            socket for socket in self.sockets if socket.identity == identity or (device and socket.device == device)
        ]
        return [socket for socket in found if socket.is_greeted]

    async def subscribe(self, socket: Socket, topics: tuple[str, ...], only: Places, mark: str | int | None) -> None:
        """Let an open socket hear something else from now on, and say what and after which number.

        A place that is none of the shop leaves everything as it was, and is named in the answer.
        """
        found, over, unknown, devices = await ask_again(
            self.tenant, {socket.identity}, {socket.session}, only or frozenset()
        )
        actor = None if over else found[socket.identity]
        if actor is None:
            socket.wire.close(Close.NOT_ALLOWED)
        elif unknown:
            text = f"unknown location {min(unknown)}"
            socket.wire.put(frame("refused", id=mark, code="unknown-location", detail=text))
        else:
            sight = Sight.of(within(actor, devices.get(socket.session)), topics, only)
            socket.topics, socket.only = topics, only
            socket.sight = self._sights.setdefault(sight, sight)
            socket.wire.put(frame("subscribed", id=mark, topics=sight.types, seq=socket.cursor))

    async def recheck(self) -> None:
        """Close the lines of those who may not hear (all of) what they hear; they come back as who they are now."""
        asked = {socket.identity for socket in self.sockets}
        found, over, _, devices = await ask_again(self.tenant, asked, {socket.session for socket in self.sockets})
        for socket in list(self.sockets):
            if socket.identity not in found:
                continue  # it came meanwhile
            actor = found[socket.identity]
            if actor is None or socket.session in over:
                socket.wire.close(Close.NOT_ALLOWED)
            elif Sight.of(within(actor, devices.get(socket.session)), socket.topics, socket.only) != socket.sight:
                socket.wire.close(Close.NOT_ALLOWED, "permissions changed")

    def close_all(self, code: Close) -> None:
        for socket in self.sockets:
            socket.wire.close(code)

    async def _release(self, socket: Socket) -> None:
        """Tell what was held during the reading, and read again where it does not follow on.

        In turn, as the past is told: a busy shop may have said much while PostgreSQL answered, and that is no fault
        of the reader. What comes meanwhile is held too. It ends no earlier than where the room stands: another
        socket's reading may have brought the room further than anything that was held here.
        """
        while socket.wire.is_open:
            if socket.held:
                batch = socket.held.popleft()
                if batch.first > socket.cursor + 1:
                    await self._read_on(socket)
                elif text := socket.take(batch, {}):
                    await socket.wire.put_in_turn(text, seconds=self.pace.replay_seconds)
            elif self.head is None or socket.cursor >= self.head or not await self._read_on(socket):
                break
        socket.held = None

    async def _read_on(self, socket: Socket) -> bool:
        """Tell a socket what PostgreSQL knows beyond its cursor; False when that is nothing."""
        before = socket.cursor
        past: Past = await ask_past(self.tenant, after=before, most=self.pace.replay_events)
        if past.events is None:
            socket.reset(past)
        else:
            await self._replay(socket, past)
        return socket.cursor > before

    async def _replay(self, socket: Socket, past: Past) -> None:
        for portion in self._portions(past.events or ()):
            if text := socket.sight.frame_of(Batch.of(portion)):
                await socket.wire.put_in_turn(text, seconds=self.pace.replay_seconds)
        socket.cursor = past.head

    def _reset_all(self, past: Past) -> None:
        self.epoch, self.head = past.epoch, past.head
        for socket in self.sockets:
            if socket.held is None:
                socket.reset(past)

    def _portions(self, events: tuple[Told, ...]) -> list[list[Told]]:
        return list(in_portions(events, most=self.pace.frame_events, most_bytes=self.pace.frame_bytes))


def in_background(work: Awaitable[None], what: str, running: set["asyncio.Task[None]"]) -> None:
    """Run something beside the rest; its trouble is logged and tried again at the next turn."""

    async def guarded() -> None:
        try:
            await work
        except Exception:
            logger.exception("live updates stumbled", extra={"work": what})

    task = asyncio.ensure_future(guarded())
    running.add(task)
    task.add_done_callback(running.discard)
