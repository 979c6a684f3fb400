"""The exceptions inbox: one place to look at what does not fit, and to settle it."""

import json
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError
from core.people.permissions import RESOLVE_EXCEPTIONS, VIEW_EXCEPTIONS
from core.sync.booking import book_again
from core.sync.flags import ACCEPTED, DISMISSED, settle_flag
from core.sync.models import Flag
from core.sync.registry import QUARANTINED, REASONS, SOURCES, Way, title_of
from core.sync.remedies import asked, remedies_of
from core.sync.selectors import find_flag, flags_seen_by, waiting
from core.web.cursors import window_of
from core.web.views import Page

NEWEST = ("-raised_at", "id")
SECRET = frozenset({"code", "codes"})
"""What a body may hold that opens something: the codes of gift cards."""


class InboxFilter(forms.Form):
    """Which exceptions."""

    state = forms.ChoiceField(required=False, choices=[("", "Open"), ("settled", "Settled")])
    kind = forms.CharField(required=False, max_length=40)


class Inbox(Page):
    """/exceptions/: what devices did while the server was away and does not fit, open ones first."""

    required_permission: ClassVar = VIEW_EXCEPTIONS
    template_name = "exceptions/inbox.html"
    live_events = "exception.* stock.exception_settled"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = InboxFilter(request.GET)
        wanted = form.cleaned_data if form.is_valid() else {"state": "", "kind": ""}
        is_open = wanted.get("state") != "settled"
        rows = flags_seen_by(self.actor, kind=wanted.get("kind", ""), is_open=is_open)
        window = window_of(rows, by=NEWEST, query=request.GET.dict())
        sources = [
            (one, found) for one in SOURCES if self.actor.may(one.permission) and (found := one.rows(self.actor))
        ]
        return self.render(
            {
                "window": window,
                "rows": [self.shown(flag) for flag in window.rows],
                "sums": waiting(self.actor),
                "sources": sources if is_open and not wanted.get("kind") else [],
                "is_open": is_open,
                "kind": wanted.get("kind", ""),
            }
        )

    def shown(self, flag: Flag) -> dict[str, Any]:
        return shown(flag, self.actor)


def shown(flag: Flag, actor: Any) -> dict[str, Any]:
    """An exception with its words and what this person can do about it."""
    ways: list[Way] = []
    if flag.kind in REASONS:
        ways = [way for way in REASONS[flag.kind].ways(flag) if actor.may(way.permission, at=flag.location_id)]
    may_settle = flag.resolved_at is None and _may_settle(flag, actor)
    return {
        "flag": flag,
        "title": title_of(flag.kind),
        "ways": ways,
        "remedies": remedies_of(flag, actor) if may_settle else [],
        "may_settle": may_settle,
        "is_kept": flag.kind == QUARANTINED,
    }


def _may_settle(flag: Flag, actor: Any) -> bool:
    if flag.location_id is not None:
        return bool(actor.may(RESOLVE_EXCEPTIONS, at=flag.location_id))
    return bool(actor.may(RESOLVE_EXCEPTIONS) and actor.places(RESOLVE_EXCEPTIONS) is None)


class OneException(Page):
    """/exceptions/<id>/: everything about one of them."""

    required_permission: ClassVar = VIEW_EXCEPTIONS
    template_name = "exceptions/one.html"
    live_events = "exception.*"

    def get(self, request: HttpRequest, flag_id: UUID) -> HttpResponse:
        flag = find_flag(flag_id, actor=self.actor)
        body = json.dumps(_without_secrets(json.loads(flag.item.body)), indent=2) if flag.item.body else ""
        return self.page(flag, body)

    def page(self, flag: Flag, body: str) -> HttpResponse:
        context = shown(flag, self.actor)
        context["remedies"] = [{"remedy": one, "asks": asked(one, flag)} for one in context["remedies"]]
        return self.render({**context, "body": body, "live_about": [flag.pk]})


class Settled(Page):
    """/exceptions/<id>/settle/: somebody looked at it."""

    required_permission: ClassVar = RESOLVE_EXCEPTIONS

    def post(self, request: HttpRequest, flag_id: UUID) -> HttpResponse:
        is_kept = request.POST.get("resolution") == DISMISSED
        try:
            settle_flag(
                flag_id,
                resolution=DISMISSED if is_kept else ACCEPTED,
                note=request.POST.get("note", ""),
                actor=self.actor,
            )
        except DomainError as refusal:
            if refusal.status == 404:
                raise
            messages.error(request, refusal.detail)
            return redirect("exception", flag_id)
        messages.success(request, "Dismissed." if is_kept else "Accepted as it was booked.")
        return redirect("exceptions")


class Booked(Page):
    """/exceptions/<id>/book/: try once more to book it."""

    required_permission: ClassVar = RESOLVE_EXCEPTIONS

    def post(self, request: HttpRequest, flag_id: UUID) -> HttpResponse:
        try:
            book_again(flag_id, actor=self.actor)
        except DomainError as refusal:
            if refusal.status == 404:
                raise
            messages.error(request, f"It can still not be booked: {refusal.detail}")
            return redirect("exception", flag_id)
        messages.success(request, "It is in the books now.")
        return redirect("exceptions")


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "…" if name in SECRET else _without_secrets(inner) for name, inner in value.items()}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value
