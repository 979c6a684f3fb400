"""Notifications: written with the event's number, seen by those who may, read on every device, mailed once a day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings
from django.urls import reverse

from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.events import CATALOGUE
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import perform
from core.jobs.tasks import plan_nightly_work
from core.locations.models import Location
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.outbox.services import emit
from core.people.models import Grant, Role, User
from core.people.selectors import actor_of_user
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, stock
from inventory.events import StockLow
from orders.events import OrderCreated, ShiftClosed
from realtime.models import Notice, NoticeRead, NoticeReader
from realtime.notices.kinds import KINDS
from realtime.notices.lists import in_words, listed, new_to, unread, ways_of
from realtime.notices.mails import MAIL_ONE, plan_mails
from realtime.notices.services import add_notices, forget_notices, mark_read, set_wishes
from tests.api import Api, machine

pytestmark = pytest.mark.django_db(transaction=True)


def low(shop: Shop, *skus: str, place: Location | None = None, by: Actor = SYSTEM) -> None:
    for sku in skus:
        variant = shop.variant(sku)
        emit_one(
            StockLow(
                variant_id=variant.pk,
                version=1,
                location_id=(place or shop.location).pk,
                sku=sku,
                on_hand=Decimal(2),
                low_at=Decimal(3),
            ),
            by,
        )
    number_events(shop.tenant)


def placed(shop: Shop, channel: str = "web", number: str = "7K2M") -> None:
    emit_one(
        OrderCreated(
            order_id=uuid7(),
            version=1,
            number=number,
            location_id=shop.location.pk,
            channel=channel,
            currency="GBP",
            total=Decimal("21.00"),
        ),
        SYSTEM,
    )
    number_events(shop.tenant)


def emit_one(event: Any, by: Actor) -> None:
    from django.db import transaction

    with transaction.atomic():
        emit(event, actor=by)


def me(shop: Shop, role: str = "owner") -> Actor:
    return actor_of_user(shop.person(role))


def words(actor: Actor) -> list[str]:
    return [one.words for one in in_words(list(listed(actor).order_by("-last_seq")), actor)]


def head() -> int:
    return Stream.objects.get(pk=1).head


@pytest.fixture(autouse=True)
def quiet(acme: Shop, globex: Shop) -> None:
    """What furnishing the shops told is numbered and forgotten."""
    for shop in (acme, globex):
        with use_tenant(shop.tenant):
            while number_events(shop.tenant):
                pass
            Notice.objects.all().delete()


def test_every_kind_of_news_is_of_an_event_that_there_is_and_leads_to_a_page_that_there_is() -> None:
    for kind in KINDS.values():
        event = CATALOGUE[kind.event]
        assert kind.fields - {"currency"} <= set(event.__annotations__), kind.name
        assert reverse(kind.route, args=[uuid7()]) if kind.route else reverse(kind.list_route)
        assert kind.per != "day" or kind.many


def test_equal_news_of_a_day_and_place_are_one_and_new_again_when_there_is_more(acme: Shop, globex: Shop) -> None:
    owner = me(acme)
    low(acme, "TEA")
    assert words(owner) == ["TEA is low: 2 left"]
    low(acme, "CUP", "JAM")
    notice = Notice.objects.get()
    assert (notice.count, notice.samples, notice.last_seq) == (3, ["TEA", "CUP", "JAM"], head())
    told = in_words([notice], owner)[0]
    assert (told.words, told.about) == ("3 warnings: articles are low", "TEA, CUP, JAM")
    assert told.url == f"{reverse('stock-alerts')}?kind=low&location={acme.location.pk}"
    mark_read(actor=owner, through=notice.last_seq, ids=[notice.pk])
    assert unread(owner).count == 0
    low(acme, "TEA")
    assert unread(owner).count == 1
    with use_tenant(globex.tenant):
        assert not Notice.objects.exists()


def test_orders_of_a_till_are_no_news_and_those_of_the_web_are(acme: Shop) -> None:
    placed(acme, "counter")
    placed(acme, "web")
    assert words(me(acme)) == ["Order 7K2M was placed: £21.00"]


def test_news_are_written_with_the_number_and_not_twice_when_that_is_tried_again(acme: Shop, monkeypatch: Any) -> None:
    from core.outbox import relay

    def fails(events: Sequence[Event]) -> None:
        raise ConnectionError("once")

    real = relay._in_transaction
    monkeypatch.setattr(relay, "_in_transaction", [*real, fails])
    placed(acme)
    assert Notice.objects.count() == 1 and Notice.objects.get().count == 1
    monkeypatch.setattr(relay, "_in_transaction", real)
    number_events(acme.tenant)
    assert Notice.objects.get().last_seq == head()


def test_nobody_is_told_of_what_they_may_not_see(acme: Shop) -> None:
    annex = Location.objects.create(code="ANNEX", name="Acme annex")
    stock(acme.variant("TEA"), annex, "5")
    clerk = User.objects.create(email="annex@acme.localhost", name="Annex clerk")
    Grant.objects.create(user=clerk, role=Role.objects.get(name="stock clerk"), location=annex)
    low(acme, "TEA")
    low(acme, "CUP", place=annex)
    placed(acme)
    emit_one(
        ShiftClosed(
            shift_id=uuid7(),
            version=2,
            register_id=uuid7(),
            location_id=acme.location.pk,
            number=7,
            currency="GBP",
            documents=1,
            expected=Decimal(10),
            counted=Decimal(9),
            difference=Decimal(-1),
            reason="",
        ),
        SYSTEM,
    )
    number_events(acme.tenant)
    assert words(actor_of_user(clerk)) == ["CUP is low: 2 left"]
    assert words(me(acme, "cashier")) == ["Order 7K2M was placed: £21.00"]  # a drawer's difference is not for cashiers
    assert "Shift 7 was -£1.00 off" in words(me(acme, "manager"))
    assert words(me(acme, "viewer")) == []  # sees stock and orders, and is told of none unless they say so
    set_wishes({"order.placed": "centre"}, actor=me(acme, "viewer"))
    assert words(me(acme, "viewer")) == ["Order 7K2M was placed: £21.00"]
    Grant.objects.filter(user=acme.person("viewer")).delete()
    assert words(me(acme, "viewer")) == []


def test_what_somebody_did_themselves_is_no_news_to_them(acme: Shop) -> None:
    low(acme, "TEA", by=acme.actor("owner"))
    assert words(me(acme)) == [] and len(words(me(acme, "manager"))) == 1
    low(acme, "CUP", by=acme.actor("manager"))
    assert len(words(me(acme))) == len(words(me(acme, "manager"))) == 1


def test_all_that_was_seen_is_read_and_what_came_later_is_not(acme: Shop) -> None:
    owner, api = me(acme), Api(acme.client("owner"))
    placed(acme, number="A")
    seen = head()
    placed(acme, number="B")
    assert api.get("notifications/summary/").json()["count"] == 2
    assert api.post("notifications/read/", {"through": seen}).json()["count"] == 1
    assert api.post("notifications/read/", {"through": seen}).json()["count"] == 1
    assert [one.facts["number"] for one in new_to(owner, listed(owner))] == ["B"]
    assert api.post("notifications/read/", {"through": 10**15}).json()["count"] == 0
    assert NoticeReader.objects.get().read_to == head()  # nobody reads the future
    placed(acme, number="C")
    assert api.get("notifications/?new=true").json()["results"][0]["text"] == "Order C was placed: £21.00"


def test_the_list_is_told_in_pages_and_filtered_and_machines_have_none(acme: Shop) -> None:
    api = Api(acme.client("owner"))
    for number in "ABC":
        placed(acme, number=number)
    low(acme, "TEA")
    first = api.get("notifications/?limit=3").json()
    rest = api.get(f"notifications/?limit=3&cursor={first['next']}").json()
    assert [len(first["results"]), len(rest["results"]), rest["next"]] == [3, 1, None]
    assert [one["kind"] for one in api.get("notifications/?group=Stock").json()["results"]] == ["stock.low"]
    assert api.get("notifications/?group=Nonsense").status_code in (400, 422)
    key = machine(acme)
    assert key.get("notifications/").status_code == 403
    assert key.get("notifications/summary/").json() == {"count": 0, "events": []}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"through": -1},
        {"through": 10**30},
        {"through": "NaN"},
        {"through": 1, "ids": []},
        {"through": 1, "ids": ["x"]},
        {"through": 1, "ids": [str(uuid7())] * 10_000},
        {"through": 1, "more": 1},
    ],
)
def test_a_damaged_reading_is_refused_and_marks_nothing(acme: Shop, body: dict[str, Any]) -> None:
    placed(acme)
    answer = Api(acme.client("owner")).post("notifications/read/", body)
    assert answer.status_code in (400, 422), answer.content
    assert not NoticeRead.objects.exists() and not NoticeReader.objects.exists()


def test_a_notice_of_somebody_else_or_another_shop_is_not_there(acme: Shop, globex: Shop) -> None:
    low(acme, "TEA")
    with use_tenant(globex.tenant):
        placed(globex)
        foreign = Notice.objects.get().pk
    cashier = acme.client("cashier")
    for notice in (Notice.objects.get().pk, foreign, uuid7()):
        assert Api(cashier).post("notifications/read/", {"through": 1, "ids": [str(notice)]}).status_code == 404
        assert cashier.get(f"/notifications/{notice}/").status_code == 404
    assert not NoticeRead.objects.exists()


def test_wishes_are_kept_audited_and_only_of_what_one_may_see(acme: Shop) -> None:
    api = Api(acme.client("cashier"))
    before = api.get("notification-wishes/").json()["wishes"]
    assert before["order.placed"] == "centre" and before["payment.received"] == "off"
    assert "webhook.disabled" not in before and "shift.difference" not in before
    answer = api.put("notification-wishes/", {"wishes": {"order.placed": "off", "payment.received": "mail"}})
    assert answer.json()["wishes"] == {**before, "order.placed": "off", "payment.received": "mail"}
    entry = AuditEntry.objects.filter(object_type="notification_wishes").get()
    assert entry.changes["order.placed"] == ["centre", "off"]
    wrong = api.put("notification-wishes/", {"wishes": {"webhook.disabled": "centre", "no.such": "off"}})
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"/wishes/webhook.disabled", "/wishes/no.such"}
    assert api.put("notification-wishes/", {"wishes": {"order.placed": "loud"}}).status_code == 422
    placed(acme)
    assert words(me(acme, "cashier")) == []


@override_settings(MAIL_FROM="shop@acme.test")
def test_the_daily_mail_goes_once_to_whom_wants_it_with_what_is_new_since_the_last(
    acme: Shop, monkeypatch: Any
) -> None:
    owner = me(acme)
    low(acme, "TEA")
    set_wishes({"stock.low": "mail", "order.placed": "mail"}, actor=owner)
    low(acme, "CUP")  # joins the notice of today
    placed(acme)
    assert plan_mails() == 1 and plan_mails() == 1
    job = Job.objects.get(kind=MAIL_ONE)
    perform(job.pk)
    perform(job.pk)
    (sent,) = mail.outbox
    assert sent.to == [acme.person("owner").email] and CANARY not in sent.body
    assert sent.subject == "Acme shop: 2 new notifications"
    assert "- 2 warnings: articles are low (Acme main shop)" in sent.body
    assert "- Order 7K2M was placed: £21.00 (Acme main shop)" in sent.body
    Job.objects.filter(kind=MAIL_ONE).delete()
    plan_mails()
    perform(Job.objects.get(kind=MAIL_ONE).pk)
    assert len(mail.outbox) == 1  # nothing is new
    monkeypatch.setattr("core.jobs.tasks.NIGHT_HOUR", 0)
    plan_nightly_work()
    assert Job.objects.filter(kind__in=["notifications.plan_mails", "notifications.forget"]).count() == 2


def test_what_is_older_than_ninety_days_is_forgotten(acme: Shop) -> None:
    placed(acme, number="OLD")
    placed(acme, number="NEW")
    owner = me(acme)
    mark_read(actor=owner, through=head(), ids=list(Notice.objects.values_list("pk", flat=True)))
    Notice.objects.filter(facts__number="OLD").update(last_at=datetime.now(UTC) - timedelta(days=91))
    assert forget_notices() == 1
    assert [notice.facts["number"] for notice in Notice.objects.all()] == ["NEW"]
    assert NoticeRead.objects.count() == 1


def test_the_page_shows_marks_and_leads_on(acme: Shop) -> None:
    browser = acme.client("owner")
    assert "No news yet" in browser.get("/notifications/").content.decode()
    placed(acme)
    low(acme, "TEA")
    page = browser.get("/notifications/").content.decode()
    assert "2 are new" in page and "Order 7K2M was placed: £21.00" in page and CANARY not in page
    notice = Notice.objects.get(kind="order.placed")
    opened = browser.get(f"/notifications/{notice.pk}/")
    assert opened.status_code == 302 and opened["Location"] == reverse("order", args=[notice.facts["order_id"]])
    assert "1 is new" in browser.get("/notifications/").content.decode()
    assert browser.post("/notifications/read/", {"through": str(head())}).status_code == 302
    assert "You have seen everything" in browser.get("/notifications/").content.decode()
    assert browser.post("/notifications/read/", {"through": "x"}).status_code == 422
    assert browser.post("/notifications/wishes/", {"stock.low": "off"}).status_code == 302
    assert ways_of(me(acme))["stock.low"] == "off"
    assert browser.post("/notifications/wishes/", {"stock.low": "loud"}).status_code == 422


def test_many_events_of_a_batch_cost_one_statement_a_row(acme: Shop, django_assert_max_num_queries: Any) -> None:
    low(acme, *["TEA"] * 200)
    assert Notice.objects.get().count == 200
    events = list(Event.objects.filter(type="stock.low"))
    with django_assert_max_num_queries(2):
        assert add_notices(events) == 1
