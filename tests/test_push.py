"""Push messages: encrypted for one browser, signed by the shop, told to who may see the news, and never twice over."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import http_ece
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import call_command
from django.test import override_settings
from py_vapid import Vapid02

from core.secrets import Unreadable
from core.tenancy.context import use_tenant
from core.testing import Shop
from realtime.models import Notice, PushKey, PushSubscription
from realtime.notices.kinds import KINDS
from realtime.notices.services import mark_read, set_wishes
from realtime.push.deliveries import next_moment
from realtime.push.keys import shop_key, signer_of
from realtime.push.message import MOST_BYTES, Message, encrypt, from_base64
from realtime.push.rules import FRESH, REST
from realtime.push.server import serve
from realtime.tasks import push
from tests.push_browser import PushBrowser
from tests.push_steps import a_service, browser_of, hush, later
from tests.test_notifications import low, me, placed
from tests.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet(acme: Shop, globex: Shop, settings: Any) -> None:
    hush((acme, globex), settings)


@pytest.fixture
def service() -> Iterator[Receiver]:
    yield from a_service()


# --- the protocol


def test_the_example_of_rfc_8291_comes_out_byte_for_byte() -> None:
    private = ec.derive_private_key(
        int.from_bytes(from_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    sealed = encrypt(
        b"When I grow up, I want to be a watermelon",
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
        ephemeral=private,
        salt=from_base64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert base64.urlsafe_b64encode(sealed).rstrip(b"=") == (
        b"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
        b"EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_message_of_the_largest_size_fits_4096_bytes_and_a_larger_one_is_refused() -> None:
    browser = PushBrowser("https://a.push.example.com/x")
    draft = browser.draft
    sealed = encrypt(b"x" * MOST_BYTES, p256dh=draft.p256dh, auth=draft.auth)
    assert len(sealed) == 4096
    opened = http_ece.decrypt(sealed, private_key=browser.private, auth_secret=browser.secret, version="aes128gcm")
    assert opened == b"x" * MOST_BYTES
    with pytest.raises(ValueError, match="3993"):
        encrypt(b"x" * (MOST_BYTES + 1), p256dh=draft.p256dh, auth=draft.auth)


def test_the_longest_names_make_no_message_that_is_too_long() -> None:
    message = Message(title="😀" * 5000, body="😀" * 5000, url="/x/", open="/y/", tag="t")
    assert len(message.text()) < 1500


def test_news_reach_the_browser_signed_by_the_shop_with_how_long_and_how_urgently(
    acme: Shop, service: Receiver
) -> None:
    browser, row = browser_of(acme, service)
    placed(acme, number="7K2M")
    assert serve() == 1
    (sent,) = service.received
    notice = Notice.objects.get()
    told = browser.reads(sent)
    assert told == {
        "title": "Order 7K2M was placed",
        "body": f"{acme.tenant.name} · {acme.location.name}",
        "url": told["url"],
        "open": f"/notifications/{notice.pk}/",
        "tag": notice.pk.hex,
    }
    assert told["url"].startswith("/orders/")
    headers = sent.headers
    assert (headers["content-encoding"], headers["ttl"], headers["urgency"]) == ("aes128gcm", "86400", "high")
    assert headers["topic"] == notice.pk.hex and len(headers["topic"]) <= 32
    assert Vapid02.verify(headers["authorization"])
    token, key = headers["authorization"].removeprefix("vapid t=").split(",k=")
    head, claims = (json.loads(from_base64(part)) for part in token.split(".")[:2])
    assert head["alg"] == "ES256" and key == shop_key().public
    assert claims["aud"] == service.url.removesuffix("/in") and claims["sub"] == "mailto:ops@example.com"
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    row.refresh_from_db()
    assert (row.pushed_to, row.failures, row.lease_token) == (notice.last_seq, 0, None) and row.last_ok_at


def test_a_message_carries_no_sum_no_name_and_nothing_that_somebody_typed(acme: Shop) -> None:
    for kind in KINDS.values():
        assert "money" not in kind.discreet and not {"{shown}", "{reason}"} & set(kind.discreet.split()), kind.name
    assert KINDS["approval.requested"].discreet == "" and KINDS["order.placed"].discreet == "Order {number} was placed"


def test_another_browser_cannot_read_a_message(acme: Shop, service: Receiver) -> None:
    browser_of(acme, service)
    placed(acme)
    serve()
    with pytest.raises(http_ece.ECEException):
        PushBrowser(service.url).reads(service.received[0])


# --- the shop's key


def test_each_shop_has_one_key_of_its_own_whose_private_half_is_sealed_and_resealed(
    acme: Shop, globex: Shop, settings: Any
) -> None:
    row = shop_key()
    assert shop_key() == row and PushKey.objects.count() == 1
    private = signer_of(row).private_key.private_numbers().private_value.to_bytes(32)
    assert base64.urlsafe_b64encode(private).decode().rstrip("=") not in row.private
    with use_tenant(globex.tenant):
        assert shop_key().public != row.public
        with pytest.raises(Unreadable):
            signer_of(row)
    new = Fernet.generate_key().decode()
    with override_settings(FIELD_KEYS=(new, *settings.FIELD_KEYS)):
        call_command("reseal_secrets", stdout=StringIO())
    with override_settings(FIELD_KEYS=(new,)):
        assert signer_of(shop_key()).private_key.private_numbers().private_value.to_bytes(32) == private


# --- who is told what


def test_nobody_is_told_of_another_shop(acme: Shop, globex: Shop, service: Receiver) -> None:
    browser_of(acme, service)
    with use_tenant(globex.tenant):
        browser_of(globex, service, path="globex")
        low(globex, "TEA")
        set_wishes({}, actor=me(globex), pushes={"stock.low": True})
        low(globex, "TEA")
    assert serve() == 0 and service.received == []
    push(globex.tenant.schema_name)
    assert [received.path for received in service.received] == ["/in/globex"]
    assert PushSubscription.objects.get().last_ok_at is None


def test_a_person_is_told_only_what_they_may_see_and_want(acme: Shop, service: Receiver) -> None:
    browser_of(acme, service, "viewer")
    set_wishes({}, actor=me(acme), pushes={"order.placed": False, "stock.low": True})
    browser, _ = browser_of(acme, service, "owner")
    placed(acme)
    low(acme, "TEA")
    serve()
    assert [(one.path, browser.reads(one)["title"]) for one in service.received] == [
        ("/in/owner", "TEA is low: 2 left")
    ]
    set_wishes({"stock.low": "off"}, actor=me(acme))
    low(acme, "CUP")
    serve(clock=later(60))
    assert len(service.received) == 1


def test_what_was_read_on_a_screen_is_not_pushed_any_more(acme: Shop, service: Receiver) -> None:
    browser_of(acme, service)
    placed(acme)
    mark_read(actor=me(acme), through=Notice.objects.get().last_seq)
    serve()
    assert service.received == [] and next_moment() is None


def test_news_older_than_a_day_are_told_no_more(acme: Shop, service: Receiver) -> None:
    browser_of(acme, service)
    placed(acme)
    Notice.objects.update(last_at=datetime.now(UTC) - FRESH - timedelta(minutes=1))
    assert serve() == 1
    assert service.received == [] and next_moment() is None


def test_more_than_three_news_at_once_are_one_message(acme: Shop, service: Receiver) -> None:
    browser, row = browser_of(acme, service)
    for number in ("A", "B", "C", "D"):
        placed(acme, number=number)
    serve()
    (sent,) = service.received
    told = browser.reads(sent)
    assert (told["title"], told["tag"], told["url"]) == ("4 new notifications", "news", "/notifications/")
    row.refresh_from_db()
    assert row.pushed_to == Notice.objects.first().last_seq  # type: ignore[union-attr]


def test_what_happens_while_a_browser_rests_is_told_afterwards(acme: Shop, service: Receiver) -> None:
    browser, row = browser_of(acme, service)
    placed(acme, number="A")
    serve()
    placed(acme, number="B")
    assert serve() == 0
    row.refresh_from_db()
    assert next_moment() == row.due_at
    serve(clock=later(REST.total_seconds()))
    assert [browser.reads(one)["title"] for one in service.received] == [f"Order {n} was placed" for n in "AB"]
