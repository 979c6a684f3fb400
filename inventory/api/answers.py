"""Answers over REST: the stock at an instant, and what it was worth."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField, QuantityField
from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView
from core.errors import Invalid
from inventory.permissions import VIEW_COST, VIEW_STOCK
from inventory.selectors import stock_levels
from inventory.selectors.blind import places_told, without_blind
from inventory.selectors.value import LABELS, stock_of, stock_value

USUAL = timedelta(days=30)


class ThenQuery(PageQuery):
    """When and where."""

    at = serializers.DateTimeField()
    location = serializers.UUIDField(required=False)
    variant = serializers.UUIDField(required=False)


class ThenBody(serializers.Serializer[Any]):
    """The stock of a variant at a location at that instant."""

    variant = serializers.UUIDField()
    location = serializers.UUIDField()
    sku = serializers.CharField()
    on_hand = QuantityField()
    damaged = QuantityField()
    in_transit = QuantityField()


class ThenPage(serializers.Serializer[Any]):
    """One page of the stock at that instant."""

    at = serializers.DateTimeField()
    results = ThenBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class ValueQuery(serializers.Serializer[Any]):
    """Of when, since when, and where."""

    at = serializers.DateTimeField(required=False, help_text="Now, if left out.")
    since = serializers.DateTimeField(required=False, help_text="30 days before, if left out.")
    location = serializers.UUIDField(required=False)


class ValuePartBody(serializers.Serializer[Any]):
    """What one kind of movement did to the value."""

    code = serializers.ChoiceField(choices=list(LABELS.items()))
    amount = AmountField()


class PlaceValue(serializers.Serializer[Any]):
    """The value at one location at `at`."""

    location = serializers.UUIDField()
    value = AmountField()


class ValueBody(serializers.Serializer[Any]):
    """`opening` and the sum of `parts` come to `value`; `difference` is what does not, which is nothing."""

    at = serializers.DateTimeField()
    since = serializers.DateTimeField()
    opening = AmountField()
    parts = ValuePartBody(many=True)
    value = AmountField(source="closing")
    difference = AmountField()
    locations = PlaceValue(many=True)


_THEN, _VALUE = ThenBody(), ValueBody()


class StockThen(ApiView):
    """/stock/as-of/: what there was at an instant."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="stock_as_of",
        summary="The stock at an instant",
        description="Facts count when they happened, however late they were booked.",
        parameters=[ThenQuery],
        responses={200: ThenPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(ThenQuery)
        rows = without_blind(stock_levels(places=self.actor.places(VIEW_STOCK)), actor=self.actor)
        rows = rows.filter(**{f"{name}_id": wanted[name] for name in ("location", "variant") if name in wanted})
        found, beyond = page_of(rows, by=("variant_id", "location_id"), cursor=wanted["cursor"], limit=wanted["limit"])
        then = stock_of(found, wanted["at"])
        results = [
            _THEN.to_representation(
                {
                    **then[level.variant_id, level.location_id]._asdict(),
                    "variant": level.variant_id,
                    "location": level.location_id,
                    "sku": level.variant.sku,
                }
            )
            for level in found
        ]
        return Response({"at": wanted["at"], "results": results, "next": beyond})


class Value(ApiView):
    """/stock/value/: what the stock is or was worth, and why."""

    required_permission: ClassVar = VIEW_COST
    tag = "stock"

    @extend_schema(
        operation_id="stock_value",
        summary="What the stock is or was worth, and how it came to that",
        description=(
            "At the locations whose stock you may see and where nothing is being counted blind. Moving average cost;"
            " see `parts` for what changed it."
        ),
        parameters=[ValueQuery],
        responses={200: ValueBody},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(ValueQuery)
        at = wanted.get("at") or datetime.now(UTC)
        since = wanted.get("since") or at - USUAL
        if since > at:
            error = {"pointer": "/since", "code": "order", "detail": "The beginning is after the end."}
            raise Invalid(error["detail"], details={"errors": [error]})
        places = self.actor.places(VIEW_STOCK)
        if "location" in wanted:
            places = frozenset([wanted["location"]]) & (places if places is not None else {wanted["location"]})
        places = places_told(places, actor=self.actor)
        value = stock_value(since=since, at=at, places=None if places is None else sorted(places))
        body = {
            "at": value.at,
            "since": value.since,
            "opening": value.opening,
            "closing": value.closing,
            "difference": value.difference,
            "parts": [{"code": part.code, "amount": part.amount} for part in value.parts],
            "locations": [{"location": place, "value": worth} for place, worth in sorted(value.by_location.items())],
        }
        return Response(_VALUE.to_representation(body))
