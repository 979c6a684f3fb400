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
from django.core import mail
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from py_vapid import Vapid02

from core.actors import Actor
from core.audit.models import AuditEntry
from core.errors import Forbidden, Invalid, NotFound
from core.jobs.models import Job
from core.jobs.services import perform
from core.outbox.relay import number_events
from core.secrets import Unreadable
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop
from realtime.models import Notice, NoticeReader, PushKey, PushSubscription
from realtime.notices.kinds import KINDS
from realtime.notices.mails import plan_mails
from realtime.notices.services import mark_read, set_wishes
from realtime.push.deliveries import claim, next_moment
from realtime.push.keys import shop_key, signer_of
from realtime.push.message import MOST_BYTES, Message, encrypt, from_base64
from realtime.push.rules import FRESH, LEASE, REST, judge
from realtime.push.server import serve
from realtime.push.services import Draft, ask_test, subscribe, unsubscribe
from realtime.tasks import push, sweep_push
from tests.api import person
from tests.push_browser import PushBrowser
from tests.test_notifications import low, me, placed
from tests.webhook_receiver import Receiver, receiving

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quiet(acme: Shop, globex: Shop, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE, settings.PUSH_HOSTS = True, ("127.0.0.1", "*.push.example.com")
    settings.PUSH_SUBJECT = "mailto:ops@example.com"
    for shop in (acme, globex):
        with use_tenant(shop.tenant):
            while number_events(shop.tenant):
                pass
            Notice.objects.all().delete()


@pytest.fixture
def service() -> Iterator[Receiver]:
    """A push service on this machine."""
    with receiving((201, {}, b"")) as box:
        yield box


def browser_of(
    shop: Shop, service: Receiver, role: str = "owner", path: str = ""
) -> tuple[PushBrowser, PushSubscription]:
    browser = PushBrowser(f"{service.url}/{path or role}")
    row, _ = subscribe(browser.draft, actor=me(shop, role))
    return browser, row


def later(seconds: float) -> Any:
    """A clock that is ahead."""
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)


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


# --- what push services answer


def test_a_browser_that_is_gone_is_forgotten_and_the_daily_mail_tells_instead(acme: Shop, service: Receiver) -> None:
    _, row = browser_of(acme, service)
    browser_of(acme, service, path="other")
    service.replies = [(404, {}, b""), (410, {}, b"")]
    placed(acme)
    before = row.pushed_to
    serve()
    assert not PushSubscription.objects.exists()
    reader = NoticeReader.objects.get(user=acme.person("owner"))
    assert reader.push_lost_at is not None and reader.mailed_to == before
    entries = AuditEntry.objects.filter(object_type="push_subscription", action="delete")
    assert sorted(entry.changes["reason"][1][-4:] for entry in entries) == ["404.", "410."]
    with override_settings(MAIL_FROM="till@acme.test"):
        assert plan_mails() == 1
        perform(Job.objects.get(kind="notifications.mail_one").pk)
    (sent,) = mail.outbox
    assert "was placed" in sent.subject and "Push messages do not reach any browser" in sent.body
    browser_of(acme, service, path="new")
    assert NoticeReader.objects.get(user=acme.person("owner")).push_lost_at is None


def test_a_person_with_another_browser_gets_no_mail_when_one_is_gone(acme: Shop, service: Receiver) -> None:
    browser_of(acme, service, path="phone")
    browser_of(acme, service, path="desk")
    service.replies = [(410, {}, b""), (201, {}, b"")]
    placed(acme)
    serve()
    assert PushSubscription.objects.count() == 1
    assert not NoticeReader.objects.filter(push_lost_at__isnull=False).exists()


def test_a_busy_push_service_is_asked_again_later_and_nothing_is_lost(acme: Shop, service: Receiver) -> None:
    browser, row = browser_of(acme, service)
    placed(acme, number="A")
    ahead = 0.0
    for failures, (status, headers, least) in enumerate(
        [(429, {"Retry-After": "120"}, 120), (503, {}, 45), (413, {}, 200)]
    ):
        service.replies, start = [(status, headers, b"")], later(ahead)()
        assert serve(clock=later(ahead)) == 1
        row.refresh_from_db()
        assert row.due_at >= start + timedelta(seconds=least), status
        assert (row.failures, str(status) in row.last_error) == (failures + 1, True)
        assert serve(clock=later(ahead + 1)) == 0
        ahead += 3600
    serve(clock=later(ahead))
    assert [browser.reads(one)["title"] for one in service.received] == ["Order A was placed"] * 4
    row.refresh_from_db()
    assert (row.failures, row.failing_since, row.last_error) == (0, None, "")


