"""Labels: a real decoder reads every code on the paper, prices are those that hold, and old labels are known."""

from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.testing import Shop
from inventory.label_sheets import SHEETS, Label, labels_pdf
from inventory.models import LabelPrint, Product, ScanCode, Variant
from inventory.services.prices import PriceLine, create_price_list, set_prices
from tests.api import Api, pointers


def read(pdf: bytes) -> list[tuple[str, str]]:
    """What a scanner reads on all pages: format and text."""
    found = []
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        image = page.render(scale=300 / 72).to_pil()
        found += [(code.format.name, code.text) for code in zxingcpp.read_barcodes(image)]
    return sorted(found)


def text_of(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


CODES = ("05012345678900", "00000096385074", "TEA-000123", "A-code-of-more-than-thirty-letters-0001", "7")


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("as_qr", [False, True])
def test_a_scanner_reads_every_code_on_every_paper(sheet: str, as_qr: bool) -> None:
    labels = [Label("A thing with a rather long name that is broken", "SKU-1", "£4.50", code) for code in CODES]
    found = read(labels_pdf(labels, sheet=SHEETS[sheet], as_qr=as_qr))
    texts = {text for _, text in found}
    assert texts == {"5012345678900", "96385074", *CODES[2:]}
    assert not as_qr or {name for name, _ in found} == {"QRCode"}


def test_a_used_sheet_goes_on_where_it_was_left_and_a_full_one_is_followed_by_another() -> None:
    labels = [Label("Tea", "TEA", "£4.50", "05012345678900")] * 23
    document = pypdfium2.PdfDocument(labels_pdf(labels, sheet=SHEETS["a4-24"], skip=2))
    assert len(document) == 2


def test_labels_show_the_price_that_holds_and_remember_it(acme: Shop) -> None:
    api = Api(acme.client("manager"))
    listed = create_price_list({"name": "Here", "location_id": acme.location.pk}, actor=acme.actor())
    set_prices(listed.pk, [PriceLine(code="TEA", unit_price=Decimal("4.20"))], actor=acme.actor())
    body = {
        "sheet": "a4-24",
        "location": str(acme.location.pk),
        "lines": [{"code": "5012345678900", "copies": 2}, {"variant": str(acme.variant("JAM").pk), "copies": 1}],
    }
    answer = api.post("labels/", body)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf", answer.content
    assert read(answer.content) == [("Code128", "JAM"), ("EAN13", "5012345678900"), ("EAN13", "5012345678900")]
    assert text_of(answer.content).count("£4.20") == 2
    kept = {row.variant.sku: (row.unit_price, row.copies, row.location_id) for row in LabelPrint.objects.all()}
    place = acme.location.pk
    assert kept == {"TEA": (Decimal("4.20"), 2, place), "JAM": (Decimal("3.25"), 1, place)}
    assert AuditEntry.objects.latest("id").object_type == "labels"


def test_a_label_that_shows_another_price_is_listed_until_it_is_printed_again(acme: Shop) -> None:
    browser = acme.client("manager")
    values = {"lines": "TEA x2\n4006381333931", "sheet": "roll-57", "skip": "0"}
    answer = browser.post("/labels/", values)
    assert answer.status_code == 200 and len(pypdfium2.PdfDocument(answer.content)) == 3
    assert "Every label that was printed" in browser.get("/labels/").content.decode()
    Variant.objects.filter(sku="TEA").update(unit_price=Decimal("4.75"))
    page = browser.get("/labels/?changed=1").content.decode()
    assert "TEA x2" in page and "£4.75" in page
    browser.post("/labels/", values)
    assert "Every label that was printed" in browser.get("/labels/").content.decode()


def test_as_many_labels_as_were_received(acme: Shop) -> None:
    document = {
        "id": str(uuid7()),
        "kind": "receipt",
        "location": str(acme.location.pk),
        "reason": "delivery",
        "lines": [{"variant": str(acme.variant("TEA").pk), "quantity": "12"}],
    }
    assert Api(acme.client("owner")).post("stock/movements/", document).status_code == 201
    assert "TEA x12" in acme.client("manager").get(f"/labels/?document={document['id']}").content.decode()


def test_on_the_page_an_article_is_named_and_a_name_of_several_asks_which(acme: Shop) -> None:
    browser, paper = acme.client("manager"), {"sheet": "a4-24", "skip": "0"}
    made = browser.post("/labels/", {**paper, "lines": "earl gr x2\nCUP"})
    assert made.status_code == 200 and text_of(made.content).count("Earl Grey") == 2
    Product.objects.update(name="Of one name")
    asked = browser.post("/labels/", {**paper, "lines": "of one name"})
    assert asked.status_code == 422 and "(TEA)" in asked.content.decode() and "(CUP)" in asked.content.decode()
    unknown = browser.post("/labels/", {**paper, "lines": "nothing is called so"})
    assert unknown.status_code == 422 and LabelPrint.objects.count() == 2


BAD: list[tuple[dict[str, Any], str]] = [
    ({"sheet": "a4-7"}, "/sheet"),
    ({"skip": 24}, "/skip"),
    ({"lines": []}, "/lines"),
    ({"lines": [{"code": "nothing", "copies": 1}]}, "/lines/0/code"),
    ({"lines": [{"variant": str(uuid7()), "copies": 1}]}, "/lines/0/variant"),
    ({"lines": [{"code": "TEA", "copies": 0}]}, "/lines/0/copies"),
    ({"lines": [{"code": "TEA", "copies": 1500}, {"code": "CUP", "copies": 1500}]}, "/lines"),
    ({"location": str(uuid7())}, ""),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD, ids=[str(place) for place in range(len(BAD))])
def test_what_cannot_be_printed_is_refused_and_nothing_is_remembered(
    acme: Shop, wrong: dict[str, Any], pointer: str
) -> None:
    body = {"sheet": "a4-24", "lines": [{"code": "TEA", "copies": 1}], **wrong}
    answer = Api(acme.client("owner")).post("labels/", body)
    assert answer.status_code in (404, 422) and (not pointer or pointer in pointers(answer)), answer.content
    assert not LabelPrint.objects.exists()


def test_a_name_no_font_can_write_is_no_error(acme: Shop) -> None:
    ScanCode.objects.create(code="茶", variant=acme.variant("TEA"))
    answer = Api(acme.client("owner")).post("labels/", {"sheet": "a4-8", "lines": [{"code": "茶", "copies": 1}]})
    assert answer.status_code == 200


def test_for_a_label_printer_the_same_labels_are_text_that_cannot_steer_it(acme: Shop) -> None:
    tea = acme.variant("TEA")
    tea.product.name = "Tea ^XZ~JA_ é"
    tea.product.save()
    key = Api(acme.client("owner"))
    body = {"sheet": "roll-57", "format": "zpl", "lines": [{"code": "TEA", "copies": 2}]}
    answer = key.post("labels/", body)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zpl")
    text = answer.content.decode()
    assert text.count("^XA") == text.count("^XZ") == 2
    assert "Tea _5EXZ_7EJA_5F é^FS" in text and "^BEN,88,Y,N^FD501234567890^FS" in text
    refused = key.post("labels/", body | {"sheet": "a4-24"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "no-roll")
    form = {"lines": "TEA", "sheet": "roll-57", "skip": "0", "then": "zpl"}
    assert acme.client("manager").post("/labels/", form)["Content-Type"] == "application/zpl"
