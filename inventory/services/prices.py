"""Price lists: other prices for some customers, places, channels and times; and the log of every change of a price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values, record
from core.errors import Conflict, Invalid, NotFound, StaleVersion, fault, refuse
from core.locations.models import Location
from core.outbox.services import emit
from inventory.customer_groups import customer_groups
from inventory.events import PriceListChanged
from inventory.models import PriceChange, PriceList, PriceListItem
from inventory.permissions import MANAGE_PRICES
from inventory.services.lines import articles_of, unknown_article

MOST_PRICES = 2000
FIELDS = ("name", "location_id", "channel", "customer_group_id", "starts_at", "ends_at", "priority", "is_active")
LEAST, MOST = -1000, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """The price of a variant (or of what a code or SKU stands for) from so many units on; None takes it off."""

    unit_price: Decimal | None
    variant_id: UUID | None = None
    code: str = ""
    from_quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """One price that changed, as the log keeps it."""

    variant_id: UUID
    before: Decimal | None
    after: Decimal | None
    from_quantity: Decimal = Decimal(1)


def note_prices(
    changes: Iterable[NewPrice], *, actor: Actor, reason: str = "", price_list: PriceList | None = None
) -> None:
    """Log changed prices, in the transaction that changes them. Every service that sets a price calls it.

    ``price_list`` is at the version that tells of them: who reads that event finds by it which prices it is about.
    """
    PriceChange.objects.bulk_create(
        PriceChange(
            variant_id=change.variant_id,
            price_list=price_list,
            price_list_name=price_list.name if price_list else "",
            list_version=price_list.version if price_list else None,
            from_quantity=change.from_quantity,
            before=change.before,
            after=change.after,
            reason=reason[:200],
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label[:200],
        )
        for change in changes
    )


@transaction.atomic
def create_price_list(values: dict[str, Any], *, actor: Actor) -> PriceList:
    """Add an empty price list; ``values`` are the named ones of `FIELDS`.

    Raises:
        Forbidden: the actor may not set prices.
        Invalid: the times, the priority or the location are wrong.
        Conflict: another list has this name.
    """
    actor.require(MANAGE_PRICES)
    made = PriceList(**values)
    _check(made)
    _save(made, is_new=True)
    tell_price_list(AuditEntry.Action.CREATE, made, differences({}, field_values(made, *FIELDS)), actor)
    return made


@transaction.atomic
def update_price_list(
    price_list_id: UUID, values: dict[str, Any], *, actor: Actor, expected_version: int | None = None
) -> PriceList:
    """Change what is named of a list; what is as it was changes nothing.

    Raises:
        NotFound: there is no such list.
        StaleVersion: it is not at ``expected_version`` any more.
        Forbidden, Invalid, Conflict: as in `create_price_list`.
    """
    actor.require(MANAGE_PRICES)
    found = locked_price_list(price_list_id, expected_version)
    before = field_values(found, *FIELDS)
    for name, value in values.items():
        setattr(found, name, value)
    changed = differences(before, field_values(found, *FIELDS))
    if changed:
        _check(found)
        found.version += 1
        _save(found)
        tell_price_list(AuditEntry.Action.CHANGE, found, changed, actor)
    return found


@transaction.atomic
def set_prices(
    price_list_id: UUID,
    lines: Sequence[PriceLine],
    *,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
) -> PriceList:
    """Put prices on a list, change them, or take them off, all or none; prices that are as they were change nothing.

    Raises:
        NotFound: there is no such list.
        StaleVersion: it is not at ``expected_version`` any more.
        Invalid: a line names nothing, stands twice, or is no price; every such line is named by its pointer.
        Forbidden: the actor may not set prices.
    """
    actor.require(MANAGE_PRICES)
    found = locked_price_list(price_list_id, expected_version)
    wanted = _wanted(lines)
    stored = {
        (item.variant_id, item.from_quantity): item
        for item in found.items.filter(variant__in={variant for variant, _ in wanted})
    }
    changes: list[NewPrice] = []
    fresh: list[PriceListItem] = []
    gone: list[int] = []
    for (variant_id, quantity), price in wanted.items():
        item = stored.get((variant_id, quantity))
        before = item.unit_price if item else None
        if before == price:
            continue
        changes.append(NewPrice(variant_id=variant_id, before=before, after=price, from_quantity=quantity))
        if price is None:
            gone.append(item.pk if item else 0)
        else:
            fresh.append(
                PriceListItem(price_list=found, variant_id=variant_id, from_quantity=quantity, unit_price=price)
            )
    if not changes:
        return found
    found.items.filter(pk__in=gone).delete()
    PriceListItem.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["price_list", "variant", "from_quantity"],
        update_fields=["unit_price"],
    )
    found.version += 1
    note_prices(changes, actor=actor, reason=reason, price_list=found)
    found.save(update_fields=["version", "updated_at"])
    tell_price_list(AuditEntry.Action.CHANGE, found, {"prices": (None, len(changes)), "reason": (None, reason)}, actor)
    return found


def locked_price_list(price_list_id: UUID, expected_version: int | None = None) -> PriceList:
    """A list, its row locked until the transaction ends. Raises `NotFound`, `StaleVersion`."""
    found = PriceList.objects.select_for_update().filter(pk=price_list_id).first()
    if found is None:
        raise NotFound("There is no such price list.")
    if expected_version is not None and found.version != expected_version:
        raise StaleVersion
    return found


def _check(row: PriceList) -> None:
    errors = []
    if not row.name.strip():
        errors.append(fault("/name", "required", "Give the list a name."))
    if row.starts_at and row.ends_at and row.ends_at <= row.starts_at:
        errors.append(fault("/ends_at", "order", "A list ends after it begins."))
    if not LEAST <= row.priority <= MOST:
        errors.append(fault("/priority", "range", f"Between {LEAST} and {MOST}."))
    if row.customer_group_id and row.customer_group_id not in customer_groups():
        errors.append(fault("/customer_group", "unknown", "There is no such customer group."))
    if row.location_id and not Location.objects.filter(pk=row.location_id).exists():
        errors.append(fault("/location", "unknown", "There is no such location."))
    refuse(*errors)


def _save(row: PriceList, *, is_new: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError as taken:
        error = fault("/name", "taken", f"There is a price list {row.name} already.")
        raise Conflict(error["detail"], details={"errors": [error]}) from taken


def _wanted(lines: Sequence[PriceLine]) -> dict[tuple[UUID, Decimal], Decimal | None]:
    """Prices by variant and quantity. Raises `Invalid` with every wrong line."""
    errors = []
    if not lines or len(lines) > MOST_PRICES:
        errors.append(fault("/prices", "length", f"Between 1 and {MOST_PRICES} prices at once."))
        raise Invalid(errors[0]["detail"], details={"errors": errors})
    wanted: dict[tuple[UUID, Decimal], Decimal | None] = {}
    for place, (line, variant_id) in enumerate(zip(lines, articles_of(lines).variants, strict=True)):
        here = f"/prices/{place}"
        key = (variant_id, line.from_quantity)
        if variant_id is None:
            errors.append(unknown_article(here, line))
        elif key in wanted:
            errors.append(fault(here, "twice", "This price stands twice in this request."))
        elif line.from_quantity <= 0 or (line.unit_price is not None and line.unit_price < 0):
            errors.append(fault(here, "range", "A price is not negative, its quantity more than zero."))
        else:
            wanted[variant_id, line.from_quantity] = line.unit_price
    refuse(*errors)
    return wanted


def tell_price_list(
    action: AuditEntry.Action, row: PriceList, changed: dict[str, tuple[Any, Any]], actor: Actor
) -> None:
    """Say in the audit log and in the stream that a list, or what stands on it, is another now."""
    record(
        action,
        actor=actor,
        object_type="price_list",
        object_id=row.pk,
        object_label=row.name,
        changes={name: (_plain(old), _plain(new)) for name, (old, new) in changed.items()},
    )
    emit(
        PriceListChanged(price_list_id=row.pk, version=row.version, name=row.name, is_active=row.is_active),
        actor=actor,
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
