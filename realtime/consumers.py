"""The socket at ``/ws/events/``: checks who knocks, then joins the room of the shop. Protocol: docs/events.md."""

import json
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from core.actors import Actor
from core.people.selectors import actor_by_id
from core.tenancy.context import tenant_sync
from core.tenancy.models import Tenant
from core.tenancy.selectors import tenant_for_host
from realtime.closing import Close
from realtime.errors import LiveUnavailable
from realtime.frames import frame
from realtime.hub import hub
from realtime.room import Room, Socket
from realtime.sight import Sight, read_topics
from realtime.tickets import redeem_ticket
from realtime.wire import Wire

_SINCE = re.compile(r"(?P<epoch>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(?P<seq>[0-9]{1,18})")
find_tenant = database_sync_to_async(tenant_for_host, thread_sensitive=False)


def _who_holds(token: str, origin: str) -> Actor | None:
    ticket = redeem_ticket(token)
    if ticket is None or ticket.origin != origin:
        return None
    return actor_by_id(ticket.kind, ticket.actor_id)


who_holds = tenant_sync(_who_holds)


class EventSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One browser or program that listens. It may only ask for a pong; everything else is said by the ticket."""

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
            self.wire.close(refusal)

    async def _enter(self, host: str, origin: str) -> Close | None:
        """Join the room, or say why not."""
        tenant = await find_tenant(host)
        if tenant is None or tenant.state != Tenant.State.ACTIVE:
            return Close.NO_SUCH_SHOP
        try:
            token, topics, since = self._wishes()
        except ValueError:
            return Close.BAD_REQUEST
        try:
            actor: Actor | None = await who_holds(tenant, token, origin)
        except LiveUnavailable:
            return Close.TROUBLE
        if actor is None or actor.id is None or self.wire is None:
            return Close.NOT_ALLOWED
        room = hub().room(tenant)
        identity = (actor.kind, actor.id)
        if sum(socket.identity == identity for socket in room.sockets) >= room.pace.sockets_per_actor:
            return Close.TOO_MANY
        self.room = room
        self.socket = Socket(wire=self.wire, sight=Sight.of(actor, topics), topics=topics, identity=identity)
        self.messages, self.messages_until = 0, 0.0
        try:
            await room.join(self.socket, since, hub().subscribed)
        except Exception:
            self._leave()
            raise
        return None

    def _wishes(self) -> tuple[str, tuple[str, ...], tuple[UUID, int] | None]:
        query = parse_qs(self.scope["query_string"].decode("latin-1"), max_num_fields=10)
        given = {name: values[-1] for name, values in query.items()}
        since = given.get("since", "")
        found = _SINCE.fullmatch(since)
        if since and not found:
            raise ValueError("since is <epoch>:<seq>")
        point = (UUID(found["epoch"]), int(found["seq"])) if found else None
        return given.get("ticket", ""), read_topics(given.get("topics", "")), point

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
        if not isinstance(asked, dict) or asked.get("type") != "ping":
            self.wire.close(Close.BAD_REQUEST)
            return
        mark = asked.get("id")
        self.wire.put(frame("pong", id=mark if isinstance(mark, str | int) else None, head=self.socket.cursor))

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
