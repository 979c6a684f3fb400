"""The bodies of what people receive, correct, count and pay later."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.fields import AmountField, PriceField, QuantityField
from inventory.api.lines import ArticleInput
from inventory.models import StockDocument
from inventory.reasons import CHOICES
from inventory.services.documents import MOST_LINES, Effect
from inventory.services.stating import LONGEST_LOT, LONGEST_SERIAL

MOST_SERIALS = 1000


class StockLineInput(ArticleInput):
    """Exactly one of ``variant`` and ``code``; a pack's code counts its units."""

    quantity = QuantityField(
        help_text="Received, counted, or corrected: how many, signed only where the reason goes both ways."
    )
    unit_cost = PriceField(
        required=False,
        allow_null=True,
        help_text="Of goods received; needs `inventory.view_cost`. The catalogue's if left out.",
    )
    lot = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_LOT)
    expires_on = serializers.DateField(required=False, allow_null=True)
    serials = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_SERIAL), required=False, max_length=MOST_SERIALS
    )


class DocumentInput(serializers.Serializer[Any]):
    """A receipt, an adjustment or a count. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(
        choices=[("receipt", "goods received"), ("adjustment", "adjustment"), ("count", "count")]
    )
    location = serializers.UUIDField()
    reason_code = serializers.ChoiceField(
        choices=CHOICES, required=False, allow_blank=True, help_text="Of an adjustment; `correction` if left out."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="A note.")
    lines = StockLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)


class LotPart(serializers.Serializer[Any]):
    """Units of a lot."""

    code = serializers.CharField()
    quantity = serializers.CharField()


class DocumentLine(serializers.Serializer[Any]):
    """What one variant's stock was and became."""

    variant = serializers.UUIDField()
    quantity = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    damaged_before = serializers.CharField(required=False, help_text="Where damaged goods moved.")
    damaged_after = serializers.CharField(required=False)
    unit_cost = serializers.CharField(required=False, help_text="Only with `inventory.view_cost`.")
    lots = LotPart(many=True, required=False)
    serials = serializers.ListField(child=serializers.CharField(), required=False)


class EffectBody(serializers.Serializer[Any]):
    """What booking would do to one variant."""

    variant = serializers.UUIDField(source="variant.pk")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.CharField(source="variant.title")
    quantity = QuantityField()
    on_hand_before = QuantityField(source="before.on_hand")
    on_hand_after = QuantityField(source="on_hand")
    damaged_before = QuantityField(source="before.damaged")
    damaged_after = QuantityField(source="damaged")
    value = AmountField(allow_null=True, required=False, help_text="Only with `inventory.view_cost`.")


class PreviewBody(serializers.Serializer[Any]):
    """What booking would do now."""

    lines = EffectBody(many=True)


class CostLineInput(serializers.Serializer[Any]):
    """What one variant cost on top: ``amount`` for ``quantity`` units received; less than zero is a credit."""

    variant = serializers.UUIDField()
    quantity = QuantityField(min_value=Decimal("0.001"))
    amount = AmountField()


class LateCostInput(serializers.Serializer[Any]):
    """A cost known late: an ``amount`` for a ``receipt``, or ``lines`` for a ``location``."""

    id = serializers.UUIDField()
    receipt = serializers.UUIDField(required=False)
    amount = AmountField(required=False)
    spread_by = serializers.ChoiceField(choices=[("value", "by value"), ("quantity", "by quantity")], required=False)
    location = serializers.UUIDField(required=False)
    lines = CostLineInput(many=True, required=False, max_length=MOST_LINES)  # type: ignore[call-arg]
    reason = serializers.CharField(max_length=200)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if ("receipt" in body) == ("lines" in body):
            raise serializers.ValidationError("Name either a receipt or lines.", code="receipt-or-lines")
        return body


class LateCostLine(serializers.Serializer[Any]):
    """Where the amount of one variant went: ``held`` to the goods still there, the rest is an expense."""

    variant = serializers.UUIDField()
    quantity = serializers.CharField()
    amount = serializers.CharField()
    units_held = serializers.CharField()
    cost_before = serializers.CharField()
    cost_after = serializers.CharField()
    held = serializers.CharField()
    expense = serializers.CharField()


class LateCostBody(serializers.Serializer[StockDocument]):
    """A booked late cost."""

    id = serializers.UUIDField()
    location = serializers.UUIDField(source="location_id")
    reason = serializers.CharField()
    lines = LateCostLine(many=True)
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class DocumentBody(serializers.Serializer[StockDocument]):
    """A booked stock change."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=StockDocument.Kind.choices)
    location = serializers.UUIDField(source="location_id")
    reason_code = serializers.CharField(help_text="Of an adjustment.")
    reason = serializers.CharField()
    lines = DocumentLine(many=True)
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


_DOCUMENT, _EFFECT, _LATE_COST = DocumentBody(), EffectBody(), LateCostBody()


def document_body(document: StockDocument, *, with_cost: bool) -> dict[str, Any]:
    body = _DOCUMENT.to_representation(document)
    if not with_cost:
        for line in body["lines"]:
            line.pop("unit_cost", None)
    return body


def preview_body(effects: Sequence[Effect], *, with_cost: bool) -> dict[str, Any]:
    """What booking would do; values only for those who may see costs."""
    lines = [_EFFECT.to_representation(effect) for effect in effects]
    if not with_cost:
        for line in lines:
            del line["value"]
    return {"lines": lines}


def late_cost_body(document: StockDocument) -> dict[str, Any]:
    return _LATE_COST.to_representation(document)
