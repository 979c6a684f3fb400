"""Imports as they run: by command, killed in the middle, and as a job that tells how far it is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from io import StringIO
from pathlib import Path
from threading import Barrier
from threading import Event as Signal
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from core.actors import SYSTEM
from core.ids import uuid7
from core.jobs.heartbeat import Heartbeat
from core.jobs.models import Job
from core.jobs.services import LeasedProgress, LostLease, claim, enqueue
from core.tenancy.context import use_tenant
from core.testing import Shop
from inventory.models import ScanCode, StockLevel, StockMovement, Variant
from orders.auditor import audit_books
from orders.imports.services import JOB
from orders.models import Customer, ImportRun, Order, OrderLine
from orders.services.checkout import BasketLine, Sale, Tender, place_order
from tests.furnished import emptied_afterwards
from tests.import_samples import Model, line, made_rows, run_import, shared_rows, write

DEADLINE_SECONDS = 90


def until(question: Callable[[], Any], what: str) -> Any:
    """Ask again and again until there is an answer; fail after the deadline."""
    last = time.monotonic() + DEADLINE_SECONDS
    pause = Signal()
    while time.monotonic() < last:
        answer = question()
        if answer:
            return answer
        pause.wait(0.005)
    raise AssertionError(f"{what} did not happen within {DEADLINE_SECONDS} s")


def command(shop: Shop, path: Path, *more: str) -> str:
    out = StringIO()
    call_command("import_sales", shop.host, str(path), "--format", "uci-online-retail", *more, stdout=out)
    return out.getvalue()


def test_the_command_reports_what_it_did_and_that_a_repeat_did_nothing(acme: Shop, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", [line("1"), line("2", "POST", "POSTAGE", "1", price="18.0")])
    said = command(acme, path)
    assert "Read 2 lines of 2 documents, 2010-12-01 to 2010-12-01." in said
    assert "Added 2 documents, 2 lines, 2 articles with 2 codes, 1 customer, 1 stock movement." in said
    assert "Sum of the file 33.3, of what was added 33.3." in said
    again = command(acme, path, "--no-stock")
    assert "Nothing was added." in again and "Already there: 2 documents." in again
    assert ImportRun.objects.count() == 2 and Order.objects.count() == 2


def test_the_command_refuses_in_one_sentence(acme: Shop, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [line(quantity="x")])
    with pytest.raises(CommandError, match=r"1 row is wrong, so nothing was imported. The first: row 2, Quantity 'x'"):
        command(acme, path)
    with pytest.raises(CommandError, match="no active location with the code 'MOON'"):
        command(acme, path, "--location", "MOON")
    with pytest.raises(CommandError, match="There is no shop called 'nobody'"):
        call_command("import_sales", "nobody", str(path), "--format", "uci-online-retail")
    assert not Order.objects.exists()


def books() -> dict[str, list[Any]]:
    """Everything an import writes, but for keys that the database gives, the moment, and the test's own location."""

    def rows(model: Any, *left_out: str) -> list[Any]:
        names = [f.attname for f in model._meta.concrete_fields if f.attname not in left_out]
        return sorted(map(str, model.objects.values_list(*names)))

    return {
        "orders": rows(Order, "recorded_at", "location_id"),
        "lines": rows(OrderLine, "id"),
        "customers": sorted(Customer.objects.filter(name="").values_list("id", "number", "country")),
        "articles": sorted(
            Variant.objects.exclude(sku__in=OWN).values_list("id", "sku", "unit_price", "product__name")
        ),
        "codes": sorted(ScanCode.objects.exclude(variant__sku__in=OWN).values_list("code", "variant_id")),
        "levels": sorted(
            StockLevel.objects.exclude(variant__sku__in=OWN).values_list("variant__sku", "on_hand", "version")
        ),
        "movements": sorted(
            StockMovement.objects.filter(reference_type="order").values_list(
                "variant__sku", "version", "delta", "balance", "kind", "reference_id", "occurred_at"
            )
        ),
    }


OWN = ["TEA", "CUP", "JAM"]


