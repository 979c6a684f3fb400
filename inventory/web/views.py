"""Products on pages: the list, one product, and its form."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page as DjangoPage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.api.views import as_uuid
from core.errors import Conflict, DomainError, Invalid, StaleVersion
from core.web.cursors import Window, window_of
from core.web.views import Page
from inventory.models import AttributeDefinition, Brand, Product, Variant
from inventory.permissions import MANAGE_PRICES, MANAGE_PRODUCTS, VIEW_COST, VIEW_PRODUCTS, VIEW_STOCK
from inventory.selectors import LONGEST_CODE
from inventory.selectors.groups import attributes_for, category_tree
from inventory.selectors.likeness import products_alike
from inventory.services.catalogue import ProductDraft, VariantDraft, create_product, update_product
from inventory.services.retiring import retire_product
from inventory.web.forms import ProductFilter, ProductForm, VariantForms, initial_of, tax_choices
from inventory.web.selectors import (
    product_by_id,
    product_rows,
    products,
    variants_of,
)

BY_NAME = ("name", "id")
IS_ACTIVE = {"": True, "no": False, "all": None}
OF_PRODUCT = ("name", "description", "is_active")
OF_VARIANT = ("sku", "name", "unit_price", "unit_cost", "unit", "is_stocked", "is_active")


class Products(Page):
    """/products/: the catalogue by name."""

    required_permission: ClassVar = VIEW_PRODUCTS
    template_name = "inventory/products.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ProductFilter(request.GET)
        may_manage = self.actor.may(MANAGE_PRODUCTS)
        if not form.is_valid():
            return self.render({"form": form, "may_manage": may_manage}, status=422)
        wanted = form.cleaned_data
        filters: dict[str, Any] = {
            "category_id": as_uuid(wanted["category"]),
            "brand_id": wanted["brand"].pk if wanted["brand"] else None,
            "attributes": form.attributes(),
            "is_active": IS_ACTIVE[wanted["sold"]],
        }
        window = window_of(products(words=wanted["q"], **filters), by=BY_NAME, query=request.GET.dict())
        alike = products_alike(products(**filters), wanted["q"]) if wanted["q"] and not window.rows else []
        window = Window(alike, None, None) if alike else window
        return self.render(
            {
                "form": form,
                "window": window,
                "is_similar": bool(alike),
                "rows": product_rows(window.rows, actor=self.actor),
                "is_filtered": any(wanted.values()),
                "may_manage": may_manage,
                "may_price": self.actor.may(MANAGE_PRICES),
                "may_view_stock": self.actor.may(VIEW_STOCK),
            }
        )


class ProductRetire(Page):
    """/products/<id>/retire/: out of the catalogue, deleted only if it has no history."""

    required_permission: ClassVar = MANAGE_PRODUCTS

    def post(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        done = retire_product(product_id, actor=self.actor)
        if done.is_deleted:
            messages.success(request, "It never had a history and is gone.")
            return redirect("products")
        messages.info(request, "It has a history and stays in the records. It is not for sale any more.")
        return redirect("product", product_id)


class ProductEdit(Page):
    """/products/new/ and /products/<id>/edit/: one form for a product and its variants."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    template_name = "inventory/product_form.html"

    def get(self, request: HttpRequest, product_id: UUID | None = None) -> HttpResponse:
        product = product_by_id(product_id) if product_id else None
        return self.answer(
            product, ProductForm(initial=_initial(product), definitions=_fields(product)), self.rows(product)
        )

    def post(self, request: HttpRequest, product_id: UUID | None = None) -> HttpResponse:
        product = product_by_id(product_id) if product_id else None
        form, rows = ProductForm(request.POST, definitions=_fields(product)), self.rows(product, request.POST)
        if not (form.is_valid() and rows.is_valid()):
            return self.answer(product, form, rows, status=422)
        used = [row for row in rows.forms if row.cleaned_data]
        draft = ProductDraft(
            values={name: form.cleaned_data[name] for name in OF_PRODUCT},
            category=form.cleaned_data["category"],
            brand=form.cleaned_data["brand"],
            attributes=form.attributes(),
            variants=[_draft(row.cleaned_data) for row in used],
        )
        try:
            if product is None:
                saved = create_product(draft, actor=self.actor)
            else:
                version = form.cleaned_data["version"]
                saved = update_product(product.pk, draft, actor=self.actor, expected_version=version)
        except StaleVersion:
            form.add_error(None, "Somebody changed this product in the meantime. Open it anew to see what is there.")
            return self.answer(product, form, rows, status=StaleVersion.status)
        except (Invalid, Conflict) as refusal:
            _explain(refusal, form, used)
            return self.answer(product, form, rows, status=refusal.status)
        messages.success(request, f"{saved.name} was saved.")
        return redirect("product-new") if "another" in request.POST else redirect("product", saved.pk)

    def rows(self, product: Product | None, data: Any = None) -> Any:
        """The variants' rows, with an empty one for a further variant."""
        given = [initial_of(variant) for variant in self.shown(product)] if product else []
        options = {"with_cost": self.actor.may(VIEW_COST), "taxes": tax_choices()}
        rows = VariantForms(data, initial=given, prefix="variants", form_kwargs=options)
        if product is None and rows.forms:
            rows.forms[0].empty_permitted = False
            rows.forms[0].initial = {"codes": self.request.GET.get("code", "")[:LONGEST_CODE]}
        return rows

    def shown(self, product: Product) -> DjangoPage[Variant]:
        """The variants that this page of the form has."""
        return variants_of(product, self.request.GET.get("page"))

    def answer(self, product: Product | None, form: ProductForm, rows: Any, *, status: int = 200) -> HttpResponse:
        context = {
            "product": product,
            "form": form,
            "rows": rows,
            "page": self.shown(product) if product else None,
            "categories": [branch.title for branch in category_tree().branches],
            "brands": Brand.objects.values_list("name", flat=True)[:1000],
        }
        return self.render(context, status=status)


