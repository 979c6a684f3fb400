"""How the shop sells: the limits of discounts and refunds, and points."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Invalid, StaleVersion
from core.money import plain_decimal
from core.web.choices import offered
from core.web.views import Page
from orders.models import SellingPolicy
from orders.permissions import MANAGE_POLICY
from orders.selectors.policy import policy
from orders.services.policy import POLICY_FIELDS, change_policy

LONGEST_DAYS = 36_500
STALE = "Somebody changed this in the meantime. Open it anew to see what is there."


def _percent(label: str, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_value=100, max_digits=7, decimal_places=4, **more)


def _amount(label: str, *, digits: int = 18, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_digits=digits, decimal_places=4, **more)


class SellingForm(forms.Form):
    """Every limit of selling; ``version`` is the one that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    discount_percent = _percent(
        "Discount by hand, per cent",
        help_text="A cashier gives at most so much alone; more needs an approval.",
    )
    refund_amount = _amount(
        "Refund without approval, at most", required=False, help_text="Empty: any amount can be given back."
    )
    return_days = forms.IntegerField(
        label="Days in which goods come back",
        required=False,
        min_value=0,
        max_value=LONGEST_DAYS,
        help_text="Later it needs an approval. Empty: for ever.",
    )
    no_receipt = forms.ChoiceField(
        label="Goods without a receipt come back", choices=offered(SellingPolicy.NoReceipt.choices)
    )
    no_receipt_credit = _amount(
        "Store credit without a receipt, at most", help_text="Of one customer in the period below; more is approved."
    )
    no_receipt_period_days = forms.IntegerField(
        label="In so many days", min_value=1, max_value=LONGEST_DAYS, help_text="The period of that limit."
    )
    no_receipt_days = forms.IntegerField(
        label="At the lowest price of so many days",
        min_value=0,
        max_value=LONGEST_DAYS,
        help_text="Nobody gets more for goods than they could be bought for. 0: today's price.",
    )
    points_per_unit = _amount(
        "Points for each unit of money",
        digits=9,
        help_text="On what a known customer pays, not with points; whole points of a sale. 0: no points.",
    )
    point_value = _amount("What a point pays", digits=9, help_text="0: points cannot be spent.")
    points_expire_days = forms.IntegerField(
        label="Points last, in days",
        required=False,
        min_value=1,
        max_value=LONGEST_DAYS,
        help_text="From the day of the sale. Empty: for ever. Points that are there keep their day.",
    )
    bought_as_new = _percent("As new", help_text="Per cent of today's price; a higher price needs an approval.")
    bought_good = _percent("Good")
    bought_fair = _percent("Fair")
    bought_parts = _percent("For parts")
    away_cash = _amount("A sale for cash, at most", required=False)
    away_card = _amount("A sale by card, at most", required=False)
    away_discount = _amount("Taken off by hand, at most", required=False)
    away_return = _amount("A return, at most", required=False)


class Selling(Page):
    """/settings/selling/: how this shop sells."""

    required_permission: ClassVar = MANAGE_POLICY
    template_name = "orders/selling.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        row = policy()
        shown = {name: getattr(row, name) for name in ("version", *POLICY_FIELDS)}
        for name, value in shown.items():
            if isinstance(value, Decimal):
                shown[name] = plain_decimal(value)
        return self.render({"form": SellingForm(initial=shown)})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SellingForm(request.POST)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        values = dict(form.cleaned_data)
        try:
            change_policy(values, version=values.pop("version"), actor=self.actor)
        except (Invalid, StaleVersion) as refusal:
            form.add_error(None, STALE if isinstance(refusal, StaleVersion) else refusal.detail)
            return self.render({"form": form}, status=refusal.status)
        messages.success(request, "Saved. It holds from now on.")
        return redirect("selling-settings")