def start(shop: Shop, path: Path) -> subprocess.Popen[bytes]:
    """The command as a process of its own, on the test's database."""
    database = connection.settings_dict
    user, password = quote(database["USER"], safe=""), quote(database["PASSWORD"], safe="")
    url = f"postgres://{user}:{password}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_sales", shop.host, str(path), "--format", "uci-online-retail"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "PGAPPNAME": "import-to-kill"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def statement_of_the_import(part: str) -> int | None:
    """The server process that works on a statement of the started import."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'import-to-kill' AND state = 'active' AND query LIKE %s",
            [f"%{part}%"],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def is_gone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'import-to-kill'")
        return bool(cursor.fetchone() == (0,))


@pytest.mark.django_db(transaction=True)
def test_a_kill_in_the_middle_and_a_second_run_give_the_same_as_one_clean_run(acme: Shop, tmp_path: Path) -> None:
    rows = shared_rows(15_000)
    model, path = Model.of(rows), write(tmp_path / "cut.csv.gz", rows)
    with emptied_afterwards(acme):
        process = start(acme, path)
        said, _ = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, said.decode()
        clean = books()
    assert len(clean["lines"]) == model.lines and len(clean["orders"]) == len(model.documents)

    for moment in ("COPY pg_temp.import_line", "INSERT INTO orders_orderline", "INSERT INTO inventory_stockmovement"):
        process = start(acme, path)
        try:
            until(partial(statement_of_the_import, moment), moment)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        until(is_gone, "the end of the killed session")
        assert not Order.objects.exists() and not OrderLine.objects.exists(), moment
        assert not StockMovement.objects.filter(reference_type="order").exists()
        assert not ImportRun.objects.exists()

    process = start(acme, path)
    said, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, said.decode()
    assert books() == clean
    assert audit_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_add_it_once(acme: Shop, tmp_path: Path) -> None:
    rows = list(made_rows(1_500))
    path = write(tmp_path / "a.csv", rows)
    together = Barrier(2)

    def work() -> ImportRun:
        try:
            with use_tenant(acme.tenant):
                together.wait(timeout=DEADLINE_SECONDS)
                return run_import(acme, path)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        runs = [thread.result() for thread in [threads.submit(work), threads.submit(work)]]
    assert sorted(run.lines_added for run in runs) == [0, len(rows)]
    assert sum(run.documents_known for run in runs) == Order.objects.count() == len(Model.of(rows).documents)
    assert OrderLine.objects.count() == len(rows)
    assert audit_books() == []


@pytest.mark.django_db(transaction=True)
def test_sales_of_the_same_articles_go_on_beside_an_import_and_the_ledger_stays_whole(
    acme: Shop, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", [line(str(n), ("TEA", "CUP", "JAM")[n % 3], quantity="1") for n in range(900)])
    together = Barrier(3)

    def inside(work: Callable[[], object]) -> None:
        try:
            with use_tenant(acme.tenant):
                together.wait(timeout=DEADLINE_SECONDS)
                work()
        finally:
            connection.close()

    def sell() -> None:
        lines = [BasketLine(variant_id=acme.variant(sku).pk, quantity=Decimal(1)) for sku in ("JAM", "TEA", "CUP")]
        for _ in range(15):
            sale = Sale(
                order_id=uuid7(),
                location_id=acme.location.pk,
                lines=lines,
                payments=[Tender(method="card", amount=Decimal("19.75"))],
                accept_shortage=True,
            )
            place_order(sale, actor=acme.actor("owner"))

    with ThreadPoolExecutor(3) as threads:
        work = [threads.submit(inside, sell), threads.submit(inside, sell)]
        work.append(threads.submit(inside, partial(run_import, acme, path)))
        for thread in work:
            thread.result()
    assert dict(StockLevel.objects.values_list("variant__sku", "on_hand")) == {
        sku: Decimal(10 - 30 - 300) for sku in ("TEA", "CUP", "JAM")
    }
    assert audit_books() == []


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_is_seen_from_inside_a_transaction_and_keeps_the_lease(acme: Shop) -> None:
    with transaction.atomic():
        job = enqueue(JOB, actor=SYSTEM, run_id="none")
    claimed = claim(job.pk)
    assert claimed is not None
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    with transaction.atomic(), Heartbeat(LeasedProgress(claimed)) as tell:
        tell(3, 10, "Landing")
        seen = until(lambda: Job.objects.filter(pk=job.pk, progress=3).first(), "the progress")
        assert (seen.total, seen.message) == (10, "Landing") and seen.lease_until is not None


@pytest.mark.django_db(transaction=True)
def test_a_job_that_was_taken_over_stops_at_its_next_word(acme: Shop) -> None:
    with transaction.atomic():
        job = enqueue(JOB, actor=SYSTEM, run_id="none")
    claimed = claim(job.pk)
    assert claimed is not None
    Job.objects.filter(pk=job.pk).update(lease_token=None)

    def stopped() -> bool:
        try:
            tell(1, 2, "Landing")
        except LostLease:
            return True
        return False

    with Heartbeat(LeasedProgress(claimed)) as tell:
        assert until(stopped, "the stop")
    job.refresh_from_db()
    assert job.progress == 0
