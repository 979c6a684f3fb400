"""Ask for an approval and wait for the answer, over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.answers import Answer
from core.api.fields import AmountField
from core.api.views import ApiView
from orders.models import ApprovalRequest
from orders.permissions import SELL, VIEW_APPROVALS
from orders.selectors import approval_requests, find_approval_request
from orders.services.approvals import Request as Wanted
from orders.services.asking import answer_request, ask_approval, withdraw_request

STATES = (*ApprovalRequest.State.values, "expired")


class ApprovalRequestInput(serializers.Serializer[Any]):
    """What somebody must approve. ``id`` is made by you; the act names it as its ``approval`` once it is allowed."""

    id = serializers.UUIDField()
    permission = serializers.CharField(max_length=80, help_text="What you lack, as `approval-needed` names it.")
    location = serializers.UUIDField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    shown = serializers.CharField(max_length=200, help_text="What you want to do, for whoever answers.")
    amount = AmountField(required=False, allow_null=True, min_value=0, help_text="The most it covers.")
    subject = serializers.UUIDField(required=False, allow_null=True, help_text="The order it is about.")


class ApprovalRequestOutput(Answer[ApprovalRequest]):
    """Who asks for what, and how it stands."""

    id = serializers.UUIDField()
    permission = serializers.CharField()
    location = serializers.UUIDField(source="location_id")
    requested_by = serializers.UUIDField(source="requested_by_id")
    requested_by_label = serializers.CharField()
    reason = serializers.CharField()
    shown = serializers.CharField(source="details.shown")
    amount = serializers.CharField(source="details.amount", allow_null=True)
    subject = serializers.CharField(source="details.subject", allow_null=True)
    state = serializers.ChoiceField(source="stands", choices=STATES)
    answered_by_label = serializers.CharField()
    answer = serializers.CharField()
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


class ApprovalRequestList(serializers.Serializer[Any]):
    """What waits, the oldest first."""

    results = ApprovalRequestOutput(many=True)


class ApprovalAnswerInput(serializers.Serializer[Any]):
    """The answer."""

    allow = serializers.BooleanField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class Requests(ApiView):
    """/approvals/requests/: ask, and see what waits for one's answer."""

    required_permission: ClassVar = {"GET": VIEW_APPROVALS, "POST": SELL}
    tag = "approvals"

    @extend_schema(
        operation_id="list_approval_requests",
        summary="What waits for an answer that you may give",
        responses={200: ApprovalRequestList},
    )
    def get(self, request: Request) -> Response:
        rows = approval_requests(actor=self.actor)
        return Response({"results": [ApprovalRequestOutput(row).data for row in rows]})

    @extend_schema(
        operation_id="ask_approval",
        summary="Ask for an approval and wait for it",
        description=(
            "Whoever may give it hears `approval.requested` and answers within ten minutes from any device; your"
            " screens get the note `approval.answered`. Repeating the same `id` with the same content answers 200."
        ),
        request=ApprovalRequestInput,
        responses={
            201: OpenApiResponse(ApprovalRequestOutput, "It waits."),
            200: OpenApiResponse(ApprovalRequestOutput, "It was asked before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(ApprovalRequestInput)
        wanted = Wanted(
            approval_id=body["id"],
            permission=body["permission"],
            location_id=body["location"],
            reason=body.get("reason", ""),
            shown=body["shown"],
            amount=body.get("amount"),
            subject=body.get("subject"),
        )
        row, is_new = ask_approval(wanted, actor=self.actor)
        answer = ApprovalRequestOutput(row).data
        return Response(answer, status=201) if is_new else Response(answer, headers={"Idempotent-Replayed": "true"})


class RequestOne(ApiView):
    """/approvals/requests/<id>/: how it stands."""

    required_permission: ClassVar = SELL
    tag = "approvals"

    @extend_schema(
        operation_id="get_approval_request",
        summary="How a request for an approval stands",
        responses={200: ApprovalRequestOutput},
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        return Response(ApprovalRequestOutput(find_approval_request(request_id, actor=self.actor)).data)


class RequestAnswered(ApiView):
    """/approvals/requests/<id>/answer/: allow it, or refuse."""

    required_permission: ClassVar = VIEW_APPROVALS
    tag = "approvals"

    @extend_schema(
        operation_id="answer_approval_request",
        summary="Allow what somebody asks for, or refuse it",
        description=(
            "You must hold the permission yourself where it is asked for, and nobody answers their own request."
            " Allowed, it is an approval with the id of the request. The same answer again changes nothing."
        ),
        request=ApprovalAnswerInput,
        responses={200: ApprovalRequestOutput},
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        return Response(
            ApprovalRequestOutput(answer_request(request_id, **self.read(ApprovalAnswerInput), actor=self.actor)).data
        )


class RequestWithdrawn(ApiView):
    """/approvals/requests/<id>/withdraw/: it is not needed any more."""

    required_permission: ClassVar = SELL
    tag = "approvals"

    @extend_schema(
        operation_id="withdraw_approval_request",
        summary="Take a request of one's own back",
        request=None,
        responses={200: ApprovalRequestOutput},
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        return Response(ApprovalRequestOutput(withdraw_request(request_id, actor=self.actor)).data)
