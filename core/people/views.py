"""In and out."""

from typing import ClassVar

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from core.people.forms import LogInForm
from core.people.permissions import AUTHENTICATED, PUBLIC
from core.people.selectors import actor_of_user
from core.people.services import TooManyAttempts, check_credentials, note_log_in, note_log_out
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
