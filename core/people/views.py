"""In and out."""

from typing import ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import DomainError, Forbidden
from core.people.forms import LogInForm, NameForm, PasswordForm
from core.people.permissions import AUTHENTICATED, PUBLIC
from core.people.selectors import actor_of_user, find_user, roles_of
from core.people.services import (
    TooManyAttempts,
    change_password,
    check_credentials,
    note_log_in,
    note_log_out,
    rename_person,
)
from core.web.requests import origin
from core.web.views import Page

LONGEST_TARGET = 2000


class LogIn(Page):
    """/login/: e-mail and password, then on to where the person wanted to go."""

    required_permission: ClassVar = PUBLIC
    template_name = "people/login.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.actor:  # type: ignore[attr-defined]
            return redirect(self.target())
        return self.render({"form": LogInForm(), "next": request.GET.get("next", "")})

    def post(self, request: HttpRequest) -> HttpResponse:
        form, user, status = LogInForm(request.POST), None, 422
        if form.is_valid():
            try:
                user = check_credentials(visitor=self.actor, **form.cleaned_data)
                if user is None:
                    form.add_error(None, "E-mail or password is wrong.")
            except TooManyAttempts as refusal:
                form.add_error(None, refusal.detail)
                status = refusal.status
        if user is None:
            return self.render({"form": form, "next": request.POST.get("next", "")}, status=status)
        login(request, user, backend="core.people.backends.EmailBackend")  # type: ignore[arg-type]
        note_log_in(user=user, actor=actor_of_user(user, **origin(request)))
        return redirect(self.target())

    def target(self) -> str:
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        if not wanted.startswith("/") or len(wanted) > LONGEST_TARGET:  # `redirect` takes words for names of routes
            return resolve_url("board")
        if url_has_allowed_host_and_scheme(wanted, {self.request.get_host()}, self.request.is_secure()):
            return wanted
        return resolve_url("board")


class LogOut(Page):
    """/logout/: ends the session at once."""

    required_permission: ClassVar = AUTHENTICATED
    http_method_names = ["post"]  # noqa: RUF012  as Django declares it

    def post(self, request: HttpRequest) -> HttpResponse:
        note_log_out(actor=self.actor)
        logout(request)
        return redirect("login")


class Account(Page):
    """/settings/account/: one's own name and password."""

    required_permission: ClassVar = AUTHENTICATED
    template_name = "people/account.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.answer()

    def post(self, request: HttpRequest) -> HttpResponse:
        return self.password(request) if request.POST.get("do") == "password" else self.name(request)

    def name(self, request: HttpRequest) -> HttpResponse:
        form = NameForm(request.POST)
        if not form.is_valid():
            return self.answer(name_form=form, status=422)
        person = rename_person(user_id=self.me, name=form.cleaned_data["name"], actor=self.actor)
        messages.success(request, f"You are called {person} now.")
        return redirect("account")

    def password(self, request: HttpRequest) -> HttpResponse:
        form, status = PasswordForm(request.POST), 422
        if form.is_valid():
            try:
                user = change_password(**form.cleaned_data, actor=self.actor)
            except DomainError as refusal:
                form.add_error("current" if isinstance(refusal, Forbidden) else "new", refusal.detail or refusal.title)
                status = refusal.status
            else:
                update_session_auth_hash(request, user)  # type: ignore[arg-type]
                messages.success(request, "Your password is changed. Other devices have to log in anew.")
                return redirect("account")
        return self.answer(password_form=form, status=status)

    @property
    def me(self) -> UUID:
        """The person; pages are for people alone."""
        if self.actor.id is None:
            raise Forbidden("Only a person has an account.")
        return self.actor.id

    def answer(
        self, *, name_form: NameForm | None = None, password_form: PasswordForm | None = None, status: int = 200
    ) -> HttpResponse:
        person = find_user(self.me)
        context = {
            "person": person,
            "held": roles_of(person),
            "name_form": name_form or NameForm(initial={"name": person.name}),
            "password_form": password_form or PasswordForm(),
        }
        return self.render(context, status=status)
