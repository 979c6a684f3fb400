"""Categories, brands, tax classes and attributes over REST."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from core.api.pagination import page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import NotFound, StaleVersion
from inventory.api import group_bodies as bodies
from inventory.models import AttributeDefinition, Brand, Category, TaxClass
from inventory.permissions import MANAGE_PRODUCTS, VIEW_PRODUCTS
from inventory.selectors.groups import category_tree
from inventory.services import attributes, groups, tax_classes
from inventory.services.tax_classes import TaxPart


class GroupView(ApiView):
    """What these views share: a model, its body, and how it is found, changed and left alone when it is stale."""

    idempotent: ClassVar = True
    tag = "catalogue"
    model: ClassVar[type[Model]]
    body: ClassVar[type[Serializer[Any]]]
    called: ClassVar[str]

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.all()

    def shown(self, rows: list[Any]) -> list[Any]:
        return [self.body(row).data for row in rows]

    def found(self, pk: UUID) -> Any:
        row = self.rows().filter(pk=pk).first()
        if row is None:
            raise NotFound(f"There is no such {self.called}.")
        return row

    def one(self, pk: UUID, *, status: int = 200) -> Response:
        row = self.found(pk)
        return versioned(self.shown([row])[0], row, status=status)

    def listed(self, by: tuple[str, ...]) -> Response:
        wanted = self.query(bodies.GroupQuery)
        found, beyond = page_of(self.rows(), by=by, cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": self.shown(found), "next": beyond})

    def unless_stale(self, pk: UUID, change: Callable[[int | None], Any]) -> Any:
        try:
            return change(self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": self.shown([self.found(pk)])[0]}) from stale


def _named(body: dict[str, Any], **names: str) -> dict[str, Any]:
    """A body in the words of the service."""
    return {names.get(name, name): value for name, value in body.items()}


class CategoryView(GroupView):
    """What the views of categories share."""

    model = Category
    body = bodies.CategoryBody
    called = "category"

    def shown(self, rows: list[Any]) -> list[Any]:
        paths = {branch.id: branch.path for branch in category_tree().branches}
        for row in rows:
            row.path = paths[row.pk]
        return super().shown(rows)


class Categories(CategoryView):
    """/categories/: the tree, flat."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRODUCTS}

    @extend_schema(
        operation_id="list_categories",
        summary="Categories with their way from the top",
        parameters=[bodies.GroupQuery],
        responses={200: bodies.CategoryPage},
    )
    def get(self, request: Request) -> Response:
        return self.listed(("position", "name", "id"))

    @extend_schema(
        operation_id="create_category",
        summary="Add a category",
        request=bodies.CategoryInput,
        responses={201: bodies.CategoryBody},
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.CategoryInput)
        row = groups.create_category(actor=self.actor, **_named(body, parent="parent_id"))
        return self.one(row.pk, status=201)


