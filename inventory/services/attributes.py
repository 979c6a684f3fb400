"""Fields that a shop gives its products, and the values that fit them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.validators import validate_slug
from django.db import transaction

from core.actors import Actor
from core.errors import Conflict, DomainError
from core.money import plain_decimal
from core.outbox.services import emit
from core.retry import with_locks
from inventory.events import AttributeCreated, AttributeDeleted, AttributeUpdated
from inventory.models import AttributeDefinition, Category, Product
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors.groups import attributes_for, with_attribute
from inventory.services.edits import added, clean_name, conflict, edited, fault, invalid, locked, removed
from inventory.services.groups import touch

Kind = AttributeDefinition.Kind
FIELDS = ("code", "label", "kind", "choices", "unit", "category_id", "is_filter", "position")
CHANGEABLE = ("label", "choices", "unit", "category_id", "is_filter", "position")
MOST_CHOICES = 200
CODE, LABEL, CHOICE, UNIT = 40, 80, 80, 12
LONGEST_TEXT = 500
MOST_DIGITS = 18


@transaction.atomic
def create_attribute(values: Mapping[str, Any], *, actor: Actor) -> AttributeDefinition:
    """Define a field: ``values`` are of `FIELDS`, ``code``, ``label`` and ``kind`` at least.

    ``code`` and ``kind`` stay for ever: values of products are kept under the one and in the form of the other.

    Raises:
        Forbidden: the actor may not manage products.
        Invalid: a value is wrong, an unknown category, choices where there are none or none where there must be.
        Conflict: the code is taken.
    """
    actor.require(MANAGE_PRODUCTS)
    row = AttributeDefinition(**_clean({**dict.fromkeys(("code", "label")), **values}))
    _check_whole(row)
    added(row, actor=actor, object_type="attribute", fields=FIELDS, taken=_same)
    emit(AttributeCreated(attribute_id=row.pk, version=row.version, name=row.label, code=row.code), actor=actor)
    return row


def update_attribute(
    attribute_id: UUID,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    renamed: Mapping[str, str] | None = None,
    expected_version: int | None = None,
) -> AttributeDefinition:
    """Change a definition: any of `CHANGEABLE`. ``renamed`` maps old choices to new ones; products follow.

    Raises:
        NotFound, StaleVersion: it is not there, or not as the caller saw it.
        Invalid: a value is wrong, or ``code`` or ``kind`` would change.
        Conflict: a choice that products have would be gone; ``details["errors"]`` counts them choice by choice.
    """

    @transaction.atomic
    def update() -> AttributeDefinition:
        actor.require(MANAGE_PRODUCTS)
        row = locked(AttributeDefinition, attribute_id, called="attribute", expected_version=expected_version)
        fixed = [name for name in ("code", "kind") if name in changes and changes[name] != getattr(row, name)]
        if fixed:
            raise invalid(*(fault(f"/{name}", "fixed", f"The {name} of a field stays as it is.") for name in fixed))
        wanted = _clean({name: changes[name] for name in CHANGEABLE if name in changes})
        follow = _renamed(row, wanted, renamed or {})
        _check_gone(row, wanted.get("choices"), follow)
        fields = edited(row, wanted, actor=actor, object_type="attribute", taken=_same)
        _check_whole(row)
        for old, new in follow.items():
            touch_values(row.code, old, new)
        if fields:
            emit(
                AttributeUpdated(
                    attribute_id=row.pk, version=row.version, name=row.label, code=row.code, fields=fields
                ),
                actor=actor,
            )
        return row

    return with_locks(update)


def delete_attribute(
    attribute_id: UUID, *, actor: Actor, discard: bool = False, expected_version: int | None = None
) -> int:
    """Take a field away; with ``discard`` its values go, too. Answers how many products lost one.

    Raises:
        NotFound, StaleVersion: it is not there, or not as the caller saw it.
        Conflict: products have a value and ``discard`` is not given; ``details`` has the count.
    """

    @transaction.atomic
    def delete() -> int:
        actor.require(MANAGE_PRODUCTS)
        row = locked(
            AttributeDefinition, attribute_id, called="attribute", expected_version=expected_version, to_delete=True
        )
        used = with_attribute(row.code)
        if used and not discard:
            raise Conflict(
                f"{row.label} is in use ({used} products). Their values would be lost.", details={"products": used}
            )
        if used:
            _rewrite(Product.objects.filter(attributes__has_key=row.code), row.code, None)
        told = AttributeDeleted(
            attribute_id=row.pk, version=row.version + 1, name=row.label, code=row.code, products=used
        )
        removed(row, actor=actor, object_type="attribute", changes={"products": (used, 0)})
        emit(told, actor=actor)
        return used

    return with_locks(delete)


def checked_attributes(
    given: Mapping[str, Any], *, category_id: UUID | None, pointer: str = "/attributes"
) -> dict[str, Any]:
    """Values of a product as they are kept, by code; None takes one away. For services that write products.

    Raises:
        Invalid: a code that is no field of this category, or a value that does not fit; each is named by its pointer.
    """
    if not given:
        return {}
    known = {row.code: row for row in attributes_for(category_id)}
    found: dict[str, Any] = {}
    errors = []
    for code, value in given.items():
        here = f"{pointer}/{str(code)[:CODE].replace('~', '~0').replace('/', '~1')}"
        if value is None:
            found[code] = None
        elif code not in known:
            errors.append(fault(here, "unknown", "Products of this category have no such field."))
        else:
            try:
                found[code] = fitting(known[code], value)
            except ValueError as wrong:
                errors.append(fault(here, "does-not-fit", f"{known[code].label}: {wrong}"))
    if errors:
        raise invalid(*errors)
    return found


def fitting(definition: AttributeDefinition, value: Any) -> Any:
    """A value in the form it is kept in. Raises ``ValueError``, in words for people, for one that does not fit."""
    return FITTERS[Kind(definition.kind)](definition, value)


def _text(definition: AttributeDefinition, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or not value.strip().isprintable():
        raise ValueError(f"a text of 1 to {LONGEST_TEXT} characters on one line.")
    return value.strip()


def _number(definition: AttributeDefinition, value: Any) -> str:
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12 or number != round(number, 6):
        raise ValueError("a number below a million millions, with at most six places.")
    return plain_decimal(number)


def _yes_no(definition: AttributeDefinition, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("yes or no (true or false).")
    return value


def _date(definition: AttributeDefinition, value: Any) -> str:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2199:
        raise ValueError("a date such as 2026-11-21.")
    return day.isoformat()[:10]


def _choice(definition: AttributeDefinition, value: Any) -> str:
    if not isinstance(value, str) or value not in definition.choices:
        raise ValueError("one of its choices.")
    return value


FITTERS = {Kind.TEXT: _text, Kind.NUMBER: _number, Kind.YES_NO: _yes_no, Kind.DATE: _date, Kind.CHOICE: _choice}


def touch_values(code: str, old: str, new: str) -> int:
    """Give every product that has ``old`` the value ``new``. Answers how many."""
    return _rewrite(Product.objects.filter(attributes__contains={code: old}), code, new)


def _rewrite(rows: Any, code: str, value: str | None) -> int:
    ids = list(rows.values_list("pk", flat=True))
    touch(Product.objects.filter(pk__in=ids))
    changed = list(Product.objects.filter(pk__in=ids).only("attributes").order_by("pk"))
    for product in changed:
        product.attributes.pop(code, None)
        if value is not None:
            product.attributes[code] = value
    Product.objects.bulk_update(changed, ["attributes"], batch_size=500)
    return len(ids)


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    """The given fields as they are kept. Raises `Invalid` naming every wrong one."""
    errors: list[dict[str, str]] = []
    found = dict(values)
    for name, value in values.items():
        if name in CLEANERS:
            try:
                found[name] = CLEANERS[name](value)
            except DomainError as refusal:
                errors += refusal.details["errors"]
    if found.get("category_id") and not Category.objects.filter(pk=found["category_id"]).exists():
        errors.append(fault("/category", "unknown", "There is no such category."))
    if errors:
        raise invalid(*errors)
    return found


def _code(value: Any) -> str:
    text = str(value or "")
    try:
        validate_slug(text)
    except Exception as wrong:
        raise invalid(fault("/code", "slug", "Letters, digits, - and _ only.")) from wrong
    if len(text) > CODE:
        raise invalid(fault("/code", "too-long", f"At most {CODE} characters."))
    return text


def _choices(value: Sequence[Any]) -> list[str]:
    if len(value) > MOST_CHOICES:
        raise invalid(fault("/choices", "too-many", f"At most {MOST_CHOICES} choices."))
    names = [clean_name(one, longest=CHOICE, pointer=f"/choices/{at}") for at, one in enumerate(value)]
    twice = [at for at, one in enumerate(names) if one in names[:at]]
    if twice:
        raise invalid(*(fault(f"/choices/{at}", "twice", f"{names[at]} stands twice.") for at in twice))
    return names


def _unit(value: Any) -> str:
    text = str(value or "").strip()
    if len(text) > UNIT or (text and not text.isprintable()):
        raise invalid(fault("/unit", "too-long", f"At most {UNIT} characters."))
    return text


def _range(value: Any) -> int:
    if not 0 <= int(value) <= 1_000_000:
        raise invalid(fault("/position", "range", "A position is a number from 0 to 1000000."))
    return int(value)


CLEANERS = {
    "code": _code,
    "label": lambda value: clean_name(value or "", longest=LABEL, pointer="/label"),
    "choices": _choices,
    "unit": _unit,
    "position": _range,
}


def _check_whole(row: AttributeDefinition) -> None:
    if row.kind not in Kind.values:
        raise invalid(fault("/kind", "unknown", f"One of {', '.join(Kind.values)}."))
    if (row.kind == Kind.CHOICE) != bool(row.choices):
        raise invalid(fault("/choices", "choices", "A field of kind choice has choices, and no other has."))


def _renamed(row: AttributeDefinition, wanted: dict[str, Any], renamed: Mapping[str, str]) -> dict[str, str]:
    """The renamings that are one, with the choices to be; refuses names that are no choice."""
    unknown = [old for old in renamed if old not in row.choices]
    if unknown:
        raise invalid(*(fault("/renamed", "unknown", f"{old[:CHOICE]} is no choice.") for old in unknown))
    follow = {old: clean_name(new, longest=CHOICE, pointer="/renamed") for old, new in renamed.items() if old != new}
    if follow and "choices" not in wanted:
        wanted["choices"] = list(dict.fromkeys(follow.get(one, one) for one in row.choices))
    missing = [new for new in follow.values() if new not in wanted.get("choices", row.choices)]
    chains = [new for new in follow.values() if new in follow]
    if missing or chains:
        raise invalid(fault("/renamed", "renamed", "The new name of a choice is one of the choices, renamed once."))
    return follow


def _check_gone(row: AttributeDefinition, choices: list[str] | None, follow: Mapping[str, str]) -> None:
    gone = [one for one in row.choices if choices is not None and one not in choices and one not in follow]
    used = {one: count for one in gone if (count := with_attribute(row.code, value=one))}
    if used:
        errors = [fault("/choices", "in-use", f"{one}: {count} products have it.") for one, count in used.items()]
        raise Conflict("A choice that products have cannot go; rename it instead.", details={"errors": errors})


def _same() -> Conflict:
    return conflict("/code", "taken", "There is a field with this code already.")
