"""Webhook endpoints, their deliveries and the event catalogue over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.people.permissions import AUTHENTICATED
from webhooks.api import serializers as bodies
from webhooks.catalogue import event_types
from webhooks.models import Endpoint
from webhooks.permissions import MANAGE_WEBHOOKS, VIEW_WEBHOOKS
from webhooks.selectors import deliveries_of, find_delivery, find_endpoint
from webhooks.services.endpoints import create_endpoint, delete_endpoint, rotate_secret, update_endpoint
from webhooks.services.replays import replay_delivery, replay_failed, replay_since, send_test_event


class WebhookView(ApiView):
    """What the views of webhooks share."""

    tag = "webhooks"


class Endpoints(WebhookView):
    """/webhook-endpoints/: who hears of the shop's events.

    Not idempotent by key: the kept answer would hold the secret. The id in the body makes repeats harmless.
    """

    required_permission: ClassVar = {"GET": VIEW_WEBHOOKS, "POST": MANAGE_WEBHOOKS}

    @extend_schema(
        operation_id="list_webhook_endpoints",
        summary="Webhook endpoints",
        parameters=[PageQuery],
        responses={200: bodies.EndpointPage},
    )
    def get(self, request: Request) -> Response:
        found, beyond = page_of(Endpoint.objects.all(), by=("created_at", "id"), **self.query(PageQuery))
        return Response({"results": bodies.EndpointOut(found, many=True).data, "next": beyond})

    @extend_schema(
        operation_id="create_webhook_endpoint",
        summary="Set up an endpoint; its signing secret is in this answer only",
        request=bodies.EndpointIn,
        responses={201: bodies.EndpointWithSecret, 200: bodies.EndpointWithSecret},
    )
    def post(self, request: Request) -> Response:
        given = self.read(bodies.EndpointIn)
        made = create_endpoint(endpoint_id=given.pop("id"), actor=self.actor, **given)
        headers = {"Location": f"/api/v1/webhook-endpoints/{made.endpoint.pk}/"}
        if not made.is_new:
            headers["Idempotent-Replayed"] = "true"
        body = _with_secret(made.endpoint, made.secret)
        return versioned(body, made.endpoint, status=201 if made.is_new else 200, headers=headers)


class EndpointOne(WebhookView):
    """/webhook-endpoints/<id>/: one endpoint."""

    required_permission: ClassVar = {"GET": VIEW_WEBHOOKS, "PATCH": MANAGE_WEBHOOKS, "DELETE": MANAGE_WEBHOOKS}

    @extend_schema(
        operation_id="get_webhook_endpoint", summary="A webhook endpoint", responses={200: bodies.EndpointOut}
    )
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint = find_endpoint(endpoint_id)
        return versioned(bodies.EndpointOut(endpoint).data, endpoint)

    @extend_schema(
        operation_id="update_webhook_endpoint",
        summary="Change an endpoint, turn it on or off",
        parameters=[IF_MATCH],
        request=bodies.EndpointChange,
        responses={200: bodies.EndpointOut},
    )
    def patch(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint = update_endpoint(
            endpoint_id=endpoint_id,
            changes=self.read(bodies.EndpointChange),
            actor=self.actor,
            expected_version=self.expected_version(),
        )
        return versioned(bodies.EndpointOut(endpoint).data, endpoint)

    @extend_schema(
        operation_id="delete_webhook_endpoint",
        summary="Delete an endpoint with its deliveries",
        parameters=[IF_MATCH],
        responses={204: None},
    )
    def delete(self, request: Request, endpoint_id: UUID) -> Response:
        delete_endpoint(endpoint_id=endpoint_id, actor=self.actor, expected_version=self.expected_version())
        return Response(status=204)


class RotateSecret(WebhookView):
    """/webhook-endpoints/<id>/rotate-secret/: a new secret; the old one signs for 24 hours more."""

    required_permission: ClassVar = MANAGE_WEBHOOKS

    @extend_schema(
        operation_id="rotate_webhook_secret",
        summary="Make a new signing secret; it is in this answer only",
        request=bodies.RotationIn,
        responses={200: bodies.EndpointWithSecret},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint, secret = rotate_secret(endpoint_id=endpoint_id, actor=self.actor, **self.read(bodies.RotationIn))
        return versioned(_with_secret(endpoint, secret), endpoint)


class TestEndpoint(WebhookView):
    """/webhook-endpoints/<id>/test/: send an example."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="test_webhook_endpoint",
        summary="Send an example event, tried once",
        request=bodies.TestIn,
        responses={202: bodies.DeliveryOut},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        wanted = self.read(bodies.TestIn)
        delivery = send_test_event(endpoint_id=endpoint_id, actor=self.actor, event_type=wanted["type"])
        return Response(bodies.DeliveryOut(delivery).data, status=202)


