"""Tills and phones over REST: what a device asks of itself, and the list for whoever manages them."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.authentication import DeviceSecret
from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.devices.browser import device_at
from core.devices.errors import DeviceOver
from core.devices.models import Device, Gap
from core.devices.permissions import MANAGE_DEVICES
from core.devices.sealing import bound_to, public_jwk
from core.devices.selectors import author_pass, devices_seen_by, find_device, health_of, missing_items
from core.devices.services.fleet import report, revoke_device, update_device
from core.errors import StaleVersion
from core.limits import Rate
from core.people.permissions import DEVICE
from core.people.selectors import find_user
from core.tenancy.context import current_tenant

LARGEST = 2**53
OWN_CALLS = Rate("device", 240, 60)


class MissingNumbers(serializers.Serializer[Any]):
    """Numbers of the device's sequence that did not come though later ones did."""

    first = serializers.IntegerField()
    last = serializers.IntegerField()


class DeviceBody(serializers.Serializer[Device]):
    """A till or phone, and what was last heard of it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="Begins the numbers it gives.")
    location = serializers.UUIDField(source="location_id")
    role = serializers.SerializerMethodField(help_text="The most that anybody may do on it; null: no ceiling.")
    state = serializers.SerializerMethodField(help_text="new, online, silent, expired or revoked.")
    enrolled_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Moves on while it is used.")
    revoked_at = serializers.DateTimeField(allow_null=True)
    lost = serializers.BooleanField(source="is_lost", help_text="Revoked because nobody knows who has it.")
    last_seen_at = serializers.DateTimeField(allow_null=True)
    client = serializers.CharField(help_text="Browser and system, as it says.")
    app_version = serializers.CharField()
    storage_persisted = serializers.BooleanField(allow_null=True)
    storage_used_bytes = serializers.IntegerField(allow_null=True)
    storage_quota_bytes = serializers.IntegerField(allow_null=True)
    catalogue_at = serializers.DateTimeField(allow_null=True)
    catalogue_seq = serializers.IntegerField(allow_null=True)
    unsent = serializers.IntegerField(help_text="Items it holds that the server has not confirmed.")
    oldest_unsent_at = serializers.DateTimeField(allow_null=True)
    clock_offset_ms = serializers.IntegerField(allow_null=True, help_text="Its clock minus ours.")
    last_n = serializers.IntegerField(help_text="The highest number of its sequence that came.")
    missing = serializers.SerializerMethodField()
    version = serializers.IntegerField()

    def get_role(self, device: Device) -> str | None:
        return device.role.name if device.role else None

    def get_state(self, device: Device) -> str:
        return health_of(device, now=datetime.now(UTC)).state

    @extend_schema_field(MissingNumbers(many=True))
    def get_missing(self, device: Device) -> Any:
        gaps = [gap for gap in device.gaps.all() if gap.counter == Gap.Counter.ITEMS]
        return [{"first": gap.first, "last": gap.last} for gap in gaps]


class DevicePage(serializers.Serializer[Any]):
    """One page of devices, by name."""

    results = DeviceBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class DeviceChanges(serializers.Serializer[Any]):
    """What is to change. A prefix stays for good."""

    name = serializers.CharField(max_length=60, required=False)
    location = serializers.UUIDField(required=False)
    role = serializers.CharField(max_length=60, required=False, allow_null=True, help_text="null: no ceiling.")


class RevokeInput(serializers.Serializer[Any]):
    """Why it is revoked."""

    lost = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Nobody knows who has it: also what its browser sends as another device later is shown to a person.",
    )


class DeviceReport(serializers.Serializer[Any]):
    """What a device says of itself; what is left out stays as it was."""

    unsent = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    oldest_unsent_at = serializers.DateTimeField(required=False, allow_null=True)
    app_version = serializers.CharField(max_length=40, required=False, allow_blank=True)
    storage_persisted = serializers.BooleanField(required=False, allow_null=True)
    storage_used_bytes = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False, allow_null=True)
    storage_quota_bytes = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False, allow_null=True)
    catalogue_at = serializers.DateTimeField(required=False, allow_null=True)
    catalogue_seq = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False, allow_null=True)
    clock_offset_ms = serializers.IntegerField(
        min_value=-LARGEST, max_value=LARGEST, required=False, allow_null=True, help_text="Its clock minus ours."
    )


class SealKeyBody(serializers.Serializer[Any]):
    """A public key as a JWK, to seal what could not be sent."""

    kid = serializers.UUIDField()
    kty = serializers.CharField()
    crv = serializers.CharField()
    x = serializers.CharField()
    y = serializers.CharField()


class CurrentDevice(serializers.Serializer[Any]):
    """The device that asks."""

    id = serializers.UUIDField()
    shop = serializers.UUIDField(help_text="With the id the additional data of what is sealed.")
    name = serializers.CharField()
    prefix = serializers.CharField()
    location = serializers.UUIDField()
    location_name = serializers.CharField()
    role = serializers.CharField(allow_null=True)
    last_n = serializers.IntegerField(help_text="Go on counting above it.")
    last_receipt = serializers.IntegerField(help_text="Likewise, for the numbers of receipts.")
    missing = MissingNumbers(many=True)
    seal_key = SealKeyBody()
    bound_to = serializers.CharField(help_text="The additional data of what it seals: whose shop, which device.")
    person = serializers.UUIDField(allow_null=True, help_text="Who is logged in on it.")
    now = serializers.DateTimeField(help_text="Our clock, to measure its own against.")

    def get_fields(self) -> dict[str, Any]:
        """One name is a word of Python's, so it cannot be declared as the others are."""
        words = (
            "Signed: this person is logged in here now. It stands on what is queued, so that nobody is named falsely."
        )
        return {**super().get_fields(), "pass": serializers.CharField(allow_null=True, help_text=words)}


