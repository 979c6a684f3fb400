"""An exception is put right by page: one tap, and the consent of somebody else where that takes it."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError
from core.people.permissions import RESOLVE_EXCEPTIONS
from core.sync.models import Flag
from core.sync.registry import title_of
from core.sync.remedies import REMEDIES, Remedy, asked, put_right
from core.sync.selectors import find_flag
from core.web.amounts import money_text
from core.web.refusals import explain
from core.web.views import Page
from orders.errors import ApprovalNeeded
from orders.web.after import approval_from
from orders.web.after_forms import ApprovedForm

ANSWER = "value:"
"""What the names of fields begin with that answer a remedy's questions."""


class ConsentForm(ApprovedForm):
    """Who approves a remedy. The exception is what is done once, so the form needs no id of its own."""

    id = None  # type: ignore[assignment]


class ToPutRight(Page):
    """/exceptions/<id>/put-right/: do what one of its remedies does; where it takes consent, ask for that first."""

    required_permission: ClassVar = RESOLVE_EXCEPTIONS
    template_name = "orders/put_right.html"
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, flag_id: UUID) -> HttpResponse:
        name, form = request.POST.get("remedy", ""), ConsentForm(request.POST)
        values = _answers(request.POST.dict())
        form.is_valid()
        try:
            try:
                done = put_right(flag_id, remedy=name, values=values, actor=self.actor)
            except ApprovalNeeded as needed:
                flag, remedy = find_flag(flag_id, actor=self.actor), REMEDIES[name]
                given = approval_from(form, needed, actor=self.actor, shown=_shown(flag, remedy, needed))
                if given is None:
                    if "approver" in request.POST and not form.asked_told:
                        form.add_error("approver", "Say who approves it.")
                    return self.ask(flag, remedy, form, values, status=needed.status)
                done = put_right(flag_id, remedy=name, values=values, approval_id=given, actor=self.actor)
        except DomainError as refusal:
            if refusal.status == 404:
                raise
            if not form.asks:
                messages.error(request, refusal.detail)
                return redirect("exception", flag_id)
            explain(refusal, form)
            flag = find_flag(flag_id, actor=self.actor)
            return self.ask(flag, REMEDIES[name], form, values, status=refusal.status)
        messages.success(request, _in_words(REMEDIES[name], done.told))
        return redirect("exceptions")

    def ask(
        self, flag: Flag, remedy: Remedy, form: ConsentForm, values: Mapping[str, str], *, status: int
    ) -> HttpResponse:
        asks = [{"ask": one, "value": values.get(one.name, "")} for one in asked(remedy, flag)]
        context = {"flag": flag, "title": title_of(flag.kind), "remedy": remedy, "form": form, "asks": asks}
        return self.render(context, status=status)


def _answers(said: Mapping[str, Any]) -> dict[str, str]:
    return {name.removeprefix(ANSWER): str(text) for name, text in said.items() if name.startswith(ANSWER)}


def _shown(flag: Flag, remedy: Remedy, needed: ApprovalNeeded) -> str:
    """What the approver is shown: what is done, of which document, and how much it comes to."""
    amount = needed.details["amount"]
    about = f" of #{flag.object_label}" if flag.object_label else ""
    return f"{remedy.label}{about}" + (f": {money_text(amount, flag.currency)}" if amount else "")


def _in_words(remedy: Remedy, told: Mapping[str, Any]) -> str:
    """What was done; with the codes that are shown this once."""
    codes = [card["code"] for card in told.get("gift_cards", ())]
    return f"{remedy.done} {', '.join(codes)}" if codes else remedy.done
