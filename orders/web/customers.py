"""Customers and their groups on pages."""

import json
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Conflict, Invalid, ReusedIdentifier, StaleVersion
from core.money import round_money
from core.spreadsheets import XLSX, as_xlsx
from core.tenancy.context import current_tenant
from core.web.cursors import Window, window_of
from core.web.refusals import explain
from core.web.views import Page
from inventory.codes import printed
from orders.errors import CustomerAnonymised, CustomerMerged
from orders.models import Customer
from orders.permissions import (
    ANONYMISE_CUSTOMERS,
    MANAGE_CUSTOMER_GROUPS,
    MANAGE_CUSTOMERS,
    MERGE_CUSTOMERS,
    VIEW_CREDIT,
    VIEW_CUSTOMER_HISTORY,
    VIEW_CUSTOMERS,
    VIEW_ORDERS,
)
from orders.selectors.credit import points_of
from orders.selectors.customers import (
    cards_of,
    consents_of,
    customers,
    customers_alike,
    find_customer,
    find_group,
    groups,
    holding,
)
from orders.selectors.duplicates import distinctions_of, merges_of
from orders.selectors.people import balances_of, favourites_of, figures_of, months_of, timeline_of
from orders.services.customer_data import as_rows, export_customer
from orders.services.customer_groups import create_group, delete_group, rename_group
from orders.services.customers import FIELDS, create_customer, record_consent, update_customer
from orders.services.forgetting import anonymise_customer
from orders.web.customer_forms import ConsentForm, CustomerFilter, CustomerForm, GroupForm, initial_of
from orders.web.selectors import customer_rows

SHOWN = 10
BY_NUMBER = ("number", "id")
REFUSALS = (Invalid, Conflict, ReusedIdentifier, CustomerMerged, CustomerAnonymised)
STALE = "Somebody changed this in the meantime. Open it anew to see what is there."


class Customers(Page):
    """/customers/: whom the shop knows."""

    required_permission: ClassVar = VIEW_CUSTOMERS
    template_name = "orders/customers.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = CustomerFilter(request.GET)
        may = {
            "may_manage": self.actor.may(MANAGE_CUSTOMERS),
            "may_merge": self.actor.may(MERGE_CUSTOMERS),
            "may_view_history": self.actor.may(VIEW_CUSTOMER_HISTORY) and self.actor.may(VIEW_ORDERS),
        }
        if not form.is_valid():
            return self.render({"form": form, **may}, status=422)
        wanted = form.cleaned_data
        group = wanted["group"].pk if wanted["group"] else None
        window = window_of(customers(q=wanted["q"], group=group), by=BY_NUMBER, query=request.GET.dict())
        alike = customers_alike(wanted["q"], group=group) if wanted["q"] and not window.rows else []
        window = Window(alike, None, None) if alike else window
        context = {
            "form": form,
            "window": window,
            "is_similar": bool(alike),
            "is_filtered": any(wanted.values()),
            **may,
        }
        return self.render({**context, "rows": customer_rows(window.rows, actor=self.actor)})


