"""The forms of discounts and coupons, in the words of people who sell."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from core.locations.models import Location
from core.locations.selectors import zone_of
from core.money import plain_decimal
from inventory.models import Brand, Category, Variant
from inventory.selectors import targets_of
from orders.models import CustomerGroup, Discount, Order
from orders.services.basket import BasketLine
from orders.services.discount_rules import MOST_NAMED

WHAT = [
    ("percent lines", "Per cent off these goods"),
    ("amount lines", "An amount off each of these goods"),
    ("price lines", "These goods at a lower price"),
    ("buy_get lines", "Buy some, get some (3 for 2)"),
    ("percent order", "Per cent off the whole order"),
    ("amount order", "An amount off the whole order"),
]
CHANNELS = [choice for choice in Order.Channel.choices if choice[0] != Order.Channel.HISTORY]
PICKER = {"type": "datetime-local"}
MOST_TRIED = 20
PLAIN = ("name", "stacking", "position", "starts_at", "ends_at", "is_active")
IDS = {"categories": "categories", "brands": "brands", "groups": "groups", "locations": "locations"}


class DiscountForm(forms.Form):
    """What is reduced, for whom and when. Times are those of the shop."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        help_text="Customers read it on their receipt.",
        widget=forms.TextInput({"placeholder": "Tea weekend"}),
    )
    what = forms.ChoiceField(label="What it does", choices=WHAT)
    value = forms.DecimalField(
        label="How much",
        min_value=0,
        max_digits=14,
        decimal_places=4,
        initial=10,
        help_text="Per cent, an amount, or the lower price. Of what is got: per cent off, 100 is free.",
    )
    buy_quantity = forms.DecimalField(label="Buy", required=False, min_value=1, max_digits=7, decimal_places=0)
    get_quantity = forms.DecimalField(
        label="Get",
        required=False,
        min_value=1,
        max_digits=7,
        decimal_places=0,
        help_text="3 for 2 is: buy 2, get 1. The cheapest are reduced.",
    )
    articles = forms.CharField(
        label="Articles",
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 3}),
        help_text="A SKU or code on each line. No articles, categories and brands means everything.",
    )
    categories = forms.ModelMultipleChoiceField(
        label="Categories",
        queryset=Category.objects.all(),
        required=False,
        help_text="With all below them.",
        widget=forms.CheckboxSelectMultiple,
    )
    brands = forms.ModelMultipleChoiceField(
        label="Brands", queryset=Brand.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    least_total = forms.DecimalField(
        label="From this sum on", required=False, min_value=Decimal("0.0001"), max_digits=13, decimal_places=4
    )
    least_quantity = forms.DecimalField(
        label="From so many on", required=False, min_value=Decimal("0.001"), max_digits=12, decimal_places=3
    )
    starts_at = forms.DateTimeField(label="From", required=False, widget=forms.DateTimeInput(PICKER, "%Y-%m-%dT%H:%M"))
    ends_at = forms.DateTimeField(
        label="Until",
        required=False,
        widget=forms.DateTimeInput(PICKER, "%Y-%m-%dT%H:%M"),
        help_text="Empty: until you switch it off.",
    )
    groups = forms.ModelMultipleChoiceField(
        label="Customer groups",
        queryset=CustomerGroup.objects.all(),
        required=False,
        help_text="None means everybody.",
        widget=forms.CheckboxSelectMultiple,
    )
    locations = forms.ModelMultipleChoiceField(
        label="Locations",
        queryset=Location.objects.all(),
        required=False,
        help_text="None means everywhere.",
        widget=forms.CheckboxSelectMultiple,
    )
    channels = forms.MultipleChoiceField(
        label="Channels",
        choices=CHANNELS,
        required=False,
        help_text="None means all of them.",
        widget=forms.CheckboxSelectMultiple,
    )
    stacking = forms.ChoiceField(
        label="Beside other discounts",
        choices=[
            ("best", "The best of those marked so is taken"),
            ("combine", "It is added to others"),
            ("exclusive", "It stands alone, where it saves more"),
        ],
    )
    position = forms.IntegerField(
        label="Order", min_value=0, max_value=1_000_000, initial=0, help_text="Lower ones are looked at first."
    )
    needs_coupon = forms.BooleanField(label="Only with a coupon", required=False)
    code = forms.CharField(
        label="Coupon code", required=False, max_length=40, widget=forms.TextInput({"placeholder": "SPRING"})
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_articles(self) -> list[str]:
        typed = list(dict.fromkeys(self.cleaned_data["articles"].split("\n")))
        codes = [code.strip() for code in typed if code.strip()]
        if len(codes) > MOST_NAMED:
            raise forms.ValidationError(f"At most {MOST_NAMED} articles.")
        found = targets_of(codes)
        unknown = [code for code in codes if code not in found]
        if unknown:
            raise forms.ValidationError(f"Nothing for sale carries {unknown[0][:80]}.")
        return sorted({str(target.variant_id) for target in found.values()})

    @property
    def values(self) -> dict[str, Any]:
        """The form in the words of the service."""
        given = self.cleaned_data
        kind, scope = given["what"].split()
        conditions: dict[str, Any] = {name: [str(row.pk) for row in given[field]] for name, field in IDS.items()}
        conditions |= {"variants": given["articles"], "channels": given["channels"]}
        conditions |= {name: str(given[name]) for name in ("least_total", "least_quantity") if given[name]}
        return {
            **{name: given[name] for name in PLAIN},
            "kind": kind,
            "scope": scope,
            "value": given["value"],
            "buy_quantity": given["buy_quantity"] if kind == "buy_get" else None,
            "get_quantity": given["get_quantity"] if kind == "buy_get" else None,
            "needs_coupon": given["needs_coupon"] or bool(given["code"].strip()),
            "conditions": conditions,
        }


def initial_of(discount: Discount | None) -> dict[str, Any]:
    """What the form shows of a discount."""
    if discount is None:
        return {}
    zone, conditions = zone_of(), discount.conditions
    times = {name: at.astimezone(zone) for name in ("starts_at", "ends_at") if (at := getattr(discount, name))}
    skus = Variant.objects.filter(pk__in=conditions.get("variants", [])).order_by("sku").values_list("sku", flat=True)
    shown = ("name", "buy_quantity", "get_quantity", "stacking", "position", "needs_coupon", "is_active", "version")
    return {
        **{name: getattr(discount, name) for name in shown},
        "value": plain_decimal(discount.value),
        **times,
        "what": f"{discount.kind} {discount.scope}",
        "articles": "\n".join(skus),
        **{name: conditions.get(name, []) for name in (*IDS, "channels")},
        **{name: conditions.get(name) for name in ("least_total", "least_quantity")},
    }


class TryForm(forms.Form):
    """A basket to try discounts on."""

    basket = forms.CharField(
        label="Basket",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3, "placeholder": "TEA 2"}),
        help_text="A SKU or code and how many, one on each line.",
    )
    place = forms.ModelChoiceField(
        label="Where", queryset=Location.objects.filter(is_active=True), required=False, empty_label=None
    )
    coupons = forms.CharField(label="Coupons", required=False, max_length=200)

    def clean_basket(self) -> list[BasketLine]:
        lines = [line.split() for line in self.cleaned_data["basket"].splitlines() if line.strip()]
        if len(lines) > MOST_TRIED:
            raise forms.ValidationError(f"At most {MOST_TRIED} lines.")
        return [self._line(words) for words in lines]

    def _line(self, words: list[str]) -> BasketLine:
        *code, last = words if len(words) > 1 else [*words, "1"]
        try:
            quantity = forms.DecimalField(min_value=Decimal("0.001"), max_digits=12, decimal_places=3).clean(last)
        except forms.ValidationError:
            raise forms.ValidationError(f"“{last[:20]}” is no quantity.") from None
        return BasketLine(code=" ".join(code), quantity=quantity)

    @property
    def codes(self) -> list[str]:
        typed: str = self.cleaned_data["coupons"]
        return typed.replace(",", " ").split()[:10]

    @property
    def location_id(self) -> UUID | None:
        place = self.cleaned_data["place"] or Location.objects.filter(is_active=True).order_by("code").first()
        return place.pk if place else None


class CouponForm(forms.Form):
    """A code more."""

    code = forms.CharField(label="Code", max_length=40, widget=forms.TextInput({"autocomplete": "off"}))
    max_uses = forms.IntegerField(
        label="How often", required=False, min_value=1, max_value=10**9, help_text="Empty: as often as you like."
    )
    max_per_customer = forms.IntegerField(
        label="How often for one customer", required=False, min_value=1, max_value=10**9
    )
    expires_at = forms.DateTimeField(
        label="Until", required=False, widget=forms.DateTimeInput(PICKER, "%Y-%m-%dT%H:%M")
    )
