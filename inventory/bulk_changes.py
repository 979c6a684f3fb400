"""What a bulk edit can do to a variant: which fields there are, and the arithmetic of prices.

A change is ``{"unit_price": {"how": "percent", "value": "5", "ending": "0.99"}, "is_active": {"value": false}}``.
Values travel as plain JSON: decimals as text, keys of other rows as text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from core.errors import Invalid, refuse
from core.money import exponent, plain_decimal
from core.tenancy.context import current_tenant
from inventory.models import Brand, Category, Product, TaxClass, Variant

MOST_PRICE = Decimal(10) ** 9
PRICE_PLACES = Decimal("0.0001")
HOW = ("set", "add", "percent")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be changed: how it is read and written as plain JSON."""

    column: str
    read: Callable[[Any], Any]
    write: Callable[[Any, Any], None]
    kind: str
    is_of_product: bool = False


def _decimal(column: str) -> Field:
    def read(row: Any) -> Any:
        value = getattr(row, column)
        return None if value is None else plain_decimal(value, places=4)

    def write(row: Any, value: Any) -> None:
        setattr(row, column, None if value is None else Decimal(value))

    return Field(column, read, write, "price")


def _key(column: str, *, is_of_product: bool = False) -> Field:
    def read(row: Any) -> Any:
        value = getattr(row, f"{column}_id")
        return None if value is None else str(value)

    def write(row: Any, value: Any) -> None:
        setattr(row, f"{column}_id", None if value is None else UUID(value))

    return Field(column, read, write, "key", is_of_product)


FIELDS: dict[str, Field] = {
    "unit_price": _decimal("unit_price"),
    "unit_cost": _decimal("unit_cost"),
    "is_active": Field(
        "is_active", lambda row: row.is_active, lambda row, value: setattr(row, "is_active", value), "flag"
    ),
    "tax_class": _key("tax_class"),
    "category": _key("category", is_of_product=True),
    "brand": _key("brand", is_of_product=True),
}
TARGETS: dict[str, Any] = {"tax_class": TaxClass, "category": Category, "brand": Brand}

Change = Callable[[Any], Any]


def read_changes(changes: Mapping[str, Any]) -> dict[str, Change]:
    """What is to be done per field, as functions of the old value. Raises `Invalid` naming every wrong one."""
    errors, wanted = [], dict[str, Change]()
    for name, change in changes.items():
        field = FIELDS.get(name)
        if field is None or not isinstance(change, Mapping) or "value" not in change:
            errors.append(_error(name, "unknown", f"{name} cannot be changed like this."))
            continue
        try:
            wanted[name] = _price(change) if field.kind == "price" else _plain(name, field, change["value"])
        except ValueError as problem:
            errors.append(_error(name, "value", str(problem)))
    if not changes:
        errors.append(_error("", "empty", "Say what is to be changed."))
    refuse(*errors)
    return wanted


def _plain(name: str, field: Field, value: Any) -> Change:
    if field.kind == "flag":
        if not isinstance(value, bool):
            raise ValueError("Either true or false.")
        return lambda old: value
    if value is None:
        return lambda old: None
    try:
        key = UUID(str(value))
    except ValueError as problem:
        raise ValueError(f"There is no such {name.replace('_', ' ')}.") from problem
    if not TARGETS[name].objects.filter(pk=key).exists():
        raise ValueError(f"There is no such {name.replace('_', ' ')}.")
    return lambda old: str(key)


def _number(value: Any, what: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as problem:
        raise ValueError(f"{what} is no number.") from problem
    if not number.is_finite() or abs(number) >= MOST_PRICE:
        raise ValueError(f"{what} is out of range.")
    return number


def _price(change: Mapping[str, Any]) -> Change:
    how = change.get("how", "set")
    if how not in HOW:
        raise ValueError(f"How is one of {', '.join(HOW)}.")
    value = _number(change["value"], "The value")
    ending = _number(change["ending"], "The ending") if change.get("ending") else None
    if ending is not None and not 0 <= ending < 1:
        raise ValueError("The ending is between 0 and 1, such as 0.99.")

    def new_price(old: Any) -> Any:
        if old is None and how != "set":
            return None
        before = Decimal(old or 0)
        raw = value if how == "set" else before + value if how == "add" else before * (100 + value) / 100
        if ending is not None and raw > 0:
            raw = (raw - ending).to_integral_value(ROUND_CEILING) + ending
        price = raw.quantize(_places(before) if how == "percent" else PRICE_PLACES, ROUND_HALF_UP)
        if not 0 <= price < MOST_PRICE:
            raise Invalid("A price would be below zero or beyond all measure. Change the value or the filter.")
        return plain_decimal(price, places=4)

    return new_price


def _places(price: Decimal) -> Decimal:
    """A share of a price is rounded to what can be paid, or as finely as the price is already stated."""
    places = len(plain_decimal(price).partition(".")[2])
    return Decimal(1).scaleb(-max(places, exponent(current_tenant().currency)))


def planned(variants: Iterable[Variant], wanted: Mapping[str, Change]) -> Iterator[tuple[UUID, str, Any, Any]]:
    """What would differ: variant, field, before, after. A field of the product stands with its first variant only.

    Raises `Invalid` where a value would be impossible.
    """
    seen: set[tuple[UUID, str]] = set()
    for variant in variants:
        for name, change in wanted.items():
            field = FIELDS[name]
            target: Variant | Product = variant.product if field.is_of_product else variant
            if field.is_of_product and (variant.product_id, name) in seen:
                continue
            seen.add((variant.product_id, name))
            before = field.read(target)
            after = change(before)
            if before != after:
                yield variant.pk, name, before, after


def _error(name: str, code: str, detail: str) -> dict[str, str]:
    return {"pointer": f"/changes/{name}" if name else "/changes", "code": code, "detail": detail}
