"""Approvals and the limits of selling over REST."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField, RateField
from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView, versioned
from core.people.permissions import AUTHENTICATED
from orders.models import Approval, SellingPolicy
from orders.permissions import MANAGE_POLICY, SELL, VIEW_APPROVALS
from orders.selectors import approvals, approvers
from orders.selectors.policy import policy
from orders.services.approvals import Request as Wanted
from orders.services.approvals import give_approval, set_pin
from orders.services.policy import change_policy


class ApprovalInput(serializers.Serializer[Any]):
    """At the asker's till: ``approver`` and ``pin``. On the approver's own device: ``requested_by`` instead."""

    id = serializers.UUIDField()
    permission = serializers.CharField(max_length=80, help_text="What the asker lacks, as `approval-needed` names it.")
    location = serializers.UUIDField()
    approver = serializers.UUIDField(required=False, allow_null=True)
    pin = serializers.CharField(required=False, allow_blank=True, max_length=12)
    requested_by = serializers.UUIDField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    shown = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="What the approver was shown."
    )
    amount = AmountField(required=False, allow_null=True, min_value=0, help_text="The most it covers.")
    subject = serializers.UUIDField(required=False, allow_null=True, help_text="The order it is about.")


class ApprovalOutput(serializers.Serializer[Approval]):
    """Who let whom do what."""

    id = serializers.UUIDField()
    permission = serializers.CharField()
    location = serializers.UUIDField(source="location_id")
    approved_by = serializers.UUIDField(source="approved_by_id")
    approved_by_label = serializers.CharField()
    requested_by = serializers.UUIDField(source="requested_by_id", allow_null=True)
    requested_by_label = serializers.CharField()
    reason = serializers.CharField()
    shown = serializers.CharField(source="details.shown")
    amount = serializers.CharField(source="details.amount", allow_null=True)
    subject = serializers.CharField(source="details.subject", allow_null=True)
    approved_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    used_for = serializers.UUIDField(source="reference_id", allow_null=True)


class ApprovalQuery(PageQuery):
    """Which approvals."""

    location = serializers.UUIDField(required=False)


class ApprovalPage(serializers.Serializer[Any]):
    """One page of approvals, newest first."""

    results = ApprovalOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class Approvals(ApiView):
    """/approvals/: let somebody do one act, and see who did."""

    required_permission: ClassVar = {"GET": VIEW_APPROVALS, "POST": SELL}
    tag = "approvals"

    @extend_schema(
        operation_id="list_approvals",
        summary="Approvals, newest first",
        parameters=[ApprovalQuery],
        responses={200: ApprovalPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(ApprovalQuery)
        rows, beyond = page_of(
            approvals(actor=self.actor, location=wanted.get("location")),
            by=("-approved_at", "id"),
            cursor=wanted["cursor"],
            limit=wanted["limit"],
        )
        return Response({"results": [ApprovalOutput(row).data for row in rows], "next": beyond})

    @extend_schema(
        operation_id="give_approval",
        summary="Approve one act for somebody",
        description=(
            "The act itself then names the approval as `approval`. It lasts ten minutes and is used once; repeating"
            " this request answers the same approval."
        ),
        request=ApprovalInput,
        responses={201: ApprovalOutput},
    )
    def post(self, request: Request) -> Response:
        body = self.read(ApprovalInput)
        wanted = Wanted(
            approval_id=body["id"],
            permission=body["permission"],
            location_id=body["location"],
            approver_id=body.get("approver"),
            pin=body.get("pin", ""),
            requested_by=body.get("requested_by"),
            reason=body.get("reason", ""),
            shown=body.get("shown", ""),
            amount=body.get("amount"),
            subject=body.get("subject"),
        )
        return Response(ApprovalOutput(give_approval(wanted, actor=self.actor)).data, status=201)


class ApproverQuery(serializers.Serializer[Any]):
    """Who could approve what, where."""

    permission = serializers.CharField(max_length=80)
    location = serializers.UUIDField()


class ApproverOutput(serializers.Serializer[Any]):
    """Somebody with a PIN."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="__str__")


