"""The pages where a shop lets people and machines in."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Conflict, DomainError, Forbidden, Invalid
from core.people.forms import KeyForm, NameForm, PersonForm, RoleForm
from core.people.models import Role, User
from core.people.permissions import BUILT_IN_ROLES, MANAGE_KEYS, MANAGE_TEAM, PERMISSIONS, VIEW_TEAM
from core.people.selectors import find_user, keys, permission_groups, roles_of, team
from core.people.services import (
    change_role,
    create_api_key,
    create_user,
    give_new_password,
    rename_person,
    revoke_api_key,
    set_active,
    sync_built_in_roles,
)
from core.web.views import Page


class ApiKeys(Page):
    """/settings/api-keys/: every key, what it may and when it was used."""

    required_permission: ClassVar = VIEW_TEAM
    template_name = "people/api_keys.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = [{"key": key, "labels": _labels(key.permissions), "state": _state(key)} for key in keys()]
        return self.render({"rows": rows, "may_manage": self.actor.may(MANAGE_KEYS)})


class NewApiKey(Page):
    """/settings/api-keys/new/: make one; its token is shown on the answer to the form and never again."""

    required_permission: ClassVar = MANAGE_KEYS
    template_name = "people/api_key_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(KeyForm(), chosen=[])

    def post(self, request: HttpRequest) -> HttpResponse:
        form = KeyForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            days = given["expires_days"]
            try:
                key, token = create_api_key(
                    name=given["name"],
                    permissions=given["permissions"],
                    locations=list(given["locations"]),
                    expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
                    actor=self.actor,
                )
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
            else:
                context = {"key": key, "token": token, "address": request.build_absolute_uri("/api/v1/")}
                answer = self.render(context, template="people/api_key_shown.html")
                answer["Cache-Control"] = "no-store"
                return answer
        return self.form(form, chosen=request.POST.getlist("permissions"), status=422)

    def form(self, form: KeyForm, *, chosen: list[str], status: int = 200) -> HttpResponse:
        own = [code for code in PERMISSIONS if self.actor.may(code)]
        context = {"form": form, "groups": permission_groups(own), "chosen": chosen}
        return self.render(context, status=status)


class RevokeApiKey(Page):
    """/settings/api-keys/<id>/revoke/: ends a key at once."""

    required_permission: ClassVar = MANAGE_KEYS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        key = revoke_api_key(key_id=key_id, actor=self.actor)
        messages.success(request, f"{key.name} opens nothing any more.")
        return redirect("api-keys")


class Team(Page):
    """/settings/team/: who may come in, and as what."""

    required_permission: ClassVar = VIEW_TEAM
    template_name = "people/team.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = [{"person": person, "is_self": person.pk == self.actor.id} for person in team()]
        roles = [(name, permission_groups(Role(name=name, is_built_in=True).holds)) for name in BUILT_IN_ROLES]
        return self.render({"rows": rows, "roles": roles, "may_manage": self.actor.may(MANAGE_TEAM)})


class NewPerson(Page):
    """/settings/team/new/: add somebody; their first password is shown on the answer to the form and never again."""

    required_permission: ClassVar = MANAGE_TEAM
    template_name = "people/person_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        sync_built_in_roles()
        return self.render({"form": PersonForm(initial={"role": "cashier"})})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PersonForm(request.POST)
        if form.is_valid():
            given, password = form.cleaned_data, secrets.token_urlsafe(12)
            try:
                person = create_user(
                    email=given["email"],
                    name=given["name"],
                    password=password,
                    role=given["role"].name,
                    location=given["location"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
            else:
                return first_password(self, person, password, is_new=True)
        return self.render({"form": form}, status=422)


def first_password(page: Page, person: User, password: str, *, is_new: bool) -> HttpResponse:
    """The answer that shows a password, this once."""
    address = page.request.build_absolute_uri("/login/")
    context = {"person": person, "password": password, "address": address, "is_new": is_new}
    answer = page.render(context, template="people/person_shown.html")
    answer["Cache-Control"] = "no-store"
    return answer


class Person(Page):
    """/settings/team/<id>/: change what somebody is."""

    required_permission: ClassVar = MANAGE_TEAM
    template_name = "people/person.html"

    def get(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        sync_built_in_roles()
        person = find_user(user_id)
        grant = person.grants.select_related("role", "location").first()
        initial = {"role": grant.role.name, "location": grant.location_id} if grant else {}
        return self.form(RoleForm(initial=initial), user_id)

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        form = RoleForm(request.POST)
        if form.is_valid():
            role, location = form.cleaned_data["role"], form.cleaned_data["location"]
            try:
                person = change_role(user_id=user_id, role=role.name, location=location, actor=self.actor)
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
            else:
                messages.success(request, f"{person} is now {', '.join(roles_of(person))}.")
                return redirect("team")
        return self.form(form, user_id, status=422)

    def form(self, form: RoleForm, user_id: UUID, *, status: int = 200) -> HttpResponse:
        person = find_user(user_id)
        context: dict[str, Any] = {
            "form": form,
            "person": person,
            "held": roles_of(person),
            "name_form": NameForm(initial={"name": person.name}),
            "is_self": person.pk == self.actor.id,
        }
        return self.render(context, status=status)


class PersonName(Page):
    """/settings/team/<id>/name/: call somebody otherwise."""

    required_permission: ClassVar = MANAGE_TEAM
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        form = NameForm(request.POST)
        try:
            if not form.is_valid():
                raise Invalid(" ".join(map(str, form.errors["name"])))
            person = rename_person(user_id=user_id, name=form.cleaned_data["name"], actor=self.actor)
        except (Invalid, Forbidden) as refusal:
            messages.error(request, refusal.detail)
            return redirect("person", user_id)
        messages.success(request, f"{person.email} is called {person} now.")
        return redirect("team")


class PersonPassword(Page):
    """/settings/team/<id>/password/: a new first password, shown on the answer and never again."""

    required_permission: ClassVar = MANAGE_TEAM
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        try:
            person, password = give_new_password(user_id=user_id, actor=self.actor)
        except (Conflict, Forbidden) as refusal:
            messages.error(request, refusal.detail)
            return redirect("person", user_id)
        return first_password(self, person, password, is_new=False)


class PersonActive(Page):
    """/settings/team/<id>/active/: keep somebody out (``active`` empty), or let them in again."""

    required_permission: ClassVar = MANAGE_TEAM
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        try:
            person = set_active(user_id=user_id, is_active=bool(request.POST.get("active")), actor=self.actor)
        except (Conflict, Forbidden) as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, f"{person} may come in again." if person.is_active else f"{person} is out now.")
        return redirect("team")


def _labels(permissions: list[str]) -> list[str]:
    return [PERMISSIONS[code].label if code in PERMISSIONS else code for code in permissions]


def _state(key: Any) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= datetime.now(UTC) else "active"
