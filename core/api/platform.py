"""The API of the platform itself: what there is, the event feed, background work, locations."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiView
from core.events import CATALOGUE, matches
from core.jobs.models import Job
from core.jobs.services import find_job
from core.outbox.patience import LONGEST_SECONDS, events_with_patience
from core.people.permissions import AUTHENTICATED, VIEW_EVENTS
from core.tenancy.context import current_tenant

MOST_EVENTS = 1000


class RootBody(serializers.Serializer[Any]):
    """The shop you talk to, who you are to it, and where to go on."""

    shop = serializers.CharField()
    currency = serializers.CharField()
    time_zone = serializers.CharField()
    actor = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    links = serializers.DictField(child=serializers.CharField())


class Root(ApiView):
    """/api/v1/: the way in."""

    required_permission: ClassVar = AUTHENTICATED
    tag = "platform"
    places: ClassVar = (
        "events",
        "locations",
        "products",
        "categories",
        "brands",
        "tax-classes",
        "attributes",
        "code-rules",
        "stock",
        "stock/movements",
        "orders",
        "customers",
        "schema",
        "docs",
    )

    @extend_schema(operation_id="root", summary="What there is", responses={200: RootBody})
    def get(self, request: Request) -> Response:
        tenant = current_tenant()
        return Response(
            {
                "shop": tenant.name,
                "currency": tenant.currency,
                "time_zone": tenant.time_zone,
                "actor": self.actor.label,
                "permissions": sorted(self.actor.permissions),
                "links": {name: request.build_absolute_uri(f"/api/v1/{name}/") for name in self.places},
            }
        )


class EventObject(serializers.Serializer[Any]):
    """What an event happened to; the higher version is the newer truth."""

    type = serializers.CharField()
    id = serializers.CharField()
    version = serializers.IntegerField()


class EventActor(serializers.Serializer[Any]):
    """Who did it."""

    kind = serializers.CharField()
    id = serializers.UUIDField(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]


class Envelope(serializers.Serializer[Any]):
    """An event as the feed, the sockets and the webhooks tell it."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Place in the shop's stream: no gaps, each once.")
    type = serializers.CharField()
    schema_version = serializers.IntegerField()
    object = EventObject()
    actor = EventActor()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="See the webhooks of this document for each type."
    )


class EventPage(serializers.Serializer[Any]):
    """A stretch of the stream. Keep ``next_after`` and ``epoch`` and send both the next time."""

    epoch = serializers.UUIDField(allow_null=True)
    head = serializers.IntegerField(help_text="The newest number there is.")
    results = Envelope(many=True)
    next_after = serializers.IntegerField()
    has_more = serializers.BooleanField(help_text="True: ask again at once.")


class EventQuery(serializers.Serializer[Any]):
    """From where, how much, and of what."""

    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**63 - 1)
    epoch = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=MOST_EVENTS)
    types = serializers.CharField(
        required=False, default="*", max_length=1000, help_text="Separated by commas: order.completed,stock.*"
    )
    wait = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=LONGEST_SECONDS,
        help_text="Seconds to wait when there is nothing new. The answer may be empty and earlier when many wait.",
    )

    def validate_types(self, text: str) -> list[str]:
        wanted = [word.strip() for word in text.split(",") if word.strip()]
        unknown = [word for word in wanted if not any(matches(word, name) for name in CATALOGUE)]
        if unknown or not wanted:
            raise serializers.ValidationError(f"There is no event type {', '.join(unknown) or '(empty)'}.")
        return wanted


class Events(ApiView):
    """/events/: what happened, in order and without gaps."""

    required_permission: ClassVar = VIEW_EVENTS
    tag = "events"

    @extend_schema(
        operation_id="list_events",
        summary="The event feed",
        description=(
            "The same stream as the sockets and the webhooks tell: whoever reads it can prove that nothing was missed."
            " Only types whose own permission you hold. With `wait` an empty answer comes only after that time."
            " 410 `reset`: read the state anew and go on from `head`; `because` is `old`, `future` or `epoch`."
        ),
        parameters=[EventQuery],
        responses={200: EventPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(EventQuery)
        found = events_with_patience(
            wanted["after"],
            seconds=wanted["wait"],
            actor=self.actor,
            limit=wanted["limit"],
            subscriptions=wanted["types"],
            epoch=wanted.get("epoch"),
        )
        return Response(
            {
                "epoch": found.epoch,
                "head": found.head,
                "results": found.events,
                "next_after": found.next_after,
                "has_more": found.has_more,
            }
        )


class JobBody(serializers.Serializer[Job]):
    """Background work: how far it is and what came of it."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=Job.State.choices)
    progress = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    message = serializers.CharField()
    result = serializers.JSONField(allow_null=True)
    error = serializers.SerializerMethodField(help_text="Only when it has failed for good.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_error(self, job: Job) -> str:
        return job.error if job.state == Job.State.FAILED else ""  # before that it is a trace for operators


class JobOne(ApiView):
    """/jobs/<id>/: the permission of the kind of work decides who sees it; to others it does not exist."""

    required_permission: ClassVar = AUTHENTICATED
    tag = "platform"

    @extend_schema(operation_id="get_job", summary="Background work", responses={200: JobBody})
    def get(self, request: Request, job_id: UUID) -> Response:
        return Response(JobBody(find_job(job_id, actor=self.actor)).data)
