"""Receipts: a PDF that a decoder reads, a copy that says so, a mail that arrives or a plain refusal."""

import email
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import override_settings

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import perform
from core.locations.models import ShopDetails
from core.testing import CANARY, Shop
from orders.models import Customer, Order
from orders.receipts.pdf import _fonts as fonts
from orders.services.checkout import Tender
from orders.services.voids import void_order
from tests.api import machine, person, pointers
from tests.cash_steps import sell
from tests.test_credit import a_card, by_card
from tests.test_money_vectors import agree
from tests.vectors import qr

pytestmark = pytest.mark.django_db(transaction=True)


def read(pdf: bytes) -> tuple[str, list[str]]:
    """The words of a PDF, and what a decoder reads on its pages."""
    document = pypdfium2.PdfDocument(pdf)
    words, found = [], []
    for page in document:
        words.append(page.get_textpage().get_text_range())
        found += [code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())]
    return "\n".join(words), found


def a_paid_order(shop: Shop) -> Order:
    issued = a_card(shop, "10.00", code="ABCD-EFGH-1234-5678")
    rest = Tender(method="cash", amount=Decimal("2.50"), tendered=Decimal(5))
    return sell(shop, None, by_card(issued.code, "6.50"), rest, quantity="2")


@pytest.mark.parametrize("paper", ["80mm", "a4"])
def test_a_receipt_as_pdf_says_everything_and_its_number_is_read_by_a_decoder(
    acme: Shop, globex: Shop, paper: str
) -> None:
    order = a_paid_order(acme)
    acme.variant().product.save()
    answer = machine(acme, ["orders.view_orders"]).get(f"orders/{order.pk}/receipt.pdf", {"paper": paper})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    words, codes = read(answer.content)
    assert sorted(codes) == sorted([order.number, f"R-{order.number}"])
    for part in ("Acme shop", "Acme Earl Grey", "£9.00", "2 × 4.50", "Tax 20% in it", "£1.50", "Change", "£2.50"):
        assert part in words, part
    assert "…5678" in words and "£3.50" in words  # what is left on the gift card
    assert "Copy" not in words and CANARY not in words


def test_a_second_print_is_a_copy_and_both_are_in_the_audit_log(acme: Shop) -> None:
    order, cashier = a_paid_order(acme), person(acme, "cashier")
    path = f"orders/{order.pk}/receipt.pdf"
    copies = ["Copy" in read(cashier.get(path).content)[0] for _ in range(2)]
    page = acme.client("cashier").get(f"/orders/{order.pk}/receipt/")
    assert copies == [False, True] and b"Copy" in page.content
    rows = AuditEntry.objects.filter(object_type="receipt", object_id=str(order.pk))
    assert [(row.action, row.changes, row.actor_label) for row in rows] == [
        ("export", {"medium": [None, "paper"]}, "Acme cashier")
    ] * 3
    assert cashier.get(f"orders/{uuid7()}/receipt.pdf").status_code == 404
    wrong = cashier.get(path, {"paper": "a3"})
    assert (wrong.status_code, pointers(wrong)) == (422, {"/paper"})


def test_the_qr_code_of_a_receipt_opens_its_return_for_those_who_may_take_goods_back(acme: Shop) -> None:
    order = sell(acme, None)
    printed = acme.client("cashier").get(f"/orders/{order.pk}/receipt/")
    assert b"The number as a QR code" in printed.content
    (code,) = [text for text in read(_pdf(acme, order))[1] if text.startswith("R-")]
    for page in (f"/scan/?code={code}", f"/returns/?number={code.lower()}"):
        assert acme.client("cashier").get(page)["Location"] == f"/orders/{order.pk}/return/", page
    assert acme.client("viewer").get(f"/scan/?code={code}")["Location"] == f"/orders/{order.pk}/"
    void_order(order.pk, void_id=uuid7(), reason="wrong", actor=acme.actor("owner"))
    assert acme.client("cashier").get(f"/scan/?code={code}")["Location"] == f"/orders/{order.pk}/"


def _pdf(shop: Shop, order: Order) -> bytes:
    return bytes(person(shop, "cashier").get(f"orders/{order.pk}/receipt.pdf").content)


