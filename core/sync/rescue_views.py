"""The page that takes rescue files."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.devices.errors import CannotBeOpened
from core.devices.permissions import MANAGE_DEVICES
from core.sync.rescue import MOST_BYTES, book_rescue, read_rescue
from core.web.views import Page

WORDS = {
    "applied": "booked",
    "duplicate": "known already",
    "quarantined": "kept under Exceptions",
    "retry": "not taken: try again in a while",
}


class Rescue(Page):
    """/settings/devices/rescue/: look into a rescue file, then book it."""

    required_permission: ClassVar = MANAGE_DEVICES
    template_name = "exceptions/rescue.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render()

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            if request.POST.get("do") == "book":
                return self.booked(request.POST.get("text", ""))
            text = self.uploaded(request)
            return self.shown({"found": read_rescue(text, actor=self.actor), "text": text})
        except CannotBeOpened as refusal:
            return self.render({"problem": refusal.detail}, status=refusal.status)

    def uploaded(self, request: HttpRequest) -> str:
        file = request.FILES.get("file")
        if file is None or file.size is None or file.size > MOST_BYTES:
            raise CannotBeOpened("Choose a rescue file of at most 3 MB.")
        try:
            return str(file.read().decode())
        except UnicodeDecodeError as problem:
            raise CannotBeOpened("This is no rescue file.") from problem

    def shown(self, context: dict[str, Any]) -> HttpResponse:
        answer = self.render(context)
        answer["Cache-Control"] = "no-store"
        return answer

    def booked(self, text: str) -> HttpResponse:
        device, results = book_rescue(text, actor=self.actor)
        told = ", ".join(f"{count} {WORDS[result]}" for result, count in sorted(results.items()))
        messages.success(self.request, f"From {device}: {told}.")
        return redirect("devices")
