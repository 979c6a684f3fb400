"""Price lists on pages: which there are, what stands on them, and what a price was before."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError, StaleVersion
from core.locations.models import Location
from core.locations.selectors import zone_of
from core.web.cursors import window_of
from core.web.refusals import explain
from core.web.views import Page
from inventory.customer_groups import customer_groups
from inventory.models import PriceList
from inventory.permissions import MANAGE_PRICES, VIEW_PRODUCTS
from inventory.selectors.prices import find_price_list, price_changes, price_lists, prices_on
from inventory.services.prices import LEAST, MOST, PriceLine, create_price_list, set_prices, update_price_list
from inventory.web.forms import ArticleField

CHANNELS = [("", "All"), ("counter", "Counter"), ("online", "Online"), ("phone", "Phone"), ("api", "API")]
PICKER = {"type": "datetime-local"}
OF_LIST = ("name", "channel", "starts_at", "ends_at", "priority", "is_active")


class PriceListForm(forms.Form):
    """Whom, where and when the prices are for. Times are those of the shop."""

    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput({"placeholder": "Staff, Summer sale"}))
    location = forms.ModelChoiceField(
        label="Location", queryset=Location.objects.all(), required=False, empty_label="All"
    )
    channel = forms.ChoiceField(label="Channel", required=False, choices=CHANNELS)
    customer_group = forms.TypedChoiceField(label="Customers", required=False, coerce=UUID, empty_value=None)
    starts_at = forms.DateTimeField(label="From", required=False, widget=forms.DateTimeInput(PICKER, "%Y-%m-%dT%H:%M"))
    ends_at = forms.DateTimeField(
        label="Until",
        required=False,
        widget=forms.DateTimeInput(PICKER, "%Y-%m-%dT%H:%M"),
        help_text="Empty: for ever. A list of the future takes effect by itself.",
    )
    priority = forms.IntegerField(
        label="Priority",
        min_value=LEAST,
        max_value=MOST,
        initial=0,
        help_text="Of several lists that hold, the highest decides; of equal ones the lower price.",
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [(str(pk), name) for pk, name in customer_groups().items()]
        self.fields["customer_group"].choices = [("", "All"), *groups]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        place = self.cleaned_data["location"]
        return {
            **{name: self.cleaned_data[name] for name in OF_LIST},
            "location_id": place.pk if place else None,
            "customer_group_id": self.cleaned_data["customer_group"],
        }


class PriceForm(forms.Form):
    """One price for the list."""

    code = ArticleField(
        stocked_only=False,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "placeholder": "Name, SKU or code"}),
    )
    from_quantity = forms.DecimalField(
        label="From so many",
        max_digits=14,
        decimal_places=3,
        initial=1,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    unit_price = forms.DecimalField(
        label="Price",
        max_digits=14,
        decimal_places=4,
        min_value=0,
        required=False,
        help_text="Empty takes it off the list.",
        widget=forms.TextInput({"inputmode": "decimal", "class": "input--num"}),
    )
    reason = forms.CharField(label="Why", max_length=200, required=False)


class PriceLists(Page):
    """/prices/: other prices for some, and the newest changes of any price."""

    required_permission: ClassVar = VIEW_PRODUCTS
    template_name = "inventory/price_lists.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            {
                "lists": price_lists()[:200],
                "groups": customer_groups(),
                "window": window_of(price_changes(), by=("-id",), query=request.GET.dict(), size=20),
                "may_manage": self.actor.may(MANAGE_PRICES),
            }
        )


class PriceListEdit(Page):
    """/prices/new/ and /prices/<id>/edit/: one form for a list."""

    required_permission: ClassVar = MANAGE_PRICES
    template_name = "inventory/price_list_form.html"

    def get(self, request: HttpRequest, price_list_id: UUID | None = None) -> HttpResponse:
        found = find_price_list(price_list_id) if price_list_id else None
        return self.render({"found": found, "form": PriceListForm(initial=_initial(found))})

    def post(self, request: HttpRequest, price_list_id: UUID | None = None) -> HttpResponse:
        found = find_price_list(price_list_id) if price_list_id else None
        form = PriceListForm(request.POST)
        if not form.is_valid():
            return self.render({"found": found, "form": form}, status=422)
        try:
            if found is None:
                saved = create_price_list(form.values, actor=self.actor)
            else:
                version = form.cleaned_data["version"]
                saved = update_price_list(found.pk, form.values, actor=self.actor, expected_version=version)
        except StaleVersion:
            form.add_error(None, "Somebody changed this list in the meantime. Open it anew to see what is there.")
            return self.render({"found": found, "form": form}, status=StaleVersion.status)
        except DomainError as refusal:
            explain(refusal, form)
            return self.render({"found": found, "form": form}, status=refusal.status)
        messages.success(request, f"{saved.name} was saved.")
        return redirect("price-list", saved.pk)


class PriceListOne(Page):
    """/prices/<id>/: what stands on a list, and a price more."""

    required_permission: ClassVar = {"GET": VIEW_PRODUCTS, "POST": MANAGE_PRICES}
    template_name = "inventory/price_list.html"

    def get(self, request: HttpRequest, price_list_id: UUID) -> HttpResponse:
        return self.answer(find_price_list(price_list_id), PriceForm())

    def post(self, request: HttpRequest, price_list_id: UUID) -> HttpResponse:
        found = find_price_list(price_list_id)
        form = PriceForm(request.POST)
        if not form.is_valid():
            return self.answer(found, form, status=422)
        values = form.cleaned_data
        line = PriceLine(code=values["code"], from_quantity=values["from_quantity"], unit_price=values["unit_price"])
        try:
            set_prices(found.pk, [line], actor=self.actor, reason=values["reason"])
        except DomainError as refusal:
            explain(refusal, form)
            return self.answer(found, form, status=refusal.status)
        messages.success(request, f"The price of {values['code']} was saved.")
        return redirect("price-list", found.pk)

    def answer(self, found: PriceList, form: PriceForm, *, status: int = 200) -> HttpResponse:
        words = self.request.GET.get("q", "")[:100]
        return self.render(
            {
                "found": found,
                "form": form,
                "words": words,
                "group": customer_groups().get(found.customer_group_id) if found.customer_group_id else None,
                "window": window_of(prices_on(found, words=words), by=("id",), query=self.request.GET.dict()),
                "may_manage": self.actor.may(MANAGE_PRICES),
            },
            status=status,
        )


def _initial(found: PriceList | None) -> dict[str, Any]:
    if found is None:
        return {}
    zone = zone_of()
    times = {name: at.astimezone(zone) for name in ("starts_at", "ends_at") if (at := getattr(found, name))}
    return {
        **{name: getattr(found, name) for name in ("name", "channel", "priority", "is_active", "version")},
        **times,
        "location": found.location_id,
        "customer_group": found.customer_group_id,
    }
