"""Gift cards and store credit over REST."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView, versioned
from core.money import plain_decimal
from core.tenancy.context import current_tenant
from orders.api import credit_bodies as bodies
from orders.permissions import ISSUE_GIFT_CARDS, MANAGE_CREDIT, VIEW_CREDIT
from orders.selectors.credit import credit_of, entries_of, find_gift_card, gift_cards, points_of
from orders.selectors.customers import find_customer
from orders.selectors.policy import policy
from orders.services.credit import find_card
from orders.services.gift_cards import adjust_credit, adjust_customers_credit, issue_gift_card, set_card_state

REPLAYED = {"Idempotent-Replayed": "true"}


class GiftCards(ApiView):
    """/gift-cards/: what was given."""

    required_permission: ClassVar = {"GET": VIEW_CREDIT, "POST": ISSUE_GIFT_CARDS}
    tag = "gift cards"

    @extend_schema(
        operation_id="list_gift_cards",
        summary="Gift cards, newest first",
        parameters=[bodies.GiftCardQuery],
        responses={200: bodies.GiftCardPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.GiftCardQuery)
        rows = gift_cards(q=wanted.get("q", ""), state=wanted.get("state", ""))
        found, beyond = page_of(rows, by=("-created_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.card_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="issue_gift_card",
        summary="Give a gift card",
        description=(
            "The answer holds the code, once: only its fingerprint is kept. Repeating the same `id` with the same"
            " content answers 200 with the card and no code; block a card whose code was lost and give another."
        ),
        request=bodies.GiftCardInput,
        responses={
            201: OpenApiResponse(bodies.IssuedCard, "Issued; note the code."),
            200: OpenApiResponse(bodies.IssuedCard, "It was issued before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.GiftCardInput)
        issued = issue_gift_card(
            card_id=body["id"],
            amount=body["amount"],
            code=body.get("code", ""),
            expires_on=body.get("expires_on"),
            note=body.get("note", ""),
            actor=self.actor,
        )
        answer = bodies.issued_body(issued)
        if issued.is_new:
            location = f"/api/v1/gift-cards/{issued.card.pk}/"
            return versioned(answer, issued.card, status=201, headers={"Location": location})
        return versioned(answer, issued.card, headers=REPLAYED)


class GiftCardLookup(ApiView):
    """/gift-cards/lookup/: a card by its code. The code travels in the body, so that no log has it."""

    required_permission: ClassVar = VIEW_CREDIT
    tag = "gift cards"

    @extend_schema(
        operation_id="look_up_gift_card",
        summary="What is on a gift card",
        description=(
            "Unknown, blocked and damaged codes are one refusal, 422 `gift-card-refused`. After twenty wrong codes of"
            " one person or key the answer is 429 `too-many-attempts` for some minutes."
        ),
        request=bodies.CodeInput,
        responses={200: bodies.GiftCardBody},
    )
    def post(self, request: Request) -> Response:
        card = find_card(self.read(bodies.CodeInput)["code"], actor=self.actor)
        return versioned(bodies.card_body(card), card)


class GiftCardOne(ApiView):
    """/gift-cards/<id>/: one card."""

    required_permission: ClassVar = {"GET": VIEW_CREDIT, "PATCH": MANAGE_CREDIT}
    tag = "gift cards"

    @extend_schema(operation_id="get_gift_card", summary="A gift card", responses={200: bodies.GiftCardBody})
    def get(self, request: Request, card_id: UUID) -> Response:
        card = find_gift_card(card_id)
        return versioned(bodies.card_body(card), card)

    @extend_schema(
        operation_id="change_gift_card",
        summary="Block a gift card, or let it be used again",
        request=bodies.GiftCardChange,
        responses={200: bodies.GiftCardBody},
    )
    def patch(self, request: Request, card_id: UUID) -> Response:
        changes = self.read(bodies.GiftCardChange)
        version = self.expected_version()
        card = set_card_state(card_id, expected_version=version, actor=self.actor, **changes)
        return versioned(bodies.card_body(card), card)


class GiftCardEntries(ApiView):
    """/gift-cards/<id>/entries/: a card's ledger."""

    required_permission: ClassVar = {"GET": VIEW_CREDIT, "POST": MANAGE_CREDIT}
    tag = "gift cards"

    @extend_schema(
        operation_id="list_gift_card_entries",
        summary="What went on a gift card and off it, newest first",
        parameters=[PageQuery],
        responses={200: bodies.EntryPage},
    )
    def get(self, request: Request, card_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        rows = entries_of(find_gift_card(card_id).account_id)
        found, beyond = page_of(rows, by=("-id",), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.entry_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="adjust_gift_card",
        summary="Correct what is on a gift card",
        request=bodies.AdjustInput,
        responses={201: bodies.EntryBody, 200: OpenApiResponse(bodies.EntryBody, "It was corrected before.")},
    )
    def post(self, request: Request, card_id: UUID) -> Response:
        body = self.read(bodies.AdjustInput)
        entry, is_new = adjust_credit(
            adjustment_id=body["id"],
            account_id=find_gift_card(card_id).account_id,
            amount=body["amount"],
            reason=body["reason"],
            actor=self.actor,
        )
        answer = bodies.entry_body(entry)
        return Response(answer, status=201) if is_new else Response(answer, headers=REPLAYED)


class CustomerCredit(ApiView):
    """/customers/<id>/credit/: what the shop owes somebody."""

    required_permission: ClassVar = {"GET": VIEW_CREDIT, "POST": MANAGE_CREDIT}
    tag = "gift cards"

    @extend_schema(
        operation_id="get_customer_credit",
        summary="A customer's store credit and its ledger, newest first",
        parameters=[PageQuery],
        responses={200: bodies.CreditPage},
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        account = credit_of(find_customer(customer_id).pk)
        rows = entries_of(account.pk) if account else entries_of(customer_id).none()
        found, beyond = page_of(rows, by=("-id",), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response(
            {
                "account": str(account.pk) if account else None,
                "balance": bodies.amount_text(account.balance if account else Decimal(0)),
                "currency": current_tenant().currency,
                "results": [bodies.entry_body(row) for row in found],
                "next": beyond,
            }
        )

    @extend_schema(
        operation_id="adjust_customer_credit",
        summary="Give a customer store credit, or (negative) take it back",
        request=bodies.AdjustInput,
        responses={201: bodies.EntryBody, 200: OpenApiResponse(bodies.EntryBody, "It was booked before.")},
    )
    def post(self, request: Request, customer_id: UUID) -> Response:
        body = self.read(bodies.AdjustInput)
        entry, is_new = adjust_customers_credit(
            customer_id,
            adjustment_id=body["id"],
            amount=body["amount"],
            reason=body["reason"],
            actor=self.actor,
        )
        answer = bodies.entry_body(entry)
        return Response(answer, status=201) if is_new else Response(answer, headers=REPLAYED)


class CustomerPoints(ApiView):
    """/customers/<id>/points/: what somebody has earned and not spent."""

    required_permission: ClassVar = VIEW_CREDIT
    tag = "gift cards"

    @extend_schema(
        operation_id="get_customer_points",
        summary="A customer's points and their ledger, newest first",
        parameters=[PageQuery],
        responses={200: bodies.PointsPage},
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        points = points_of(find_customer(customer_id).pk)
        found, beyond = page_of(points.entries, by=("-id",), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response(
            {
                "account": str(points.account.pk) if points.account else None,
                "balance": bodies.amount_text(points.balance),
                "spendable": bodies.amount_text(points.spendable),
                "value": bodies.amount_text(points.value),
                "each": plain_decimal(policy().point_value, places=4),
                "currency": current_tenant().currency,
                "results": [bodies.entry_body(row) for row in found],
                "next": beyond,
            }
        )
