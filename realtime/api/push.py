"""The browsers that a person gets push messages in, over REST. A program has webhooks instead: it is refused here."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiView
from core.devices.browser import living_device_at
from core.limits import Rate
from core.people.permissions import AUTHENTICATED
from realtime.models import PushSubscription
from realtime.push.keys import shop_key
from realtime.push.services import SUBSCRIBED, Draft, ask_test, subscribe, subscriptions_of, unsubscribe


class SubscriptionBody(serializers.Serializer[PushSubscription]):
    """A browser that gets push messages. Its address and keys are told to nobody."""

    id = serializers.UUIDField()
    browser = serializers.CharField(source="__str__", help_text='Such as "Firefox on Android".')
    device = serializers.UUIDField(source="device_id", allow_null=True, help_text="The till or phone that it is.")
    made_at = serializers.DateTimeField()
    last_ok_at = serializers.DateTimeField(allow_null=True, help_text="When a push service last took a message.")
    failures = serializers.IntegerField(help_text="Tries that failed since then.")
    last_error = serializers.CharField()


class PushBody(serializers.Serializer[Any]):
    """What a browser needs to subscribe, and the browsers that did."""

    public_key = serializers.CharField(help_text="`applicationServerKey` of `PushManager.subscribe()`.")
    subscriptions = SubscriptionBody(many=True)


class KeysInput(serializers.Serializer[Any]):
    """The keys of a browser, as `PushSubscription.toJSON()` writes them."""

    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=40)


class SubscriptionInput(serializers.Serializer[Any]):
    """What `PushSubscription.toJSON()` gives."""

    endpoint = serializers.CharField(max_length=1000)
    keys = KeysInput()
    instead = serializers.CharField(
        required=False, max_length=1000, help_text="The endpoint that the browser had before and gave up."
    )


_BODY = SubscriptionBody()


class PushView(ApiView):
    """What these views share."""

    required_permission: ClassVar = AUTHENTICATED
    tag = "notifications"


class Push(PushView):
    """/push/: subscribe this browser. A repeat with the same endpoint gives the same subscription."""

    idempotent: ClassVar = True

    @extend_schema(
        operation_id="get_push", summary="The browsers that you get push messages in", responses={200: PushBody}
    )
    def get(self, request: Request) -> Response:
        rows = subscriptions_of(self.actor)
        return Response(
            {"public_key": shop_key().public, "subscriptions": [_BODY.to_representation(row) for row in rows]}
        )

    @extend_schema(
        operation_id="subscribe_to_push",
        summary="Get push messages in this browser",
        request=SubscriptionInput,
        responses={200: SubscriptionBody, 201: SubscriptionBody},
    )
    def post(self, request: Request) -> Response:
        given = self.read(SubscriptionInput)
        draft = Draft(
            endpoint=given["endpoint"],
            p256dh=given["keys"]["p256dh"],
            auth=given["keys"]["auth"],
            instead=given.get("instead", ""),
        )
        device = living_device_at(request._request)
        row, is_new = subscribe(draft, actor=self.actor, device_id=device.pk if device else None)
        request._request.session[SUBSCRIBED] = str(row.pk)
        return Response(_BODY.to_representation(row), status=201 if is_new else 200)


class Subscription(PushView):
    """/push/<id>/: a browser of one's own."""

    idempotent: ClassVar = True

    @extend_schema(
        operation_id="unsubscribe_from_push", summary="Get no more push messages there", responses={204: None}
    )
    def delete(self, request: Request, subscription_id: UUID) -> Response:
        unsubscribe(subscription_id, actor=self.actor)
        return Response(status=204)


class Test(PushView):
    """/push/<id>/test/: a message that says nothing but that it arrived."""

    idempotent: ClassVar = True
    rate: ClassVar = Rate("push-test", 10, 600)

    @extend_schema(
        operation_id="test_push", summary="Send a test message", request=None, responses={202: SubscriptionBody}
    )
    def post(self, request: Request, subscription_id: UUID) -> Response:
        row = ask_test(subscription_id, actor=self.actor)
        return Response(_BODY.to_representation(row), status=202)
