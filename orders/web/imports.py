"""Take over a shop's history on a page: upload, follow, read the report."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError
from core.locations.models import Location
from core.web.views import Page
from inventory.web.selectors import places_for
from orders.imports.formats import FORMATS
from orders.imports.selectors import find_import, import_runs, job_of
from orders.imports.services import request_import
from orders.permissions import IMPORT_HISTORY

ROWS_PER_PAGE = 50
RUNS_PER_PAGE = 25


class ImportForm(forms.Form):
    """Which file, what kind, where it was sold, and whether stock moves."""

    file = forms.FileField(
        label="File", allow_empty_file=True, widget=forms.FileInput({"accept": ".csv,.gz,text/csv,application/gzip"})
    )
    format = forms.ChoiceField(label="Kind of file", choices=[(known.name, known.label) for known in FORMATS.values()])
    location = forms.ModelChoiceField(label="Sold at", queryset=Location.objects.none(), empty_label=None)
    moves_stock = forms.BooleanField(
        label="Book the stock ledger",
        required=False,
        initial=True,
        help_text="Every line moves stock at its time. Switch it off if the shop counts its stock anew.",
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [place.pk for place in places]
        self.fields["location"].queryset = Location.objects.filter(pk__in=ids)  # type: ignore[attr-defined]
        self.fields["location"].initial = ids[0] if ids else None


class Imports(Page):
    """/imports/: upload a file, and what earlier ones came to."""

    required_permission: ClassVar = IMPORT_HISTORY
    template_name = "orders/imports.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(ImportForm(places=places_for(self.actor, IMPORT_HISTORY)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ImportForm(request.POST, request.FILES, places=places_for(self.actor, IMPORT_HISTORY))
        if not form.is_valid():
            return self.page(form, status=422)
        wanted = form.cleaned_data
        try:
            run = request_import(
                wanted["file"],
                format_name=wanted["format"],
                location=wanted["location"],
                moves_stock=wanted["moves_stock"],
                actor=self.actor,
            )
        except DomainError as refusal:
            form.add_error("file", refusal.detail)
            return self.page(form, status=refusal.status)
        return redirect("import", run.pk)

    def page(self, form: ImportForm, *, status: int = 200) -> HttpResponse:
        runs = Paginator(import_runs(actor=self.actor), RUNS_PER_PAGE).get_page(self.request.GET.get("page"))
        most = settings.UPLOAD_LIMIT_BYTES // 1024 // 1024
        return self.render({"form": form, "page": runs, "most_megabytes": most}, status=status)


class ImportOne(Page):
    """/imports/<id>/: how far it is, then what came of it, with every row it refused."""

    required_permission: ClassVar = IMPORT_HISTORY
    template_name = "orders/import.html"

    def get(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        run = find_import(run_id, actor=self.actor)
        job = None if run.is_over else job_of(run)
        return self.render(
            {
                "run": run,
                "job": job,
                "is_given_up": not run.is_over and (job is None or job.is_over),
                "format": FORMATS.get(run.format),
                "page": Paginator(run.refused_rows, ROWS_PER_PAGE).get_page(request.GET.get("page")),
            }
        )
