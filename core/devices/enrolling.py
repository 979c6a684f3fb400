"""The pages that a browser opens to become a device: for anybody who has a code."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.devices.browser import device_at, keep_token, living_device_at, offer_token, offered_token
from core.devices.forms import CodeForm
from core.devices.models import Enrolment
from core.devices.selectors import tidy_code
from core.devices.services.enrolment import enrol_device, look_up_code
from core.devices.views import NO_COOKIES
from core.errors import DomainError
from core.people.permissions import PUBLIC
from core.web.requests import visitor
from core.web.views import Page


class EnrolCode(Page):
    """/devices/enrol/: type the code instead of scanning it."""

    required_permission: ClassVar = PUBLIC
    template_name = "devices/enrol.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"form": CodeForm(), "here": living_device_at(request)})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        code = tidy_code(form.cleaned_data["code"]) if form.is_valid() else ""
        if code:
            return redirect("device-enrol", code)
        return self.render({"form": form, "here": living_device_at(request)}, status=422)


class Enrol(Page):
    """/devices/enrol/<code>/: what the browser would become, and the button that makes it so."""

    required_permission: ClassVar = PUBLIC
    template_name = "devices/enrol.html"

    def get(self, request: HttpRequest, enrolment_code: str) -> HttpResponse:
        try:
            row = look_up_code(enrolment_code, visitor=visitor(request))
        except DomainError as refusal:
            return self.refused(refusal)
        here = living_device_at(request)
        if row.device_id is not None and here is not None and here.pk == row.device_id:
            return self.answer({"ready": here})
        if row.used_at is not None:
            return self.refused(None)
        return self.answer(self.offered(row))

    def offered(self, row: Enrolment) -> dict[str, Any]:
        was = device_at(self.request)
        return {"row": row, "here": living_device_at(self.request), "was": None if was and was.is_living else was}

    def post(self, request: HttpRequest, enrolment_code: str) -> HttpResponse:
        token = offered_token(request)
        if not token:
            return self.answer({"problem": NO_COOKIES, "form": CodeForm()}, status=422)
        try:
            enrol_device(code=enrolment_code, token=token, visitor=visitor(request), known_as=living_device_at(request))
        except DomainError as refusal:
            return self.refused(refusal)
        answer = redirect("device-enrol", tidy_code(enrolment_code))
        keep_token(answer, token)
        return answer

    def refused(self, refusal: DomainError | None) -> HttpResponse:
        words = refusal.detail if refusal else "This code was used already. Each one lets in one device."
        return self.answer({"problem": words, "form": CodeForm()}, status=refusal.status if refusal else 404)

    def answer(self, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        answer = self.render({"here": living_device_at(self.request), **context}, status=status)
        offer_token(self.request, answer)
        answer["Cache-Control"] = "no-store"
        return answer