def test_without_a_font_for_all_letters_a_receipt_is_printed_and_the_page_says_so(
    acme: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.receipts.pdf.FONTS", (("/none.ttf", "/none-bold.ttf"), ("Vera.ttf", "VeraBd.ttf")))
    fonts.cache_clear()
    try:
        order = sell(acme, None)
        assert b"fonts-dejavu-core" in acme.client("cashier").get(f"/orders/{order.pk}/receipt/").content
        assert "Acme Earl Grey" in read(_pdf(acme, order))[0]
    finally:
        fonts.cache_clear()


def test_a_long_receipt_of_strange_names_goes_on_over_pages(acme: Shop) -> None:
    order = a_paid_order(acme)
    lines = list(order.lines.all())
    lines[0].name = "Τσάι Earl Grey \x00 \u202e 茶 " + "x" * 220
    for number in range(2, 120):
        lines.append(type(lines[0])(**{**_values(lines[0]), "position": number, "id": None}))
    order.lines.all().delete()
    order.lines.bulk_create([type(line)(**_values(line)) for line in lines])
    key = machine(acme)
    for paper in ("80mm", "a4"):
        _, codes = read(key.get(f"orders/{order.pk}/receipt.pdf", {"paper": paper}).content)
        assert sorted(codes) == sorted([order.number, f"R-{order.number}"])
    order.lines.exclude(position=1).delete()


def _values(line: Any) -> dict[str, Any]:
    values = {field.attname: getattr(line, field.attname) for field in line._meta.concrete_fields if field.name != "id"}
    return {**values, "name": values["name"].replace("\x00", "")}


@contextmanager
def a_mail_server() -> Iterator[tuple[int, list[tuple[list[str], bytes]]]]:
    """A real SMTP server of one thread: takes every mail but those to ``nobody@``."""
    got: list[tuple[list[str], bytes]] = []
    door = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(door, got), daemon=True).start()
    try:
        yield door.getsockname()[1], got
    finally:
        door.close()


def _serve(door: socket.socket, got: list[tuple[list[str], bytes]]) -> None:
    while True:
        try:
            line, _ = door.accept()
        except OSError:
            return
        with line, line.makefile("rwb") as talk:
            _talk(talk, got)


def _talk(talk: Any, got: list[tuple[list[str], bytes]]) -> None:
    def say(text: str) -> None:
        talk.write(text.encode() + b"\r\n")
        talk.flush()

    to: list[str] = []
    say("220 here")
    for raw in talk:
        word = raw.decode().strip()
        if word.upper().startswith("RCPT"):
            if "nobody@" in word:
                say("550 nobody here")
                continue
            to.append(word)
        if word.upper() == "QUIT":
            say("221 bye")
            return
        if word.upper() != "DATA":
            say("250 ok")
            continue
        say("354 go on")
        body = b""
        for part in talk:
            if part == b".\r\n":
                break
            body += part
        got.append((to, body))
        say("250 taken")


def mail_by(port: int) -> Any:
    return override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        MAIL_FROM="till@acme.test",
    )


def test_a_receipt_goes_by_mail_to_the_customer_with_the_pdf(acme: Shop, globex: Shop) -> None:
    order = sell(acme, None, customer_id=Customer.objects.get(number="C1").pk)
    ShopDetails.objects.update_or_create(pk=1, defaults={"email": "hello@acme.test"})
    with a_mail_server() as (port, got), mail_by(port):
        answer = person(acme, "cashier").post(f"orders/{order.pk}/receipt/email/", {})
        assert answer.status_code == 202
        perform(answer.json()["job"])
        other = person(acme, "cashier").post(f"orders/{order.pk}/receipt/email/", {"address": "nobody@acme.test"})
        perform(other.json()["job"])
    ((to, raw),) = got
    message = email.message_from_bytes(raw)
    assert [one.upper() for one in to] == ["RCPT TO:<CUSTOMER@ACME.LOCALHOST>"]
    assert message["From"] == "Acme shop <till@acme.test>" and message["Message-ID"].endswith("@acme.test>")
    assert message["Reply-To"] == "hello@acme.test"  # who answers reaches the shop
    assert order.number in message["Subject"] and CANARY not in raw.decode()
    (pdf,) = [part for part in message.walk() if part.get_content_type() == "application/pdf"]
    assert order.number in read(pdf.get_payload(decode=True))[1]  # type: ignore[arg-type]
    jobs = {job.arguments["address"]: job for job in Job.objects.filter(kind="orders.email_receipt")}
    assert jobs["customer@acme.localhost"].state == "done"
    assert (jobs["nobody@acme.test"].state, jobs["nobody@acme.test"].error) == (
        "failed",
        "The mail server does not take this address.",
    )


def test_without_a_mail_server_a_receipt_is_refused_in_plain_words(acme: Shop) -> None:
    order, cashier = sell(acme, None), person(acme, "cashier")
    path = f"orders/{order.pk}/receipt/email/"
    answer = cashier.post(path, {"address": "a@b.test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "mail-not-set-up")
    with override_settings(MAIL_FROM="till@acme.test"):
        for address in ("", "a", "a@b.test\nBcc: c@d.test", "a@b.test,c@d.test", "x" * 250 + "@b.test"):
            refused = cashier.post(path, {"address": address})
            assert (refused.status_code, pointers(refused)) == (422, {"/address"}), address
    assert not Job.objects.filter(kind="orders.email_receipt").exists()
    assert not AuditEntry.objects.filter(object_type="receipt").exists()


def test_the_slip_of_a_device_carries_the_same_qr_code(tmp_path: Path) -> None:
    agree(tmp_path, "till-qr.test.js", "qr", qr.vectors())