class CategoryOne(CategoryView):
    """/categories/<id>/: one."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "PATCH": MANAGE_PRODUCTS, "DELETE": MANAGE_PRODUCTS}

    @extend_schema(operation_id="get_category", summary="A category", responses={200: bodies.CategoryBody})
    def get(self, request: Request, category_id: UUID) -> Response:
        return self.one(category_id)

    @extend_schema(
        operation_id="update_category",
        summary="Rename, move or order a category",
        parameters=[IF_MATCH],
        request=bodies.CategoryChanges,
        responses={200: bodies.CategoryBody},
    )
    def patch(self, request: Request, category_id: UUID) -> Response:
        changes = self.read(bodies.CategoryChanges)
        wanted = _named(changes, parent="parent_id")
        self.unless_stale(
            category_id,
            lambda seen: groups.update_category(category_id, wanted, actor=self.actor, expected_version=seen),
        )
        return self.one(category_id)

    @extend_schema(
        operation_id="delete_category",
        summary="Delete a category, or move what it holds",
        parameters=[IF_MATCH, bodies.RemovalQuery],
        responses={200: bodies.RemovedBody},
    )
    def delete(self, request: Request, category_id: UUID) -> Response:
        how = self.query(bodies.RemovalQuery)
        changed = self.unless_stale(
            category_id,
            lambda seen: groups.delete_category(category_id, actor=self.actor, expected_version=seen, **how),
        )
        return Response({"id": str(category_id), "changed": changed})


class BrandView(GroupView):
    """What the views of brands share."""

    model = Brand
    body = bodies.BrandBody
    called = "brand"


class Brands(BrandView):
    """/brands/: who makes it."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRODUCTS}

    @extend_schema(
        operation_id="list_brands",
        summary="Brands by name",
        parameters=[bodies.GroupQuery],
        responses={200: bodies.BrandPage},
    )
    def get(self, request: Request) -> Response:
        return self.listed(("name", "id"))

    @extend_schema(
        operation_id="create_brand",
        summary="Add a brand",
        request=bodies.BrandInput,
        responses={201: bodies.BrandBody},
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.BrandInput)
        row = groups.create_brand(actor=self.actor, **body)
        return self.one(row.pk, status=201)


class BrandOne(BrandView):
    """/brands/<id>/: one."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "PATCH": MANAGE_PRODUCTS, "DELETE": MANAGE_PRODUCTS}

    @extend_schema(operation_id="get_brand", summary="A brand", responses={200: bodies.BrandBody})
    def get(self, request: Request, brand_id: UUID) -> Response:
        return self.one(brand_id)

    @extend_schema(
        operation_id="update_brand",
        summary="Rename a brand",
        parameters=[IF_MATCH],
        request=bodies.BrandChanges,
        responses={200: bodies.BrandBody},
    )
    def patch(self, request: Request, brand_id: UUID) -> Response:
        changes = self.read(bodies.BrandChanges)
        self.unless_stale(
            brand_id, lambda seen: groups.update_brand(brand_id, changes, actor=self.actor, expected_version=seen)
        )
        return self.one(brand_id)

    @extend_schema(
        operation_id="delete_brand",
        summary="Delete a brand, or give its products to another",
        parameters=[IF_MATCH, bodies.RemovalQuery],
        responses={200: bodies.RemovedBody},
    )
    def delete(self, request: Request, brand_id: UUID) -> Response:
        how = self.query(bodies.RemovalQuery)
        changed = self.unless_stale(
            brand_id,
            lambda seen: groups.delete_brand(brand_id, actor=self.actor, expected_version=seen, **how),
        )
        return Response({"id": str(brand_id), "changed": changed})


def _parts(body: dict[str, Any]) -> dict[str, Any]:
    if "parts" in body:
        return {**body, "parts": [TaxPart(**part) for part in body["parts"]]}
    return body


class TaxClassView(GroupView):
    """What the views of tax classes share."""

    model = TaxClass
    body = bodies.TaxClassBody
    called = "tax class"

    def shown(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.parts = [{**part, "rate": Decimal(part["rate"])} for part in row.parts]
        return super().shown(rows)


class TaxClasses(TaxClassView):
    """/tax-classes/: what is taxed alike."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRODUCTS}

    @extend_schema(
        operation_id="list_tax_classes",
        summary="Tax classes by name",
        parameters=[bodies.GroupQuery],
        responses={200: bodies.TaxClassPage},
    )
    def get(self, request: Request) -> Response:
        return self.listed(("name", "id"))

    @extend_schema(
        operation_id="create_tax_class",
        summary="Add a tax class, of one tax or several",
        request=bodies.TaxClassInput,
        responses={201: bodies.TaxClassBody},
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.TaxClassInput)
        row = tax_classes.create_tax_class(actor=self.actor, **_parts(body))
        return self.one(row.pk, status=201)


