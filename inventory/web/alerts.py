"""Alerts on a page: what is low, gone, too much, expiring or not selling; limits are set beside it."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from core.api.views import as_uuid
from core.errors import DomainError
from core.locations.models import Location
from core.web.cursors import window_of
from core.web.views import Page
from inventory.models import AlertDigest, StockAlert, StockLevel
from inventory.permissions import ADJUST_STOCK, VIEW_COST, VIEW_STOCK
from inventory.selectors.alerts import alert_rows, open_alerts
from inventory.services.alerts import look_over_stock, snooze_alert
from inventory.services.digests import set_digest
from inventory.services.limits import set_limits
from inventory.web.move_forms import offer
from inventory.web.selectors import places_for

NEWEST_FIRST = ("-raised_at", "id")
MOST_LIMITS = 200
LIMIT = forms.DecimalField(max_digits=14, decimal_places=3, required=False, min_value=Decimal(0))
SNOOZE_DAYS = 7


class AlertFilter(forms.Form):
    """Which alerts."""

    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        choices=[("", "Any"), *((value, label.capitalize()) for value, label in StockAlert.Kind.choices)],
    )
    location = forms.ModelChoiceField(
        label="Location", queryset=Location.objects.none(), required=False, empty_label="All"
    )
    resting = forms.BooleanField(label="Also those that rest", required=False)

    def __init__(self, *args: Any, places: list[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["location"], places)


class Alerts(Page):
    """/stock/alerts/: what is beyond a limit; a form sets the limits of what is shown."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "POST": ADJUST_STOCK}
    template_name = "inventory/alerts.html"
    live_events = "stock.*"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self.actor, VIEW_STOCK)
        form = AlertFilter(request.GET, places=places)
        context: dict[str, Any] = {
            "form": form,
            "places": places,
            "may_adjust": self.actor.may(ADJUST_STOCK),
            "may_view_cost_of_stock": self.actor.may(VIEW_COST),
            "may_have_mail": bool(settings.MAIL_FROM),
            "has_mail": AlertDigest.objects.filter(user=self.actor.id, is_wanted=True).exists(),
        }
        if not form.is_valid():
            return self.render(context, status=422)
        wanted = form.cleaned_data
        found = open_alerts(
            actor=self.actor,
            kind=wanted["kind"],
            location_id=wanted["location"].pk if wanted["location"] else None,
            with_resting=wanted["resting"],
        )
        window = window_of(found, by=NEWEST_FIRST, query=request.GET.dict())
        rows = alert_rows(window.rows)
        return self.render({**context, "window": window, "rows": rows, "is_filtered": any(wanted.values())})

    def post(self, request: HttpRequest) -> HttpResponse:
        changed, problems = 0, []
        for variant, place in _asked(request.POST):
            before = StockLevel.objects.filter(variant=variant, location=place).first()
            if before is None:
                continue
            try:
                low, over = (_limit(request.POST, name, variant, place) for name in ("low", "over"))
                after = set_limits(variant, place, low_at=low, over_at=over, actor=self.actor)
            except (DomainError, ValidationError) as refusal:
                problems.append(refusal.detail if isinstance(refusal, DomainError) else " ".join(refusal.messages))
            else:
                changed += (before.low_at, before.over_at) != (after.low_at, after.over_at)
        if changed:
            look_over_stock(actor=self.actor)
        for problem in dict.fromkeys(problems):
            messages.error(request, problem)
        if not problems:
            messages.success(request, f"{changed} limits were changed." if changed else "Nothing was different.")
        return redirect("stock-alerts")


class AlertDigestWish(Page):
    """/stock/alerts/digest/: mail me, or do not."""

    required_permission: ClassVar = VIEW_STOCK
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest) -> HttpResponse:
        row = set_digest(is_wanted=request.POST.get("wanted") == "yes", actor=self.actor)
        told = "What is new is mailed to you once a day." if row.is_wanted else "Nothing is mailed to you any more."
        messages.success(request, told)
        return redirect("stock-alerts")


class AlertSnoozed(Page):
    """/stock/alerts/<id>/snoozed/: an alert rests for a week."""

    required_permission: ClassVar = ADJUST_STOCK
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, alert_id: UUID) -> HttpResponse:
        snooze_alert(alert_id, days=SNOOZE_DAYS, actor=self.actor)
        messages.success(request, "It rests for a week.")
        return redirect("stock-alerts")


def _asked(data: QueryDict) -> list[tuple[UUID, UUID]]:
    """The levels a form names: fields ``low:<variant>:<location>``."""
    found = []
    for name in list(data)[: 2 * MOST_LIMITS + 10]:
        word, _, rest = name.partition(":")
        variant, place = (as_uuid(part) for part in (*rest.split(":", 1), "")[:2])
        if word == "low" and variant and place:
            found.append((variant, place))
    return found[:MOST_LIMITS]


def _limit(data: QueryDict, name: str, variant: UUID, place: UUID) -> Decimal | None:
    number: Decimal | None = LIMIT.clean(data.get(f"{name}:{variant}:{place}", ""))
    return number
