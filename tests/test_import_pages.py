"""The page of imports: upload, follow, read the report; each for those who may."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import perform
from core.tenancy.context import use_tenant
from core.testing import Shop
from orders.imports.services import JOB, stored_name, tidy_imports
from orders.models import ImportRun, Order
from tests.import_samples import line, made_rows, run_import, write


def upload(browser: Client, path: Path, shop: Shop, **more: Any) -> Any:
    """Send a file with the page's form."""
    fields = {"format": "uci-online-retail", "location": str(shop.location.pk), "moves_stock": "on", **more}
    return browser.post("/imports/", {**fields, "file": SimpleUploadedFile(path.name, path.read_bytes())})


def run_of(answer: Any) -> ImportRun:
    found = re.fullmatch(r"/imports/([0-9a-f-]{36})/", answer["Location"])
    assert found is not None
    return ImportRun.objects.get(pk=UUID(found[1]))


def work(run: ImportRun) -> Job:
    assert run.job_id is not None
    perform(run.job_id)
    run.refresh_from_db()
    return Job.objects.get(pk=run.job_id)


@pytest.mark.django_db(transaction=True)
def test_an_upload_waits_is_imported_by_a_worker_and_shows_its_report(acme: Shop, tmp_path: Path) -> None:
    rows = list(made_rows(2_000))
    browser = acme.client("manager")
    answer = upload(browser, write(tmp_path / "history.csv.gz", rows), acme)
    assert answer.status_code == 302
    run = run_of(answer)
    assert (run.state, run.file_name, run.created_by_label) == (
        "waiting",
        "history.csv.gz",
        str(acme.person("manager")),
    )
    assert default_storage.exists(stored_name(run.pk))
    waiting = browser.get(answer["Location"]).content.decode()
    assert f'data-url="/api/v1/jobs/{run.job_id}/"' in waiting and "Waiting for a worker" in waiting

    job = work(run)
    assert (job.state, job.kind, job.progress) == ("done", JOB, job.total)
    assert job.result == {
        "run_id": str(run.pk),
        "documents": run.documents_added,
        "lines": len(rows),
        "sum": f"{run.sum_added:f}",
    }
    assert not default_storage.exists(stored_name(run.pk))
    report = browser.get(answer["Location"]).content.decode()
    assert "Movements" in report and "Fees and vouchers" in report and "progress-job" not in report
    assert "history.csv.gz" in browser.get("/imports/").content.decode()

    assert work(run).state == "done"  # a repeat finds it over
    assert Order.objects.count() == run.documents_added


@pytest.mark.django_db(transaction=True)
def test_a_refused_upload_lists_every_row_and_keeps_no_file(acme: Shop, tmp_path: Path) -> None:
    rows = [line(str(n), quantity="<b>x</b>" if n > 5 else "1") for n in range(130)]
    browser = acme.client("owner")
    run = run_of(upload(browser, write(tmp_path / "bad.csv", rows), acme))
    job = work(run)
    assert (job.state, run.state, run.refused_count) == ("failed", "refused", 124)
    assert not default_storage.exists(stored_name(run.pk)) and not Order.objects.exists()
    first = browser.get(f"/imports/{run.pk}/").content.decode()
    assert "124 rows are wrong, so nothing was imported." in first
    assert "&lt;b&gt;x&lt;/b&gt;" in first and "<b>x</b>" not in first
    assert first.count('data-label="Reason"') == 50
    assert browser.get(f"/imports/{run.pk}/?page=3").content.decode().count('data-label="Reason"') == 24


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty: 0 bytes."),
        (b"PK\x03\x04" + bytes(40), "This is a ZIP archive or an Excel workbook (XLSX)."),
        (b"a,b,c\n1,2,3\n", "The columns are not those of"),
    ],
)
def test_what_can_be_seen_at_a_glance_is_refused_in_the_form(
    acme: Shop, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    answer = upload(acme.client("owner"), path, acme)
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not ImportRun.objects.exists() and not Job.objects.exists()
    assert not default_storage.exists("imports") or default_storage.listdir("imports")[1] == []


def test_an_upload_that_is_too_large_is_refused(acme: Shop, tmp_path: Path) -> None:
    assert settings.UPLOAD_LIMIT_BYTES == 60 * 1024 * 1024
    with override_settings(UPLOAD_LIMIT_BYTES=1024):
        answer = upload(acme.client("owner"), write(tmp_path / "a.csv", made_rows(50)), acme)
    assert answer.status_code == 422 and "The file is larger than 0 MB" in answer.content.decode()
    assert not ImportRun.objects.exists() and not Job.objects.exists()


@pytest.mark.parametrize("wrong", [{"location": str(uuid7())}, {"format": "nonsense"}, {"location": "x"}])
def test_a_wrong_choice_is_told_in_the_form(acme: Shop, tmp_path: Path, wrong: dict[str, str]) -> None:
    answer = upload(acme.client("owner"), write(tmp_path / "a.csv", [line()]), acme, **wrong)
    assert answer.status_code == 422 and "field__error" in answer.content.decode()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("role", ["cashier", "stock clerk", "accountant", "viewer"])
def test_who_may_not_import_sees_no_page_and_starts_nothing(acme: Shop, tmp_path: Path, role: str) -> None:
    run = run_import(acme, write(tmp_path / "a.csv", [line()]))
    browser = acme.client(role)
    assert browser.get("/imports/").status_code == 403
    assert browser.get(f"/imports/{run.pk}/").status_code == 403
    assert upload(browser, tmp_path / "a.csv", acme).status_code == 403
    assert ImportRun.objects.count() == 1
    assert acme.client().get("/imports/")["Location"].startswith("/login/?next=")


def test_another_shop_finds_nothing_of_it(acme: Shop, globex: Shop, tmp_path: Path) -> None:
    run = run_import(acme, write(tmp_path / "secret.csv", [line()]))
    with use_tenant(globex.tenant):
        browser = globex.client("owner")
    assert browser.get(f"/imports/{run.pk}/").status_code == 404
    assert "secret.csv" not in browser.get("/imports/").content.decode()


def test_a_page_without_imports_says_what_to_do(acme: Shop) -> None:
    assert "Nothing imported yet" in acme.client("owner").get("/imports/").content.decode()


def test_runs_whose_job_gave_up_are_closed_and_their_files_removed(acme: Shop, tmp_path: Path) -> None:
    run = run_of(upload(acme.client("owner"), write(tmp_path / "a.csv", [line()]), acme))
    assert tidy_imports() == 0 and default_storage.exists(stored_name(run.pk))
    assert run.job_id is not None
    Job.objects.filter(pk=run.job_id).update(state=Job.State.FAILED)
    assert "Something went wrong on our side" in acme.client("owner").get(f"/imports/{run.pk}/").content.decode()
    assert tidy_imports() == 1
    run.refresh_from_db()
    assert run.state == "failed" and not default_storage.exists(stored_name(run.pk))
    assert tidy_imports() == 0


def test_a_job_whose_file_is_gone_says_so(acme: Shop, tmp_path: Path) -> None:
    run = run_of(upload(acme.client("owner"), write(tmp_path / "a.csv", [line()]), acme))
    default_storage.delete(stored_name(run.pk))
    job = work(run)
    assert (job.state, run.state, run.error) == (
        "failed",
        "failed",
        "The uploaded file is gone. Please upload it again.",
    )