class CustomerOne(Page):
    """/customers/<id>/: one customer; one that was merged leads to the one it is now."""

    required_permission: ClassVar = VIEW_CUSTOMERS
    template_name = "orders/customer.html"
    live_events = "customer.* credit.* order.* payment.*"
    live_pause = 5  # most of what happens in the shop is about others

    def get(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        customer = find_customer(customer_id)
        if customer.merged_into_id:
            return redirect("customer", customer.merged_into_id)
        context: dict[str, Any] = {
            "customer": customer,
            "balances": balances_of(customer),
            "points": points_of(customer.pk),
            "groups": list(customer.groups.all()),
            "cards": [printed(code) for code in cards_of([customer])[customer.pk]],
            "holding": [row for row in holding(consents_of(customer)).values() if row],
            "may_manage": self.actor.may(MANAGE_CUSTOMERS) and not customer.anonymised_at,
            "may_anonymise": self.actor.may(ANONYMISE_CUSTOMERS) and not customer.anonymised_at,
            "may_view_history": self.actor.may(VIEW_CUSTOMER_HISTORY),
        }
        if self.actor.may(VIEW_CREDIT):
            context["point_entries"] = list(context["points"].entries[:SHOWN])
        if self.actor.may(MERGE_CUSTOMERS):
            context["merges"] = merges_of(customer)
            context["told_apart"] = [
                {"row": row, "other": row.second if row.first_id == customer.pk else row.first}
                for row in distinctions_of(customer)
            ]
        if context["may_view_history"]:
            context |= self.history(customer, request.GET.get("after", "")[:800])
        return self.render(context)

    def history(self, customer: Customer, cursor: str) -> dict[str, Any]:
        """What happened, and, for those who may see orders, what it comes to."""
        timeline, beyond = timeline_of(customer, actor=self.actor, cursor=cursor)
        told: dict[str, Any] = {"timeline": timeline, "next_url": f"?after={beyond}" if beyond else None}
        if self.actor.may(VIEW_ORDERS):
            figures = figures_of(customer, actor=self.actor)
            told |= {
                "figures": figures,
                "average": None if figures.average is None else round_money(figures.average, current_tenant().currency),
                "months": months_of(customer, actor=self.actor),
                "favourites": favourites_of(customer, actor=self.actor),
            }
        return told


class CustomerEdit(Page):
    """/customers/new/ and /customers/<id>/edit/: one form for what the shop knows of somebody."""

    required_permission: ClassVar = MANAGE_CUSTOMERS
    template_name = "orders/customer_form.html"

    def get(self, request: HttpRequest, customer_id: UUID | None = None) -> HttpResponse:
        customer = find_customer(customer_id) if customer_id else None
        return self.answer(customer, CustomerForm(initial=initial_of(customer) if customer else None))

    def post(self, request: HttpRequest, customer_id: UUID | None = None) -> HttpResponse:
        customer = find_customer(customer_id) if customer_id else None
        form = CustomerForm(request.POST)
        if not form.is_valid():
            return self.answer(customer, form, status=422)
        try:
            saved = self.save(customer, form.cleaned_data)
        except StaleVersion:
            form.add_error(None, STALE)
            return self.answer(customer, form, status=StaleVersion.status)
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.answer(customer, form, status=refusal.status)
        messages.success(request, f"{saved} was saved.")
        return redirect("customer", saved.pk)

    def save(self, customer: Customer | None, given: dict[str, Any]) -> Customer:
        values = {name: given[name] for name in FIELDS}
        chosen = [group.pk for group in given["groups"]]
        if customer is None:
            return create_customer(
                actor=self.actor, customer_id=given["id"], values=values, groups=chosen, codes=given["codes"]
            ).customer
        return update_customer(
            customer.pk,
            actor=self.actor,
            values=values,
            groups=chosen,
            codes=given["codes"],
            expected_version=given["version"],
        )

    def answer(self, customer: Customer | None, form: CustomerForm, *, status: int = 200) -> HttpResponse:
        return self.render({"customer": customer, "form": form}, status=status)


class CustomerConsents(Page):
    """/customers/<id>/consents/: what somebody agreed to, and a form for what they say now."""

    required_permission: ClassVar = MANAGE_CUSTOMERS
    template_name = "orders/consents.html"

    def get(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        return self.answer(find_customer(customer_id), ConsentForm())

    def post(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        customer, form = find_customer(customer_id), ConsentForm(request.POST)
        if not form.is_valid():
            return self.answer(customer, form, status=422)
        given = form.cleaned_data
        try:
            record_consent(
                customer.pk,
                purpose=given["purpose"],
                is_given=given["is_given"] == "yes",
                wording=given["wording"],
                source=given["source"],
                actor=self.actor,
            )
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.answer(customer, form, status=refusal.status)
        messages.success(request, "Noted.")
        return redirect("customer", customer.pk)

    def answer(self, customer: Customer, form: ConsentForm, *, status: int = 200) -> HttpResponse:
        return self.render({"customer": customer, "form": form, "consents": consents_of(customer)}, status=status)


class CustomerData(Page):
    """/customers/<id>/data/?format=json|xlsx: all that the shop keeps of a person, for the person."""

    required_permission: ClassVar = VIEW_CUSTOMER_HISTORY

    def get(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        data = export_customer(customer_id, actor=self.actor)
        is_book = request.GET.get("format") == "xlsx"
        content = (
            as_xlsx(as_rows(data), title="Customer") if is_book else json.dumps(data, indent=1, ensure_ascii=False)
        )
        name = f"customer-data.{'xlsx' if is_book else 'json'}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return HttpResponse(content, content_type=XLSX if is_book else "application/json", headers=headers)


class CustomerAnonymise(Page):
    """/customers/<id>/anonymise/: says what will be gone and what stays, then does it."""

    required_permission: ClassVar = ANONYMISE_CUSTOMERS
    template_name = "orders/customer_anonymise.html"

    def get(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        may_export = self.actor.may(VIEW_CUSTOMER_HISTORY)
        return self.render({"customer": find_customer(customer_id), "may_export": may_export})

    def post(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        customer = find_customer(customer_id)
        try:
            anonymise_customer(customer.pk, actor=self.actor)
        except REFUSALS as refusal:
            messages.error(request, refusal.detail)
            return redirect("customer-anonymise", customer.pk)
        messages.success(request, "The person's data are gone. Orders and sums stay.")
        return redirect("customer", customer.pk)


class Groups(Page):
    """/customers/groups/: the groups, and a form for another."""

    required_permission: ClassVar = {"GET": VIEW_CUSTOMERS, "POST": MANAGE_CUSTOMER_GROUPS}
    template_name = "orders/customer_groups.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.answer(GroupForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = GroupForm(request.POST)
        if form.is_valid():
            try:
                group = create_group(name=form.cleaned_data["name"], actor=self.actor)
            except REFUSALS as refusal:
                explain(refusal, form)
            else:
                messages.success(request, f"{group} was added.")
                return redirect("customer-groups")
        return self.answer(form, status=422)

    def answer(self, form: GroupForm, *, status: int = 200) -> HttpResponse:
        rows = groups().annotate(members=Count("customers"))
        may_manage = self.actor.may(MANAGE_CUSTOMER_GROUPS)
        return self.render({"form": form, "rows": rows, "may_manage": may_manage}, status=status)


class GroupEdit(Page):
    """/customers/groups/<id>/: rename or delete a group."""

    required_permission: ClassVar = MANAGE_CUSTOMER_GROUPS
    template_name = "orders/customer_group.html"

    def get(self, request: HttpRequest, group_id: UUID) -> HttpResponse:
        group = find_group(group_id)
        return self.render({"group": group, "form": GroupForm({"name": group.name, "version": group.version})})

    def post(self, request: HttpRequest, group_id: UUID) -> HttpResponse:
        group = find_group(group_id)
        if request.POST.get("action") == "delete":
            return self.delete_it(request, group_id)
        form, status = GroupForm(request.POST), 422
        if form.is_valid():
            try:
                rename_group(
                    group_id,
                    name=form.cleaned_data["name"],
                    expected_version=form.cleaned_data["version"],
                    actor=self.actor,
                )
            except StaleVersion:
                form.add_error(None, STALE)
                status = StaleVersion.status
            except REFUSALS as refusal:
                explain(refusal, form)
                status = refusal.status
            else:
                messages.success(request, "Saved.")
                return redirect("customer-groups")
        return self.render({"group": group, "form": form}, status=status)

    def delete_it(self, request: HttpRequest, group_id: UUID) -> HttpResponse:
        try:
            delete_group(group_id, actor=self.actor)
        except REFUSALS as refusal:
            messages.error(request, refusal.detail)
            return redirect("customer-group", group_id)
        messages.success(request, "The group is deleted; its customers stay.")
        return redirect("customer-groups")
