"""How the shop handles its stock, on a page that says what each decision does."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Invalid, StaleVersion
from core.locations.models import Location
from core.people.permissions import MANAGE_LOCATIONS
from core.web.refusals import explain
from core.web.views import Page
from inventory.permissions import MANAGE_STOCK_POLICY
from inventory.services.policy import FIELDS, MOST_DAYS, change_stock_policy, stock_policy

STALE = "Somebody changed this in the meantime. Open it anew to see what is there."


def _days(label: str, help_text: str, *, least: int = 1, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=MOST_DAYS, required=required)


def _money(label: str, help_text: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, min_value=0, max_digits=18, decimal_places=4, required=False
    )


class StockPolicyForm(forms.Form):
    """Every decision; ``version`` is the one that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note_above = _money(
        "Corrections need a note above",
        "Whoever corrects stock of more value than this says in a few words what happened. Empty: never.",
    )
    recount_above = _money(
        "Count again above",
        "In a stocktake, a difference of more value than this is counted a second time. Empty: never."
        " Each stocktake may state its own.",
    )
    expiring_days = _days(
        "Tell of expiry, days before", "A lot on the shelf becomes an alert so many days before it expires.", least=0
    )
    markdown_days = _days(
        "Propose a lower price, days before",
        "So many days before a lot expires it stands on the list of what to mark down.",
        least=0,
    )
    sells_expired = forms.BooleanField(
        label="Sell expired lots",
        help_text="Off: the till refuses them until a manager approves. On: they are sold like any other."
        " Blocked lots are refused either way.",
        required=False,
    )
    cover_days = _days(
        "Low when it lasts fewer days",
        "Where an article has no fixed limit: an alert when what is there, at the recent rate of sale, lasts fewer"
        " days than this. Empty: fixed limits only.",
        required=False,
    )
    sales_days = _days("Rate of sale over, days", "How many days back the recent rate of sale is taken of.")
    target_days = _days(
        "An order lasts, days", "The order list proposes as many as sell in so many days, less what is there."
    )
    dead_days = _days("Not selling after, days", "What lies here so long without one sale becomes an alert.")


class StockRules(Page):
    """/settings/stock/: how this shop handles its stock."""

    required_permission: ClassVar = MANAGE_STOCK_POLICY
    template_name = "inventory/stock_rules.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        row = stock_policy()
        shown = {name: getattr(row, name) for name in ("version", *FIELDS)}
        for name in ("note_above", "recount_above"):
            shown[name] = None if shown[name] is None else f"{shown[name].normalize():f}"
        return self._page(StockPolicyForm(initial=shown))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StockPolicyForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        values: dict[str, Any] = dict(form.cleaned_data)
        try:
            change_stock_policy(values, expected_version=values.pop("version"), actor=self.actor)
        except StaleVersion as refusal:
            form.add_error(None, STALE)
            return self._page(form, status=refusal.status)
        except Invalid as refusal:
            explain(refusal, form)
            return self._page(form, status=refusal.status)
        messages.success(request, "Saved. It holds from now on.")
        return redirect("stock-rules")

    def _page(self, form: StockPolicyForm, *, status: int = 200) -> HttpResponse:
        places = Location.objects.filter(is_active=True)
        context = {"form": form, "places": places, "may_manage_places": self.actor.may(MANAGE_LOCATIONS)}
        return self.render(context, status=status)
