"""Customers who may be one, on pages: suggestions, a look at both, merging and taking it back."""

from typing import ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.api.views import as_uuid
from core.errors import DomainError
from core.ids import uuid7
from core.web.views import Page
from orders.permissions import MERGE_CUSTOMERS
from orders.selectors.customers import find_customer
from orders.selectors.duplicates import duplicates, holdings
from orders.services.distinguishing import take_back_distinction, tell_apart
from orders.services.merging import merge_customers, undo_merge

ROWS = 25


class Duplicates(Page):
    """/customers/duplicates/: pairs who may be one, with the reason."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    template_name = "orders/duplicates.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found, beyond = duplicates(cursor=request.GET.get("after", "")[:800], limit=ROWS)
        return self.render({"found": found, "next_url": f"?after={beyond}" if beyond else None})


class Merge(Page):
    """/customers/<id>/merge/<other>/: both side by side, and what would move."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    template_name = "orders/merge.html"

    def get(self, request: HttpRequest, customer_id: UUID, other_id: UUID) -> HttpResponse:
        people = [find_customer(customer_id), find_customer(other_id)]
        has = holdings(people)
        sides = [{"customer": person, "has": has[person.pk]} for person in people]
        blanks = ("email", "phone", "address", "postcode", "country", "note")
        filled = [name for name in blanks if getattr(people[1], name) and not getattr(people[0], name)]
        is_possible = people[0] != people[1] and not any(one.merged_into_id or one.anonymised_at for one in people)
        context = {"sides": sides, "kept": people[0], "gone": people[1], "filled": filled, "merge_id": uuid7()}
        return self.render({**context, "is_possible": is_possible})

    def post(self, request: HttpRequest, customer_id: UUID, other_id: UUID) -> HttpResponse:
        kept, gone = find_customer(customer_id), find_customer(other_id)
        merge_id = as_uuid(request.POST.get("id", "")) or uuid7()
        try:
            merge_customers(merge_id, kept_id=kept.pk, gone_id=gone.pk, actor=self.actor)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect("customer-merge", kept.pk, gone.pk)
        messages.success(request, f"{gone} is {kept} now. You can take it back below.")
        return redirect("customer", kept.pk)


class MergeUndone(Page):
    """/customers/merges/<id>/undo/: they were two after all."""

    required_permission: ClassVar = MERGE_CUSTOMERS

    def post(self, request: HttpRequest, merge_id: UUID) -> HttpResponse:
        try:
            merged = undo_merge(merge_id, actor=self.actor)
        except DomainError as refusal:
            if refusal.status == 404:
                raise
            messages.error(request, refusal.detail)
            return redirect("customers")
        messages.success(request, "They are two again." if merged.is_new else "It was taken back before.")
        return redirect("customer", merged.merge.gone_id)


class ToldApart(Page):
    """/customers/<id>/merge/<other>/apart/: these are two people; nobody is asked again."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, customer_id: UUID, other_id: UUID) -> HttpResponse:
        try:
            row = tell_apart(customer_id, other_id, actor=self.actor)
        except DomainError as refusal:
            if refusal.status == 404:
                raise
            messages.error(request, refusal.detail)
            return redirect("customer-duplicates")
        messages.success(request, f"Noted: {row.first} and {row.second} are two. Take it back on the page of either.")
        return redirect("customer-duplicates")


class ToldApartUndone(Page):
    """/customers/distinctions/<id>/undo/: they may be one after all."""

    required_permission: ClassVar = MERGE_CUSTOMERS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, distinction_id: UUID) -> HttpResponse:
        done = take_back_distinction(distinction_id, actor=self.actor)
        messages.success(request, "They are suggested as one again." if done else "It was taken back before.")
        return redirect("customer-duplicates")
