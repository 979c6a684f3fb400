"""Numbers of the API: exact, as strings, each kind in one form whatever the database keeps."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.money import plain_amount, plain_decimal
from core.tenancy.context import current_tenant


class AmountField(serializers.DecimalField):
    """An amount of money with the exponent of the shop's currency; more places only where history has them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 18, "decimal_places": 4, **kwargs})

    def to_representation(self, value: Decimal) -> str:
        return plain_amount(value, current_tenant().currency)


class PriceField(serializers.DecimalField):
    """A price of one unit, with four places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 4, **kwargs})

    def to_representation(self, value: Decimal) -> str:
        return plain_decimal(value, places=4)


class QuantityField(serializers.DecimalField):
    """A quantity, up to three places, without trailing zeros."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 3, **kwargs})

    def to_representation(self, value: Decimal) -> str:
        return plain_decimal(value)


class RateField(serializers.DecimalField):
    """A rate in per cent: "20" means 20 %."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 7, "decimal_places": 4, **kwargs})

    def to_representation(self, value: Decimal) -> str:
        return plain_decimal(value)
