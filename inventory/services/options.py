"""What a product's variants differ in: setting its options makes the variants that are missing and retires others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import PROTECT, ForeignObjectRel, ProtectedError

from core.actors import Actor
from core.errors import NotFound, StaleVersion
from inventory.models import Product, ScanCode, Variant
from inventory.option_matrix import (
    BETWEEN,
    LONGEST,
    LONGEST_SKU,
    MOST_COMBINATIONS,
    Combination,
    Matrix,
    Option,
    Standing,
    Value,
    base_of,
    combine,
    option_faults,
    sku_of,
)
from inventory.permissions import MANAGE_PRODUCTS
from inventory.services.catalogue import note_change
from inventory.services.edits import clean_name, conflict, fault, invalid
from inventory.services.prices import NewPrice, note_prices

COPIED = ("unit_price", "unit_cost", "tax_class_id", "unit", "tracking", "is_stocked")
MOST_TRIES = 50


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant that is to be made."""

    sku: str
    combination: Combination

    @property
    def name(self) -> str:
        return BETWEEN.join(self.combination)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsPlan:
    """What setting options does: ``renamed`` are variants that stay and are called otherwise, with their new names."""

    options: list[dict[str, Any]]
    added: list[NewVariant]
    renamed: list[tuple[Variant, str]]
    reactivated: list[Variant]
    deactivated: list[Variant]
    deleted: list[Variant]
    kept: int
    changes: bool


def preview_options(product_id: UUID, options: Sequence[Option], *, actor: Actor, sku_base: str = "") -> OptionsPlan:
    """What `set_options` would do, without doing it. Raises as it does."""
    actor.require(MANAGE_PRODUCTS)
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    return _Change(product, options, sku_base).plan


@transaction.atomic
def set_options(
    product_id: UUID,
    options: Sequence[Option],
    *,
    actor: Actor,
    sku_base: str = "",
    expected_version: int | None = None,
) -> OptionsPlan:
    """Say what a product's variants differ in; afterwards there is one variant of every combination of values.

    Variants keep their ids: they are found by their values, and ``was`` renames. Missing ones are made with the price,
    cost, tax, unit and tracking of the first; their SKU is ``<base>-<value>-<value>``, ``sku_base`` by default what
    the first one's SKU begins with. Of values that are gone, variants that have a past or a code are not for sale any
    more, others are deleted; if the value comes back, so do they. The same again changes nothing.

    Raises:
        NotFound: there is no such product.
        StaleVersion: the product is not at ``expected_version`` any more.
        Forbidden: the actor may not manage products.
        Invalid: too many options, values or variants, or one that stands twice; each is named by its pointer.
        Conflict: a SKU was taken by another variant in this moment.
    """
    actor.require(MANAGE_PRODUCTS)
    product = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    if expected_version is not None and product.version != expected_version:
        raise StaleVersion
    change = _Change(product, options, sku_base, to_write=True)
    if change.plan.changes:
        change.write(actor)
    return change.plan


