"""What push services answer to messages: busy, gone, hanging, and a worker that vanished in between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from core.audit.models import AuditEntry
from core.jobs.models import Job
from core.jobs.services import perform
from core.testing import Shop
from realtime.models import NoticeReader, PushSubscription
from realtime.notices.mails import plan_mails
from realtime.push.deliveries import claim, next_moment
from realtime.push.rules import LEASE, judge
from realtime.push.server import serve
from realtime.tasks import push, sweep_push
from tests.push_steps import NOW, a_service, browser_of, hush, later
from tests.test_notifications import placed
from tests.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet(acme: Shop, globex: Shop, settings: Any) -> None:
    hush((acme, globex), settings)


@pytest.fixture
def service() -> Iterator[Receiver]:
    yield from a_service()


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
