"""Old events go, in small portions and with a night between saying and doing; nothing goes that is still needed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from core.actors import SYSTEM
from core.outbox import retention
from core.outbox.jobs import forget_old_events
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.outbox.selectors import Reset, events_after
from core.outbox.services import emit, emit_all
from core.outbox.status import stream_status
from core.tenancy.context import use_tenant
from core.testing import Shop
from orders.auditor import audit_books
from orders.models import Order
from orders.web.selectors import history_of
from realtime.sockets.past import read_past
from tests.test_outbox import fact
from tests.webhook_steps import connect, sell
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

GAPS = "event numbers have no gap and none stands twice"


def all_numbered(shop: Shop) -> int:
    while number_events(shop.tenant):
        pass
    return Stream.objects.get().head


def happen(shop: Shop, count: int) -> int:
    with transaction.atomic():
        emit_all([fact(version=n) for n in range(count)], actor=SYSTEM)
    return all_numbered(shop)


def made_old(**which: Any) -> None:
    Event.objects.filter(**which).update(recorded_at=datetime.now(UTC) - timedelta(days=31))


def night() -> dict[str, Any]:
    return forget_old_events(actor=SYSTEM, progress=lambda *_: None)


def gaps() -> list[Any]:
    return [finding for finding in audit_books() if finding.law == GAPS]


def test_after_thirty_days_a_place_is_forgotten_one_night_before_its_rows_are(acme: Shop, globex: Shop) -> None:
    old = happen(acme, 30)
    made_old(seq__lte=old)
    head = happen(acme, 5)
    rows = Event.objects.filter(seq__lte=old)
    there = rows.count()
    with use_tenant(globex.tenant):
        happen(globex, 1)
        theirs = Event.objects.count()

    assert night() == {"removed": 0, "kept_from": old + 1}
    assert rows.count() == there, "a request that saw the old floor may still read"
    with pytest.raises(Reset) as refusal:
        events_after(old - 1, actor=acme.actor(), limit=100)
    assert refusal.value.details["head"] == head
    assert len(events_after(old, actor=acme.actor(), limit=100).events) == 5
    assert read_past(after=old - 1, most=1000).events is None
    assert len(read_past(after=old, most=1000).events or ()) == 5
    assert stream_status().kept_from == old + 1

    assert night() == {"removed": there, "kept_from": old + 1}
    assert not rows.exists() and Event.objects.filter(seq__gt=old).count() == 5
    assert night() == {"removed": 0, "kept_from": old + 1}
    assert gaps() == []
    with use_tenant(globex.tenant):
        assert Event.objects.count() == theirs and Stream.objects.get().kept_from == 1


def test_the_page_of_an_order_keeps_its_history(acme: Shop) -> None:
    order = Order.objects.get(pk=sell(acme))
    before = [event.pk for event in history_of(order)]
    assert len(before) == 2
    all_numbered(acme)
    made_old(seq__isnull=False)
    night()
    removed = night()["removed"]
    assert removed > 0 and [event.pk for event in history_of(order)] == before
    assert gaps() == []
    head = Stream.objects.get().head
    assert (stream_status().kept_from, Stream.objects.get().kept_from) == (None, head + 1)
    assert events_after(head, actor=acme.actor(), limit=10).events == []
    assert happen(acme, 1) == head + 1
    assert [event["seq"] for event in events_after(head, actor=acme.actor(), limit=10).events] == [head + 1]


def test_nothing_goes_that_a_webhook_has_not_been_told(acme: Shop) -> None:
    connect(acme, "https://hooks.example.com/in", "order.completed")
    sell(acme)
    head = all_numbered(acme)
    waiting = Delivery.objects.get()
    made_old(seq__lte=head)
    for _ in range(2):
        assert night()["kept_from"] == waiting.event_seq
    assert Event.objects.filter(seq__gte=waiting.event_seq).count() == head - (waiting.event_seq or 0) + 1
    Delivery.objects.update(state=Delivery.State.DONE)
    assert night()["kept_from"] == head + 1


def test_an_event_without_a_number_is_never_forgotten_however_old_it_is(acme: Shop) -> None:
    all_numbered(acme)
    with transaction.atomic():
        emit(fact(), actor=SYSTEM)
    made_old(seq__isnull=True)
    night()
    night()
    assert Event.objects.filter(seq__isnull=True).count() == 1
    head = all_numbered(acme)
    assert events_after(head - 1, actor=acme.actor(), limit=10).events[0]["seq"] == head
    assert gaps() == []


def test_rows_go_in_portions_and_a_run_that_ends_half_way_is_gone_on_with(
    acme: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PORTION", 10)
    head = happen(acme, 45)
    made_old(seq__lte=head)
    night()
    looked: list[tuple[int, int | None]] = []

    def crash(done: int, total: int | None = None, message: str = "") -> None:
        looked.append((done, total))
        if len(looked) == 2:
            raise RuntimeError("the worker was killed")

    with pytest.raises(RuntimeError):
        forget_old_events(actor=SYSTEM, progress=crash)
    assert looked == [(10, head), (20, head)]
    assert (Stream.objects.get().forgotten_to, Event.objects.order_by("seq").first().seq) == (21, 21)  # type: ignore[union-attr]
    looked.clear()
    retention.forget_events(lambda done, total: looked.append((done, total)))
    assert looked[0] == (10, head - 20) and looked[-1] == (head - 20, head - 20)
    assert not Event.objects.exists()


def test_a_shop_without_a_stream_has_nothing_to_forget(acme: Shop) -> None:
    Stream.objects.all().delete()
    assert night() == {"removed": 0, "kept_from": 1}
