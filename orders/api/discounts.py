"""Discounts, coupons and quotes over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.parameters import IF_MATCH
from core.api.throttling import SALES
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from orders.api import discount_bodies as bodies
from orders.api.views import sale_of
from orders.permissions import MANAGE_DISCOUNTS, SELL, VIEW_DISCOUNTS
from orders.selectors.discounts import coupons, discounts, find_coupon, find_discount
from orders.services.discounts import create_coupon, create_discount, update_coupon, update_discount
from orders.services.quotes import quote


def _with_plain_conditions(body: dict[str, Any]) -> dict[str, Any]:
    """Sums and numbers of the conditions as text, which is how they are kept."""
    if "conditions" in body:
        body["conditions"] = {
            name: value if isinstance(value, list) or value is None else str(value)
            for name, value in body["conditions"].items()
        }
    return body


class Discounts(ApiView):
    """/discounts/: rules that lower prices."""

    required_permission: ClassVar = {"GET": VIEW_DISCOUNTS, "POST": MANAGE_DISCOUNTS}
    idempotent: ClassVar = True
    tag = "discounts"

    @extend_schema(
        operation_id="list_discounts",
        summary="Discounts in the order in which they are looked at",
        parameters=[bodies.DiscountQuery],
        responses={200: bodies.DiscountPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.DiscountQuery)
        rows = discounts(q=wanted.get("q", ""), is_active=wanted["is_active"])
        found, beyond = page_of(rows, by=("position", "name", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.discount_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="create_discount",
        summary="Add a discount",
        request=bodies.DiscountInput,
        responses={201: bodies.DiscountShown},
    )
    def post(self, request: Request) -> Response:
        discount = create_discount(actor=self.actor, **_with_plain_conditions(self.read(bodies.DiscountInput)))
        location = f"/api/v1/discounts/{discount.pk}/"
        return versioned(bodies.discount_body(discount), discount, status=201, headers={"Location": location})


class DiscountOne(ApiView):
    """/discounts/<id>/: one discount."""

    required_permission: ClassVar = {"GET": VIEW_DISCOUNTS, "PATCH": MANAGE_DISCOUNTS}
    idempotent: ClassVar = True
    tag = "discounts"

    @extend_schema(operation_id="get_discount", summary="A discount", responses={200: bodies.DiscountShown})
    def get(self, request: Request, discount_id: UUID) -> Response:
        discount = find_discount(discount_id)
        return versioned(bodies.discount_body(discount), discount)

    @extend_schema(
        operation_id="update_discount",
        summary="Change a discount, or switch it off",
        parameters=[IF_MATCH],
        request=bodies.DiscountChanges,
        responses={200: bodies.DiscountShown},
    )
    def patch(self, request: Request, discount_id: UUID) -> Response:
        values = _with_plain_conditions(self.read(bodies.DiscountChanges))
        try:
            discount = update_discount(discount_id, values, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": bodies.discount_body(find_discount(discount_id))}) from stale
        return versioned(bodies.discount_body(discount), discount)


class Coupons(ApiView):
    """/coupons/: codes that open discounts."""

    required_permission: ClassVar = {"GET": VIEW_DISCOUNTS, "POST": MANAGE_DISCOUNTS}
    idempotent: ClassVar = True
    tag = "discounts"

    @extend_schema(
        operation_id="list_coupons",
        summary="Coupons, by code",
        parameters=[bodies.CouponQuery],
        responses={200: bodies.CouponPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.CouponQuery)
        rows = coupons(discount_id=wanted.get("discount"), q=wanted.get("q", ""), is_active=wanted["is_active"])
        found, beyond = page_of(rows, by=("code", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.coupon_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="create_coupon",
        summary="Add a code that opens a discount",
        request=bodies.CouponInput,
        responses={201: bodies.CouponBody},
    )
    def post(self, request: Request) -> Response:
        coupon = create_coupon(actor=self.actor, **self.read(bodies.CouponInput))
        location = f"/api/v1/coupons/{coupon.pk}/"
        return versioned(bodies.coupon_body(coupon), coupon, status=201, headers={"Location": location})


class CouponOne(ApiView):
    """/coupons/<id>/: one coupon."""

    required_permission: ClassVar = {"GET": VIEW_DISCOUNTS, "PATCH": MANAGE_DISCOUNTS}
    idempotent: ClassVar = True
    tag = "discounts"

    @extend_schema(operation_id="get_coupon", summary="A coupon", responses={200: bodies.CouponBody})
    def get(self, request: Request, coupon_id: UUID) -> Response:
        coupon = find_coupon(coupon_id)
        return versioned(bodies.coupon_body(coupon), coupon)

    @extend_schema(
        operation_id="update_coupon",
        summary="Change how often and how long a coupon holds, or switch it off",
        parameters=[IF_MATCH],
        request=bodies.CouponChanges,
        responses={200: bodies.CouponBody},
    )
    def patch(self, request: Request, coupon_id: UUID) -> Response:
        values = self.read(bodies.CouponChanges)
        try:
            coupon = update_coupon(coupon_id, values, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": bodies.coupon_body(find_coupon(coupon_id))}) from stale
        return versioned(bodies.coupon_body(coupon), coupon)


class Quotes(ApiView):
    """/orders/quote/: what a basket would come to."""

    required_permission: ClassVar = SELL
    rate: ClassVar = SALES
    tag = "orders"

    @extend_schema(
        operation_id="quote_order",
        summary="What a basket would come to, without selling it",
        description=(
            "Lines with discounts, taxes and the `trace` of each price; `why_not` says for every coupon and discount"
            " that reduced nothing why. Nothing is booked, so it needs no `id` and may be repeated freely."
        ),
        request=bodies.QuoteInput,
        responses={200: bodies.QuoteBody},
    )
    def post(self, request: Request) -> Response:
        sale = sale_of(self.read(bodies.QuoteInput), self.actor.kind)
        return Response(bodies.quote_body(quote(sale, actor=self.actor)))
