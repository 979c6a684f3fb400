"""Customers who may be one: suggestions, merging, taking it back; and what happened with one."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField
from core.api.pagination import PageQuery
from core.api.views import ApiView
from core.errors import NotFound
from orders.api.customer_bodies import CustomerBody, customer_bodies
from orders.models import Customer, CustomerDistinction, CustomerMerge
from orders.permissions import MERGE_CUSTOMERS, VIEW_CUSTOMER_HISTORY
from orders.selectors.customers import find_customer
from orders.selectors.duplicates import REASONS, distinctions_of, duplicates
from orders.selectors.people import timeline_of
from orders.services.distinguishing import take_back_distinction, tell_apart
from orders.services.merging import Merged, merge_customers, undo_merge


class MergeInput(serializers.Serializer[Any]):
    """Who goes. ``id`` is made by you before the first try, so that repeating is harmless."""

    id = serializers.UUIDField()
    gone = serializers.UUIDField(help_text="The customer whose rows move here; it points here afterwards.")


class UnmergeInput(serializers.Serializer[Any]):
    """Which merge is taken back."""

    merge = serializers.UUIDField()


class MergeBody(serializers.Serializer[CustomerMerge]):
    """A merge."""

    id = serializers.UUIDField()
    kept = serializers.UUIDField(source="kept_id")
    gone = serializers.UUIDField(source="gone_id")
    merged_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class SuggestionBody(serializers.Serializer[Any]):
    """Two customers who may be one; ``kept`` is the older."""

    reason = serializers.ChoiceField(choices=list(REASONS.items()))
    kept = CustomerBody()
    other = CustomerBody()


class SuggestionPage(serializers.Serializer[Any]):
    """One page of suggestions."""

    results = SuggestionBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class ApartInput(serializers.Serializer[Any]):
    """Who is somebody else."""

    other = serializers.UUIDField()


class DistinctionBody(serializers.Serializer[CustomerDistinction]):
    """Two customers of whom somebody said that they are two."""

    id = serializers.UUIDField()
    first = serializers.UUIDField(source="first_id")
    second = serializers.UUIDField(source="second_id")
    actor = serializers.CharField(source="actor_label")
    said_at = serializers.DateTimeField(source="at")


class DistinctionList(serializers.Serializer[Any]):
    """Everything that holds."""

    results = DistinctionBody(many=True)


class HappeningBody(serializers.Serializer[Any]):
    """One thing that happened."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["change", "consent", "credit", "merge", "order"])
    title = serializers.CharField()
    detail = serializers.CharField()
    amount = AmountField(allow_null=True, help_text="Money of `currency`; points where that is blank.")
    currency = serializers.CharField()
    order = serializers.UUIDField(source="order_id", allow_null=True)


class HappeningPage(serializers.Serializer[Any]):
    """One page of a timeline, newest first."""

    results = HappeningBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class Duplicates(ApiView):
    """/customer-duplicates/: who may be one person."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    tag = "customers"

    @extend_schema(
        operation_id="list_customer_duplicates",
        summary="Customers who may be one, with the reason",
        description="The same e-mail whatever its case, the same last digits of the phone, nearly the same name.",
        parameters=[PageQuery],
        responses={200: SuggestionPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        found, beyond = duplicates(cursor=wanted["cursor"], limit=wanted["limit"])
        people = [person for one in found for person in (one.kept, one.other)]
        shown = dict(zip([person.pk for person in people], _bodies(people), strict=True))
        rows = [{"reason": one.reason, "kept": shown[one.kept.pk], "other": shown[one.other.pk]} for one in found]
        return Response({"results": rows, "next": beyond})


class CustomerMerged(ApiView):
    """/customers/<id>/merge/: somebody else is this customer, too."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    tag = "customers"

    @extend_schema(
        operation_id="merge_customers",
        summary="Move everything of another customer to this one",
        description=(
            "Orders, agreements, groups, cards, gift cards, credit and points move; blanks are filled. The other"
            " one stays and answers with `merged_into`. A repeat of the same `id` answers 200. It can be taken back."
        ),
        request=MergeInput,
        responses={
            201: OpenApiResponse(MergeBody, "Merged."),
            200: OpenApiResponse(MergeBody, "It was merged before, by this very request."),
        },
    )
    def post(self, request: Request, customer_id: UUID) -> Response:
        find_customer(customer_id)
        body = self.read(MergeInput)
        return _answer(merge_customers(body["id"], kept_id=customer_id, gone_id=body["gone"], actor=self.actor), 201)


