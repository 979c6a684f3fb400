"""What to order, over REST."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import QuantityField
from core.api.views import ApiView
from core.locations.selectors import active_location
from inventory.permissions import VIEW_STOCK
from inventory.selectors.cover import ToOrder, order_list
from inventory.services.policy import stock_policy


class ToOrderBody(serializers.Serializer[ToOrder]):
    """An article of which there is less than the target."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField()
    name = serializers.CharField(source="title")
    available = QuantityField(help_text="On hand, less what is set aside.")
    in_transit = QuantityField(help_text="On its way here.")
    low_at = QuantityField(allow_null=True, help_text="The fixed limit, or that of the days of cover.")
    sold = QuantityField(help_text="In `sales_days`.")
    lasts_days = serializers.IntegerField(allow_null=True, help_text="At that rate; null where nothing sold.")
    needed = QuantityField(help_text="How many to order.")


class OrderListBody(serializers.Serializer[Any]):
    """What runs out first stands first; ``count`` articles in all."""

    results = ToOrderBody(many=True)
    count = serializers.IntegerField()
    sales_days = serializers.IntegerField()
    target_days = serializers.IntegerField()


class OrderListQuery(serializers.Serializer[Any]):
    """Where, and how many of the most urgent."""

    location = serializers.UUIDField()
    limit = serializers.IntegerField(required=False, default=200, min_value=1, max_value=1000)


class OrderListOne(ApiView):
    """/stock/order-list/: what to order for a location."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="get_order_list",
        summary="What to order for a location, the most urgent first",
        description=(
            "As many as sell in the policy's `target_days` at the rate of its `sales_days`, at least the low limit and"
            " at most the upper one, less what is available and on its way."
        ),
        parameters=[OrderListQuery],
        responses={200: OrderListBody},
    )
    def get(self, request: Request) -> Response:
        wanted, policy = self.query(OrderListQuery), stock_policy()
        self.actor.require(VIEW_STOCK, at=wanted["location"])
        found = order_list(active_location(wanted["location"]), policy, actor=self.actor, most=wanted["limit"])
        body = {"results": found.rows, "count": found.count}
        told = {"sales_days": policy.sales_days, "target_days": policy.target_days}
        return Response(OrderListBody({**body, **told}).data)
