"""The audit log on a page."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse

from core.audit.models import AuditEntry
from core.audit.selectors import changes_in_words, entries, kind_in_words, kinds_of_objects, place_names
from core.people.permissions import VIEW_AUDIT
from core.people.selectors import keys, team
from core.web.cursors import window_of
from core.web.views import Page


class AuditFilter(forms.Form):
    """Who did what to what."""

    actor = forms.TypedChoiceField(required=False, label="Who")
    action = forms.ChoiceField(required=False, label="Did what", choices=[("", "Anything"), *AuditEntry.Action.choices])
    object = forms.ChoiceField(required=False, label="To what")
    id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(person.pk), str(person)) for person in team()]
        machines = [(str(key.pk), f"Key {key.name}") for key in keys()]
        kinds = [(kind, kind_in_words(kind)) for kind in kinds_of_objects()]
        self.fields["actor"].choices = [("", "Anybody"), *people, *machines]  # type: ignore[attr-defined]
        self.fields["object"].choices = [("", "Anything"), *kinds]  # type: ignore[attr-defined]


class AuditLog(Page):
    """/settings/audit/: who did what, when, from where, and what it changed."""

    required_permission: ClassVar = VIEW_AUDIT
    template_name = "audit/log.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = AuditFilter(request.GET)
        wanted = form.cleaned_data if form.is_valid() else {}
        rows = entries(
            actor_id=wanted.get("actor") or None,
            action=wanted.get("action", ""),
            object_type=wanted.get("object", ""),
            object_id=wanted.get("id", ""),
        )
        window = window_of(rows, by=("-id",), query=request.GET)
        names = place_names()
        shown = [
            {"entry": entry, "kind": kind_in_words(entry.object_type), "changes": changes_in_words(entry, names)}
            for entry in window.rows
        ]
        is_narrowed = any(wanted.get(name) for name in ("actor", "action", "object", "id"))
        return self.render({"form": form, "rows": shown, "window": window, "is_narrowed": is_narrowed})
