"""What the webhook routes take and answer."""

from typing import Any, ClassVar

from rest_framework import serializers

from core.api.pagination import PageQuery
from webhooks.models import Attempt, Delivery, Endpoint


class EndpointOut(serializers.ModelSerializer[Endpoint]):
    """An endpoint; its secret is never part of it."""

    class Meta:
        model = Endpoint
        fields: ClassVar = [
            "id",
            "url",
            "description",
            "subscriptions",
            "header_names",
            "is_enabled",
            "disabled_reason",
            "first_failure_at",
            "last_success_at",
            "version",
            "created_at",
        ]
        read_only_fields = fields


class EndpointWithSecret(EndpointOut):
    """An endpoint with its signing secret, which is shown this once."""

    secret = serializers.CharField(read_only=True, help_text="Empty when the request was a repeat.")

    class Meta(EndpointOut.Meta):
        fields: ClassVar = [*EndpointOut.Meta.fields, "secret"]
        read_only_fields = fields


class EndpointIn(serializers.Serializer[Any]):
    """A new endpoint. The id is the caller's, so that a repeated request makes no second one."""

    id = serializers.UUIDField()
    url = serializers.CharField(max_length=2000)
    description = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    subscriptions = serializers.ListField(child=serializers.CharField(max_length=60), min_length=1, max_length=100)
    headers = serializers.DictField(
        child=serializers.CharField(max_length=1000),
        required=False,
        help_text="Extra headers of every call, such as a key of your gateway. Kept encrypted, told to nobody again.",
    )


class EndpointChange(serializers.Serializer[Any]):
    """What may be changed; what is left out stays."""

    url = serializers.CharField(max_length=2000, required=False)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    subscriptions = serializers.ListField(
        child=serializers.CharField(max_length=60), min_length=1, max_length=100, required=False
    )
    is_enabled = serializers.BooleanField(required=False)
    headers = serializers.DictField(
        child=serializers.CharField(max_length=1000, allow_null=True),
        required=False,
        help_text="Replaces the extra headers; null keeps the value of that name.",
    )


class RotationIn(serializers.Serializer[Any]):
    """``force`` ends the older secret at once, for one that leaked."""

    force = serializers.BooleanField(required=False, default=False)


class TestIn(serializers.Serializer[Any]):
    """Which event to send an example of; by default the first one the endpoint subscribes to."""

    type = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)


class ReplayIn(serializers.Serializer[Any]):
    """Either all that failed, or everything since an instant."""

    failed = serializers.BooleanField(required=False, default=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["failed"] == ("since" in attrs) or (attrs["failed"] and "until" in attrs):
            raise serializers.ValidationError("Send either failed, or since with or without until.")
        return attrs


class ReplayOut(serializers.Serializer[Any]):
    """How many deliveries were queued."""

    queued = serializers.IntegerField()


class AttemptOut(serializers.ModelSerializer[Attempt]):
    """One try. Signatures and cookies are masked."""

    class Meta:
        model = Attempt
        fields: ClassVar = [
            "number",
            "at",
            "status",
            "error",
            "duration_ms",
            "request_headers",
            "response_headers",
            "response_body",
            "is_cut",
        ]
        read_only_fields = fields


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    """One event for one endpoint, and what came of it so far."""

    message_id = serializers.CharField(read_only=True)
    endpoint = serializers.UUIDField(source="endpoint_id", read_only=True)

    class Meta:
        model = Delivery
        fields: ClassVar = [
            "id",
            "endpoint",
            "message_id",
            "cause",
            "replay_of",
            "event_id",
            "event_seq",
            "event_type",
            "state",
            "due_at",
            "attempts",
            "last_status",
            "last_error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class DeliveryWithLog(DeliveryOut):
    """A delivery with the body that is sent and every try."""

    body = serializers.SerializerMethodField()
    log = AttemptOut(many=True, read_only=True)

    class Meta(DeliveryOut.Meta):
        fields: ClassVar = [*DeliveryOut.Meta.fields, "body", "log"]
        read_only_fields = fields

    def get_body(self, row: Delivery) -> str:
        return bytes(row.body).decode()


class DeliveryQuery(PageQuery):
    """Filters of the delivery list."""

    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False, default="")
    event_type = serializers.CharField(max_length=60, required=False, default="")


class EventTypeOut(serializers.Serializer[Any]):
    """One kind of event: words, JSON Schema of its data, and a whole example."""

    type = serializers.CharField()
    description = serializers.CharField()
    about = serializers.CharField()
    schema_version = serializers.IntegerField()
    permission = serializers.CharField()
    schema = serializers.JSONField()
    example = serializers.JSONField()


def listing(name: str, row: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The schema of a page: rows and where the next page begins."""
    fields = {
        "results": row(many=True),
        "next": serializers.CharField(allow_null=True, help_text="The cursor of the next page."),
        "__doc__": "One page.",
    }
    return type(name, (serializers.Serializer,), fields)


EndpointPage = listing("WebhookEndpointPage", EndpointOut)
DeliveryPage = listing("WebhookDeliveryPage", DeliveryOut)
EventTypePage = listing("EventTypePage", EventTypeOut)