def test_of_several_messages_only_those_that_were_not_taken_are_sent_again(acme: Shop, service: Receiver) -> None:
    browser, _ = browser_of(acme, service)
    service.replies = [(201, {}, b""), (503, {}, b"")]
    placed(acme, number="A")
    placed(acme, number="B")
    serve()
    serve(clock=later(60))
    assert [browser.reads(one)["title"][:7] for one in service.received] == ["Order A", "Order B", "Order B"]


def test_three_days_of_failures_end_a_browser_and_waits_grow() -> None:
    def wait(failures: int, since: datetime | None = None) -> Any:
        return judge(status=500, retry_after="", failures=failures, failing_since=since, now=NOW, spread=0)

    assert [wait(n).wait.total_seconds() for n in (0, 1, 5, 50)] == [10, 60, 21_600, 21_600]
    assert wait(9, NOW - timedelta(days=3)).is_gone and not wait(9, NOW - timedelta(days=2)).is_gone
    assert (
        judge(status=None, retry_after="", failures=0, failing_since=None, now=NOW, spread=0).wait.total_seconds() == 10
    )


def test_a_push_service_that_hangs_or_leads_elsewhere_costs_one_try(
    acme: Shop, service: Receiver, settings: Any
) -> None:
    _, row = browser_of(acme, service)
    settings.WEBHOOK_ALLOW_PRIVATE = False
    placed(acme)
    serve()
    row.refresh_from_db()
    assert service.received == [] and row.failures == 1 and "https" in row.last_error


def test_a_worker_that_vanished_loses_nothing_and_its_late_word_counts_for_nothing(
    acme: Shop, service: Receiver
) -> None:
    browser_of(acme, service)
    placed(acme)
    (held,) = claim(datetime.now(UTC))
    assert claim(datetime.now(UTC)) == [] and serve() == 0
    assert next_moment() == held.lease_until
    assert serve(clock=later(LEASE.total_seconds() + 1)) == 1
    assert len(service.received) == 1


def test_the_sweep_rings_for_what_was_forgotten(acme: Shop, service: Receiver, monkeypatch: Any) -> None:
    from celery import current_app

    rung: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **more: rung.append(args[0]))
    browser_of(acme, service)
    placed(acme)
    assert rung == [acme.tenant.schema_name]
    sweep_push()
    assert rung == [acme.tenant.schema_name] * 2
    push(acme.tenant.schema_name)
    assert len(service.received) == 1 and len(rung) == 2


# --- browsers come and go


def test_a_browser_subscribes_over_the_api_and_a_repeat_changes_nothing(acme: Shop, service: Receiver) -> None:
    api = person(acme, "owner")
    browser = PushBrowser(f"{service.url}/api")
    first = api.post("push/", browser.as_json)
    assert first.status_code == 201, first.content
    again = api.post("push/", browser.as_json)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    listed = api.get("push/").json()
    assert listed["public_key"] == shop_key().public and [one["id"] for one in listed["subscriptions"]] == [
        first.json()["id"]
    ]
    assert service.url not in json.dumps(listed["subscriptions"]) and CANARY not in json.dumps(listed)
    assert AuditEntry.objects.filter(object_type="push_subscription", action="create").count() == 1
    assert api.browser.delete(f"/api/v1/push/{first.json()['id']}/").status_code == 204
    assert not PushSubscription.objects.exists()


def test_a_subscription_that_makes_no_sense_is_refused_and_nothing_is_kept(acme: Shop) -> None:
    draft = PushBrowser("https://a.push.example.com/x").draft
    endpoints = (
        "https://evil.example.com/x",
        "http://a.push.example.com/x",
        "https://10.0.0.1/x",
        "https://[bad/x",
        "\0",
    )
    wrong = [{"endpoint": one} for one in (*endpoints, "https://push.example.com.evil.test/x", "")]
    wrong += [{"p256dh": one} for one in ("AAAA", "B" + "A" * 86, "ü", "")]
    wrong += [{"auth": one} for one in ("AAAA", "", "*" * 22)]
    for change in wrong:
        values = {"endpoint": draft.endpoint, "p256dh": draft.p256dh, "auth": draft.auth, **change}
        with pytest.raises(Invalid) as refusal:
            subscribe(Draft(**values), actor=me(acme))
        assert [one["pointer"] for one in refusal.value.details["errors"]] == [f"/{next(iter(change))}"], change
    assert not PushSubscription.objects.exists()
    assert subscribe(draft, actor=me(acme))[1]


