"""The socket at ``/ws/events/``: checks who knocks, then joins the room of the shop. Protocol: docs/events.md."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from core.actors import Actor
from core.devices.ceilings import devices_of_log_ins, within
from core.live import device_of
from core.people.permissions import VIEW_TEAM
from core.people.selectors import actor_by_id
from core.tenancy.context import tenant_sync
from core.tenancy.models import Tenant
from core.tenancy.selectors import tenant_for_host
from realtime.errors import LiveUnavailable
from realtime.sockets.closing import Close
from realtime.sockets.frames import frame
from realtime.sockets.hub import hub
from realtime.sockets.past import log_ins_over, unknown_locations
from realtime.sockets.room import Room, Socket
from realtime.sockets.sight import Places, Sight
from realtime.sockets.tickets import redeem_ticket
from realtime.sockets.topics import UnknownTopic, read_places, read_topics, wishes_of
from realtime.sockets.wire import Wire

_SINCE = re.compile(r"(?P<epoch>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(?P<seq>[0-9]{1,18})")
find_tenant = database_sync_to_async(tenant_for_host, thread_sensitive=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the address of a socket asks for."""

    ticket: str
    topics: tuple[str, ...]
    only: Places
    since: tuple[UUID, int] | None


def _who_holds(token: str, origin: str, only: Places) -> tuple[Actor, str, set[str]] | None:
    """Who a ticket was made for, the log-in it ends with, and the places asked for that are none."""
    ticket = redeem_ticket(token)
    if ticket is None or ticket.origin != origin:
        return None
    actor = actor_by_id(ticket.kind, ticket.actor_id)
    if actor is None or log_ins_over([ticket.session]):
        return None
    actor = within(actor, devices_of_log_ins([ticket.session]).get(ticket.session))
    return actor, ticket.session, unknown_locations(only) if only else set()


who_holds = tenant_sync(_who_holds)


def _are_words(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


class EventSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One browser or program that listens. It may ask for a pong and for other topics; who it is says the ticket."""

    channel_layer_alias = None  # the hub fans out: a channel-layer message per socket costs ten times more

    wire: Wire | None = None
    room: Room | None = None
    socket: Socket | None = None

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]}
        host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
        if origin and urlsplit(origin).netloc != host:
            await self.close()  # a page of somebody else: not even a handshake
            return
        await self.accept()
        self.wire = Wire(self.base_send, most=hub().pace.queue_frames)
        refusal = await self._enter(host.split(":")[0], origin)
        if refusal is not None:
            self.wire.close(*refusal)

    async def _enter(self, host: str, origin: str) -> tuple[Close, str] | None:
        """Join the room, or say why not."""
        tenant = await find_tenant(host)
        if tenant is None or tenant.state != Tenant.State.ACTIVE:
            return Close.NO_SUCH_SHOP, ""
        try:
            wishes = self._wishes()
        except ValueError as problem:
            return Close.BAD_REQUEST, str(problem)
        try:
            found = await who_holds(tenant, wishes.ticket, origin, wishes.only)
        except LiveUnavailable:
            return Close.TROUBLE, ""
        if found is None or self.wire is None:
            return Close.NOT_ALLOWED, ""
        actor, session, unknown = found
        if unknown:
            return Close.BAD_REQUEST, f"unknown location {min(unknown)}"
        room = hub().room(tenant)
        identity = (actor.kind, actor.id)
        if sum(socket.identity == identity for socket in room.sockets) >= room.pace.sockets_per_actor:
            return Close.TOO_MANY, ""
        is_person = actor.kind == "user"
        self.room = room
        self.socket = Socket(
            wire=self.wire,
            sight=Sight.of(actor, wishes.topics, wishes.only),
            topics=wishes.topics,
            only=wishes.only,
            identity=identity,
            session=session,
            device=device_of(session) or str(actor.id),
            name=actor.label.partition("@")[0] if is_person else "",
            sees_people=is_person or actor.may(VIEW_TEAM),
        )
        self.messages, self.messages_until = 0, 0.0
        try:
            await room.join(self.socket, wishes.since, hub().subscribed)
        except Exception:
            self._leave()
            raise
        return None

    def _wishes(self) -> Wishes:
        query = parse_qs(self.scope["query_string"].decode("latin-1"), max_num_fields=10)
        given = {name: values[-1] for name, values in query.items()}
        since = given.get("since", "")
        found = _SINCE.fullmatch(since)
        if since and not found:
            raise ValueError("since is <epoch>:<seq>")
        return Wishes(
            ticket=given.get("ticket", ""),
            topics=read_topics(given.get("topics", "")),
            only=read_places(given["locations"].split(",")) if given.get("locations") else None,
            since=(UUID(found["epoch"]), int(found["seq"])) if found else None,
        )

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.wire is None or self.socket is None or self.room is None:
            return
        text = message.get("text") or ""
        limits = self.room.pace
        if len(text) > limits.message_bytes or len(message.get("bytes") or b"") > limits.message_bytes:
            self.wire.close(Close.TOO_BIG)
            return
        if time.monotonic() > self.messages_until:
            self.messages, self.messages_until = 0, time.monotonic() + limits.messages_seconds
        self.messages += 1
        if self.messages > limits.messages:
            self.wire.close(Close.TOO_MANY)
            return
        try:
            asked = json.loads(text)
        except (ValueError, RecursionError):  # brackets without end
            asked = None
        await self._answer(asked if isinstance(asked, dict) else {}, self.wire, self.socket, self.room)

    async def _answer(self, asked: dict[str, Any], wire: Wire, socket: Socket, room: Room) -> None:
        """Do what a message asks; one that cannot be read ends the line, a wish that cannot be granted does not."""
        mark = asked.get("id") if isinstance(asked.get("id"), str | int) else None
        kind, topics, places = asked.get("type"), asked.get("topics"), asked.get("locations")
        if kind == "ping":
            wire.put(frame("pong", id=mark, head=socket.cursor))
        elif kind == "subscribe" and _are_words(topics) and (places is None or _are_words(places)):
            try:
                wishes, only = wishes_of(topics), read_places(places) if places else None
            except ValueError as problem:
                code = "unknown-topic" if isinstance(problem, UnknownTopic) else "unreadable"
                wire.put(frame("refused", id=mark, code=code, detail=str(problem)))
            else:
                await room.subscribe(socket, wishes, only, mark)
        else:
            wire.close(Close.BAD_REQUEST)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._leave()
        if self.wire is not None:
            await self.wire.drop()
        raise StopConsumer

    def _leave(self) -> None:
        if self.room is not None and self.socket is not None:
            self.room.leave(self.socket)
            hub().leave(self.room)
            self.room = self.socket = None
