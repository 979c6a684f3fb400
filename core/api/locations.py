"""Locations over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import NotFound, StaleVersion
from core.locations.models import Location
from core.locations.services import create_location, update_location
from core.people.permissions import MANAGE_LOCATIONS, VIEW_LOCATIONS
from core.tenancy.context import current_tenant


class LocationBody(serializers.Serializer[Location]):
    """A place with its own stock."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField(help_text="Lines above the postal code; empty: the shop's address is printed.")
    postal_code = serializers.CharField()
    city = serializers.CharField()
    country = serializers.CharField()
    phone = serializers.CharField(help_text="Empty: the shop's.")
    time_zone = serializers.SerializerMethodField()
    sells_below_zero = serializers.BooleanField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()

    def get_time_zone(self, location: Location) -> str:
        return location.time_zone or current_tenant().time_zone


class LocationPage(serializers.Serializer[Any]):
    """One page of locations, by code."""

    results = LocationBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class LocationInput(serializers.Serializer[Any]):
    """A new place. Zone and start of the day default to the shop's."""

    code = serializers.CharField(max_length=16)
    name = serializers.CharField(max_length=120)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=16, required=False, allow_blank=True)
    city = serializers.CharField(max_length=80, required=False, allow_blank=True)
    country = serializers.CharField(max_length=60, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    day_starts_at = serializers.TimeField(required=False, allow_null=True)
    sells_below_zero = serializers.BooleanField(required=False)


class LocationChanges(LocationInput):
    """What is to change; `is_active` false closes it, which is refused while something is there."""

    code = serializers.CharField(max_length=16, required=False)
    name = serializers.CharField(max_length=120, required=False)
    is_active = serializers.BooleanField(required=False)


class Locations(ApiView):
    """/locations/: where the shop holds goods and sells."""

    required_permission: ClassVar = {"GET": VIEW_LOCATIONS, "POST": MANAGE_LOCATIONS}
    idempotent: ClassVar = True
    tag = "platform"

    @extend_schema(
        operation_id="list_locations", summary="Locations", parameters=[PageQuery], responses={200: LocationPage}
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        places = self.actor.places(VIEW_LOCATIONS)
        rows = Location.objects.all() if places is None else Location.objects.filter(pk__in=places)
        found, beyond = page_of(rows, by=("code", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [LocationBody(row).data for row in found], "next": beyond})

    @extend_schema(
        operation_id="create_location",
        summary="Add a location",
        request=LocationInput,
        responses={201: LocationBody},
    )
    def post(self, request: Request) -> Response:
        location = create_location(self.read(LocationInput), actor=self.actor)
        return versioned(LocationBody(location).data, location, status=201)


class LocationOne(ApiView):
    """/locations/<id>/: one place."""

    required_permission: ClassVar = {"GET": VIEW_LOCATIONS, "PATCH": MANAGE_LOCATIONS}
    idempotent: ClassVar = True
    tag = "platform"

    def found(self, location_id: UUID) -> Location:
        location = Location.objects.filter(pk=location_id).first()
        if location is None or not self.actor.may(VIEW_LOCATIONS, at=location_id):
            raise NotFound("There is no such location.")
        return location

    @extend_schema(operation_id="get_location", summary="A location", responses={200: LocationBody})
    def get(self, request: Request, location_id: UUID) -> Response:
        location = self.found(location_id)
        return versioned(LocationBody(location).data, location)

    @extend_schema(
        operation_id="update_location",
        summary="Change, close or open a location",
        parameters=[IF_MATCH],
        request=LocationChanges,
        responses={200: LocationBody},
    )
    def patch(self, request: Request, location_id: UUID) -> Response:
        values = self.read(LocationChanges)
        try:
            location = update_location(location_id, values, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": LocationBody(self.found(location_id)).data}) from stale
        return versioned(LocationBody(location).data, location)
