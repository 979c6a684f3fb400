"""Devices send what they did while the server was away; people and programs look at what of it does not fit."""

from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.answers import Answer
from core.api.authentication import DeviceSecret
from core.api.devices import DeviceReport, MissingNumbers
from core.api.fields import AmountField
from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView, body_of, versioned
from core.devices.browser import device_at
from core.devices.selectors import missing_items
from core.devices.services.fleet import report
from core.errors import Invalid
from core.limits import Rate
from core.people.permissions import DEVICE, RESOLVE_EXCEPTIONS, VIEW_EXCEPTIONS
from core.sync.booking import book_again
from core.sync.errors import OtherDevice
from core.sync.flags import ACCEPTED, DISMISSED, settle_flag
from core.sync.models import Flag
from core.sync.registry import title_of
from core.sync.remedies import Remedy, asked, put_right, remedies_of
from core.sync.selectors import find_flag, flags_seen_by
from core.sync.taking import MOST_ITEMS, take_items

SENDINGS = Rate("sync", 600, 60)


class SyncInput(serializers.Serializer[Any]):
    """What happened at a device, at most a hundred items; each is read by itself, so that none stops another."""

    items = serializers.ListField(child=serializers.JSONField(), max_length=MOST_ITEMS)
    device = serializers.UUIDField(
        required=False,
        help_text="For which device they are numbered; another than the caller is refused: other-device.",
    )
    report = serializers.JSONField(
        required=False, help_text="As for `devices/current/report/`; ignored if it is wrong."
    )


class SyncOutput(serializers.Serializer[Any]):
    """One result per item, in the order sent, and what the server has of this device."""

    results = serializers.ListField(
        child=serializers.DictField(),
        help_text="`n`, `id`, `result` (applied, duplicate, quarantined, retry) and what the kind tells of it.",
    )
    last_n = serializers.IntegerField()
    missing = MissingNumbers(many=True)


class Sync(ApiView):
    """/sync/: a device sends what it did while the server was away."""

    authentication_classes = (DeviceSecret,)
    required_permission: ClassVar = DEVICE
    rate: ClassVar = SENDINGS
    tag = "devices"

    @extend_schema(
        operation_id="sync_items",
        summary="Send what a device did while the server was away",
        description=(
            "Items are facts: each is booked, or kept for a person, in a transaction of its own; `retry` alone means"
            " that it is not. Repeat whole or in part, in any order: nothing is booked twice. See docs/sync.md."
        ),
        request=SyncInput,
        responses={200: SyncOutput},
    )
    def post(self, request: Request) -> Response:
        body = body_of(SyncInput, request.data)
        device = device_at(request._request)
        assert device is not None  # `DEVICE` says so
        if body.get("device") not in (None, device.pk):
            raise OtherDevice("Ask which device this is, number them for it, and send them again.")
        results = take_items(device, body["items"], sender=self.actor)
        taken = sum(one["result"] != "retry" for one in results)
        with suppress(Invalid):  # nothing that was done is to wait for what a device says of itself
            report(device.pk, body_of(DeviceReport, body.get("report") or {}), actor=self.actor, taken=taken)
        device.refresh_from_db(fields=["last_n"])
        gaps = missing_items(device).values("first", "last")[:50]
        return Response({"results": results, "last_n": device.last_n, "missing": list(gaps)})


class ExceptionQuery(PageQuery):
    """Which exceptions."""

    kind = serializers.CharField(required=False, max_length=40)
    is_open = serializers.BooleanField(required=False, allow_null=True, default=None)


class AskBody(serializers.Serializer[Any]):
    """Something a remedy has to be told."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    hint = serializers.CharField()
    choices = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), help_text="Values with their words; empty: a text."
    )


class RemedyBody(serializers.Serializer[Any]):
    """A way to put an exception right."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    asks = AskBody(many=True)


