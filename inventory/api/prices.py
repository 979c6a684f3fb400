"""Price lists over REST, and the log of every change of a price."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import PriceField, QuantityField
from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from inventory.api.lines import ArticleInput
from inventory.models import PriceChange, PriceList, PriceListItem
from inventory.permissions import MANAGE_PRICES, VIEW_PRODUCTS
from inventory.selectors.prices import find_price_list, price_changes, price_lists, prices_on
from inventory.services.prices import MOST_PRICES, PriceLine, create_price_list, set_prices, update_price_list

FOREIGN = {"location": "location_id", "customer_group": "customer_group_id"}


class PriceListInput(serializers.Serializer[Any]):
    """A price list: whom, where and when it is for. What is left out holds for all."""

    name = serializers.CharField(max_length=120)
    location = serializers.UUIDField(required=False, allow_null=True)
    channel = serializers.CharField(max_length=12, required=False, allow_blank=True)
    customer_group = serializers.UUIDField(required=False, allow_null=True)
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    priority = serializers.IntegerField(required=False, help_text="Of several lists that hold, the highest decides.")
    is_active = serializers.BooleanField(required=False)


class PriceListChanges(PriceListInput):
    """What is to change; what is not named stays."""

    name = serializers.CharField(max_length=120, required=False)


class PriceListBody(serializers.Serializer[PriceList]):
    """A price list."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    location = serializers.UUIDField(source="location_id", allow_null=True)
    channel = serializers.CharField()
    customer_group = serializers.UUIDField(source="customer_group_id", allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    priority = serializers.IntegerField()
    is_active = serializers.BooleanField()
    prices = serializers.IntegerField(help_text="How many stand on it.")
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class PriceListPage(serializers.Serializer[Any]):
    """One page of price lists, by name."""

    results = PriceListBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class PriceInput(ArticleInput):
    """One price: exactly one of ``variant`` and ``code``; a null price takes it off the list."""

    from_quantity = QuantityField(required=False)
    unit_price = PriceField(allow_null=True, min_value=0)


class PricesInput(serializers.Serializer[Any]):
    """Prices to put on a list, change or take off, all or none."""

    prices = PriceInput(many=True, max_length=MOST_PRICES)  # type: ignore[call-arg]
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class PriceBody(serializers.Serializer[PriceListItem]):
    """A price on a list."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.CharField(source="variant.title")
    from_quantity = QuantityField()
    unit_price = PriceField()


class PricePage(serializers.Serializer[Any]):
    """One page of prices."""

    results = PriceBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class PriceChangeBody(serializers.Serializer[PriceChange]):
    """A price that changed."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    price_list = serializers.UUIDField(source="price_list_id", allow_null=True, help_text="Null: the variant's own.")
    price_list_name = serializers.CharField()
    from_quantity = QuantityField()
    before = PriceField(allow_null=True)
    after = PriceField(allow_null=True)
    reason = serializers.CharField()
    actor = serializers.CharField(source="actor_label")
    at = serializers.DateTimeField()


class PriceChangeQuery(PageQuery):
    """Which changes."""

    variant = serializers.UUIDField(required=False)
    product = serializers.UUIDField(required=False)


class PriceChangePage(serializers.Serializer[Any]):
    """One page of changes, newest first."""

    results = PriceChangeBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


def _values(body: dict[str, Any]) -> dict[str, Any]:
    return {FOREIGN.get(name, name): value for name, value in body.items()}


class PriceLists(ApiView):
    """/price-lists/: other prices for some."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRICES}
    idempotent: ClassVar = True
    tag = "prices"

    @extend_schema(
        operation_id="list_price_lists", summary="Price lists by name", parameters=[PageQuery], responses=PriceListPage
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        rows, beyond = page_of(price_lists(), by=("name", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [PriceListBody(row).data for row in rows], "next": beyond})

    @extend_schema(
        operation_id="create_price_list",
        summary="Add a price list",
        request=PriceListInput,
        responses={201: PriceListBody},
    )
    def post(self, request: Request) -> Response:
        made = find_price_list(create_price_list(_values(self.read(PriceListInput)), actor=self.actor).pk)
        location = {"Location": f"/api/v1/price-lists/{made.pk}/"}
        return versioned(PriceListBody(made).data, made, status=201, headers=location)


class PriceListOne(ApiView):
    """/price-lists/<id>/: one list."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "PATCH": MANAGE_PRICES}
    idempotent: ClassVar = True
    tag = "prices"

    @extend_schema(operation_id="get_price_list", summary="A price list", responses=PriceListBody)
    def get(self, request: Request, price_list_id: UUID) -> Response:
        found = find_price_list(price_list_id)
        return versioned(PriceListBody(found).data, found)

    @extend_schema(
        operation_id="update_price_list",
        summary="Change a price list",
        parameters=[IF_MATCH],
        request=PriceListChanges,
        responses=PriceListBody,
    )
    def patch(self, request: Request, price_list_id: UUID) -> Response:
        values = _values(self.read(PriceListChanges))
        update_price_list(price_list_id, values, actor=self.actor, expected_version=self.expected_version())
        found = find_price_list(price_list_id)
        return versioned(PriceListBody(found).data, found)


class PricesOnList(ApiView):
    """/price-lists/<id>/prices/: what stands on it."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRICES}
    idempotent: ClassVar = True
    tag = "prices"

    @extend_schema(
        operation_id="list_prices", summary="The prices of a list", parameters=[PageQuery], responses=PricePage
    )
    def get(self, request: Request, price_list_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        rows = prices_on(find_price_list(price_list_id))
        found, beyond = page_of(rows, by=("id",), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [PriceBody(row).data for row in found], "next": beyond})

    @extend_schema(
        operation_id="set_prices",
        summary="Put prices on a list, change them, take them off: all or none",
        parameters=[IF_MATCH],
        request=PricesInput,
        responses=PriceListBody,
    )
    def post(self, request: Request, price_list_id: UUID) -> Response:
        body = self.read(PricesInput)
        lines = [
            PriceLine(
                variant_id=line.get("variant"),
                code=line.get("code", ""),
                unit_price=line["unit_price"],
                **({"from_quantity": line["from_quantity"]} if "from_quantity" in line else {}),
            )
            for line in body["prices"]
        ]
        set_prices(
            price_list_id,
            lines,
            actor=self.actor,
            reason=body.get("reason", ""),
            expected_version=self.expected_version(),
        )
        found = find_price_list(price_list_id)
        return versioned(PriceListBody(found).data, found)


class PriceChanges(ApiView):
    """/price-changes/: who changed which price when and why."""

    required_permission: ClassVar = VIEW_PRODUCTS
    tag = "prices"

    @extend_schema(
        operation_id="list_price_changes",
        summary="Changed prices, newest first",
        parameters=[PriceChangeQuery],
        responses=PriceChangePage,
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PriceChangeQuery)
        rows = price_changes(variant_id=wanted.get("variant"), product_id=wanted.get("product"))
        found, beyond = page_of(rows, by=("-id",), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [PriceChangeBody(row).data for row in found], "next": beyond})