class Devices(ApiView):
    """/devices/: the tills and phones of the shop."""

    required_permission: ClassVar = MANAGE_DEVICES
    tag = "devices"

    @extend_schema(
        operation_id="list_devices",
        summary="Tills and phones",
        parameters=[PageQuery],
        responses={200: DevicePage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        found, beyond = page_of(
            devices_seen_by(self.actor), by=("name", "id"), cursor=wanted["cursor"], limit=wanted["limit"]
        )
        return Response({"results": [DeviceBody(row).data for row in found], "next": beyond})


class DeviceOne(ApiView):
    """/devices/<id>/: one of them."""

    required_permission: ClassVar = MANAGE_DEVICES
    idempotent: ClassVar = True
    tag = "devices"

    @extend_schema(operation_id="get_device", summary="A till or phone", responses={200: DeviceBody})
    def get(self, request: Request, device_id: UUID) -> Response:
        device = find_device(device_id, actor=self.actor)
        return versioned(DeviceBody(device).data, device)

    @extend_schema(
        operation_id="update_device",
        summary="Rename or move a device, or set its ceiling",
        parameters=[IF_MATCH],
        request=DeviceChanges,
        responses={200: DeviceBody},
    )
    def patch(self, request: Request, device_id: UUID) -> Response:
        values = self.read(DeviceChanges)
        if "location" in values:
            values["location_id"] = values.pop("location")
        find_device(device_id, actor=self.actor)
        try:
            update_device(device_id, values, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            present = DeviceBody(find_device(device_id, actor=self.actor)).data
            raise StaleVersion(details={"current": present}) from stale
        device = find_device(device_id, actor=self.actor)
        return versioned(DeviceBody(device).data, device)


class DeviceRevoke(ApiView):
    """/devices/<id>/revoke/: let it in no more."""

    required_permission: ClassVar = MANAGE_DEVICES
    idempotent: ClassVar = True
    tag = "devices"

    @extend_schema(
        operation_id="revoke_device",
        summary="Revoke a device",
        description="Whoever is logged in on it is logged out and its lines end. What it still holds can be sent: it "
        "is taken and shown to a person. Repeating changes nothing.",
        request=RevokeInput,
        responses={200: DeviceBody},
    )
    def post(self, request: Request, device_id: UUID) -> Response:
        find_device(device_id, actor=self.actor)
        revoke_device(device_id, actor=self.actor, is_lost=self.read(RevokeInput)["lost"])
        device = find_device(device_id, actor=self.actor)
        return versioned(DeviceBody(device).data, device)


class Current(ApiView):
    """/devices/current/: what a device asks of itself."""

    authentication_classes = (DeviceSecret,)
    required_permission: ClassVar = DEVICE
    rate: ClassVar = OWN_CALLS
    tag = "devices"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Asked before the device becomes the user of this request: who is logged in stands in the session.
        logged_in: Any = request._request.actor  # type: ignore[attr-defined]
        self.person = find_user(logged_in.id) if logged_in else None
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="get_current_device",
        summary="The device that asks",
        description="401 `not-authenticated` in a browser that is no device; 410 `device-over` once it was revoked or "
        "was not used for 90 days.",
        responses={200: CurrentDevice},
    )
    def get(self, request: Request) -> Response:
        device = asking(request)
        if not device.is_living:
            raise DeviceOver(details={"state": health_of(device, now=datetime.now(UTC)).state})
        body = {
            "id": device.pk,
            "shop": current_tenant().pk,
            "name": device.name,
            "prefix": device.prefix,
            "location": device.location_id,
            "location_name": device.location.name,
            "role": device.role.name if device.role else None,
            "last_n": device.last_n,
            "last_receipt": device.last_receipt,
            "missing": missing_items(device).values("first", "last"),
            "seal_key": public_jwk(),
            "bound_to": bound_to(device.pk).decode(),
            "person": self.person.pk if self.person else None,
            "pass": author_pass(device, self.person) if self.person else None,
            "now": datetime.now(UTC),
        }
        return Response(CurrentDevice(body).data)


class CurrentReport(ApiView):
    """/devices/current/report/: how a device stands."""

    authentication_classes = (DeviceSecret,)
    required_permission: ClassVar = DEVICE
    rate: ClassVar = OWN_CALLS
    tag = "devices"

    @extend_schema(
        operation_id="report_current_device",
        summary="Say how the device stands",
        description="What it holds unsent, which app, how much room. A repeat changes nothing.",
        request=DeviceReport,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        report(asking(request).pk, self.read(DeviceReport), actor=self.actor)
        return Response(status=204)


def asking(request: Request) -> Device:
    """The device that `DeviceSecret` found."""
    device = device_at(request._request)
    if device is None:
        raise NotAuthenticated
    return device
