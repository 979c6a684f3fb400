"""How amounts of money are kept: four places, so that every currency and imported history fits."""

from typing import Any

AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}
