"""Customers and their groups over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from orders.api import customer_bodies as bodies
from orders.models import Customer
from orders.permissions import (
    ANONYMISE_CUSTOMERS,
    MANAGE_CUSTOMER_GROUPS,
    MANAGE_CUSTOMERS,
    VIEW_CUSTOMER_HISTORY,
    VIEW_CUSTOMERS,
)
from orders.selectors.customers import consents_of, customers, customers_alike, find_customer, find_group, groups
from orders.services.customer_data import export_customer
from orders.services.customer_groups import create_group, delete_group, rename_group
from orders.services.customers import create_customer, record_consent, update_customer
from orders.services.forgetting import anonymise_customer


def shown(customer: Customer) -> dict[str, Any]:
    """One customer's body."""
    return bodies.customer_bodies([customer])[0]


class Customers(ApiView):
    """/customers/: who buys."""

    required_permission: ClassVar = {"GET": VIEW_CUSTOMERS, "POST": MANAGE_CUSTOMERS}
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(
        operation_id="list_customers",
        summary="Customers, by number",
        parameters=[bodies.CustomerQuery],
        responses={200: bodies.CustomerPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.CustomerQuery)
        words, group = wanted.get("q", ""), wanted.get("group")
        rows = customers(q=words, group=group).prefetch_related("groups")
        found, beyond = page_of(rows, by=("number", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        is_similar = not found and not wanted["cursor"] and bool(words)
        if is_similar:
            found = customers_alike(words, group=group)[: wanted["limit"]]
        told = {"results": bodies.customer_bodies(found), "next": beyond, "similar": is_similar and bool(found)}
        return Response(told)

    @extend_schema(
        operation_id="create_customer",
        summary="Add a customer",
        description=(
            "With an `id` of yours a repeat answers 200 with the customer it already made; other content under the"
            " same `id` is 422 `identifier-reused`."
        ),
        request=bodies.CustomerInput,
        responses={
            201: OpenApiResponse(bodies.CustomerBody, "Added."),
            200: OpenApiResponse(bodies.CustomerBody, "It was added before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.CustomerInput)
        known = create_customer(actor=self.actor, customer_id=body.get("id"), **bodies.split(body))
        if not known.is_new:
            return versioned(shown(known.customer), known.customer, headers={"Idempotent-Replayed": "true"})
        location = f"/api/v1/customers/{known.customer.pk}/"
        return versioned(shown(known.customer), known.customer, status=201, headers={"Location": location})


class CustomerOne(ApiView):
    """/customers/<id>/: one customer."""

    required_permission: ClassVar = {"GET": VIEW_CUSTOMERS, "PATCH": MANAGE_CUSTOMERS}
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(
        operation_id="get_customer",
        summary="A customer",
        description="One that was merged answers with `merged_into`: who it is now.",
        responses={200: bodies.CustomerBody},
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        customer = find_customer(customer_id)
        return versioned(shown(customer), customer)

    @extend_schema(
        operation_id="update_customer",
        summary="Change a customer, their groups and cards",
        parameters=[IF_MATCH],
        request=bodies.CustomerChanges,
        responses={200: bodies.CustomerBody},
    )
    def patch(self, request: Request, customer_id: UUID) -> Response:
        body = bodies.split(self.read(bodies.CustomerChanges))
        try:
            customer = update_customer(customer_id, actor=self.actor, expected_version=self.expected_version(), **body)
        except StaleVersion as stale:
            raise StaleVersion(details={"current": shown(find_customer(customer_id))}) from stale
        return versioned(shown(customer), customer)


class Consents(ApiView):
    """/customers/<id>/consents/: what a customer agreed to."""

    required_permission: ClassVar = {"GET": VIEW_CUSTOMERS, "POST": MANAGE_CUSTOMERS}
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(
        operation_id="list_consents",
        summary="What a customer agreed to or took back, newest first",
        responses={200: bodies.ConsentList},
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        rows = consents_of(find_customer(customer_id))
        shape = bodies.ConsentBody()
        return Response({"results": [shape.to_representation(row) for row in rows]})

    @extend_schema(
        operation_id="record_consent",
        summary="Keep the proof that a customer agreed, or took it back",
        request=bodies.ConsentInput,
        responses={201: bodies.ConsentBody},
    )
    def post(self, request: Request, customer_id: UUID) -> Response:
        consent = record_consent(customer_id, actor=self.actor, **self.read(bodies.ConsentInput))
        return Response(bodies.ConsentBody().to_representation(consent), status=201)


class CustomerData(ApiView):
    """/customers/<id>/data/: all that the shop keeps of a person, for the person."""

    required_permission: ClassVar = VIEW_CUSTOMER_HISTORY
    tag = "customers"

    @extend_schema(
        operation_id="export_customer_data",
        summary="Everything the shop keeps of a person and of those merged into them",
        description=(
            "Takes somebody who may see the orders of all places, else 403: a part would be passed off as all."
            " The audit log has each time. Amounts are exact decimals, times are UTC."
        ),
        responses={200: bodies.DataBody},
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        return Response(export_customer(customer_id, actor=self.actor))


class CustomerAnonymised(ApiView):
    """/customers/<id>/anonymise/: forget a person."""

    required_permission: ClassVar = ANONYMISE_CUSTOMERS
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(
        operation_id="anonymise_customer",
        summary="Remove a person's data for good",
        description=(
            "Name, e-mail, telephone, address, note and cards are removed, also from the audit log. Orders, sums,"
            " credit and points stay. It cannot be undone; a repeat changes nothing."
        ),
        request=bodies.Nothing,
        responses={200: bodies.CustomerBody},
    )
    def post(self, request: Request, customer_id: UUID) -> Response:
        self.read(bodies.Nothing)
        customer = anonymise_customer(customer_id, actor=self.actor)
        return versioned(shown(customer), customer)


class Groups(ApiView):
    """/customer-groups/: what a price list or a discount can be for."""

    required_permission: ClassVar = {"GET": VIEW_CUSTOMERS, "POST": MANAGE_CUSTOMER_GROUPS}
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(
        operation_id="list_customer_groups",
        summary="Groups of customers, by name",
        parameters=[PageQuery],
        responses={200: bodies.GroupPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        found, beyond = page_of(groups(), by=("name", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        shape = bodies.GroupBody()
        return Response({"results": [shape.to_representation(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="create_customer_group",
        summary="Add a group",
        request=bodies.GroupInput,
        responses={201: bodies.GroupBody},
    )
    def post(self, request: Request) -> Response:
        group = create_group(actor=self.actor, **self.read(bodies.GroupInput))
        return versioned(bodies.GroupBody().to_representation(group), group, status=201)


class GroupOne(ApiView):
    """/customer-groups/<id>/: one group."""

    required_permission: ClassVar = {
        "GET": VIEW_CUSTOMERS,
        "PATCH": MANAGE_CUSTOMER_GROUPS,
        "DELETE": MANAGE_CUSTOMER_GROUPS,
    }
    idempotent: ClassVar = True
    tag = "customers"

    @extend_schema(operation_id="get_customer_group", summary="A group", responses={200: bodies.GroupBody})
    def get(self, request: Request, group_id: UUID) -> Response:
        group = find_group(group_id)
        return versioned(bodies.GroupBody().to_representation(group), group)

    @extend_schema(
        operation_id="rename_customer_group",
        summary="Give a group another name",
        parameters=[IF_MATCH],
        request=bodies.GroupInput,
        responses={200: bodies.GroupBody},
    )
    def patch(self, request: Request, group_id: UUID) -> Response:
        name = self.read(bodies.GroupInput)["name"]
        try:
            group = rename_group(group_id, name=name, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            current = bodies.GroupBody().to_representation(find_group(group_id))
            raise StaleVersion(details={"current": current}) from stale
        return versioned(bodies.GroupBody().to_representation(group), group)

    @extend_schema(
        operation_id="delete_customer_group",
        summary="Delete a group; its customers stay",
        request=None,
        responses={204: OpenApiResponse(description="Deleted.")},
    )
    def delete(self, request: Request, group_id: UUID) -> Response:
        delete_group(group_id, actor=self.actor)
        return Response(status=204)
