"""Discounts on pages: which there are, one form, and a basket to try them on."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError, StaleVersion
from core.ids import uuid7
from core.web.cursors import window_of
from core.web.views import Page
from orders.models import Discount
from orders.permissions import MANAGE_DISCOUNTS, VIEW_DISCOUNTS
from orders.selectors.discounts import coupons, discounts, find_coupon, find_discount, rule_of
from orders.services.basket import Sale
from orders.services.discount_rules import clean_discount
from orders.services.discounts import create_coupon, create_discount, update_coupon, update_discount
from orders.services.quotes import Quote, quote
from orders.web.discount_forms import CouponForm, DiscountForm, TryForm, initial_of

MOST_COUPONS_SHOWN = 100


class Discounts(Page):
    """/discounts/: what lowers prices, in the order in which it is looked at."""

    required_permission: ClassVar = VIEW_DISCOUNTS
    template_name = "orders/discounts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        window = window_of(discounts(), by=("position", "name", "id"), query=request.GET.dict())
        return self.render({"window": window, "may_manage": self.actor.may(MANAGE_DISCOUNTS)})


class DiscountEdit(Page):
    """/discounts/new/ and /discounts/<id>/: one form, with a basket to try it on before it is saved."""

    required_permission: ClassVar = MANAGE_DISCOUNTS
    template_name = "orders/discount_form.html"

    def get(self, request: HttpRequest, discount_id: UUID | None = None) -> HttpResponse:
        found = find_discount(discount_id) if discount_id else None
        return self.answer(found, DiscountForm(initial=initial_of(found)), TryForm())

    def post(self, request: HttpRequest, discount_id: UUID | None = None) -> HttpResponse:
        found = find_discount(discount_id) if discount_id else None
        form, trial = DiscountForm(request.POST), TryForm(request.POST)
        if not form.is_valid() or ("try" in request.POST and not trial.is_valid()):
            return self.answer(found, form, trial, status=422)
        try:
            if "try" in request.POST:
                return self.answer(found, form, trial, tried=self.tried(found, form, trial))
            saved = self.saved(found, form)
        except StaleVersion:
            form.add_error(None, "Somebody changed this discount in the meantime. Open it anew to see what is there.")
            return self.answer(found, form, trial, status=StaleVersion.status)
        except DomainError as refusal:
            explain(refusal, form, trial)
            return self.answer(found, form, trial, status=refusal.status)
        messages.success(request, f"{saved.name} was saved.")
        return redirect("discount", saved.pk)

    def saved(self, found: Discount | None, form: DiscountForm) -> Discount:
        if found is None:
            return create_discount(actor=self.actor, code=form.cleaned_data["code"], **form.values)
        return update_discount(found.pk, form.values, actor=self.actor, expected_version=form.cleaned_data["version"])

    def tried(self, found: Discount | None, form: DiscountForm, trial: TryForm) -> Quote:
        """The basket as the discount in the form would leave it; nothing is saved."""
        draft = Discount(pk=found.pk if found else uuid7(), **clean_discount(form.values))
        sale = Sale(
            order_id=uuid7(),
            location_id=trial.location_id or uuid7(),
            lines=trial.cleaned_data["basket"],
            payments=(),
            coupons=trial.codes,
        )
        return quote(sale, actor=self.actor, draft=rule_of(draft))

    def answer(
        self,
        found: Discount | None,
        form: DiscountForm,
        trial: TryForm,
        *,
        tried: Quote | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context: dict[str, Any] = {"found": found, "form": form, "trial": trial, "tried": tried}
        if found is not None:
            context["coupons"] = coupons(discount_id=found.pk).order_by("code")[:MOST_COUPONS_SHOWN]
            context["coupon_form"] = CouponForm(prefix="coupon")
        return self.render(context, status=status)


class CouponAdd(Page):
    """/discounts/<id>/coupons/: a code more."""

    required_permission: ClassVar = MANAGE_DISCOUNTS

    def post(self, request: HttpRequest, discount_id: UUID) -> HttpResponse:
        found = find_discount(discount_id)
        form = CouponForm(request.POST, prefix="coupon")
        if form.is_valid():
            try:
                coupon = create_coupon(actor=self.actor, discount=found.pk, **form.cleaned_data)
                messages.success(request, f"Coupon {coupon.code} was added.")
            except DomainError as refusal:
                messages.error(request, refusal.detail)
        else:
            messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect("discount", found.pk)


class CouponSwitch(Page):
    """/coupons/<id>/switch/: in use, or not any more."""

    required_permission: ClassVar = MANAGE_DISCOUNTS

    def post(self, request: HttpRequest, coupon_id: UUID) -> HttpResponse:
        coupon = find_coupon(coupon_id)
        update_coupon(coupon.pk, {"is_active": "on" in request.POST}, actor=self.actor)
        return redirect("discount", coupon.discount_id)


def explain(refusal: DomainError, form: forms.Form, trial: forms.Form) -> None:
    """Put every complaint beside the field it is about; those of the tried basket beside the basket."""
    errors = refusal.details.get("errors", []) or [{"pointer": "", "detail": refusal.detail}]
    for error in errors:
        parts = error["pointer"].strip("/").split("/")
        name = {"kind": "what", "scope": "what", "variants": "articles"}.get(parts[-1], parts[-1])
        if parts[0] == "lines" and trial.is_bound:
            trial.add_error("basket", error["detail"])
        else:
            form.add_error(name if name in form.fields else None, error["detail"])
