"""Gift cards on pages: the list, a new one, one with its ledger."""

from typing import ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError
from core.web.cursors import window_of
from core.web.refusals import explain
from core.web.views import Page
from orders.permissions import ISSUE_GIFT_CARDS, MANAGE_CREDIT, VIEW_CREDIT
from orders.receipts.qr import qr_path
from orders.selectors.credit import entries_of, find_gift_card, gift_cards
from orders.services.gift_cards import adjust_credit, grouped, issue_gift_card, set_card_state
from orders.web.cash_forms import AdjustForm, GiftCardFilter, GiftCardForm

NEWEST_FIRST = ("-created_at", "-id")


class GiftCards(Page):
    """/gift-cards/: every card, newest first."""

    required_permission: ClassVar = VIEW_CREDIT
    template_name = "orders/gift_cards.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = GiftCardFilter(request.GET)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        wanted = form.cleaned_data
        rows = gift_cards(q=wanted["q"], state=wanted["state"])
        window = window_of(rows, by=NEWEST_FIRST, query=request.GET.dict())
        may_issue = self.actor.may(ISSUE_GIFT_CARDS)
        return self.render(
            {"form": form, "window": window, "is_filtered": any(wanted.values()), "may_issue": may_issue}
        )


class NewGiftCard(Page):
    """/gift-cards/new/: give one; its code is shown on the answer to the form and never again."""

    required_permission: ClassVar = ISSUE_GIFT_CARDS
    template_name = "orders/gift_card_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"form": GiftCardForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = GiftCardForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                issued = issue_gift_card(
                    card_id=given["id"],
                    amount=given["amount"],
                    code=given["code"],
                    expires_on=given["expires_on"],
                    note=given["note"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                explain(refusal, form)
            else:
                if not issued.is_new:
                    messages.info(request, "This card was issued before; its code is not shown again.")
                    return redirect("gift-card", issued.card.pk)
                context = {"card": issued.card, "code": grouped(issued.code), "qr": qr_path(issued.code)}
                answer = self.render(context, template="orders/gift_card_shown.html")
                answer["Cache-Control"] = "no-store"
                return answer
        return self.render({"form": form}, status=422)


class GiftCardOne(Page):
    """/gift-cards/<id>/: one card, what went on it and off it."""

    required_permission: ClassVar = {"GET": VIEW_CREDIT, "POST": MANAGE_CREDIT}
    template_name = "orders/gift_card.html"

    def get(self, request: HttpRequest, card_id: UUID) -> HttpResponse:
        return self.show(card_id, AdjustForm())

    def post(self, request: HttpRequest, card_id: UUID) -> HttpResponse:
        form = AdjustForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                adjust_credit(
                    adjustment_id=given["id"],
                    account_id=find_gift_card(card_id).account_id,
                    amount=given["amount"],
                    reason=given["reason"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                explain(refusal, form)
            else:
                messages.success(request, "Corrected.")
                return redirect("gift-card", card_id)
        return self.show(card_id, form, status=422)

    def show(self, card_id: UUID, form: AdjustForm, *, status: int = 200) -> HttpResponse:
        card = find_gift_card(card_id)
        context = {
            "card": card,
            "window": window_of(entries_of(card.account_id), by=("-id",), query=self.request.GET.dict()),
            "form": form,
            "may_manage": self.actor.may(MANAGE_CREDIT),
        }
        return self.render(context, status=status)


class GiftCardState(Page):
    """/gift-cards/<id>/state/: block a card, or let it be used again."""

    required_permission: ClassVar = MANAGE_CREDIT
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, card_id: UUID) -> HttpResponse:
        card = set_card_state(card_id, state=request.POST.get("state", ""), actor=self.actor)
        blocked = card.state == card.State.BLOCKED
        messages.success(request, "It pays nothing any more." if blocked else "It can be used again.")
        return redirect("gift-card", card_id)