def _initial(product: Product | None) -> dict[str, Any]:
    if product is None:
        return {}
    kept = product.attributes.items()
    return {
        **{name: getattr(product, name) for name in (*OF_PRODUCT, "version")},
        "category": _way(product),
        "brand": product.brand.name if product.brand else "",
        **{f"attr_{code}": str(value).lower() if isinstance(value, bool) else value for code, value in kept},
    }


def _way(product: Product) -> str:
    branch = category_tree().find(product.category_id)
    return branch.title if branch else ""


def _fields(product: Product | None) -> list[AttributeDefinition]:
    """The fields of a product where it stands now; of a new one, those of every product."""
    return list(attributes_for(product.category_id if product else None))


def _draft(values: dict[str, Any]) -> VariantDraft:
    return VariantDraft(
        id=values["id"],
        values={name: values[name] for name in OF_VARIANT if name in values} | _tracking(values),
        tax_class=values["tax_class"],
        codes=values["codes"],
    )


def _tracking(values: dict[str, Any]) -> dict[str, str]:
    """A form that does not say how pieces are told apart leaves it as it is."""
    return {"tracking": values["tracking"]} if values.get("tracking") else {}


def _explain(refusal: DomainError, form: ProductForm, rows: list[Any]) -> None:
    """Put every complaint of the service beside the field it is about."""
    for error in refusal.details.get("errors", []):
        parts = error["pointer"].strip("/").split("/")
        target: Any = form
        name = parts[0]
        if parts[0] == "attributes" and len(parts) > 1:
            name = f"attr_{parts[1]}"
        if parts[0] == "variants" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(rows):
            target, name = rows[int(parts[1])], parts[2] if len(parts) > 2 else ""
        target.add_error(name if name in target.fields else None, error["detail"])
    if not refusal.details.get("errors"):
        form.add_error(None, refusal.detail)
