"""Alerts over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView
from inventory.models import AlertDigest, StockAlert
from inventory.permissions import ADJUST_STOCK, VIEW_STOCK
from inventory.selectors.alerts import open_alerts, why
from inventory.services.alerts import MOST_DAYS, snooze_alert
from inventory.services.digests import set_digest


class AlertBody(serializers.Serializer[StockAlert]):
    """A limit that was crossed and not crossed back."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=StockAlert.Kind.choices)
    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.CharField(source="variant.title")
    location = serializers.UUIDField(source="location_id")
    lot = serializers.UUIDField(source="lot_id", allow_null=True)
    why = serializers.SerializerMethodField(help_text="In words, with the figures of the crossing.")
    details = serializers.DictField()
    raised_at = serializers.DateTimeField()

    def get_why(self, alert: StockAlert) -> str:
        return why(alert)


_ALERT = AlertBody()


class AlertPage(serializers.Serializer[Any]):
    """One page of alerts."""

    results = AlertBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class AlertQuery(PageQuery):
    """Which alerts: newest first."""

    kind = serializers.ChoiceField(choices=StockAlert.Kind.choices, required=False, default="")
    location = serializers.UUIDField(required=False)
    resting = serializers.BooleanField(required=False, default=False, help_text="Also those that rest.")


class SnoozeInput(serializers.Serializer[Any]):
    """For how long; 0 shows it again."""

    days = serializers.IntegerField(min_value=0, max_value=MOST_DAYS)


class DigestBody(serializers.Serializer[AlertDigest]):
    """Whether the new alerts of your locations are mailed to you once a business day."""

    is_wanted = serializers.BooleanField()


class Digest(ApiView):
    """/stock/alerts/digest/: your own daily mail."""

    required_permission: ClassVar = VIEW_STOCK
    idempotent: ClassVar = True
    tag = "stock"

    @extend_schema(operation_id="get_alert_digest", summary="Your daily mail", responses={200: DigestBody})
    def get(self, request: Request) -> Response:
        wanted = AlertDigest.objects.filter(user=self.actor.id, is_wanted=True).exists()
        return Response({"is_wanted": wanted})

    @extend_schema(
        operation_id="set_alert_digest",
        summary="Have new alerts mailed once a day, or not",
        description="For people only: a key is 403.",
        request=DigestBody,
        responses={200: DigestBody},
    )
    def put(self, request: Request) -> Response:
        row = set_digest(**self.read(DigestBody), actor=self.actor)
        return Response(DigestBody(row).data)


class Alerts(ApiView):
    """/stock/alerts/: what is beyond a limit now."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="list_stock_alerts",
        summary="Open alerts at your locations, newest first",
        parameters=[AlertQuery],
        responses={200: AlertPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(AlertQuery)
        rows = open_alerts(
            actor=self.actor,
            kind=wanted["kind"],
            location_id=wanted.get("location"),
            with_resting=wanted["resting"],
        )
        found, beyond = page_of(rows, by=("-raised_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [_ALERT.to_representation(row) for row in found], "next": beyond})


class AlertSnooze(ApiView):
    """/stock/alerts/<id>/snooze/: an alert rests."""

    required_permission: ClassVar = ADJUST_STOCK
    idempotent: ClassVar = True
    tag = "stock"

    @extend_schema(
        operation_id="snooze_stock_alert",
        summary="Let an alert rest for some days",
        request=SnoozeInput,
        responses={200: AlertBody},
    )
    def post(self, request: Request, alert_id: UUID) -> Response:
        alert = snooze_alert(alert_id, days=self.read(SnoozeInput)["days"], actor=self.actor)
        return Response(AlertBody(alert).data)
