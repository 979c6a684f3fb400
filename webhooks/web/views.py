"""The pages of webhooks: who is told, how it goes, and what was said."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from core.errors import DomainError, Invalid
from core.locations.selectors import zone_of
from core.web.views import Page
from webhooks.catalogue import event_types
from webhooks.errors import RotationRunning
from webhooks.models import Delivery, Endpoint, SigningSecret
from webhooks.permissions import MANAGE_WEBHOOKS, VIEW_WEBHOOKS
from webhooks.selectors import deliveries_of, find_delivery, find_endpoint, health_of, is_busy, tries_of
from webhooks.services.endpoints import create_endpoint, delete_endpoint, rotate_secret, update_endpoint
from webhooks.services.extra_headers import MASK
from webhooks.services.replays import replay_delivery, replay_failed, replay_since, send_test_event
from webhooks.web.forms import EndpointForm, as_listed, blank_form

PAGE_ROWS = 25
FIELDS = ("url", "description", "subscriptions", "headers")
STATES = [(state.value, state.label) for state in map(Delivery.State, ("dead", "pending", "done", "sending"))]
"""To choose from, with what somebody looks for first where a phone cuts off the rest."""


class Endpoints(Page):
    """/settings/webhooks/: every endpoint and how it does."""

    required_permission: ClassVar = VIEW_WEBHOOKS
    template_name = "webhooks/list.html"
    live_events = "*"
    live_pause = 3

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            {"endpoints": health_of(Endpoint.objects.all()), "may_manage": self.actor.may(MANAGE_WEBHOOKS)}
        )


class NewEndpoint(Page):
    """/settings/webhooks/new/: set one up; answers with its secret, once."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    template_name = "webhooks/form.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"form": blank_form()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EndpointForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = create_endpoint(
                    endpoint_id=given["id"],
                    url=given["url"],
                    description=given["description"],
                    subscriptions=given["subscriptions"],
                    headers=given["headers"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                _complain(form, refusal)
            else:
                if made.is_new:
                    return _secret_page(self, made.endpoint, made.secret, is_rotation=False)
                messages.info(request, "This endpoint was set up already. Its secret is shown only once.")
                return redirect("webhook", endpoint_id=made.endpoint.pk)
        return self.render({"form": form}, status=422)


class OneEndpoint(Page):
    """/settings/webhooks/<id>/: health, deliveries and what can be done."""

    required_permission: ClassVar = VIEW_WEBHOOKS
    template_name = "webhooks/detail.html"
    live_events = "*"

    def get(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        endpoint = find_endpoint(endpoint_id)
        state = request.GET.get("state", "")
        state = state if state in Delivery.State.values else ""
        pages = Paginator(deliveries_of(endpoint, state=state), PAGE_ROWS)
        return self.render(
            {
                "endpoint": endpoint,
                "health": health_of([endpoint])[0],
                "page": pages.get_page(request.GET.get("page")),
                "state": state,
                "states": STATES,
                "is_busy": is_busy(endpoint),
                "secrets": SigningSecret.objects.filter(endpoint=endpoint),
                "event_types": event_types(),
                "may_manage": self.actor.may(MANAGE_WEBHOOKS),
            }
        )


class EditEndpoint(Page):
    """/settings/webhooks/<id>/edit/: another address, name or other events."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    template_name = "webhooks/form.html"

    def get(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        endpoint = find_endpoint(endpoint_id)
        form = EndpointForm(
            initial={
                "id": endpoint.pk,
                "url": endpoint.url,
                "description": endpoint.description,
                "subscriptions": as_listed(endpoint.subscriptions),
                "headers": "\n".join(f"{name}: {MASK}" for name in endpoint.header_names),
            }
        )
        return self.render({"form": form, "endpoint": endpoint, "version": endpoint.version})

    def post(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        endpoint = find_endpoint(endpoint_id)
        form = EndpointForm(request.POST)
        seen = request.POST.get("version", "")
        if form.is_valid():
            try:
                update_endpoint(
                    endpoint_id=endpoint_id,
                    changes={name: form.cleaned_data[name] for name in FIELDS},
                    actor=self.actor,
                    expected_version=int(seen) if seen.isascii() and seen.isdigit() else None,
                )
            except DomainError as refusal:
                _complain(form, refusal)
            else:
                messages.success(request, "The endpoint was saved.")
                return redirect("webhook", endpoint_id=endpoint_id)
        return self.render({"form": form, "endpoint": endpoint, "version": seen}, status=422)


class Act(Page):
    """A button of an endpoint's page: acts, says what happened, goes back."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    http_method_names = ("post",)

    def post(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        try:
            messages.success(request, self.act(endpoint_id))
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return redirect("webhook", endpoint_id=endpoint_id)

    def act(self, endpoint_id: UUID) -> str:
        raise NotImplementedError


class TurnOnOrOff(Act):
    """…/toggle/: turn deliveries on or off."""

    def act(self, endpoint_id: UUID) -> str:
        is_on = self.request.POST.get("enabled") == "1"
        update_endpoint(endpoint_id=endpoint_id, changes={"is_enabled": is_on}, actor=self.actor)
        return "Deliveries are on." if is_on else "Deliveries are off. What was waiting goes out when you turn it on."


class Test(Act):
    """…/test/: send an example."""

    def act(self, endpoint_id: UUID) -> str:
        wanted = self.request.POST.get("type", "")
        delivery = send_test_event(endpoint_id=endpoint_id, actor=self.actor, event_type=wanted)
        return f"An example of {delivery.event_type} is on its way."


class Replay(Act):
    """…/replay/: all that failed, or everything of a time in the shop's zone, to its end or to now."""

    def act(self, endpoint_id: UUID) -> str:
        if self.request.POST.get("what") == "failed":
            made = replay_failed(endpoint_id=endpoint_id, actor=self.actor)
        else:
            since, until = self._moment("since"), self._moment("until")
            if since is None:
                raise Invalid("Choose the day and time to begin with.")
            made = replay_since(endpoint_id=endpoint_id, since=since, until=until, actor=self.actor)
        if not made.count:
            return "There is nothing to send again."
        return f"{made.count:,} {'event is' if made.count == 1 else 'events are'} on the way again."

    def _moment(self, name: str) -> datetime | None:
        """A field of the form as an instant; None where it is empty or nonsense."""
        try:
            found = parse_datetime(self.request.POST.get(name, ""))
        except ValueError:
            found = None
        return make_aware(found, zone_of()) if found and is_naive(found) else found


class Rotate(Page):
    """…/rotate/: a new secret, shown once."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    http_method_names = ("post",)

    def post(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        try:
            endpoint, secret = rotate_secret(
                endpoint_id=endpoint_id, actor=self.actor, force=request.POST.get("force") == "1"
            )
        except RotationRunning as refusal:
            messages.error(request, refusal.detail)
            return redirect("webhook", endpoint_id=endpoint_id)
        return _secret_page(self, endpoint, secret, is_rotation=True)


class Delete(Page):
    """…/delete/: remove the endpoint and its log."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    http_method_names = ("post",)

    def post(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        endpoint = find_endpoint(endpoint_id)
        delete_endpoint(endpoint_id=endpoint_id, actor=self.actor)
        messages.success(request, f"{endpoint} was deleted.")
        return redirect("webhooks")


class OneDelivery(Page):
    """/settings/webhooks/deliveries/<id>/: the body that is sent and every try."""

    required_permission: ClassVar = VIEW_WEBHOOKS
    template_name = "webhooks/delivery.html"

    def get(self, request: HttpRequest, delivery_id: int) -> HttpResponse:
        delivery = find_delivery(delivery_id)
        return self.render(
            {
                "delivery": delivery,
                "endpoint": delivery.endpoint,
                "body": bytes(delivery.body).decode(),
                "tries": tries_of(delivery),
                "may_manage": self.actor.may(MANAGE_WEBHOOKS),
            }
        )


class ReplayDelivery(Page):
    """…/deliveries/<id>/replay/: send it again."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    http_method_names = ("post",)

    def post(self, request: HttpRequest, delivery_id: int) -> HttpResponse:
        try:
            delivery = replay_delivery(delivery_id=delivery_id, actor=self.actor)
        except DomainError as refusal:
            if refusal.status == 404:
                raise
            messages.error(request, refusal.detail)
            return redirect("webhook-delivery", delivery_id=delivery_id)
        messages.success(request, f"{delivery.event_type} is on its way again.")
        return redirect("webhook", endpoint_id=delivery.endpoint_id)


def _secret_page(page: Page, endpoint: Endpoint, secret: str, *, is_rotation: bool) -> HttpResponse:
    """The only page that ever holds a secret, drawn at once: a redirect would have to keep it somewhere."""
    context: dict[str, Any] = {"endpoint": endpoint, "secret": secret, "is_rotation": is_rotation}
    answer = page.render(context, template="webhooks/secret.html", status=200 if is_rotation else 201)
    answer["Cache-Control"] = "no-store"
    return answer


def _complain(form: EndpointForm, refusal: DomainError) -> None:
    """Put what a service refuses beside the field that it is about."""
    for error in refusal.details.get("errors", ()):
        name = error["pointer"].split("/")[1]
        if name in form.fields:
            form.add_error(name, error["detail"])
    if not form.errors:
        form.add_error(None, refusal.detail)
