"""The bodies of stocktakes over REST."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.fields import AmountField, PriceField, QuantityField
from core.api.pagination import PageQuery
from inventory.api.lines import ArticleInput
from inventory.models import Count, CountLine
from inventory.services.count_booking import LEAVE, ZERO
from inventory.services.count_entries import MOST_ENTRIES, EntryResult
from inventory.services.counts import MOST_IN_SCOPE


class ScopeBody(serializers.Serializer[Any]):
    """What is to be counted; nothing named means everything."""

    categories = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_IN_SCOPE)
    brands = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_IN_SCOPE)
    variants = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_IN_SCOPE)


class CountInput(serializers.Serializer[Any]):
    """A stocktake. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    location = serializers.UUIDField()
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    scope = ScopeBody(required=False)
    is_blind = serializers.BooleanField(required=False, default=True)
    recount_above = AmountField(
        required=False, allow_null=True, min_value=0, help_text="Left out: what the stock policy says."
    )


class CountBody(serializers.Serializer[Count]):
    """A stocktake. What the record says stands in its lines, for those who approve."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()
    location = serializers.UUIDField(source="location_id")
    scope = ScopeBody()
    is_blind = serializers.BooleanField()
    state = serializers.ChoiceField(choices=Count.State.choices)
    round = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class CountPage(serializers.Serializer[Any]):
    """One page of stocktakes."""

    results = CountBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class EntryInput(ArticleInput):
    """So many, seen at an instant. Exactly one of ``variant`` and ``code``; a pack's code counts its units."""

    id = serializers.UUIDField()
    quantity = QuantityField()
    counted_at = serializers.DateTimeField(required=False, allow_null=True)
    device = serializers.CharField(required=False, allow_blank=True, max_length=80)


class EntriesInput(serializers.Serializer[Any]):
    """Up to 500 entries."""

    entries = EntryInput(many=True, max_length=MOST_ENTRIES, allow_empty=False)  # type: ignore[call-arg]


class EntryAnswer(serializers.Serializer[EntryResult]):
    """What became of an entry. A device forgets those that are ``applied`` or ``duplicate``."""

    id = serializers.UUIDField(source="entry_id")
    result = serializers.ChoiceField(choices=["applied", "duplicate", "refused"])
    code = serializers.CharField()
    detail = serializers.CharField()
    sku = serializers.CharField(source="variant.sku", default=None, allow_null=True)
    name = serializers.CharField(source="variant.title", default=None, allow_null=True)
    quantity = QuantityField(allow_null=True)


class EntriesAnswer(serializers.Serializer[Any]):
    """One answer per entry, in the order given."""

    results = EntryAnswer(many=True)


class TakeBackInput(serializers.Serializer[Any]):
    """Which entry was wrong."""

    entry = serializers.UUIDField()


class TakenBack(serializers.Serializer[Any]):
    """Whether this call took it back (false: it was before)."""

    is_new = serializers.BooleanField()


class RecountInput(serializers.Serializer[Any]):
    """What is to be counted again; without ``variants`` everything above the threshold."""

    variants = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_IN_SCOPE)


class ApproveInput(serializers.Serializer[Any]):
    """What becomes of articles in the scope that nobody counted."""

    not_counted = serializers.ChoiceField(choices=[LEAVE, ZERO], required=False, default="")


class CountLineBody(serializers.Serializer[CountLine]):
    """What was counted against what the record says of that moment."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.CharField(source="variant.title")
    counted = QuantityField()
    counted_at = serializers.DateTimeField()
    expected = QuantityField()
    variance = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField(
        "worth", help_text="The variance in money. Only with `inventory.view_cost`."
    )
    is_recount_wanted = serializers.BooleanField()

    def get_variance(self, line: CountLine) -> str:
        return str(QuantityField().to_representation(line.counted - line.expected))

    def worth(self, line: CountLine) -> str | None:
        if line.unit_cost is None or not self.context.get("with_cost"):
            return None
        value: Decimal = (line.counted - line.expected) * line.unit_cost
        return str(PriceField().to_representation(value))


class CountLinePage(serializers.Serializer[Any]):
    """One page of lines."""

    results = CountLineBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CountQuery(PageQuery):
    """Which stocktakes: newest first."""

    state = serializers.ChoiceField(choices=Count.State.choices, required=False, default="")
    location = serializers.UUIDField(required=False)


_COUNT, _ENTRY = CountBody(), EntryAnswer()


def count_body(count: Count) -> dict[str, Any]:
    return _COUNT.to_representation(count)


def entry_body(result: EntryResult) -> dict[str, Any]:
    return _ENTRY.to_representation(result)


def line_bodies(lines: list[CountLine], context: dict[str, Any]) -> list[Any]:
    shown = CountLineBody(context=context)
    return [shown.to_representation(line) for line in lines]