class ReplayEndpoint(WebhookView):
    """/webhook-endpoints/<id>/replay/: send again what failed, or everything since an instant."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="replay_webhook_endpoint",
        summary="Send all that failed again, or every event since an instant",
        request=bodies.ReplayIn,
        responses={202: bodies.ReplayOut},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        wanted = self.read(bodies.ReplayIn)
        if wanted.pop("failed"):
            made = replay_failed(endpoint_id=endpoint_id, actor=self.actor)
        else:
            made = replay_since(endpoint_id=endpoint_id, actor=self.actor, **wanted)
        return Response({"queued": made.count}, status=202)


class Deliveries(WebhookView):
    """/webhook-endpoints/<id>/deliveries/: what was sent, newest first."""

    required_permission: ClassVar = VIEW_WEBHOOKS

    @extend_schema(
        operation_id="list_webhook_deliveries",
        summary="Deliveries of an endpoint, newest first",
        parameters=[bodies.DeliveryQuery],
        responses={200: bodies.DeliveryPage},
    )
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        wanted = self.query(bodies.DeliveryQuery)
        page = {"cursor": wanted.pop("cursor"), "limit": wanted.pop("limit")}
        found, beyond = page_of(deliveries_of(find_endpoint(endpoint_id), **wanted), by=("-id",), **page)
        return Response({"results": bodies.DeliveryOut(found, many=True).data, "next": beyond})


class DeliveryOne(WebhookView):
    """/webhook-endpoints/deliveries/<id>/: one delivery with its body and every try."""

    required_permission: ClassVar = VIEW_WEBHOOKS

    @extend_schema(
        operation_id="get_webhook_delivery",
        summary="A delivery with its body and every try",
        responses={200: bodies.DeliveryWithLog},
    )
    def get(self, request: Request, delivery_id: int) -> Response:
        return Response(bodies.DeliveryWithLog(find_delivery(delivery_id)).data)


class ReplayDelivery(WebhookView):
    """/webhook-endpoints/deliveries/<id>/replay/: send one again, with the same webhook-id."""

    required_permission: ClassVar = MANAGE_WEBHOOKS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="replay_webhook_delivery",
        summary="Send one delivery again, or now if it waits",
        request=None,
        responses={202: bodies.DeliveryOut},
    )
    def post(self, request: Request, delivery_id: int) -> Response:
        delivery = replay_delivery(delivery_id=delivery_id, actor=self.actor)
        return Response(bodies.DeliveryOut(delivery).data, status=202)


class EventTypes(WebhookView):
    """/event-types/: every event with its JSON Schema and an example."""

    required_permission: ClassVar = AUTHENTICATED

    @extend_schema(
        operation_id="list_event_types",
        summary="Every event with JSON Schema and example",
        responses={200: bodies.EventTypePage},
    )
    def get(self, request: Request) -> Response:
        return Response({"results": bodies.EventTypeOut(event_types(), many=True).data, "next": None})


def _with_secret(endpoint: Endpoint, secret: str) -> dict[str, Any]:
    return {**bodies.EndpointOut(endpoint).data, "secret": secret}
