"""What the snapshot answers."""

from typing import Any

from rest_framework import serializers

from core.api.fields import AmountField, QuantityField


class SnapshotSale(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    total = AmountField()


class SnapshotSales(serializers.Serializer[Any]):
    revenue = AmountField()
    orders = serializers.IntegerField()
    items = QuantityField()
    last = SnapshotSale(many=True)


class SnapshotLevel(serializers.Serializer[Any]):
    variant_id = serializers.UUIDField()
    location_id = serializers.UUIDField()
    on_hand = QuantityField()
    version = serializers.IntegerField()


class SnapshotStock(serializers.Serializer[Any]):
    out = serializers.IntegerField()
    low = serializers.IntegerField()
    exceptions = serializers.IntegerField()
    worst = SnapshotLevel(many=True)


class SnapshotList(serializers.Serializer[Any]):
    topic = serializers.CharField()
    url = serializers.CharField()


class SnapshotBody(serializers.Serializer[Any]):
    epoch = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Read first: go on with the events beyond it.")
    business_date = serializers.DateField()
    sales = SnapshotSales(allow_null=True, help_text="Today so far; null without the permission to see orders.")
    stock = SnapshotStock(allow_null=True, help_text="What is out or low; null without the permission to see stock.")
    read = SnapshotList(many=True, help_text="Where the things of a topic are read afresh.")
