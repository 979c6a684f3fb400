"""Days of cover, what to order, and the daily mail: who hears what, once."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings
from openpyxl import load_workbook

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.locations.models import Location
from core.people.models import Grant
from core.testing import CANARY, Shop
from inventory.models import AlertDigest, StockAlert, StockLevel
from inventory.services.alerts import LookedOver, look_over_stock
from inventory.services.digests import BeingSent, send_digests, set_digest
from inventory.services.policy import change_stock_policy
from tests.api import machine, person
from tests.mail_server import MailServer, serving
from tests.test_alerts import limits, move

D = Decimal


@pytest.fixture
def sold(acme: Shop) -> Shop:
    """28 teas sold in the last 28 days, one a day; 10 are left. Cover of 7 days is 7 pieces."""
    move(acme, "28", kind="receipt", at=datetime.now(UTC) - timedelta(days=40))
    for days in range(28):
        move(acme, "-1", at=datetime.now(UTC) - timedelta(days=days, hours=1))
    return acme


def test_what_lasts_fewer_days_than_wanted_is_low_at_the_sale_that_crosses_it(sold: Shop) -> None:
    change_stock_policy({"cover_days": 7}, actor=sold.actor())
    assert look_over_stock(actor=SYSTEM) == LookedOver(0, 0)
    assert StockLevel.objects.get(variant__sku="TEA").cover_at == 7
    move(sold, "-2")
    assert not StockAlert.objects.exists()
    move(sold, "-1")
    alert = StockAlert.objects.get()
    assert (alert.kind, alert.details) == ("low", {"on_hand": "7", "limit": "7", "cover_days": 7})
    told = machine(sold).get("stock/alerts/").json()["results"][0]["why"]
    assert told == "It fell to 7; at the recent rate of sale 7 last 7 days: you want to hear."
    move(sold, "-1")
    assert StockAlert.objects.count() == 1
    move(sold, "20", kind="receipt")
    assert not StockAlert.objects.filter(cleared_at=None).exists()
    assert look_over_stock(actor=SYSTEM).raised == 0
    # A fixed limit comes first; without days of cover no level has any.
    limits(low="2")
    move(sold, "-20")
    assert not StockAlert.objects.filter(cleared_at=None).exists()
    change_stock_policy({"cover_days": None}, actor=sold.actor())
    look_over_stock(actor=SYSTEM)
    assert not StockLevel.objects.exclude(cover_at=None).exists()


def test_what_to_order_fills_up_to_the_target_and_no_further(sold: Shop, globex: Shop) -> None:
    StockLevel.objects.filter(variant__sku="CUP").update(low_at=D(12))  # 10 there, none sold
    StockLevel.objects.filter(variant__sku="JAM").update(low_at=D(12), over_at=D(11))
    key, query = machine(sold), {"location": str(sold.location.pk)}
    body = key.get("stock/order-list/", query).json()
    assert [(row["sku"], row["needed"], row["lasts_days"]) for row in body["results"]] == [
        ("TEA", "4", 10), ("CUP", "2", None), ("JAM", "1", None),
    ]  # fmt: skip
    StockLevel.objects.filter(variant__sku="TEA").update(in_transit=D(4))
    assert [row["sku"] for row in key.get("stock/order-list/", query).json()["results"]] == ["CUP", "JAM"]
    StockLevel.objects.filter(variant__sku="TEA").update(in_transit=0)
    page = sold.client("stock clerk").get("/stock/order-list/").content.decode()
    assert "3 articles for Acme main shop" in page and CANARY not in page
    text = sold.client("stock clerk").get("/stock/order-list/file/").content.decode("utf-8-sig")
    assert text.splitlines()[1] == "TEA,Acme Earl Grey,10.000,0.000,28.000,10,4"
    book = sold.client("stock clerk").get("/stock/order-list/file/?format=xlsx").content
    rows = list(load_workbook(BytesIO(book)).worksheets[0].iter_rows(values_only=True))
    assert (rows[0][0], rows[1][0], rows[1][-1]) == ("SKU", "TEA", 4)
    assert AuditEntry.objects.filter(object_type="order_list", action="export").count() == 2
    for path, status in (("?location=x", 404), (f"?location={globex.tenant.pk}", 404)):
        assert sold.client("owner").get(f"/stock/order-list/{path}").status_code == status
    assert key.get("stock/order-list/", {"location": str(sold.location.pk), "limit": 0}).status_code in (400, 422)


@pytest.fixture
def by_mail() -> Iterator[None]:
    with override_settings(MAIL_FROM="till@example.com"):
        yield


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with (
        serving() as server,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=server.port,
            EMAIL_HOST_USER="",
            EMAIL_USE_TLS=False,
            EMAIL_USE_SSL=False,
            EMAIL_TIMEOUT=10,
        ),
    ):
        yield server


def test_who_wants_it_gets_one_mail_a_day_with_what_is_new_at_their_places(acme: Shop, by_mail: None) -> None:
    clerk, manager = acme.person("stock clerk"), acme.person("manager")
    north = Location.objects.create(code="NORTH", name="North")
    Grant.objects.filter(user=clerk).update(location=north)
    for role in ("stock clerk", "manager"):
        set_digest(is_wanted=True, actor=acme.actor(role))
    assert send_digests() == 0  # nothing is new
    AlertDigest.objects.update(sent_on=None)
    limits(low="9")
    move(acme, "-2")
    assert (send_digests(), send_digests()) == (1, 0)
    assert [message.to for message in mail.outbox] == [[manager.email]]
    assert "It fell to 8; you want to hear of it at 9 or fewer." in mail.outbox[0].body
    assert mail.outbox[0].subject == "Acme shop: 1 new stock alerts"
    AlertDigest.objects.update(sent_on=datetime.now(UTC).date() - timedelta(days=2))
    assert send_digests() == 0  # the next day: it was told
    set_digest(is_wanted=False, actor=acme.actor("manager"))
    AlertDigest.objects.update(sent_on=None, told_until=None)
    assert send_digests() == 0


def test_a_mail_that_was_refused_is_sent_at_the_next_try_and_nobody_gets_two(
    acme: Shop, by_mail: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("owner", "manager"):
        set_digest(is_wanted=True, actor=acme.actor(role))
    limits(low="9")
    move(acme, "-2")
    refused = acme.person("owner").email

    def picky(backend: Any, messages: Any) -> int:
        if messages[0].to == [refused]:
            raise smtplib.SMTPServerDisconnected("gone")
        return real(backend, messages)

    real = EmailBackend.send_messages
    monkeypatch.setattr(EmailBackend, "send_messages", picky)  # the mail server is somebody else's
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send_digests()
    monkeypatch.setattr(EmailBackend, "send_messages", real)
    assert send_digests() == 1
    assert sorted(message.to[0] for message in mail.outbox) == sorted([refused, acme.person("manager").email])


class Died(BaseException):
    """What a worker that is killed leaves behind: nothing was caught, nothing was noted after it."""


@pytest.mark.parametrize("took_it", [False, True])
def test_a_worker_that_dies_while_it_sends_loses_no_mail_and_a_second_one_has_the_same_message_id(
    acme: Shop, globex: Shop, by_mail: None, mail_server: MailServer, took_it: bool
) -> None:
    set_digest(is_wanted=True, actor=acme.actor("owner"))
    limits(low="9")
    move(acme, "-2")

    def die(*_: Any, **__: Any) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Died):
        patch.setattr("smtplib.SMTP.quit" if took_it else "smtplib.SMTP.sendmail", die)  # the process, not the server
        send_digests()
    assert len(mail_server.messages) == took_it
    with pytest.raises(BeingSent):  # leased: another worker leaves it alone, and its job is tried again
        send_digests()
    AlertDigest.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert (send_digests(), send_digests()) == (1, 0)
    told = [message["Message-ID"] for message in mail_server.messages]
    assert len(told) == 1 + took_it and len(set(told)) == 1
    assert "It fell to 8" in mail_server.messages[-1].get_payload()


def test_a_mail_server_that_hangs_up_in_the_middle_gets_the_mail_again(
    acme: Shop, by_mail: None, mail_server: MailServer
) -> None:
    set_digest(is_wanted=True, actor=acme.actor("owner"))
    limits(low="9")
    move(acme, "-2")
    mail_server.hangs_up = True
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send_digests()
    assert AlertDigest.objects.values_list("sent_on", "lease_until").get() == (None, None)
    mail_server.hangs_up = False
    assert (send_digests(), send_digests()) == (1, 0)
    assert [message["To"] for message in mail_server.messages] == [acme.person("owner").email]


def test_the_wish_is_a_persons_own(acme: Shop, by_mail: None) -> None:
    clerk = person(acme, "stock clerk")
    assert clerk.get("stock/alerts/digest/").json() == {"is_wanted": False}
    answer = clerk._send("PUT", "stock/alerts/digest/", {"is_wanted": True}, {})
    assert (answer.status_code, answer.json()) == (200, {"is_wanted": True})
    assert machine(acme)._send("PUT", "stock/alerts/digest/", {"is_wanted": True}, {}).status_code == 403
    assert AlertDigest.objects.get(is_wanted=True).user == acme.person("stock clerk")
    browser = acme.client("stock clerk")
    assert "Stop the daily mail" in browser.get("/stock/alerts/").content.decode()
    assert browser.post("/stock/alerts/digest/", {"wanted": "no"}).status_code == 302
    assert not AlertDigest.objects.filter(is_wanted=True).exists()
    assert AuditEntry.objects.filter(object_type="alert_digest").count() == 2


def test_the_board_and_the_tabs_of_the_stock_room_say_how_many_alerts_are_open(acme: Shop) -> None:
    limits(low="9")
    move(acme, "-2")
    board = acme.client("manager").get("/board/data/").content.decode()
    assert 'data-live="alert-low">1<' in board.replace("\n", "")
    assert ">1<span" in acme.client("manager").get("/stock/").content.decode()
