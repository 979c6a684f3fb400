"""Read what groups and describes products: the tree of categories, brands, tax classes, attributes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from core.errors import Invalid
from inventory.models import AttributeDefinition, Category, Product, Variant

SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Branch:
    """A category as the tree shows it: ``path`` are the names from the top, its own last; ``depth`` 0 is the top."""

    id: UUID
    name: str
    parent_id: UUID | None
    position: int
    version: int
    path: tuple[str, ...]

    @property
    def depth(self) -> int:
        return len(self.path) - 1

    @property
    def title(self) -> str:
        """The whole way from the top, as people read it."""
        return SEPARATOR.join(self.path)


@dataclass(slots=True)
class Tree:
    """All categories of the shop, each below its parent, siblings in their order."""

    branches: list[Branch] = field(default_factory=list)

    def find(self, category_id: UUID | None) -> Branch | None:
        return next((one for one in self.branches if one.id == category_id), None)

    def below(self, category_id: UUID) -> set[UUID]:
        """A category and everything under it, at any depth."""
        found = {category_id}
        for one in self.branches:  # parents stand before their children
            if one.parent_id in found:
                found.add(one.id)
        return found

    def above(self, category_id: UUID | None) -> list[UUID]:
        """A category and all it stands below, its own id first."""
        parents = {one.id: one.parent_id for one in self.branches}
        found: list[UUID] = []
        while category_id is not None and category_id in parents and category_id not in found:
            found.append(category_id)
            category_id = parents[category_id]
        return found


def category_tree() -> Tree:
    """The whole tree, in the order people see it: one query."""
    children: dict[UUID | None, list[dict[str, Any]]] = {}
    rows = Category.objects.order_by("position", "name", "pk").values("id", "name", "parent_id", "position", "version")
    for one in rows:
        children.setdefault(one["parent_id"], []).append(dict(one))
    found: list[Branch] = []
    waiting: list[tuple[dict[str, Any], tuple[str, ...]]] = [(row, ()) for row in reversed(children.get(None, []))]
    while waiting:
        row, above = waiting.pop()
        branch = Branch(**row, path=(*above, row["name"]))
        found.append(branch)
        waiting += [(child, branch.path) for child in reversed(children.get(branch.id, []))]
    return Tree(found)


def attributes_for(category_id: UUID | None, *, tree: Tree | None = None) -> QuerySet[AttributeDefinition]:
    """The fields of a product in this category: those of all products and of every category it stands below."""
    places = (tree or category_tree()).above(category_id) if category_id else []
    return AttributeDefinition.objects.filter(Q(category__isnull=True) | Q(category__in=places))


def in_categories(category_ids: Iterable[UUID]) -> int:
    """How many products stand in these categories."""
    return Product.objects.filter(category__in=list(category_ids)).count()


def with_brand(brand_id: UUID) -> int:
    """How many products are of a brand."""
    return Product.objects.filter(brand=brand_id).count()


def taxed_as(tax_class_id: UUID) -> int:
    """How many variants are of a tax class."""
    return Variant.objects.filter(tax_class=tax_class_id).count()


def with_attribute(code: str, *, value: str | None = None) -> int:
    """How many products have a value of an attribute; with ``value``, how many have that one."""
    if value is not None:
        return Product.objects.filter(attributes__contains={code: value}).count()
    return Product.objects.filter(attributes__has_key=code).count()


def attribute_filter(text: str) -> dict[str, Any]:
    """``code:value`` as a condition on the attributes of products. Raises `Invalid` for an unknown code or value."""
    code, _, typed = text.partition(":")
    definition = AttributeDefinition.objects.filter(code=code).first()
    if definition is None:
        raise Invalid("There is no such attribute.", details={"errors": [_unknown_attribute(code)]})
    if definition.kind == AttributeDefinition.Kind.YES_NO:
        return {code: typed == "true"}
    return {code: typed}


def _unknown_attribute(code: str) -> dict[str, str]:
    return {"pointer": "/attribute", "code": "unknown", "detail": f"There is no attribute {code[:40]}."}