class TaxClassOne(TaxClassView):
    """/tax-classes/<id>/: one."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "PATCH": MANAGE_PRODUCTS, "DELETE": MANAGE_PRODUCTS}

    @extend_schema(operation_id="get_tax_class", summary="A tax class", responses={200: bodies.TaxClassBody})
    def get(self, request: Request, tax_class_id: UUID) -> Response:
        return self.one(tax_class_id)

    @extend_schema(
        operation_id="update_tax_class",
        summary="Rename a tax class or change its rate",
        parameters=[IF_MATCH],
        request=bodies.TaxClassChanges,
        responses={200: bodies.TaxClassBody},
    )
    def patch(self, request: Request, tax_class_id: UUID) -> Response:
        changes = self.read(bodies.TaxClassChanges)
        wanted = _parts(changes)
        self.unless_stale(
            tax_class_id,
            lambda seen: tax_classes.update_tax_class(tax_class_id, wanted, actor=self.actor, expected_version=seen),
        )
        return self.one(tax_class_id)

    @extend_schema(
        operation_id="delete_tax_class",
        summary="Delete a tax class, or give its variants to another",
        parameters=[IF_MATCH, bodies.RemovalQuery],
        responses={200: bodies.RemovedBody},
    )
    def delete(self, request: Request, tax_class_id: UUID) -> Response:
        how = self.query(bodies.RemovalQuery)
        changed = self.unless_stale(
            tax_class_id,
            lambda seen: tax_classes.delete_tax_class(tax_class_id, actor=self.actor, expected_version=seen, **how),
        )
        return Response({"id": str(tax_class_id), "changed": changed})


class AttributeView(GroupView):
    """What the views of attributes share."""

    model = AttributeDefinition
    body = bodies.AttributeBody
    called = "attribute"


class Attributes(AttributeView):
    """/attributes/: the fields the shop gave its products."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRODUCTS}

    @extend_schema(
        operation_id="list_attributes",
        summary="Fields of products",
        parameters=[bodies.GroupQuery],
        responses={200: bodies.AttributePage},
    )
    def get(self, request: Request) -> Response:
        return self.listed(("position", "label", "id"))

    @extend_schema(
        operation_id="create_attribute",
        summary="Define a field of products",
        request=bodies.AttributeInput,
        responses={201: bodies.AttributeBody},
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.AttributeInput)
        row = attributes.create_attribute(_named(body, category="category_id"), actor=self.actor)
        return self.one(row.pk, status=201)


class AttributeOne(AttributeView):
    """/attributes/<id>/: one."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "PATCH": MANAGE_PRODUCTS, "DELETE": MANAGE_PRODUCTS}

    @extend_schema(operation_id="get_attribute", summary="A field of products", responses={200: bodies.AttributeBody})
    def get(self, request: Request, attribute_id: UUID) -> Response:
        return self.one(attribute_id)

    @extend_schema(
        operation_id="update_attribute",
        summary="Change a field of products",
        parameters=[IF_MATCH],
        request=bodies.AttributeChanges,
        responses={200: bodies.AttributeBody},
    )
    def patch(self, request: Request, attribute_id: UUID) -> Response:
        changes = self.read(bodies.AttributeChanges)
        renamed = changes.pop("renamed", None)
        wanted = _named(changes, category="category_id")
        self.unless_stale(
            attribute_id,
            lambda seen: attributes.update_attribute(
                attribute_id, wanted, actor=self.actor, renamed=renamed, expected_version=seen
            ),
        )
        return self.one(attribute_id)

    @extend_schema(
        operation_id="delete_attribute",
        summary="Delete a field of products",
        parameters=[IF_MATCH, bodies.DiscardQuery],
        responses={200: bodies.RemovedBody},
    )
    def delete(self, request: Request, attribute_id: UUID) -> Response:
        how = self.query(bodies.DiscardQuery)
        changed = self.unless_stale(
            attribute_id,
            lambda seen: attributes.delete_attribute(attribute_id, actor=self.actor, expected_version=seen, **how),
        )
        return Response({"id": str(attribute_id), "changed": changed})