class CustomerUnmerged(ApiView):
    """/customers/<id>/unmerge/: they were two after all."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    tag = "customers"

    @extend_schema(
        operation_id="unmerge_customers",
        summary="Take a merge back",
        description="What had moved goes back; what was made since stays with this customer. A repeat changes nothing.",
        request=UnmergeInput,
        responses={200: MergeBody},
    )
    def post(self, request: Request, customer_id: UUID) -> Response:
        find_customer(customer_id)
        merge_id = self.read(UnmergeInput)["merge"]
        if not CustomerMerge.objects.filter(pk=merge_id, kept=customer_id).exists():
            raise NotFound("There is no such merge.")
        return _answer(undo_merge(merge_id, actor=self.actor), 200)


class ToldApart(ApiView):
    """/customers/<id>/told-apart/: who looks like this customer and is somebody else."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(
        operation_id="list_customers_told_apart",
        summary="Of whom somebody said that they are not this customer",
        responses={200: DistinctionList},
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        rows = distinctions_of(find_customer(customer_id))
        shape = DistinctionBody()
        return Response({"results": [shape.to_representation(row) for row in rows]})

    @extend_schema(
        operation_id="tell_customers_apart",
        summary="Say that another customer is somebody else: the two are not suggested as one any more",
        description="A repeat answers what stands there and changes nothing.",
        request=ApartInput,
        responses={200: DistinctionBody},
    )
    def post(self, request: Request, customer_id: UUID) -> Response:
        find_customer(customer_id)
        row = tell_apart(customer_id, self.read(ApartInput)["other"], actor=self.actor)
        return Response(DistinctionBody().to_representation(row))


class ToldApartUndone(ApiView):
    """/customer-distinctions/<id>/undo/: they may be one after all."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(
        operation_id="take_back_distinction",
        summary="Take it back that two customers are two; a repeat changes nothing",
        request=None,
        responses={204: OpenApiResponse(description="They are suggested as one again.")},
    )
    def post(self, request: Request, distinction_id: UUID) -> Response:
        take_back_distinction(distinction_id, actor=self.actor)
        return Response(status=204)


class Timeline(ApiView):
    """/customers/<id>/timeline/: everything that happened with somebody."""

    required_permission: ClassVar = VIEW_CUSTOMER_HISTORY
    tag = "customers"

    @extend_schema(
        operation_id="get_customer_timeline",
        summary="Orders, credit, points, agreements, changes and merges of a customer, newest first",
        parameters=[PageQuery],
        responses={200: HappeningPage},
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        customer = find_customer(customer_id)
        found, beyond = timeline_of(customer, actor=self.actor, cursor=wanted["cursor"], limit=wanted["limit"])
        shape = HappeningBody()
        return Response({"results": [shape.to_representation(one) for one in found], "next": beyond})


def _bodies(people: list[Customer]) -> list[dict[str, Any]]:
    rows = Customer.objects.prefetch_related("groups").in_bulk({person.pk for person in people})
    return customer_bodies([rows[person.pk] for person in people])


def _answer(merged: Merged, status: int) -> Response:
    body = MergeBody().to_representation(merged.merge)
    if merged.is_new:
        return Response(body, status=status)
    return Response(body, headers={"Idempotent-Replayed": "true"})
