"""A price list out as a file and in again: what was seen is what happens, and for a day it can be undone."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from core.audit.models import AuditEntry
from core.errors import Conflict
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import perform
from core.outbox.models import Event
from core.spreadsheets import as_csv, as_xlsx
from core.testing import Shop, make_variant
from inventory.models import BulkEdit, PriceChange, PriceList, PriceSheet, PriceSheetRow
from inventory.selectors.price_sheets import HEAD, sheet_of
from inventory.services.price_sheets import apply_price_sheet, preview_price_sheet, undo_price_sheet
from inventory.services.prices import PriceLine, create_price_list, set_prices
from tests.api import Api

FILE = """SKU;Name;From quantity;Price
TEA;whatever;1;3,99
TEA;;10;3.5
CUP;;1;
JAM;;1;2.90
NO-SUCH;;1;5
JAM;;2;cheap
JAM;;1;9
JAM;;3;1,234
JAM;;-4;1
JAM;;5;-1
JAM;;6;1.23456
;;7;1
JAM;;8;NaN
JAM;;9;99999999999
"""


def a_list(shop: Shop, **prices: str) -> PriceList:
    made = create_price_list({"name": "Staff"}, actor=shop.actor())
    lines = [PriceLine(code=sku, unit_price=Decimal(price)) for sku, price in prices.items()]
    return set_prices(made.pk, lines, actor=shop.actor())


def previewed(shop: Shop, price_list: PriceList, content: str | bytes, **other: Any) -> PriceSheet:
    raw = content.encode() if isinstance(content, str) else content
    return preview_price_sheet(
        uuid7(), raw, price_list_id=price_list.pk, file_name="staff.csv", actor=shop.actor(), **other
    ).sheet


def worked(sheet: PriceSheet) -> PriceSheet:
    sheet.refresh_from_db()
    assert sheet.job_id is not None
    perform(sheet.job_id)
    job = Job.objects.get(pk=sheet.job_id)
    assert job.state == Job.State.DONE, job.error
    sheet.refresh_from_db()
    return sheet


def prices(price_list: PriceList) -> dict[tuple[str, str], str]:
    rows = price_list.items.values_list("variant__sku", "from_quantity", "unit_price")
    return {(sku, f"{quantity:f}".rstrip("0").rstrip(".")): f"{price:.2f}" for sku, quantity, price in rows}


@pytest.mark.django_db(transaction=True)
def test_what_was_seen_is_what_happens_and_an_undo_puts_it_back(acme: Shop, globex: Shop) -> None:
    staff = a_list(acme, TEA="4.00", CUP="10.00", JAM="2.90")
    before = prices(staff)
    version, logged, told = staff.version, PriceChange.objects.count(), Event.objects.count()
    sheet = previewed(acme, staff, FILE, reason="spring")
    assert prices(staff) == before and Event.objects.count() == told
    counts = (sheet.found, sheet.added, sheet.changed, sheet.removed, sheet.same, sheet.refused)
    assert counts == (14, 1, 1, 1, 1, 10)
    reasons = {row["row"]: (row["column"], row["reason"].split(".")[0]) for row in sheet.refused_rows}
    assert reasons[6] == ("sku", "There is no such article")
    assert reasons[8] == ("sku", "It stands in row 5 already")
    assert reasons[9] == ("price", "This can be read in two ways")
    assert {row: column for row, (column, _) in reasons.items()} == {
        6: "sku", 7: "price", 8: "sku", 9: "price", 10: "from_quantity",
        11: "price", 12: "price", 13: "sku", 14: "price", 15: "price",
    }  # fmt: skip
    apply_price_sheet(sheet.pk, actor=acme.actor())
    apply_price_sheet(sheet.pk, actor=acme.actor())
    worked(sheet)
    assert sheet.state == BulkEdit.State.APPLIED and sheet.kept == 0
    assert prices(staff) == {("TEA", "1"): "3.99", ("TEA", "10"): "3.50", ("JAM", "1"): "2.90"}
    staff.refresh_from_db()
    assert staff.version == version + 1
    assert [event.type for event in Event.objects.order_by("id")[told:]] == ["price_list.changed"]
    log = list(PriceChange.objects.order_by("id")[logged:])
    assert [(row.variant.sku, row.before, row.after, row.reason) for row in log] == [
        ("TEA", Decimal(4), Decimal("3.99"), "spring"),
        ("TEA", None, Decimal("3.5"), "spring"),
        ("CUP", Decimal(10), None, "spring"),
    ]
    acts = AuditEntry.objects.filter(object_type="price_sheet").order_by("id").values_list("action", flat=True)
    assert list(acts) == ["create", "change", "change"]
    undo_price_sheet(sheet.pk, actor=acme.actor())
    worked(sheet)
    assert sheet.state == BulkEdit.State.UNDONE and prices(staff) == before
    with pytest.raises(Conflict):
        apply_price_sheet(sheet.pk, actor=acme.actor())


@pytest.mark.django_db(transaction=True)
def test_what_somebody_changed_in_between_is_left_alone(acme: Shop, globex: Shop) -> None:
    staff = a_list(acme, TEA="4.00", CUP="10.00")
    sheet = previewed(acme, staff, "sku,price\nTEA,3\nCUP,9\nJAM,2\n")
    set_prices(staff.pk, [PriceLine(code="TEA", unit_price=Decimal("4.20"))], actor=acme.actor())
    apply_price_sheet(sheet.pk, actor=acme.actor())
    worked(sheet)
    assert sheet.kept == 1 and prices(staff) == {("TEA", "1"): "4.20", ("CUP", "1"): "9.00", ("JAM", "1"): "2.00"}
    set_prices(staff.pk, [PriceLine(code="JAM", unit_price=None)], actor=acme.actor())
    undo_price_sheet(sheet.pk, actor=acme.actor())
    worked(sheet)
    assert sheet.kept == 2 and prices(staff) == {("TEA", "1"): "4.20", ("CUP", "1"): "10.00"}
    states = dict(sheet.rows.values_list("variant__sku", "state"))
    assert states == {"TEA": "skipped", "CUP": "undone", "JAM": "kept"}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_gave_up_left_nothing_and_can_be_asked_again(acme: Shop, globex: Shop) -> None:
    staff = a_list(acme, TEA="4.00")
    sheet = previewed(acme, staff, "sku,price\nTEA,3\n")
    first = apply_price_sheet(sheet.pk, actor=acme.actor()).job_id
    assert first is not None
    Job.objects.filter(pk=first).update(state=Job.State.FAILED)
    assert apply_price_sheet(sheet.pk, actor=acme.actor()).job_id != first
    worked(sheet)
    assert prices(staff) == {("TEA", "1"): "3.00"}


@pytest.mark.django_db(transaction=True)
def test_only_within_a_day_and_only_what_differs(acme: Shop, globex: Shop) -> None:
    staff = a_list(acme, TEA="4.00")
    sheet = previewed(acme, staff, "sku,price\nTEA,4.0000\n")
    with pytest.raises(Conflict):
        apply_price_sheet(sheet.pk, actor=acme.actor())
    with pytest.raises(Conflict):
        undo_price_sheet(sheet.pk, actor=acme.actor())
    PriceSheet.objects.filter(pk=sheet.pk).update(state="applied", applied_at=datetime.now(UTC))
    with pytest.raises(Conflict):
        undo_price_sheet(sheet.pk, actor=acme.actor(), now=datetime.now(UTC) + timedelta(hours=25))
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_goes_out_comes_back_as_no_difference(acme: Shop, globex: Shop, kind: str) -> None:
    make_variant("=1+1", price="2")
    make_variant("00123", price="2")
    staff = a_list(acme, TEA="4.00", JAM="100.00")
    odd = [PriceLine(code="=1+1", unit_price=Decimal("0.0001"), from_quantity=Decimal("2.5"))]
    odd.append(PriceLine(code="00123", unit_price=Decimal(0), from_quantity=Decimal(1000)))
    set_prices(staff.pk, odd, actor=acme.actor())
    rows = [HEAD, *sheet_of(staff, with_all=True)]
    assert [row[0] for row in rows[1:]] == ["00123", "=1+1", "CUP", "JAM", "TEA"]
    content = as_xlsx(rows, title="Prices") if kind == "xlsx" else as_csv(rows).encode("utf-8-sig")
    sheet = previewed(acme, staff, content)
    assert (sheet.found, sheet.same, sheet.differs, sheet.refused_rows) == (5, 5, 0, [])


def workbook(*rows: Any) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(out)
    return out.getvalue()


def far_out() -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active["A1"], book.active["B1"], book.active["XFD1048576"] = "sku", "price", "far"  # type: ignore[index]
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(210):
            part.write(b"\0" * 2**20)
    return out.getvalue()


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "only a header": (b"sku,price\n", "no rows"),
    "other columns": (b"a,b\n1,2\n", "sku and price"),
    "a column twice": (b"sku,price,price\nTEA,1,2\n", "more than once"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\x81\x8d", "neither"),
    "a cut-off workbook": (workbook(["sku", "price"], ["TEA", 3])[:900], "damaged"),
    "another archive": (b"PK\x03\x04nonsense", "damaged"),
    "a bomb": (bomb(), "larger than"),
    "a cell far out": (far_out(), "rows"),
    "too many rows": (b"sku,price\n" + b"TEA,1\n" * 100_001, "Split the file"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_price_list_says_what_it_lacks_and_nothing_is_kept(
    acme: Shop, globex: Shop, name: str
) -> None:
    content, words = UNREADABLE[name]
    staff = a_list(acme, TEA="4.00")
    body = {"id": str(uuid7()), "price_list": str(staff.pk), "file": SimpleUploadedFile("prices.xlsx", content)}
    answer = acme.client("manager").post("/api/v1/price-sheets/", body)
    assert answer.status_code == 422 and answer.json()["code"] == "unreadable-file", answer.content[:300]
    assert words in answer.json()["detail"]
    assert not PriceSheet.objects.exists() and not PriceSheetRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_program_sends_a_workbook_applies_it_and_the_same_twice_is_one(acme: Shop, globex: Shop) -> None:
    staff = a_list(acme, TEA="4.00")
    browser = acme.client("manager")
    content = workbook(["Price", "SKU", "Note"], [3.1, "TEA", "x"], [2, "JAM", None], [None, None, None])
    mine = str(uuid7())

    def send(raw: bytes, **other: str) -> Any:
        body = {"id": mine, "price_list": str(staff.pk), "file": SimpleUploadedFile("new.xlsx", raw), **other}
        return browser.post("/api/v1/price-sheets/", body)

    answers = [send(content), send(content)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    assert answers[0].json() == answers[1].json() and PriceSheet.objects.count() == 1
    assert answers[0].json()["found"] == 2
    other = send(content, reason="why")
    assert (other.status_code, other.json()["code"]) == (422, "identifier-reused")
    assert send(content, price_list=str(uuid7())).status_code == 422
    api = Api(browser)
    detail = api.get(f"price-sheets/{mine}/").json()
    assert [(row["sku"], row["before"], row["after"]) for row in detail["rows"]] == [
        ("TEA", "4.0000", "3.1000"),
        ("JAM", None, "2.0000"),
    ]
    assert api.post(f"price-sheets/{mine}/apply/", {}).status_code == 202
    worked(PriceSheet.objects.get())
    out = browser.get(f"/api/v1/price-lists/{staff.pk}/file/", {"kind": "xlsx", "rows": "all"})
    sheet = load_workbook(io.BytesIO(out.content)).active
    assert sheet is not None
    assert [tuple(row) for row in sheet.iter_rows(values_only=True)] == [
        HEAD,
        ("CUP", "Acme Blue cup", 1, None, 12),
        ("JAM", "Acme Plum jam", 1, 2, 3.25),
        ("TEA", "Acme Earl Grey", 1, 3.1, 4.5),
    ]
    assert AuditEntry.objects.filter(action="export", object_type="price_list").count() == 1
    assert acme.client("viewer").get("/api/v1/price-sheets/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_person_takes_a_list_away_brings_it_back_applies_and_undoes(acme: Shop, globex: Shop) -> None:
    staff = a_list(acme, TEA="4.00")
    browser = acme.client("manager")
    file = browser.get(f"/prices/{staff.pk}/file/").content.decode("utf-8-sig")
    assert file.splitlines() == ["SKU,Name,From quantity,Price,Own price", "TEA,Acme Earl Grey,1,4,4.5"]
    changed = SimpleUploadedFile("mine.csv", file.replace(",4,", ",3.75,").encode())
    answer = browser.post(f"/prices/{staff.pk}/sheets/", {"id": str(uuid7()), "file": changed, "reason": "r"})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    page = browser.get(answer["Location"]).content.decode()
    assert "£4.00" in page and "£3.75" in page
    sheet = PriceSheet.objects.get()
    for act, price in (("apply", "3.75"), ("undo", "4.00")):
        assert browser.post(answer["Location"], {"act": act}).status_code == 302
        assert "progress-job" in browser.get(answer["Location"]).content.decode()
        worked(sheet)
        assert prices(staff) == {("TEA", "1"): price}
    bad = {"id": str(uuid7()), "file": SimpleUploadedFile("x.csv", b"%PDF")}
    refused = browser.post(f"/prices/{staff.pk}/sheets/", bad)
    assert refused.status_code == 422 and "The first row must name the columns" in refused.content.decode()
