"""The pages of devices for whoever manages them; the page a new device itself opens is in `enrolling`."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import mark_safe

from core.devices.browser import keep_token, living_device_at, offer_token, offered_token
from core.devices.forms import ChangeDeviceForm, NewDeviceForm
from core.devices.models import Device, Enrolment
from core.devices.permissions import MANAGE_DEVICES
from core.devices.rows import fleet_of, row_of
from core.devices.selectors import code_of, devices_seen_by, find_device, find_enrolment, free_name_and_prefix
from core.devices.services.enrolment import begin_enrolment, enrol_device
from core.devices.services.fleet import revoke_device, update_device
from core.errors import DomainError, StaleVersion
from core.ids import uuid7
from core.people.services import sync_built_in_roles
from core.web.refusals import explain
from core.web.requests import visitor
from core.web.views import Page

NO_COOKIES = "This browser keeps no cookies, so it cannot be a device. Allow them for this page and try again."


class Devices(Page):
    """/settings/devices/: every till and phone, and how it stands."""

    required_permission: ClassVar = MANAGE_DEVICES
    template_name = "devices/devices.html"
    live_events = "device.*"
    live_pause = 2
    live_every = 20  # what goes quiet tells nothing

    def get(self, request: HttpRequest) -> HttpResponse:
        fleet = fleet_of(list(devices_seen_by(self.actor)), now=datetime.now(UTC))
        return self.render({"fleet": fleet, "here": living_device_at(request)})


class NewDevice(Page):
    """/settings/devices/new/: invite a phone or another till, or make this very browser one."""

    required_permission: ClassVar = MANAGE_DEVICES
    template_name = "devices/device_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        sync_built_in_roles()
        name, prefix = free_name_and_prefix()
        initial = {"enrolment_id": uuid7(), "name": name, "mark": prefix}
        return self.form(NewDeviceForm(initial=initial, actor=self.actor))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewDeviceForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self.form(form, status=422)
        is_here = request.POST.get("do") == "here"
        if is_here and not offered_token(request):
            form.add_error(None, NO_COOKIES)
            return self.form(form, status=422)
        try:
            row, code = begin_enrolment(
                enrolment_id=form.cleaned_data["enrolment_id"],
                name=form.cleaned_data["name"],
                prefix=form.cleaned_data["mark"],
                location_id=form.cleaned_data["location"].pk,
                role=form.cleaned_data["role"].name if form.cleaned_data["role"] else None,
                actor=self.actor,
            )
            return self.make_this_one(request, code) if is_here else redirect("device-invitation", row.pk)
        except DomainError as refusal:
            explain(refusal, form)
            return self.form(form, status=refusal.status)

    def make_this_one(self, request: HttpRequest, code: str) -> HttpResponse:
        token = offered_token(request)
        here = living_device_at(request)
        device = enrol_device(code=code, token=token, visitor=visitor(request), known_as=here)
        messages.success(request, f"This browser is {device} now. Its receipts begin with {device.prefix}.")
        answer = redirect("devices")
        keep_token(answer, token)
        return answer

    def form(self, form: NewDeviceForm, *, status: int = 200) -> HttpResponse:
        here = living_device_at(self.request)
        answer = self.render({"form": form, "here": here}, status=status)
        offer_token(self.request, answer)
        return answer


class Invitation(Page):
    """/settings/devices/invitations/<id>/: the code, to scan or to type, and what became of it."""

    required_permission: ClassVar = MANAGE_DEVICES
    template_name = "devices/invitation.html"
    live_events = "device.enrolled"

    def get(self, request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
        row = find_enrolment(enrolment_id, actor=self.actor)
        context: dict[str, Any] = {"row": row, "is_over": not row.is_open and row.used_at is None}
        if row.is_open:
            context |= self.shown(row)
        answer = self.render(context)
        answer["Cache-Control"] = "no-store"
        return answer

    def shown(self, row: Enrolment) -> dict[str, Any]:
        """The code as a picture and as text."""
        code = code_of(row)
        address = self.request.build_absolute_uri(reverse("device-enrol", args=[code]))
        drawn = segno.make(address, error="m", micro=False).svg_inline(
            dark="#000", light="#fff", border=3, omitsize=True
        )
        typed = self.request.build_absolute_uri(reverse("device-enrol-code"))
        return {"code": f"{code[:4]} {code[4:]}", "qr": mark_safe(drawn), "typed": typed}  # noqa: S308  drawn by us

    def post(self, request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
        """A new code for one that was over."""
        row = find_enrolment(enrolment_id, actor=self.actor)
        try:
            begin_enrolment(
                enrolment_id=row.pk,
                name=row.name,
                prefix=row.prefix,
                location_id=row.location_id,
                role=row.role.name if row.role else None,
                actor=self.actor,
            )
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect("device-new")
        return redirect("device-invitation", row.pk)


class DeviceOne(Page):
    """/settings/devices/<id>/: how it stands; another name, place or ceiling."""

    required_permission: ClassVar = MANAGE_DEVICES
    template_name = "devices/device.html"

    def get(self, request: HttpRequest, device_id: UUID) -> HttpResponse:
        sync_built_in_roles()
        device = find_device(device_id, actor=self.actor)
        return self.answer(device, self.form_of(device))

    def post(self, request: HttpRequest, device_id: UUID) -> HttpResponse:
        device, form = find_device(device_id, actor=self.actor), ChangeDeviceForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self.answer(device, form, status=422)
        given = form.cleaned_data
        values = {
            "name": given["name"],
            "location_id": given["location"].pk,
            "role": given["role"].name if given["role"] else None,
        }
        try:
            saved = update_device(device.pk, values, actor=self.actor, expected_version=given["version"])
        except StaleVersion as stale:
            form.add_error(None, "Something of this device changed in the meantime. Open it anew to see what is there.")
            return self.answer(device, form, status=stale.status)
        except DomainError as refusal:
            explain(refusal, form)
            return self.answer(device, form, status=refusal.status)
        messages.success(request, f"{saved} was saved.")
        return redirect("devices")

    def form_of(self, device: Device) -> ChangeDeviceForm:
        role = device.role.name if device.role else None
        shown = {"name": device.name, "location": device.location_id, "role": role, "version": device.version}
        return ChangeDeviceForm(initial=shown, actor=self.actor)

    def answer(self, device: Device, form: ChangeDeviceForm, *, status: int = 200) -> HttpResponse:
        return self.render({"row": row_of(device, now=datetime.now(UTC)), "form": form}, status=status)


class RevokeDevice(Page):
    """/settings/devices/<id>/revoke/: let it in no more."""

    required_permission: ClassVar = MANAGE_DEVICES
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, device_id: UUID) -> HttpResponse:
        find_device(device_id, actor=self.actor)
        device = revoke_device(device_id, actor=self.actor, is_lost="lost" in request.POST)
        messages.success(request, f"{device} is revoked: it opens nothing any more.")
        return redirect("devices")
