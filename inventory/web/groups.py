"""The settings of the catalogue: categories, brands, tax classes and fields of products, each a list and a form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Conflict, DomainError, Invalid, NotFound, StaleVersion
from core.web.cursors import window_of
from core.web.views import Page
from inventory.models import AttributeDefinition, Brand, Category, Product, TaxClass
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors.groups import category_tree
from inventory.services import attributes, groups, tax_classes
from inventory.web import group_forms as asked

REFUSALS = (Invalid, Conflict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the four lists: how it is called, and which services do the work."""

    word: str
    plural: str
    model: type[Model]
    form: type[asked.GroupForm]
    create: Callable[..., Any]
    update: Callable[..., Any]
    delete: Callable[..., int]
    lead: str


def _with_choices(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name != "renamed"}


def _create_attribute(*, actor: Any, **values: Any) -> AttributeDefinition:
    return attributes.create_attribute(_with_choices(values), actor=actor)


def _update_attribute(pk: UUID, changes: dict[str, Any], **how: Any) -> AttributeDefinition:
    return attributes.update_attribute(pk, _with_choices(changes), renamed=changes["renamed"], **how)


KINDS: dict[str, Kind] = {
    "categories": Kind(
        word="category",
        plural="Categories",
        model=Category,
        form=asked.CategoryForm,
        create=groups.create_category,
        update=groups.update_category,
        delete=groups.delete_category,
        lead="The shelves of the catalogue. What is below a category moves with it.",
    ),
    "brands": Kind(
        word="brand",
        plural="Brands",
        model=Brand,
        form=asked.BrandForm,
        create=groups.create_brand,
        update=groups.update_brand,
        delete=groups.delete_brand,
        lead="Who makes it, as customers know it.",
    ),
    "tax-classes": Kind(
        word="tax class",
        plural="Tax classes",
        model=TaxClass,
        form=asked.TaxClassForm,
        create=tax_classes.create_tax_class,
        update=tax_classes.update_tax_class,
        delete=tax_classes.delete_tax_class,
        lead="Goods that are taxed alike. A changed rate counts from the next sale on.",
    ),
    "attributes": Kind(
        word="field",
        plural="Product fields",
        model=AttributeDefinition,
        form=asked.AttributeForm,
        create=_create_attribute,
        update=_update_attribute,
        delete=attributes.delete_attribute,
        lead="What your products have beside a name and a price: material, size in cm, organic or not.",
    ),
}

ARGUMENTS = {
    "categories": "category_id",
    "brands": "brand_id",
    "tax-classes": "tax_class_id",
    "attributes": "attribute_id",
}
"""The argument in the address of one of each."""


class CatalogueSettings(Page):
    """/settings/catalogue/: goes on to the first list."""

    required_permission: ClassVar = MANAGE_PRODUCTS

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("catalogue-categories")