def test_another_person_takes_the_browser_over_and_hears_only_of_what_comes(acme: Shop, service: Receiver) -> None:
    browser, row = browser_of(acme, service)
    placed(acme, number="OLD")
    taken, is_new = subscribe(browser.draft, actor=me(acme, "manager"))
    assert (taken.pk, is_new, taken.user) == (row.pk, True, acme.person("manager"))
    placed(acme, number="NEW")
    serve()
    assert [browser.reads(one)["title"] for one in service.received] == ["Order NEW was placed"]


def test_nobody_ends_or_tries_the_browser_of_another_person_and_machines_have_none(
    acme: Shop, service: Receiver
) -> None:
    _, row = browser_of(acme, service)
    for act in (unsubscribe, ask_test):
        with pytest.raises(NotFound):
            act(row.pk, actor=me(acme, "manager"))
    with pytest.raises(Forbidden):
        subscribe(
            PushBrowser(f"{service.url}/m").draft,
            actor=Actor(kind="api_key", id=row.pk, label="m"),
        )
    assert PushSubscription.objects.get() == row


def test_of_too_many_browsers_the_oldest_goes(acme: Shop, service: Receiver) -> None:
    first = browser_of(acme, service, path="0")[1]
    for number in range(1, 21):
        browser_of(acme, service, path=str(number))
    assert PushSubscription.objects.count() == 20 and not PushSubscription.objects.filter(pk=first.pk).exists()


def test_who_logs_out_is_told_nothing_more_in_that_browser(acme: Shop, service: Receiver) -> None:
    api = person(acme, "owner")
    api.post("push/", PushBrowser(f"{service.url}/here").as_json)
    browser_of(acme, service, path="elsewhere")
    api.browser.post(reverse("logout"))
    assert [row.endpoint[-9:] for row in PushSubscription.objects.all()] == ["elsewhere"]


def test_a_browser_ends_with_the_password_or_the_person(acme: Shop, service: Receiver) -> None:
    browser_of(acme, service)
    browser_of(acme, service, "manager")
    owner, manager = acme.person("owner"), acme.person("manager")
    owner.set_password("another one, and long")
    owner.save()
    manager.is_active = False
    manager.save()
    placed(acme)
    serve()
    assert service.received == [] and not PushSubscription.objects.exists()


def test_a_test_message_is_sent_once_even_while_nothing_else_is_owed(acme: Shop, service: Receiver) -> None:
    browser, row = browser_of(acme, service)
    ask_test(row.pk, actor=me(acme))
    assert ask_test(row.pk, actor=me(acme)).test_asked_at
    assert serve() == 1 and serve() == 0
    (sent,) = service.received
    assert (browser.reads(sent)["title"], sent.headers["urgency"]) == ("Push messages work", "high")


def test_wishes_say_which_kinds_are_pushed(acme: Shop) -> None:
    api = person(acme, "owner")
    before = api.get("notification-wishes/").json()["pushes"]
    assert before["order.placed"] is True and before["stock.low"] is False
    answer = api.put("notification-wishes/", {"pushes": {"stock.low": True, "order.placed": False}})
    assert answer.status_code == 200, answer.content
    assert answer.json()["pushes"] == {**before, "stock.low": True, "order.placed": False}
    wrong = api.put("notification-wishes/", {"pushes": {"no.such": True}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/pushes/no.such")


def test_a_browser_that_gets_another_address_stays_itself_and_is_told_what_happened_in_between(
    acme: Shop, service: Receiver
) -> None:
    before, row = browser_of(acme, service, path="before")
    placed(acme, number="7K2M")
    after = PushBrowser(f"{service.url}/after")
    body = {**after.as_json, "instead": before.endpoint}
    for status in (200, 200):
        answer = person(acme, "owner").post("push/", body)
        assert (answer.status_code, answer.json()["id"]) == (status, str(row.pk))
    serve()
    assert [after.reads(received)["title"] for received in service.received] == ["Order 7K2M was placed"]
    assert PushSubscription.objects.get().endpoint == after.endpoint


def test_nobody_takes_anothers_browser_by_naming_its_address(acme: Shop, service: Receiver) -> None:
    mine, row = browser_of(acme, service, path="mine")
    theirs = PushBrowser(f"{service.url}/theirs")
    answer = person(acme, "cashier").post("push/", {**theirs.as_json, "instead": mine.endpoint})
    assert answer.status_code == 201
    assert set(PushSubscription.objects.values_list("endpoint", flat=True)) == {mine.endpoint, theirs.endpoint}
    row.refresh_from_db()
    assert row.user == acme.person("owner")
    wrong: Any
    for wrong in ({}, "x" * 1001, None):
        assert person(acme, "owner").post("push/", {**theirs.as_json, "instead": wrong}).status_code == 422
