"""Make and change discounts and coupons."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values, record
from core.errors import Conflict, NotFound, StaleVersion
from core.outbox.services import emit
from orders.events import CouponCreated, CouponUpdated, DiscountCreated, DiscountUpdated
from orders.models import Coupon, Discount
from orders.permissions import MANAGE_DISCOUNTS
from orders.services.discount_rules import COUPON_FIELDS, DISCOUNT_FIELDS, clean_coupon, clean_discount


@transaction.atomic
def create_discount(*, actor: Actor, code: str = "", **values: Any) -> Discount:
    """Add a discount; with a ``code`` also the coupon that opens it. ``values`` as `DISCOUNT_FIELDS`.

    Raises:
        Forbidden: the actor may not.
        Invalid: something is wrong; every such field is named.
        Conflict: the name or the code is taken.
    """
    actor.require(MANAGE_DISCOUNTS)
    if code.strip():
        values["needs_coupon"] = True
    discount = Discount(**clean_discount({**_defaults(), **values}))
    _insert(discount, "name", f"There is a discount “{discount.name}” already.")
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="discount",
        object_id=discount.pk,
        object_label=discount.name,
        changes={name: (None, getattr(discount, name)) for name in DISCOUNT_FIELDS},
    )
    emit(DiscountCreated(**_told(discount)), actor=actor)
    if code.strip():
        create_coupon(actor=actor, discount=discount.pk, code=code)
    return discount


@transaction.atomic
def update_discount(
    discount_id: UUID, values: Mapping[str, Any], *, actor: Actor, expected_version: int | None = None
) -> Discount:
    """Change what is named of a discount; sales that were made keep what they had. A repeat changes and tells nothing.

    Raises:
        Forbidden, NotFound, Invalid, Conflict: as for a new one.
        StaleVersion: it is not the ``expected_version`` any more.
    """
    actor.require(MANAGE_DISCOUNTS)
    discount = Discount.objects.select_for_update().filter(pk=discount_id).first()
    if discount is None:
        raise NotFound("There is no such discount.")
    _check_version(discount.version, expected_version)
    before = field_values(discount, *DISCOUNT_FIELDS)
    for name, value in clean_discount({**before, **values}).items():
        setattr(discount, name, value)
    changes = differences(before, field_values(discount, *DISCOUNT_FIELDS))
    if not changes:
        return discount
    discount.version += 1
    _save(discount, "name", f"There is a discount “{discount.name}” already.")
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="discount",
        object_id=discount.pk,
        object_label=discount.name,
        changes=changes,
    )
    emit(DiscountUpdated(**_told(discount)), actor=actor)
    return discount


@transaction.atomic
def create_coupon(*, actor: Actor, discount: UUID, code: str, **values: Any) -> Coupon:
    """Add a code that opens a discount. ``values`` as `COUPON_FIELDS`; the code is kept in capitals.

    Raises:
        Forbidden: the actor may not.
        Invalid: something is wrong, there is no such discount, or it needs no coupon; every such field is named.
        Conflict: the code is taken.
    """
    actor.require(MANAGE_DISCOUNTS)
    opened = Discount.objects.filter(pk=discount).first()
    coupon = Coupon(discount=opened, **clean_coupon(values, code=code, discount=opened))
    _insert(coupon, "code", f"There is a coupon {coupon.code} already.")
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="coupon",
        object_id=coupon.pk,
        object_label=coupon.code,
        changes={name: (None, getattr(coupon, name)) for name in ("code", *COUPON_FIELDS)},
    )
    emit(CouponCreated(**_told_coupon(coupon)), actor=actor)
    return coupon


@transaction.atomic
def update_coupon(
    coupon_id: UUID, values: Mapping[str, Any], *, actor: Actor, expected_version: int | None = None
) -> Coupon:
    """Change how often, how long and whether a coupon holds; its code stays. A repeat changes and tells nothing.

    Raises:
        Forbidden, NotFound, Invalid: as for a new one.
        StaleVersion: it is not the ``expected_version`` any more.
    """
    actor.require(MANAGE_DISCOUNTS)
    coupon = Coupon.objects.select_for_update(of=("self",)).select_related("discount").filter(pk=coupon_id).first()
    if coupon is None:
        raise NotFound("There is no such coupon.")
    _check_version(coupon.version, expected_version)
    before = field_values(coupon, *COUPON_FIELDS)
    cleaned = clean_coupon({**before, **values}, code=coupon.code, discount=coupon.discount, used=coupon.used)
    for name in COUPON_FIELDS:
        setattr(coupon, name, cleaned[name])
    changes = differences(before, field_values(coupon, *COUPON_FIELDS))
    if not changes:
        return coupon
    coupon.version += 1
    coupon.save(update_fields=[*COUPON_FIELDS, "version"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="coupon",
        object_id=coupon.pk,
        object_label=coupon.code,
        changes=changes,
    )
    emit(CouponUpdated(**_told_coupon(coupon)), actor=actor)
    return coupon


def _defaults() -> dict[str, Any]:
    return field_values(Discount(), *DISCOUNT_FIELDS)


def _check_version(version: int, expected: int | None) -> None:
    if expected is not None and version != expected:
        raise StaleVersion


def _insert(row: Discount | Coupon, field: str, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as conflict:
        raise _taken(field, taken) from conflict


def _save(row: Discount, field: str, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as conflict:
        raise _taken(field, taken) from conflict


def _taken(field: str, detail: str) -> Conflict:
    return Conflict(detail, details={"errors": [{"pointer": f"/{field}", "code": "taken", "detail": detail}]})


def _told(discount: Discount) -> dict[str, Any]:
    return {
        "discount_id": discount.pk,
        "version": discount.version,
        "name": discount.name,
        "kind": discount.kind,
        "needs_coupon": discount.needs_coupon,
        "is_active": discount.is_active,
    }


def _told_coupon(coupon: Coupon) -> dict[str, Any]:
    return {
        "coupon_id": coupon.pk,
        "version": coupon.version,
        "discount_id": coupon.discount_id,
        "code": coupon.code,
        "is_active": coupon.is_active,
    }
