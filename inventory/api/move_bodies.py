"""The bodies of transfers over REST."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.fields import QuantityField
from core.api.pagination import PageQuery
from inventory.api.lines import ArticleInput
from inventory.models import Transfer, TransferLine, TransferReceipt
from inventory.services.lines import MOST_LINES, GoodsLine


def _numbers(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=1000, help_text=help_text
    )


class GoodsLineInput(ArticleInput):
    """Exactly one of ``variant`` and ``code``; a pack's code counts its units."""

    quantity = QuantityField(min_value=0, required=False)
    lot = serializers.CharField(
        required=False, max_length=40, help_text="Of goods in lots; left out: what expires first, or what was sent."
    )
    serials = _numbers("The pieces of goods with serial numbers, one per unit of `quantity`.")


class ArrivedLineInput(GoodsLineInput):
    """As above; ``damaged`` units came beside the sound ``quantity``."""

    damaged = QuantityField(min_value=0, required=False)
    damaged_serials = _numbers("The pieces that came damaged, one per unit of `damaged`.")


class TransferInput(serializers.Serializer[Any]):
    """A draft. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    source = serializers.UUIDField()  # type: ignore[assignment]
    destination = serializers.UUIDField()
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    lines = GoodsLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]


class TransferChanges(serializers.Serializer[Any]):
    """What is to change of a draft; ``lines`` replaces all of them."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    lines = GoodsLineInput(many=True, required=False, max_length=MOST_LINES)  # type: ignore[call-arg]


class ShipInput(serializers.Serializer[Any]):
    """What goes; without ``lines`` everything on the list."""

    lines = GoodsLineInput(many=True, required=False, max_length=MOST_LINES)  # type: ignore[call-arg]


class ReasonInput(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class ArrivalInput(serializers.Serializer[Any]):
    """What arrived. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    lines = ArrivedLineInput(many=True, required=False, max_length=MOST_LINES)  # type: ignore[call-arg]
    is_last = serializers.BooleanField(required=False, help_text="Nothing more will come; the rest is missing.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)


class TransferLineBody(serializers.Serializer[TransferLine]):
    """One variant of a transfer."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.CharField(source="variant.title")
    quantity = QuantityField(help_text="Wanted.")
    shipped = QuantityField()
    received = QuantityField()
    damaged = QuantityField()
    missing = QuantityField()
    on_its_way = QuantityField()


class ReceiptLineBody(serializers.Serializer[Any]):
    """What one arrival was for one variant."""

    variant = serializers.UUIDField()
    received = serializers.CharField()
    damaged = serializers.CharField()
    missing = serializers.CharField()
    unannounced = serializers.CharField(help_text="Found beyond what was on its way.")


class TransferReceiptBody(serializers.Serializer[TransferReceipt]):
    """One arrival."""

    id = serializers.UUIDField()
    lines = ReceiptLineBody(many=True)
    is_last = serializers.BooleanField()
    reason = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class TransferBody(serializers.Serializer[Transfer]):
    """A transfer with its lines and arrivals."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]
    destination = serializers.UUIDField(source="destination_id")
    state = serializers.ChoiceField(choices=Transfer.State.choices)
    note = serializers.CharField()
    lines = TransferLineBody(many=True)
    receipts = TransferReceiptBody(many=True)
    created_at = serializers.DateTimeField()
    shipped_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class TransferQuery(PageQuery):
    """Which transfers: newest first."""

    state = serializers.ChoiceField(choices=Transfer.State.choices, required=False, default="")
    location = serializers.UUIDField(required=False, help_text="From or to it.")


class TransferPage(serializers.Serializer[Any]):
    """One page of transfers."""

    results = TransferBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


_TRANSFER = TransferBody()


def transfer_body(transfer: Transfer) -> dict[str, Any]:
    return _TRANSFER.to_representation(transfer)


def goods_lines(rows: list[dict[str, Any]]) -> list[GoodsLine]:
    """Lines of a body in the words of the service."""
    return [
        GoodsLine(
            variant_id=row.get("variant"),
            code=row.get("code", ""),
            quantity=row.get("quantity", Decimal(0)),
            damaged=row.get("damaged", Decimal(0)),
            lot=row.get("lot", ""),
            serials=row.get("serials", ()),
            damaged_serials=row.get("damaged_serials", ()),
        )
        for row in rows
    ]
