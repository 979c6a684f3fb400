"""What people may type on the pages of stocktakes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from core.ids import uuid7
from core.locations.models import Location
from inventory.models import Brand, Category
from inventory.web.forms import ArticleField
from inventory.web.move_forms import offer


class CountForm(forms.Form):
    """A new stocktake. ``id`` is made with the form, so that sending it twice opens one."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    location = forms.ModelChoiceField(label="Location", queryset=Location.objects.none(), empty_label=None)
    name = forms.CharField(label="Name", required=False, max_length=120, help_text="Spring, the cheese counter.")
    categories = forms.ModelMultipleChoiceField(
        label="Categories",
        queryset=Category.objects.all(),
        required=False,
        help_text="None chosen: everything.",
        widget=forms.CheckboxSelectMultiple,
    )
    brands = forms.ModelMultipleChoiceField(
        label="Brands", queryset=Brand.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    variants = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    is_blind = forms.BooleanField(
        label="Blind", required=False, initial=True, help_text="Those who count do not see what the record says."
    )
    recount_above = forms.DecimalField(
        label="Count again above",
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=4,
        help_text="Differences of more value than this are counted a second time. Empty: as your stock rules say.",
        widget=forms.TextInput({"inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["location"], places)
        if places:
            self.fields["location"].initial = places[0].pk


class EntryForm(forms.Form):
    """One entry, for those without a scanner."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    code = ArticleField(
        label="Scan or type an article",
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "off", "enterkeyhint": "done", "placeholder": "Name, SKU or code"}
        ),
    )
    quantity = forms.DecimalField(
        label="How many",
        max_digits=14,
        decimal_places=3,
        min_value=Decimal(0),
        initial=1,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "class": "input--num"}),
    )