class Groups(Page):
    """/settings/catalogue/<group>/: the list, and the form of a new one."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    template_name = "inventory/groups.html"

    def get(self, request: HttpRequest, group: str) -> HttpResponse:
        return self.answer(group, _kind(group).form())

    def post(self, request: HttpRequest, group: str) -> HttpResponse:
        kind = _kind(group)
        form = kind.form(request.POST)
        if not form.is_valid():
            return self.answer(group, form, status=422)
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        try:
            row = kind.create(actor=self.actor, **values)
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.answer(group, form, status=refusal.status)
        messages.success(request, f"{row} was added.")
        return redirect(f"catalogue-{group}")

    def answer(self, group: str, form: forms.Form, *, status: int = 200) -> HttpResponse:
        kind = _kind(group)
        context = {"kind": kind, "group": group, "form": form, "tabs": tabs(group), "one": f"catalogue-{group}-one"}
        if group == "categories":
            used = dict(Product.objects.order_by().values_list("category").annotate(Count("pk")))
            rows = [{"row": one, "used": used.get(one.id, 0)} for one in category_tree().branches]
            return self.render({**context, "rows": rows, "window": None}, status=status)
        by = ("position", "label", "id") if group == "attributes" else ("name", "id")
        related = ("category",) if group == "attributes" else ()
        rows_of = kind.model._default_manager.select_related(*related) if related else kind.model._default_manager.all()
        window = window_of(rows_of, by=by, query=self.request.GET.dict())
        rows = [{"row": row} for row in window.rows]
        return self.render({**context, "rows": rows, "window": window}, status=status)


class GroupOne(Page):
    """/settings/catalogue/<group>/<id>/: change one, or take it away."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    template_name = "inventory/group.html"

    def get(self, request: HttpRequest, group: str, **ids: UUID) -> HttpResponse:
        row = _row(group, *ids.values())
        form = _kind(group).form(initial=asked.initial_of_group(row), own=row.pk)
        return self.answer(group, row, form, _removal(group, row))

    def post(self, request: HttpRequest, group: str, **ids: UUID) -> HttpResponse:
        row = _row(group, *ids.values())
        if "delete" in request.POST:
            return self.take_away(group, row, _removal(group, row, request.POST))
        kind = _kind(group)
        form = kind.form(request.POST, initial=asked.initial_of_group(row), own=row.pk)
        if not form.is_valid():
            return self.answer(group, row, form, _removal(group, row), status=422)
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        try:
            saved = kind.update(row.pk, changes, actor=self.actor, expected_version=form.cleaned_data["version"])
        except (StaleVersion, *REFUSALS) as refusal:
            explain(refusal, form)
            return self.answer(group, row, form, _removal(group, row), status=refusal.status)
        messages.success(request, f"{saved} was saved.")
        return redirect(f"catalogue-{group}")

    def take_away(self, group: str, row: Any, form: forms.Form) -> HttpResponse:
        shown = _kind(group).form(initial=asked.initial_of_group(row), own=row.pk)
        if not form.is_valid():
            return self.answer(group, row, shown, form, status=422)
        try:
            moved = _kind(group).delete(row.pk, actor=self.actor, **form.cleaned_data)
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.answer(group, row, shown, form, status=refusal.status)
        messages.success(self.request, f"{row} is gone." + (f" {moved} moved along." if moved else ""))
        return redirect(f"catalogue-{group}")

    def answer(self, group: str, row: Any, form: Any, removal: Any, *, status: int = 200) -> HttpResponse:
        context = {"kind": _kind(group), "group": group, "row": row, "form": form, "removal": removal}
        context["list"] = f"catalogue-{group}"
        return self.render(context, status=status)


class CategoryShift(Page):
    """/settings/catalogue/categories/<id>/shift/: one place up or down among its siblings."""

    required_permission: ClassVar = MANAGE_PRODUCTS

    def post(self, request: HttpRequest, category_id: UUID) -> HttpResponse:
        groups.shift_category(category_id, by=-1 if request.POST.get("to") == "up" else 1, actor=self.actor)
        return redirect("catalogue-categories")


def tabs(current: str) -> list[dict[str, Any]]:
    """The lists beside each other."""
    lists = [(f"catalogue-{name}", kind.plural, name) for name, kind in KINDS.items()]
    return [
        {"route": route, "label": label, "is_current": name == current}
        for route, label, name in [*lists, ("code-rules", "Weight and price codes", "code-rules")]
    ]


def _kind(group: str) -> Kind:
    return KINDS[group]


def _row(group: str, pk: UUID) -> Any:
    kind = _kind(group)
    row = kind.model._default_manager.filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no such {kind.word}.")
    return row


def _removal(group: str, row: Any, data: Any = None) -> forms.Form:
    if isinstance(row, AttributeDefinition):
        return asked.DiscardForm(data)
    if isinstance(row, Category):
        none = "Nowhere: it is not in use"
        return asked.RemovalForm(data, choices=asked.category_choices(category_tree(), none=none, without=row.pk))
    return asked.RemovalForm(data, choices=asked.others(type(row), row.pk))


def explain(refusal: DomainError, form: forms.Form) -> None:
    """Put every complaint of a service beside the field it is about."""
    if isinstance(refusal, StaleVersion):
        form.add_error(None, "Somebody changed this in the meantime. Open it anew to see what is there.")
        return
    for error in refusal.details.get("errors", []):
        name = error["pointer"].strip("/").split("/")[0]
        name = f"{name}_id" if f"{name}_id" in form.fields else name
        form.add_error(name if name in form.fields else None, error["detail"])
    if not refusal.details.get("errors"):
        form.add_error(None, refusal.detail)