class ExceptionBody(Answer[Flag]):
    """Something that does not fit."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.SerializerMethodField()
    sentence = serializers.CharField()
    device = serializers.UUIDField(source="device_id")
    device_name = serializers.CharField(source="device.name")
    location = serializers.UUIDField(source="location_id", allow_null=True)
    author = serializers.UUIDField(source="author_id", allow_null=True)
    author_label = serializers.CharField()
    about_type = serializers.CharField(source="object_type", help_text="order, …; empty: nothing is in the books.")
    about = serializers.UUIDField(source="object_id", allow_null=True)
    about_label = serializers.CharField(source="object_label")
    details = serializers.DictField()
    currency = serializers.CharField()
    at_risk = AmountField()
    held = AmountField(help_text="Taken in, and in no book.")
    occurred_at = serializers.DateTimeField()
    raised_at = serializers.DateTimeField()
    resolution = serializers.CharField(help_text="Empty while it is open; accepted, booked, corrected or dismissed.")
    note = serializers.CharField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = serializers.UUIDField(source="resolved_by_id", allow_null=True)
    version = serializers.IntegerField()

    def get_title(self, flag: Flag) -> str:
        return title_of(flag.kind)


class ExceptionWithRemedies(ExceptionBody):
    """An exception, and what the caller can do about it."""

    remedies = RemedyBody(many=True)


class ExceptionPage(serializers.Serializer[Any]):
    """A page of exceptions."""

    results = ExceptionBody(many=True)
    next = serializers.CharField(allow_null=True)


class SettleInput(serializers.Serializer[Any]):
    """How it is settled."""

    resolution = serializers.ChoiceField(choices=[(ACCEPTED, "accepted"), (DISMISSED, "dismissed")])
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)


class PutRightInput(serializers.Serializer[Any]):
    """By which remedy, and what it has to be told."""

    remedy = serializers.CharField(max_length=40)
    values = serializers.DictField(child=serializers.CharField(max_length=200, allow_blank=True), required=False)
    approval = serializers.UUIDField(required=False, allow_null=True, help_text="Where it takes somebody's consent.")


class PutRightOutput(ExceptionBody):
    """The exception as it was settled."""

    told = serializers.DictField(help_text="What is told once, to who did it: `gift_cards` with their new codes.")


_BODY = ExceptionBody()


def _remedy(remedy: Remedy, flag: Flag) -> dict[str, Any]:
    asks = [
        {"name": one.name, "label": one.label, "hint": one.hint, "choices": [list(choice) for choice in one.choices]}
        for one in asked(remedy, flag)
    ]
    return {"name": remedy.name, "label": remedy.label, "asks": asks}


class Exceptions(ApiView):
    """/exceptions/: what does not fit."""

    required_permission: ClassVar = VIEW_EXCEPTIONS
    tag = "devices"

    @extend_schema(
        operation_id="list_exceptions",
        summary="What devices did that does not fit, newest first",
        parameters=[ExceptionQuery],
        responses={200: ExceptionPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(ExceptionQuery)
        rows = flags_seen_by(self.actor, kind=wanted.get("kind", ""), is_open=wanted["is_open"])
        found, beyond = page_of(rows, by=("-raised_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [_BODY.to_representation(row) for row in found], "next": beyond})


class ExceptionOne(ApiView):
    """/exceptions/<id>/: one exception."""

    required_permission: ClassVar = VIEW_EXCEPTIONS
    tag = "devices"

    @extend_schema(
        operation_id="get_exception",
        summary="An exception, and how it can be put right",
        responses={200: ExceptionWithRemedies},
    )
    def get(self, request: Request, flag_id: UUID) -> Response:
        flag = find_flag(flag_id, actor=self.actor)
        ways = [_remedy(one, flag) for one in remedies_of(flag, self.actor)]
        return versioned({**_BODY.to_representation(flag), "remedies": ways}, flag)


class ExceptionSettled(ApiView):
    """/exceptions/<id>/settle/: somebody looked at it."""

    required_permission: ClassVar = RESOLVE_EXCEPTIONS
    idempotent: ClassVar = True
    tag = "devices"

    @extend_schema(
        operation_id="settle_exception",
        summary="Settle an exception: accept what was booked, or dismiss what could not be",
        request=SettleInput,
        responses={200: ExceptionBody},
    )
    def post(self, request: Request, flag_id: UUID) -> Response:
        flag = settle_flag(flag_id, actor=self.actor, **self.read(SettleInput))
        return versioned(_BODY.to_representation(flag), flag)


class ExceptionBooked(ApiView):
    """/exceptions/<id>/book/: try once more to book what a device sent."""

    required_permission: ClassVar = RESOLVE_EXCEPTIONS
    idempotent: ClassVar = True
    tag = "devices"

    @extend_schema(
        operation_id="book_exception",
        summary="Book what could not be booked, now that what was in its way is gone",
        request=None,
        responses={200: OpenApiResponse(ExceptionBody, "It is in the books.")},
    )
    def post(self, request: Request, flag_id: UUID) -> Response:
        flag = book_again(flag_id, actor=self.actor)
        return versioned(_BODY.to_representation(flag), flag)


class ExceptionPutRight(ApiView):
    """/exceptions/<id>/put-right/: do what a remedy does.

    Not idempotent by key: the kept answer would hold codes that are told once. An exception is settled once by itself.
    """

    required_permission: ClassVar = RESOLVE_EXCEPTIONS
    tag = "devices"

    @extend_schema(
        operation_id="put_exception_right",
        summary="Put an exception right by one of its remedies, once",
        request=PutRightInput,
        responses={200: PutRightOutput},
    )
    def post(self, request: Request, flag_id: UUID) -> Response:
        said = self.read(PutRightInput)
        done = put_right(
            flag_id,
            remedy=said["remedy"],
            values=said.get("values"),
            approval_id=said.get("approval"),
            actor=self.actor,
        )
        return versioned({**_BODY.to_representation(done.flag), "told": dict(done.told)}, done.flag)
