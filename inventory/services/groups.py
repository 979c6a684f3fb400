"""Group products: the tree of categories, and brands.

Every change of the tree takes its turn (`core.db.locks.queue_for`): two moves that are each allowed but together would
close a circle cannot both look at the old tree.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from core.actors import Actor
from core.db.locks import queue_for
from core.errors import Conflict
from core.outbox.services import emit
from core.retry import with_locks
from inventory.events import (
    BrandCreated,
    BrandDeleted,
    BrandUpdated,
    CategoryCreated,
    CategoryDeleted,
    CategoryUpdated,
)
from inventory.models import AttributeDefinition, Brand, Category, Product
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors.groups import SEPARATOR, category_tree, in_categories, with_brand
from inventory.services.edits import added, clean_name, conflict, edited, fault, invalid, locked, removed

TREE = "category tree"
MOST_LEVELS = 12
MOST_POSITION = 1_000_000
CATEGORY_NAME, BRAND_NAME = 120, 120


@transaction.atomic
def create_category(*, name: str, actor: Actor, parent_id: UUID | None = None, position: int | None = None) -> Category:
    """Add a category at the top or below another one; without ``position`` it stands last among its siblings.

    Raises:
        Forbidden: the actor may not manage products.
        Invalid: the name or the parent is wrong.
        Conflict: a sibling has this name.
    """
    actor.require(MANAGE_PRODUCTS)
    queue_for(TREE)
    name = _category_name(name)
    _check_place(None, parent_id)
    row = Category(name=name, parent_id=parent_id, position=_position(position, parent_id))
    added(row, actor=actor, object_type="category", fields=("name", "parent_id", "position"), taken=_sibling)
    emit(CategoryCreated(category_id=row.pk, version=row.version, name=row.name, parent_id=row.parent_id), actor=actor)
    return row


@transaction.atomic
def update_category(
    category_id: UUID, changes: dict[str, Any], *, actor: Actor, expected_version: int | None = None
) -> Category:
    """Rename, move or order a category: ``changes`` holds any of ``name``, ``parent_id`` and ``position``.

    What is below it moves along. Nothing named differently changes nothing.

    Raises:
        NotFound, StaleVersion: it is not there, or not as the caller saw it.
        Invalid: the parent is itself, is below it, or is unknown.
        Conflict: a sibling has this name.
    """
    actor.require(MANAGE_PRODUCTS)
    queue_for(TREE)
    row = locked(Category, category_id, called="category", expected_version=expected_version)
    wanted = dict(changes)
    if "name" in wanted:
        wanted["name"] = _category_name(wanted["name"])
    if "parent_id" in wanted and wanted["parent_id"] != row.parent_id:
        _check_place(row.pk, wanted["parent_id"])
        wanted.setdefault("position", None)
    if "position" in wanted:
        wanted["position"] = _position(wanted["position"], wanted.get("parent_id", row.parent_id))
    if fields := edited(row, wanted, actor=actor, object_type="category", taken=_sibling):
        emit(
            CategoryUpdated(
                category_id=row.pk, version=row.version, name=row.name, parent_id=row.parent_id, fields=fields
            ),
            actor=actor,
        )
    return row


def shift_category(category_id: UUID, *, by: int, actor: Actor) -> Category:
    """Let a category change places with its neighbour above (``by=-1``) or below (``by=1``); at an end it stays."""

    @transaction.atomic
    def shift() -> Category:
        actor.require(MANAGE_PRODUCTS)
        queue_for(TREE)
        row = locked(Category, category_id, called="category")
        siblings = list(Category.objects.filter(parent=row.parent_id).order_by("position", "name", "pk"))
        here = siblings.index(row)
        there = min(max(here + by, 0), len(siblings) - 1)
        siblings.insert(there, siblings.pop(here))
        for place, sibling in enumerate(siblings):
            if sibling.position != place:
                update_category(sibling.pk, {"position": place}, actor=actor)
        row.refresh_from_db()
        return row

    return with_locks(shift)


def delete_category(
    category_id: UUID, *, actor: Actor, move_to: UUID | None = None, expected_version: int | None = None
) -> int:
    """Take a category away; its products, categories and attributes go to ``move_to``. Answers how many products.

    Without ``move_to`` a category in use stays. Products that move get a new version and show up in lists of what
    changed; one event tells of all of them.

    Raises:
        NotFound, StaleVersion: it is not there, or not as the caller saw it.
        Invalid: ``move_to`` is unknown, the category itself or below it.
        Conflict: it is in use (``details`` has the counts), or ``move_to`` has one named like one of its own.
    """

    @transaction.atomic
    def delete() -> int:
        actor.require(MANAGE_PRODUCTS)
        queue_for(TREE)
        row = locked(Category, category_id, called="category", expected_version=expected_version, to_delete=True)
        children, attributes = Category.objects.filter(parent=row), AttributeDefinition.objects.filter(category=row)
        uses = {
            "products": in_categories([row.pk]),
            "categories": children.count(),
            "attributes": attributes.count(),
        }
        if any(uses.values()):
            if move_to is None:
                raise Conflict(_in_use(row.name, uses), details=uses)
            _check_place(row.pk, move_to, pointer="/move_to")
            if Category.objects.filter(parent=move_to, name__in=children.values("name")).exists():
                raise conflict("/move_to", "taken", "A category there has the name of one that would move to it.")
            children.update(parent=move_to, version=F("version") + 1)
            attributes.update(category=move_to, version=F("version") + 1)
            moved = touch(Product.objects.filter(category=row), category=move_to)
        else:
            moved = 0
        told = CategoryDeleted(
            category_id=row.pk, version=row.version + 1, name=row.name, moved_to=move_to, products=moved
        )
        removed(row, actor=actor, object_type="category", changes={"moved_to": (None, move_to), "products": (moved, 0)})
        emit(told, actor=actor)
        return moved

    return with_locks(delete)


def category_at(path: str, *, actor: Actor) -> Category | None:
    """The category of a name at the top, or of a way such as ``Food > Tea``; what is missing of it is made.

    Blank means none. For services that take a category by name, inside their transaction.
    """
    text = path.strip()
    if not text:
        return None
    if whole := Category.objects.filter(name=text, parent=None).first():
        return whole
    found: Category | None = None
    for part in text.split(SEPARATOR.strip()):
        name = _category_name(part)
        above = found
        found = Category.objects.filter(name=name, parent=above).first()
        if found is None:
            queue_for(TREE)
            found = Category.objects.filter(name=name, parent=above).first() or create_category(
                name=name, parent_id=above.pk if above else None, actor=actor
            )
    return found


@transaction.atomic
def create_brand(*, name: str, actor: Actor) -> Brand:
    """Add a brand. Raises `Forbidden`, `Invalid` for its name, `Conflict` where it is there."""
    row = Brand(name=clean_name(name, longest=BRAND_NAME))
    added(row, actor=actor, object_type="brand", fields=("name",), taken=_same_brand)
    emit(BrandCreated(brand_id=row.pk, version=row.version, name=row.name), actor=actor)
    return row


@transaction.atomic
def update_brand(
    brand_id: UUID, changes: dict[str, Any], *, actor: Actor, expected_version: int | None = None
) -> Brand:
    """Rename a brand. Raises `NotFound`, `StaleVersion`, `Forbidden`, `Invalid`, `Conflict` as its neighbours do."""
    actor.require(MANAGE_PRODUCTS)
    row = locked(Brand, brand_id, called="brand", expected_version=expected_version)
    wanted = {"name": clean_name(changes["name"], longest=BRAND_NAME)} if "name" in changes else {}
    if fields := edited(row, wanted, actor=actor, object_type="brand", taken=_same_brand):
        emit(BrandUpdated(brand_id=row.pk, version=row.version, name=row.name, fields=fields), actor=actor)
    return row


def delete_brand(
    brand_id: UUID, *, actor: Actor, move_to: UUID | None = None, expected_version: int | None = None
) -> int:
    """Take a brand away; its products become those of ``move_to``. Answers how many.

    Raises:
        NotFound, StaleVersion: it is not there, or not as the caller saw it.
        Invalid: ``move_to`` is unknown or the brand itself.
        Conflict: it has products and ``move_to`` is not given; ``details`` has the count.
    """

    @transaction.atomic
    def delete() -> int:
        actor.require(MANAGE_PRODUCTS)
        row = locked(Brand, brand_id, called="brand", expected_version=expected_version, to_delete=True)
        uses = {"products": with_brand(row.pk)}
        if uses["products"] and move_to is None:
            raise Conflict(_in_use(row.name, uses), details=uses)
        if move_to is not None and (move_to == row.pk or not Brand.objects.filter(pk=move_to).exists()):
            raise invalid(fault("/move_to", "unknown", "There is no such other brand."))
        moved = touch(Product.objects.filter(brand=row), brand=move_to) if uses["products"] else 0
        told = BrandDeleted(brand_id=row.pk, version=row.version + 1, name=row.name, moved_to=move_to, products=moved)
        removed(row, actor=actor, object_type="brand", changes={"moved_to": (None, move_to), "products": (moved, 0)})
        emit(told, actor=actor)
        return moved

    return with_locks(delete)


def brand_named(name: str, *, actor: Actor) -> Brand | None:
    """The brand of a name; an unknown one is made, blank means none. For services that take a brand by name."""
    if not name.strip():
        return None
    text = clean_name(name, longest=BRAND_NAME, pointer="/brand")
    return Brand.objects.filter(name=text).first() or create_brand(name=text, actor=actor)


def touch(rows: "QuerySet[Product]", **values: Any) -> int:
    """Change many products at once so that lists of what changed show them; locks them in the order of their keys."""
    ids = list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    return Product.objects.filter(pk__in=ids).update(version=F("version") + 1, updated_at=Now(), **values)


def _category_name(name: Any) -> str:
    text = clean_name(name, longest=CATEGORY_NAME)
    if SEPARATOR.strip() in text:
        raise invalid(fault("/name", "reserved", "The name of a category has no >: it stands between categories."))
    return text


def _check_place(category_id: UUID | None, parent_id: UUID | None, *, pointer: str = "/parent") -> None:
    """Refuse a parent that is unknown, is the category itself or below it, or is too deep. Inside the turn only."""
    if parent_id is None:
        return
    tree = category_tree()
    parent = tree.find(parent_id)
    if parent is None:
        raise invalid(fault(pointer, "unknown", "There is no such category."))
    own = tree.below(category_id) if category_id else set()
    if parent_id in own:
        raise invalid(fault(pointer, "circle", "A category cannot stand below itself."))
    here = tree.find(category_id)
    height = max((one.depth for one in tree.branches if one.id in own), default=0) - (here.depth if here else 0)
    if parent.depth + 1 + height >= MOST_LEVELS:
        raise invalid(fault(pointer, "too-deep", f"Categories stand at most {MOST_LEVELS} levels deep."))


def _position(wanted: int | None, parent_id: UUID | None) -> int:
    if wanted is None:
        last = (
            Category.objects.filter(parent=parent_id).order_by("-position").values_list("position", flat=True).first()
        )
        return 0 if last is None else last + 1
    if not 0 <= wanted <= MOST_POSITION:
        raise invalid(fault("/position", "range", f"A position is a number from 0 to {MOST_POSITION}."))
    return wanted


def _sibling() -> Conflict:
    return conflict("/name", "taken", "A category of this name stands there already.")


def _same_brand() -> Conflict:
    return conflict("/name", "taken", "There is a brand of this name already.")


def _in_use(name: str, uses: dict[str, int]) -> str:
    told = ", ".join(f"{count} {what}" for what, count in uses.items() if count)
    return f"{name} is in use ({told}). Say where they shall go."
