"""A recall over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import QuantityField
from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView
from inventory.selectors.lots import find_lot
from orders.permissions import VIEW_CUSTOMERS, VIEW_ORDERS
from orders.selectors.recall import Recalled, recall_of


class RecalledBody(serializers.Serializer[Recalled]):
    """A sale that took of the lot. Whom it went to is null without `orders.view_customers`."""

    order = serializers.UUIDField(source="order.pk")
    number = serializers.CharField(source="order.number")
    location = serializers.UUIDField(source="order.location_id")
    occurred_at = serializers.DateTimeField(source="order.occurred_at")
    sold = QuantityField()
    came_back = QuantityField(source="back")
    still_out = QuantityField(source="out")
    customer = serializers.UUIDField(source="order.customer_id", allow_null=True)
    customer_name = serializers.CharField(source="order.customer", allow_null=True, default=None)
    email = serializers.CharField(source="order.customer.email", allow_null=True, default=None)
    phone = serializers.CharField(source="order.customer.phone", allow_null=True, default=None)


BUYER = ("customer", "customer_name", "email", "phone")


class RecallPage(serializers.Serializer[Any]):
    """One page of a recall, newest first; ``count`` sales in all, ``still_out`` units with customers."""

    results = RecalledBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")
    count = serializers.IntegerField()
    still_out = QuantityField()


class LotRecall(ApiView):
    """/stock/lots/<id>/recall/: every receipt and customer of a lot."""

    required_permission: ClassVar = VIEW_ORDERS
    tag = "stock"

    @extend_schema(
        operation_id="recall_lot",
        summary="Every receipt a lot was sold on, and the customer, newest first",
        parameters=[PageQuery],
        responses={200: RecallPage},
    )
    def get(self, request: Request, lot_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        found = recall_of(find_lot(lot_id).pk, actor=self.actor)
        orders, beyond = page_of(
            found.orders, by=("-occurred_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"]
        )
        unknown = {} if self.actor.may(VIEW_CUSTOMERS) else dict.fromkeys(BUYER)
        results = [{**RecalledBody(row).data, **unknown} for row in found.rows(orders)]
        still_out = QuantityField().to_representation(found.out)
        return Response({"results": results, "next": beyond, "count": len(found.units), "still_out": still_out})
