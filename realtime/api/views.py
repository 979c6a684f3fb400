"""Tickets for sockets."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiView
from core.people.permissions import AUTHENTICATED
from realtime.api.bodies import SnapshotBody
from realtime.sockets.pace import pace
from realtime.sockets.snapshot import snapshot_for
from realtime.sockets.tickets import issue_ticket

SOCKET_PATH = "/ws/events/"


class Tickets(ApiView):
    """POST /api/v1/live/tickets/: a ticket that opens one socket within its seconds, from the same origin."""

    required_permission: ClassVar[str | dict[str, str]] = AUTHENTICATED

    class Output(serializers.Serializer[Any]):
        ticket = serializers.CharField()
        expires_in_seconds = serializers.IntegerField()
        path = serializers.CharField(
            help_text="Open it with ?ticket=…, optionally since=<epoch>:<seq>, topics=…, locations=…"
        )

    @extend_schema(request=None, responses={201: Output}, tags=["live"], operation_id="live_tickets_create")
    def post(self, request: Request) -> Response:
        session = request.session.session_key if self.actor.kind == "user" else None
        token = issue_ticket(actor=self.actor, origin=request.headers.get("Origin", "").lower(), session=session or "")
        body = {"ticket": token, "expires_in_seconds": pace().ticket_seconds, "path": SOCKET_PATH}
        return Response(body, status=201)


class Snapshot(ApiView):
    """GET /api/v1/live/snapshot/: where a ``reset`` of a socket leads."""

    required_permission: ClassVar[str | dict[str, str]] = AUTHENTICATED

    @extend_schema(
        responses={200: SnapshotBody},
        tags=["live"],
        operation_id="live_snapshot",
        summary="Where the shop stands, to go on from after a reset",
    )
    def get(self, request: Request) -> Response:
        return Response(SnapshotBody(snapshot_for(self.actor)).data, headers={"Cache-Control": "no-store"})
