"""Products over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from inventory.api import serializers as bodies
from inventory.models import Product
from inventory.permissions import MANAGE_PRODUCTS, VIEW_COST, VIEW_PRODUCTS
from inventory.selectors import deleted_since, find_product, products
from inventory.selectors.groups import attribute_filter, category_tree
from inventory.selectors.likeness import products_alike
from inventory.services.catalogue import (
    PRODUCT_FIELDS,
    VARIANT_FIELDS,
    CodeDraft,
    OpeningStock,
    ProductDraft,
    VariantDraft,
    create_product,
    update_product,
)
from inventory.services.retiring import retire_product


class ProductView(ApiView):
    """What the views of products share."""

    tag = "products"

    def shown(self, product: Product) -> dict[str, Any]:
        return bodies.product_body(product, with_cost=self.actor.may(VIEW_COST))


class Products(ProductView):
    """/products/: the catalogue."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRODUCTS}
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="list_products",
        summary="Products in the order they changed",
        parameters=[bodies.ProductQuery],
        responses={200: bodies.ProductPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.ProductQuery)
        since = wanted.get("updated_since")
        words = wanted.get("q", "")
        filters: dict[str, Any] = {
            "is_active": wanted["is_active"],
            "updated_since": since,
            "category_ids": category_tree().below(wanted["category"]) if "category" in wanted else None,
            "brand_id": wanted.get("brand"),
            "attributes": attribute_filter(wanted["attribute"]) if wanted.get("attribute") else None,
        }
        rows = products(words=words, **filters)
        found, beyond = page_of(rows, by=("updated_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        is_similar = not found and not wanted["cursor"] and bool(words)
        if is_similar:
            found = products_alike(products(**filters), words)[: wanted["limit"]]
        results = [self.shown(row) for row in found]
        body: dict[str, Any] = {"results": results, "next": beyond, "similar": is_similar and bool(found)}
        if since is not None and not wanted["cursor"]:
            body["deleted"] = [str(gone) for gone in deleted_since("product", since)]
        return Response(body)

    @extend_schema(
        operation_id="create_product",
        summary="Add a product with variants, codes and opening stock",
        request=bodies.ProductInput,
        responses={201: bodies.ProductBody},
    )
    def post(self, request: Request) -> Response:
        product = create_product(_draft(self.read(bodies.ProductInput)), actor=self.actor)
        body = self.shown(find_product(product.pk))
        return versioned(body, product, status=201, headers={"Location": f"/api/v1/products/{product.pk}/"})


class ProductOne(ProductView):
    """/products/<id>/: one product."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "PATCH": MANAGE_PRODUCTS, "DELETE": MANAGE_PRODUCTS}
    idempotent: ClassVar = True

    @extend_schema(operation_id="get_product", summary="A product", responses={200: bodies.ProductBody})
    def get(self, request: Request, product_id: UUID) -> Response:
        product = find_product(product_id)
        return versioned(self.shown(product), product)

    @extend_schema(
        operation_id="update_product",
        summary="Change a product, its variants and codes",
        parameters=[IF_MATCH],
        request=bodies.ProductChanges,
        responses={200: bodies.ProductBody},
    )
    def patch(self, request: Request, product_id: UUID) -> Response:
        draft = _draft(self.read(bodies.ProductChanges))
        try:
            update_product(product_id, draft, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": self.shown(find_product(product_id))}) from stale
        product = find_product(product_id)
        return versioned(self.shown(product), product)

    @extend_schema(
        operation_id="delete_product",
        summary="Delete a product, or end its sale if it has a history",
        parameters=[IF_MATCH],
        responses={200: bodies.RetiredBody},
    )
    def delete(self, request: Request, product_id: UUID) -> Response:
        try:
            done = retire_product(product_id, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": self.shown(find_product(product_id))}) from stale
        return Response({"id": str(done.product_id), "is_deleted": done.is_deleted})


def _draft(body: dict[str, Any]) -> ProductDraft:
    """A product's body in the words of the service."""
    return ProductDraft(
        values={name: body[name] for name in PRODUCT_FIELDS if name in body},
        category=body.get("category"),
        brand=body.get("brand"),
        attributes=body.get("attributes", {}),
        variants=[_variant(variant) for variant in body.get("variants", [])],
    )


def _variant(body: dict[str, Any]) -> VariantDraft:
    return VariantDraft(
        id=body.get("id"),
        values={name: body[name] for name in VARIANT_FIELDS if name in body},
        tax_class=body.get("tax_class"),
        codes=[CodeDraft(**code) for code in body["codes"]] if "codes" in body else None,
        stock=[OpeningStock(location_id=row["location"], quantity=row["quantity"]) for row in body.get("stock", [])],
    )
