"""Who the shop is, over REST."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from core.locations.models import ShopDetails
from core.locations.papers import shop_details
from core.locations.shop import change_shop
from core.people.permissions import MANAGE_SHOP, VIEW_LOCATIONS
from core.tenancy.context import current_tenant


class ShopBody(serializers.Serializer[ShopDetails]):
    """Who the shop is, as its papers say it. All texts are empty until somebody said them."""

    name = serializers.SerializerMethodField(help_text="What the shop is called; not changed here.")
    legal_name = serializers.CharField()
    address = serializers.CharField(help_text="Lines above the postal code.")
    postal_code = serializers.CharField()
    city = serializers.CharField()
    country = serializers.CharField(help_text="As it is printed.")
    phone = serializers.CharField()
    email = serializers.CharField()
    website = serializers.CharField()
    tax_label = serializers.CharField(help_text="What the tax number is called.")
    tax_number = serializers.CharField()
    footer = serializers.CharField(help_text="The last lines of a receipt; empty: Thank you.")
    version = serializers.IntegerField()

    def get_name(self, row: ShopDetails) -> str:
        return current_tenant().name


class ShopChanges(serializers.Serializer[Any]):
    """What is to change; "" takes it away."""

    legal_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=16, required=False, allow_blank=True)
    city = serializers.CharField(max_length=80, required=False, allow_blank=True)
    country = serializers.CharField(max_length=60, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    website = serializers.CharField(max_length=200, required=False, allow_blank=True)
    tax_label = serializers.CharField(max_length=30, required=False, allow_blank=True)
    tax_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    footer = serializers.CharField(max_length=500, required=False, allow_blank=True)


class Shop(ApiView):
    """/shop/: who the shop is."""

    required_permission: ClassVar = {"GET": VIEW_LOCATIONS, "PATCH": MANAGE_SHOP}
    idempotent: ClassVar = True
    tag = "platform"

    @extend_schema(operation_id="get_shop", summary="Who the shop is", responses={200: ShopBody})
    def get(self, request: Request) -> Response:
        row = shop_details()
        return versioned(ShopBody(row).data, row)

    @extend_schema(
        operation_id="update_shop",
        summary="Change what receipts and packing slips say of the shop",
        description="From the next document on; a receipt of an older one keeps what it said.",
        parameters=[IF_MATCH],
        request=ShopChanges,
        responses={200: ShopBody},
    )
    def patch(self, request: Request) -> Response:
        values = self.read(ShopChanges)
        try:
            row = change_shop(values, version=self.expected_version(), actor=self.actor)
        except StaleVersion as stale:
            raise StaleVersion(details={"current": ShopBody(shop_details()).data}) from stale
        return versioned(ShopBody(row).data, row)
