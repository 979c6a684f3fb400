"""One product on a page of tabs, and the codes of its variants."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from core.errors import DomainError, NotFound
from core.people.permissions import VIEW_AUDIT
from core.web.views import Page
from inventory.models import Product
from inventory.permissions import ADJUST_STOCK, MANAGE_PRICES, MANAGE_PRODUCTS, VIEW_COST, VIEW_PRODUCTS, VIEW_STOCK
from inventory.selectors import LONGEST_CODE
from inventory.selectors.pictures import picture_url
from inventory.services.scancodes import add_code, make_code, remove_code
from inventory.web.panels import panels_for
from inventory.web.product_selectors import changed_prices, levels_page, listed_prices, past_of, variants_page
from inventory.web.selectors import facts_of, movements_of, product_by_id

TABS = (
    ("variants", "Variants", VIEW_PRODUCTS),
    ("stock", "Stock", VIEW_STOCK),
    ("prices", "Prices", VIEW_PRODUCTS),
    ("codes", "Codes", VIEW_PRODUCTS),
    ("pictures", "Pictures", VIEW_PRODUCTS),
    ("history", "History", VIEW_AUDIT),
)
"""Address, name and the permission to see it."""

MOST_WATCHED = 300
"""Variants whose own news an open page hears; a product with more of them is read again with its own news."""


class ProductOne(Page):
    """/products/<id>/?tab=: everything about one product, one tab at a time; the first for a name that is none."""

    required_permission: ClassVar = VIEW_PRODUCTS
    template_name = "inventory/product.html"
    live_events = "product.* stock.* price_list.*"

    def get(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        product = product_by_id(product_id)
        seen = [(name, label) for name, label, permission in TABS if self.actor.may(permission)]
        asked = request.GET.get("tab", "")
        tab = asked if asked in dict(seen) else seen[0][0]
        readers: dict[str, Callable[[Product], dict[str, Any]]] = {
            "variants": self.variants,
            "stock": self.stock,
            "prices": self.prices,
            "codes": self.codes,
            "pictures": self.pictures,
            "history": self.history,
        }
        return self.render(
            {
                "product": product,
                "live_about": self.watched(product, tab),
                "tab": tab,
                "tab_template": f"inventory/_product_{tab}.html",
                "tabs": [{"name": name, "label": label, "is_current": name == tab} for name, label in seen],
                "first": product.variants.order_by("position", "pk").first(),
                "may_manage": self.actor.may(MANAGE_PRODUCTS),
                "may_price": self.actor.may(MANAGE_PRICES),
                "may_view_cost": self.actor.may(VIEW_COST),
                "may_view_stock": self.actor.may(VIEW_STOCK),
                "may_adjust": self.actor.may(ADJUST_STOCK),
                **readers[tab](product),
            }
        )

    def watched(self, product: Product, tab: str) -> list[UUID]:
        """Whose news the page hears. A list of prices that changed does not say whose prices."""
        if tab == "prices":
            return []
        return [product.pk, *product.variants.values_list("pk", flat=True)[:MOST_WATCHED]]

    def variants(self, product: Product) -> dict[str, Any]:
        fields = [
            {"name": f"o{at}", "option": one, "chosen": self.chosen_of(at, one)}
            for at, one in enumerate(product.options)
        ]
        chosen = {field["option"]["name"]: field["chosen"] for field in fields if field["chosen"]}
        return {
            "window": variants_page(product, self.request.GET.dict(), chosen),
            "option_fields": fields,
            "is_filtered": bool(chosen),
            "facts": facts_of(product),
            "picture": _shown(product)[:1],
            "panels": panels_for(product, actor=self.actor),
        }

    def chosen_of(self, at: int, option: dict[str, Any]) -> str:
        """The value of an option that the address asks for, "" for any."""
        asked = self.request.GET.get(f"o{at}", "")
        return asked if asked in option["values"] else ""

    def stock(self, product: Product) -> dict[str, Any]:
        return {
            "window": levels_page(product, self.request.GET.dict(), actor=self.actor),
            "movements": movements_of(product, actor=self.actor),
        }

    def prices(self, product: Product) -> dict[str, Any]:
        query = self.request.GET.dict()
        window = variants_page(product, {} if query.get("of") == "changes" else query)
        changes = changed_prices(product, query if query.get("of") == "changes" else {"tab": "prices", "of": "changes"})
        listed = listed_prices(window.rows)
        rows = [{"variant": row, "listed": listed.get(row.pk, [])} for row in window.rows]
        return {"window": window, "rows": rows, "changes": changes}

    def codes(self, product: Product) -> dict[str, Any]:
        return {"window": variants_page(product, self.request.GET.dict())}

    def pictures(self, product: Product) -> dict[str, Any]:
        return {"pictures": _shown(product)}

    def history(self, product: Product) -> dict[str, Any]:
        return past_of(product, self.request.GET.dict(), actor=self.actor)


class CodeForm(forms.Form):
    """What is to become of a code: ``do`` is add, make or remove."""

    do = forms.ChoiceField(choices=[("add", "add"), ("make", "make"), ("remove", "remove")])
    variant = forms.UUIDField()
    code = forms.CharField(required=False, max_length=LONGEST_CODE)
    code_id = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    pack_quantity = forms.DecimalField(required=False, min_value=Decimal("0.001"), max_digits=14, decimal_places=3)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("do") == "add" and not values.get("code"):
            self.add_error("code", "Scan or type the code.")
        if values.get("do") == "remove" and not values.get("code_id"):
            self.add_error("code_id", "Say which code.")
        return values


class ProductCodes(Page):
    """/products/<id>/codes/: give a variant a further code, make one of our own, or take one away."""

    required_permission: ClassVar = MANAGE_PRODUCTS

    def post(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        product = product_by_id(product_id)
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                messages.success(request, self.done(product, form.cleaned_data))
            except NotFound:
                raise
            except DomainError as refusal:
                messages.error(request, refusal.detail)
        else:
            messages.error(request, " ".join(str(error) for several in form.errors.values() for error in several))
        return redirect(f"{resolve_url('product', product.pk)}?tab=codes")

    def done(self, product: Product, values: dict[str, Any]) -> str:
        """Do what was asked for; answers what there is to say. Raises as the services do."""
        variant = product.variants.filter(pk=values["variant"]).first()
        if variant is None:
            raise NotFound("This is no variant of this product.")
        pack = values["pack_quantity"] or Decimal(1)
        if values["do"] == "remove":
            row = variant.codes.filter(pk=values["code_id"]).first()
            if row is None:
                return "This code was gone already."
            remove_code(row.pk, actor=self.actor)
            return f"{row.printed} is free now."
        if values["do"] == "make":
            return f"{make_code(variant.pk, pack_quantity=pack, actor=self.actor).printed} is new."
        return f"{add_code(variant.pk, code=values['code'], pack_quantity=pack, actor=self.actor).printed} was added."


def _shown(product: Product) -> list[dict[str, Any]]:
    return [{"row": row, "url": picture_url(row.sha256, 800)} for row in product.pictures.all()]
