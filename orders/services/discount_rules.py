"""What a discount and a coupon may say: every wrong field is named, with words for people."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Model

from core.errors import Invalid
from core.locations.models import Location
from core.money import is_payable, plain_decimal
from core.tenancy.context import current_tenant
from inventory.models import Brand, Category, Variant
from orders.models import CustomerGroup, Discount, Order

DISCOUNT_FIELDS = (
    "name",
    "kind",
    "scope",
    "value",
    "buy_quantity",
    "get_quantity",
    "conditions",
    "stacking",
    "position",
    "needs_coupon",
    "starts_at",
    "ends_at",
    "is_active",
)
COUPON_FIELDS = ("max_uses", "max_per_customer", "expires_at", "is_active")
NAMED: dict[str, type[Model]] = {
    "variants": Variant,
    "categories": Category,
    "brands": Brand,
    "groups": CustomerGroup,
    "locations": Location,
}
MOST_NAMED = 500
MOST_USES = 10**9
MOST_POSITION = 1_000_000
MOST_UNITS = Decimal(1000)
MOST_MONEY = Decimal(10) ** 9
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")
CHANNELS = {channel for channel in Order.Channel.values if channel != Order.Channel.HISTORY}


class _Errors:
    """Collects what is wrong; raises it together."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        self.found.append({"pointer": f"/{pointer}", "code": code, "detail": detail})

    def check(self, is_right: object, pointer: str, code: str, detail: str) -> None:
        if not is_right:
            self.add(pointer, code, detail)

    def done(self) -> None:
        if self.found:
            raise Invalid(self.found[0]["detail"], details={"errors": self.found})


def clean_discount(values: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a discount, in the form they are kept in. Raises `Invalid`, naming every wrong one."""
    errors = _Errors()
    made = {name: values[name] for name in DISCOUNT_FIELDS}
    made["name"] = str(made["name"]).strip()
    errors.check(0 < len(made["name"]) <= 120, "name", "empty", "Give it a name that people will understand.")
    errors.check(made["kind"] in Discount.Kind.values, "kind", "choice", "There is no such kind.")
    errors.check(made["scope"] in Discount.Scope.values, "scope", "choice", "There is no such scope.")
    errors.check(made["stacking"] in Discount.Stacking.values, "stacking", "choice", "There is no such way.")
    position = made["position"]
    errors.check(
        isinstance(position, int) and 0 <= position <= MOST_POSITION, "position", "range", "From 0 to a million."
    )
    _check_value(made, errors)
    starts, ends = made["starts_at"], made["ends_at"]
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        errors.check(starts < ends, "ends_at", "order", "It ends before it begins.")
    made["conditions"] = _conditions(made["conditions"], errors)
    errors.done()
    return made


def _check_value(made: dict[str, Any], errors: _Errors) -> None:
    kind, value = made["kind"], made["value"]
    if kind in ("price", "buy_get"):
        errors.check(made["scope"] == "lines", "scope", "lines-only", "This kind is for single lines.")
    if kind in ("percent", "buy_get"):
        errors.check(0 < value <= 100, "value", "range", "More than 0 and at most 100 per cent.")
    else:
        lowest = 0 if kind == "price" else Decimal("0.0001")
        errors.check(lowest <= value <= MOST_MONEY, "value", "range", "This amount cannot be.")
    if kind == "amount" and made["scope"] == "order":
        currency = current_tenant().currency
        errors.check(is_payable(value, currency), "value", "places", f"This is no amount of {currency}.")
    for name in ("buy_quantity", "get_quantity"):
        if kind != "buy_get":
            made[name] = None
            continue
        units = made[name]
        is_right = units is not None and 1 <= units <= MOST_UNITS and units == units.to_integral_value()
        errors.check(is_right, name, "range", "Whole units, from 1 to 1000.")


def _conditions(given: Any, errors: _Errors) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        errors.add("conditions", "object", "Conditions are names with values.")
        return {}
    made: dict[str, Any] = {}
    for name, value in given.items():
        if name in NAMED:
            made[name] = _ids(name, value, errors)
        elif name == "channels":
            made[name] = _channels(value, errors)
        elif name in ("least_total", "least_quantity"):
            made[name] = _least(name, value, errors)
        else:
            errors.add(f"conditions/{str(name)[:80]}", "unknown", "There is no such condition.")
    return {name: value for name, value in made.items() if value}


def _ids(name: str, value: Any, errors: _Errors) -> list[str]:
    pointer = f"conditions/{name}"
    if not isinstance(value, list | tuple) or len(value) > MOST_NAMED:
        errors.add(pointer, "list", f"A list of at most {MOST_NAMED}.")
        return []
    wanted = dict.fromkeys(value)
    try:
        ids = {UUID(str(one)): None for one in wanted}
    except ValueError:
        errors.add(pointer, "unknown", "One of these is no identifier.")
        return []
    known = NAMED[name]._default_manager.filter(pk__in=ids).count() if ids else 0
    errors.check(known == len(ids), pointer, "unknown", "One of these does not exist (any more).")
    return sorted(str(one) for one in ids)


def _channels(value: Any, errors: _Errors) -> list[str]:
    is_right = isinstance(value, list | tuple) and all(isinstance(one, str) and one in CHANNELS for one in value)
    errors.check(is_right, "conditions/channels", "choice", f"Some of {', '.join(sorted(CHANNELS))}.")
    return sorted(set(value)) if is_right else []


def _least(name: str, value: Any, errors: _Errors) -> str | None:
    pointer = f"conditions/{name}"
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    places = 4 if name == "least_total" else 3
    if not number.is_finite() or not 0 < number <= MOST_MONEY or number != round(number, places):
        errors.add(pointer, "range", "This is no number that can be reached.")
        return None
    return plain_decimal(number)


def clean_coupon(values: Mapping[str, Any], *, code: str, discount: Discount | None, used: int = 0) -> dict[str, Any]:
    """The fields of a coupon with its code in capitals. Raises `Invalid`, naming every wrong one."""
    errors = _Errors()
    code = code.strip().upper()
    errors.check(
        CODE.fullmatch(code), "code", "form", "3 to 40 letters (A to Z), digits, - and _, without blanks in between."
    )
    errors.check(discount is not None, "discount", "unknown", "There is no such discount.")
    errors.check(
        discount is None or discount.needs_coupon, "discount", "no-coupon", "This discount is for everybody already."
    )
    made = {"max_uses": None, "max_per_customer": None, "expires_at": None, "is_active": True} | {
        name: values[name] for name in COUPON_FIELDS if name in values
    }
    for name in ("max_uses", "max_per_customer"):
        count = made[name]
        errors.check(count is None or 1 <= count <= MOST_USES, name, "range", "At least once, or empty for always.")
    uses = made["max_uses"]
    if isinstance(uses, int) and used > uses >= 1:
        errors.add("max_uses", "used", f"It was used {used} times already.")
    errors.done()
    return {"code": code, **made}