class _Change:
    """New options of one product, thought through and then written."""

    def __init__(self, product: Product, options: Sequence[Option], sku_base: str, *, to_write: bool = False) -> None:
        self.product, self.options = product, _cleaned(options)
        if faults := list(option_faults(self.options, product.options)):
            raise invalid(*(fault(*one) for one in faults))
        rows = product.variants.order_by("position", "pk")
        self.variants = {row.pk: row for row in (rows.select_for_update() if to_write else rows)}
        standing = [Standing(row.pk, row.name, row.options) for row in self.variants.values()]
        self.matrix: Matrix[UUID] = combine(self.options, product.options, standing)
        loose = [pk for pk in self.variants if pk not in self.matrix.kept]
        if len(self.matrix.kept) + len(self.matrix.missing) + len(loose) - len(self.matrix.gone) > MOST_COMBINATIONS:
            raise invalid(fault("/options", "too-many-variants", f"At most {MOST_COMBINATIONS} variants of a product."))
        if not self.variants:
            raise conflict("/options", "no-variant", "It has no variant yet; add the first one.")
        self.first = next((row for row in self.variants.values() if row.is_active), next(iter(self.variants.values())))
        self.plan = self._plan(sku_base)

    def _plan(self, sku_base: str) -> OptionsPlan:
        matrix, variants = self.matrix, self.variants
        used = used_variants(matrix.gone)
        stated = [{"name": one.name, "values": [value.value for value in one.values]} for one in self.options]
        renamed = [
            (variants[pk], BETWEEN.join(combination))
            for pk, combination in matrix.kept.items()
            if variants[pk].name != BETWEEN.join(combination)
        ]
        moved = any(variants[pk].options != self._values(combination) for pk, combination in matrix.kept.items())
        return OptionsPlan(
            options=stated,
            added=self._new(sku_base),
            renamed=renamed,
            reactivated=[variants[pk] for pk in matrix.back if not variants[pk].is_active],
            deactivated=[variants[pk] for pk in matrix.gone if pk in used],
            deleted=[variants[pk] for pk in matrix.gone if pk not in used],
            kept=len(matrix.kept),
            changes=bool(stated != self.product.options or matrix.missing or matrix.gone or moved),
        )

    def _values(self, combination: Combination) -> dict[str, str]:
        return dict(zip((one.name for one in self.options), combination, strict=True))

    def _new(self, sku_base: str) -> list[NewVariant]:
        first = self.first
        base = sku_base.strip() or base_of(first.sku, tuple(first.options.values()))
        if len(base) > LONGEST_SKU or not base.isprintable():
            raise invalid(fault("/sku_base", "length", f"A SKU has at most {LONGEST_SKU} printable characters."))
        found: dict[Combination, str] = {}
        given = set[str]()
        waiting = list(self.matrix.missing)
        for number in range(1, MOST_TRIES + 1):
            wanted = {combination: sku_of(base, combination, number=number) for combination in waiting}
            taken = (
                set(Variant.objects.filter(sku__in=wanted.values()).values_list("sku", flat=True)) if wanted else set()
            )
            waiting = []
            for combination, sku in wanted.items():
                if sku in taken or sku in given:
                    waiting.append(combination)
                else:
                    found[combination] = sku
                    given.add(sku)
            if not waiting:
                return [NewVariant(found[combination], combination) for combination in self.matrix.missing]
        raise invalid(fault("/sku_base", "taken", "SKUs that begin so are used up; choose another beginning."))

    def write(self, actor: Actor) -> None:
        before = list(self.product.options)
        self.product.options = self.plan.options
        self._retire()
        self._keep()
        self._add(actor)
        plan = self.plan
        told: dict[str, tuple[Any, Any]] = {"options": (_in_words(before), _in_words(plan.options))}
        told |= {
            name: ([], skus)
            for name, skus in (
                ("variants_added", [new.sku for new in plan.added]),
                ("variants_reactivated", [row.sku for row in plan.reactivated]),
                ("variants_deactivated", [row.sku for row in plan.deactivated]),
                ("variants_deleted", [row.sku for row in plan.deleted]),
            )
            if skus
        }
        note_change(self.product, told, actor=actor)

    def _retire(self) -> None:
        Variant.objects.filter(pk__in=[row.pk for row in self.plan.deactivated]).update(is_active=False)
        useless = Variant.objects.filter(pk__in=[row.pk for row in self.plan.deleted])
        try:
            with transaction.atomic():
                useless.delete()
        except ProtectedError:  # something of a past came in before we had the lock
            useless.update(is_active=False)

    def _keep(self) -> None:
        place = {combination: at for at, combination in enumerate(self._order())}
        changed = []
        for pk, combination in self.matrix.kept.items():
            row = self.variants[pk]
            row.name, row.options, row.position = (
                BETWEEN.join(combination),
                self._values(combination),
                place[combination],
            )
            row.is_active = row.is_active or pk in self.matrix.back
            changed.append(row)
        Variant.objects.bulk_update(changed, ["name", "options", "position", "is_active"], batch_size=500)

    def _add(self, actor: Actor) -> None:
        first = self.first
        place = {combination: at for at, combination in enumerate(self._order())}
        copied = {name: getattr(first, name) for name in COPIED}
        rows = [
            Variant(
                product=self.product,
                sku=new.sku,
                name=new.name,
                options=self._values(new.combination),
                position=place[new.combination],
                **copied,
            )
            for new in self.plan.added
        ]
        try:
            with transaction.atomic():
                Variant.objects.bulk_create(rows, batch_size=500)
        except IntegrityError as taken:
            raise conflict("/sku_base", "taken", "One of the new SKUs was just given to another variant.") from taken
        note_prices([NewPrice(variant_id=row.pk, before=None, after=row.unit_price) for row in rows], actor=actor)

    def _order(self) -> list[Combination]:
        places = [{value.value: at for at, value in enumerate(one.values)} for one in self.options]
        every = [*self.matrix.kept.values(), *self.matrix.missing]
        return sorted(every, key=lambda one: [place[value] for place, value in zip(places, one, strict=True)])


def used_variants(variant_ids: Collection[UUID]) -> set[UUID]:
    """Those of the variants that something points to which must stay (sales, movements, counts...), or with a code.

    One query for each kind of thing, whichever app it is of.
    """
    if not variant_ids:
        return set()
    used = set(ScanCode.objects.filter(variant__in=variant_ids).values_list("variant_id", flat=True))
    for relation in Variant._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT:
            name = relation.field.attname
            rows = relation.related_model._default_manager.filter(**{f"{name}__in": variant_ids})  # type: ignore[union-attr]
            used |= set(rows.order_by().values_list(name, flat=True).distinct())
    return {pk for pk in used if pk is not None}


def _cleaned(options: Sequence[Option]) -> list[Option]:
    """Without needless blanks. Raises `Invalid` for what is empty, too long or has control characters."""
    return [
        Option(
            clean_name(one.name, longest=LONGEST, pointer=f"/options/{at}/name"),
            [
                Value(
                    clean_name(value.value, longest=LONGEST, pointer=f"/options/{at}/values/{place}/value"), value.was
                )
                for place, value in enumerate(one.values)
            ],
            one.was,
        )
        for at, one in enumerate(options)
    ]


def _in_words(options: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{one['name']}: {', '.join(one['values'])}" for one in options]