class ApproverList(serializers.Serializer[Any]):
    """The people who can approve it, by name."""

    results = ApproverOutput(many=True)


class Approvers(ApiView):
    """/approvals/approvers/: who can be asked."""

    required_permission: ClassVar = SELL
    tag = "approvals"

    @extend_schema(
        operation_id="list_approvers",
        summary="The people with a PIN who may approve something at a location",
        parameters=[ApproverQuery],
        responses={200: ApproverList},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(ApproverQuery)
        self.actor.require(SELL, at=wanted["location"])
        found = approvers(permission=wanted["permission"], location_id=wanted["location"])
        return Response({"results": [ApproverOutput(one).data for one in found]})


class PinInput(serializers.Serializer[Any]):
    """The new PIN, and the password of whom it is for."""

    pin = serializers.CharField(max_length=12)
    password = serializers.CharField(max_length=200)


class Pin(ApiView):
    """/approvals/pin/: one's own PIN."""

    required_permission: ClassVar = AUTHENTICATED
    idempotent: ClassVar = True
    tag = "approvals"

    @extend_schema(
        operation_id="set_pin",
        summary="Set one's own PIN for approving at somebody else's till",
        request=PinInput,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        set_pin(**self.read(PinInput), actor=self.actor)
        return Response(status=204)


AWAY = "on a device while the server is away: at most so much; null: any amount, 0: not at all."


class PolicyBody(serializers.Serializer[SellingPolicy]):
    """The limits of selling and refunding; null where there is none."""

    discount_percent = RateField(required=False, min_value=0, max_value=100)
    refund_amount = AmountField(required=False, allow_null=True, min_value=0)
    return_days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=36_500)
    no_receipt = serializers.ChoiceField(
        choices=SellingPolicy.NoReceipt.choices, required=False, help_text="Goods without a receipt."
    )
    no_receipt_credit = AmountField(
        required=False, min_value=0, help_text="Store credit so in a period, at most, of a customer without approval."
    )
    no_receipt_period_days = serializers.IntegerField(required=False, min_value=1, max_value=36_500)
    no_receipt_days = serializers.IntegerField(
        required=False, min_value=0, max_value=36_500, help_text="At the lowest price of so many days."
    )
    points_per_unit = serializers.DecimalField(required=False, max_digits=9, decimal_places=4, min_value=0)
    point_value = serializers.DecimalField(required=False, max_digits=9, decimal_places=4, min_value=0)
    points_expire_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=36_500)
    bought_as_new = RateField(
        required=False, min_value=0, max_value=100, help_text="Suggested for used goods, in per cent of their price."
    )
    bought_good = RateField(required=False, min_value=0, max_value=100)
    bought_fair = RateField(required=False, min_value=0, max_value=100)
    bought_parts = RateField(required=False, min_value=0, max_value=100)
    away_cash = AmountField(required=False, allow_null=True, min_value=0, help_text=f"A sale for cash {AWAY}")
    away_card = AmountField(required=False, allow_null=True, min_value=0, help_text=f"A sale by card {AWAY}")
    away_discount = AmountField(required=False, allow_null=True, min_value=0, help_text=f"Taken off by hand {AWAY}")
    away_return = AmountField(required=False, allow_null=True, min_value=0, help_text=f"A return {AWAY}")
    version = serializers.IntegerField(read_only=True)


class Policy(ApiView):
    """/policy/: how this shop sells."""

    required_permission: ClassVar = {"GET": SELL, "PATCH": MANAGE_POLICY}
    tag = "approvals"

    @extend_schema(operation_id="get_policy", summary="The limits of selling", responses={200: PolicyBody})
    def get(self, request: Request) -> Response:
        row = policy()
        return versioned(PolicyBody(row).data, row)

    @extend_schema(
        operation_id="change_policy",
        summary="Change limits of selling; what is not named stays",
        request=PolicyBody,
        responses={200: PolicyBody},
    )
    def patch(self, request: Request) -> Response:
        row = change_policy(self.read(PolicyBody), actor=self.actor, version=self.expected_version())
        return versioned(PolicyBody(row).data, row)
