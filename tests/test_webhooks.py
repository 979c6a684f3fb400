"""From a sale to a receiver: every event once or more, to those who asked for it, and to nobody else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.outbox.models import Event
from core.outbox.relay import number_events
from core.tenancy.context import current_tenant, use_tenant
from core.testing import CANARY, Shop
from inventory.errors import OutOfStock
from inventory.services.ledger import move_stock
from tests.webhook_receiver import OK, Receiver, Reply, receiving
from tests.webhook_steps import connect, sell
from webhooks import bell
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.rules import KEPT
from webhooks.server import Server
from webhooks.services.deliveries import Outcome as Done
from webhooks.services.deliveries import add_deliveries, claim, finish, forget_old, has_due
from webhooks.services.endpoints import delete_endpoint, rotate_secret, update_endpoint
from webhooks.services.replays import replay_delivery
from webhooks.tasks import deliver

FAILS: Reply = (500, {}, b"no")


@pytest.fixture(autouse=True)
def own_bell(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers of these tests are on this machine, and no other test run hears our bell."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    monkeypatch.setattr(bell, "BELL", f"rs:webhooks:bell:test:{uuid7()}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as box:
        yield box


def tell(shop: Shop, **more: Any) -> None:
    """What relay and worker do: number, then serve."""
    number_events(shop.tenant)
    Server(**more).serve(shop.tenant.schema_name)


def make_due(**filters: Any) -> None:
    """As if the wait were over."""
    Delivery.objects.filter(state="pending", **filters).update(due_at=datetime.now(UTC))


def test_a_sale_reaches_the_receiver_signed_as_the_published_library_wants_it(acme: Shop, receiver: Receiver) -> None:
    endpoint, secret = connect(acme, receiver.url)
    order_id = sell(acme, "2")
    tell(acme)

    [request] = receiver.received
    told = Webhook(secret).verify(request.body, request.headers)
    event = Event.objects.get(type="order.completed")
    assert told == event.envelope()
    assert (told["data"]["order_id"], told["data"]["total"], told["seq"]) == (str(order_id), "9.00", event.seq)
    assert request.headers["webhook-id"] == f"msg_{event.uuid.hex}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("RetailSaaS-Webhooks/")

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("done", 1, 200)
    assert bytes(delivery.body) == request.body and delivery.lease_token is None
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.status, attempt.response_body, attempt.error) == (1, 200, "thanks", "")
    assert attempt.request_headers["webhook-signature"] == "v1,***"
    endpoint.refresh_from_db()
    assert endpoint.last_success_at == attempt.at and endpoint.first_failure_at is None


@pytest.mark.parametrize(
    ("subscriptions", "types"),
    [
        (["order.completed", "stock.changed"], {"order.completed", "stock.changed"}),
        (["order.*"], {"order.created", "order.completed"}),
        (["sale.*"], {"order.created", "order.completed"}),
        (["sale.completed", "order.completed"], {"order.completed"}),
        (["payment.received"], {"payment.received"}),
        (["*"], {"order.created", "order.completed", "payment.received", "stock.changed"}),
        (["import.finished"], set()),
    ],
)
def test_an_endpoint_hears_what_it_subscribed_to_each_once(
    acme: Shop, receiver: Receiver, subscriptions: list[str], types: set[str]
) -> None:
    connect(acme, receiver.url, *subscriptions)
    sell(acme)
    tell(acme)
    heard = [json.loads(request.body)["type"] for request in receiver.received]
    assert sorted(heard) == sorted(types)
    assert len({request.headers["webhook-id"] for request in receiver.received}) == len(types)


def test_a_refused_or_rolled_back_sale_tells_nobody(
    acme: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(acme, receiver.url, "*")
    with pytest.raises(OutOfStock):
        sell(acme, "11")
    told: list[bool] = []

    def break_down(**kwargs: Any) -> None:
        move_stock(**kwargs)
        told.append(Event.objects.filter(type="order.completed").exists())
        raise ZeroDivisionError

    monkeypatch.setattr("orders.services.checkout.move_stock", break_down)
    with pytest.raises(ZeroDivisionError):
        sell(acme)
    assert told == [True], "the sale broke down after its events were written"
    tell(acme)
    assert receiver.received == [] and Delivery.objects.count() == 0


def test_no_shop_hears_of_another(acme: Shop, globex: Shop, receiver: Receiver) -> None:
    with receiving() as theirs:
        ours, our_secret = connect(acme, receiver.url, "*")
        with use_tenant(globex.tenant):
            connect(globex, theirs.url, "*")
        our_order = sell(acme)
        tell(acme)
        tell(globex)
        assert len(receiver.received) == 4 and theirs.received == []
        with use_tenant(globex.tenant):
            their_order = sell(globex)
        deliver(globex.tenant.schema_name)
        tell(globex)
        tell(acme)
        assert len(receiver.received) == 4 and len(theirs.received) == 4
    for request in receiver.received:
        Webhook(our_secret).verify(request.body, request.headers)
        assert CANARY not in request.body.decode() and str(their_order) not in request.body.decode()
    assert not any(str(our_order) in request.body.decode() for request in theirs.received)
    assert Endpoint.objects.get() == ours
    assert current_tenant() == acme.tenant


def test_a_failing_receiver_is_tried_again_until_it_takes_it(acme: Shop, receiver: Receiver) -> None:
    endpoint, secret = connect(acme, receiver.url)
    receiver.replies = [FAILS, (302, {"Location": "http://127.0.0.1:1/"}, b""), (503, {"Retry-After": "90"}, b"busy")]
    sell(acme)
    tell(acme)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("pending", 1, 500)
    assert timedelta(seconds=3) < delivery.due_at - Attempt.objects.get().at < timedelta(seconds=7)
    endpoint.refresh_from_db()
    first_failure = endpoint.first_failure_at
    assert first_failure is not None

    tell(acme)
    assert len(receiver.received) == 1, "it was tried again before it was due"
    for status in (302, 503, 200):
        make_due()
        deliver(acme.tenant.schema_name)
        delivery.refresh_from_db()
        assert delivery.last_status == status
    assert (delivery.state, delivery.attempts) == ("done", 4)
    third = Attempt.objects.get(number=3)
    assert (third.error, third.response_body) == ("The receiver answered 503.", "busy")
    assert len(receiver.received) == 4
    assert {request.headers["webhook-id"] for request in receiver.received} == {delivery.message_id}
    assert len({request.body for request in receiver.received}) == 1
    Webhook(secret).verify(receiver.received[-1].body, receiver.received[-1].headers)
    endpoint.refresh_from_db()
    assert endpoint.first_failure_at is None


def test_retry_after_is_kept_in_the_row(acme: Shop, receiver: Receiver) -> None:
    connect(acme, receiver.url)
    receiver.reply = (429, {"Retry-After": "7000"}, b"")
    sell(acme)
    tell(acme)
    assert (Delivery.objects.get().due_at - Attempt.objects.get().at) == timedelta(seconds=7000)


def test_after_eleven_tries_it_is_given_up_and_can_be_sent_again(acme: Shop, receiver: Receiver) -> None:
    connect(acme, receiver.url)
    receiver.reply = FAILS
    sell(acme)
    number_events(acme.tenant)
    for _ in range(12):
        make_due()
        Server().serve(acme.tenant.schema_name)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, Attempt.objects.count()) == ("dead", 11, 11)
    assert len(receiver.received) == 11

    receiver.reply = OK
    again = replay_delivery(delivery_id=delivery.pk, actor=acme.actor())
    Server().serve(acme.tenant.schema_name)
    again.refresh_from_db()
    assert (again.state, again.replay_of, again.message_id) == ("done", delivery.pk, delivery.message_id)
    assert receiver.received[-1].body == receiver.received[0].body


def test_410_turns_the_endpoint_off_and_tells_the_shop(acme: Shop, receiver: Receiver) -> None:
    endpoint, _ = connect(acme, receiver.url, "order.*")
    receiver.reply = (410, {}, b"")
    sell(acme)
    tell(acme)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "The receiver answered 410 Gone.")
    assert Event.objects.get(type="webhook.disabled").payload == {
        "endpoint_id": str(endpoint.pk),
        "version": endpoint.version,
        "reason": "The receiver answered 410 Gone.",
    }
    entry = AuditEntry.objects.filter(object_type="webhook_endpoint").latest("id")
    assert (entry.actor_label, entry.changes["is_enabled"]) == ("Retail SaaS", [True, False])


def test_five_days_of_failures_turn_it_off_and_what_waits_goes_out_when_it_is_on_again(
    acme: Shop, receiver: Receiver
) -> None:
    endpoint, _ = connect(acme, receiver.url)
    receiver.reply = FAILS
    sell(acme)
    start = datetime.now(UTC)
    tell(acme)
    make_due()
    Server(clock=lambda: start + timedelta(days=4)).serve(acme.tenant.schema_name)
    endpoint.refresh_from_db()
    assert endpoint.is_enabled
    Server(clock=lambda: start + timedelta(days=6)).serve(acme.tenant.schema_name)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "Every try of the last 5 days failed.")
    calls = len(receiver.received)
    make_due()
    sell(acme)
    tell(acme)
    assert len(receiver.received) == calls and Delivery.objects.count() == 1, "an endpoint that is off was served"

    receiver.reply = OK
    update_endpoint(endpoint_id=endpoint.pk, changes={"is_enabled": True}, actor=acme.actor())
    tell(acme)
    assert Delivery.objects.get().state == "done" and len(receiver.received) == calls + 1


def test_both_secrets_sign_for_a_day_after_a_rotation_then_only_the_new_one(acme: Shop, receiver: Receiver) -> None:
    endpoint, old = connect(acme, receiver.url)
    _, new = rotate_secret(endpoint_id=endpoint.pk, actor=acme.actor())
    sell(acme)
    tell(acme)
    first = receiver.received[-1]
    assert Webhook(old).verify(first.body, first.headers) == Webhook(new).verify(first.body, first.headers)

    later = datetime.now(UTC) + timedelta(hours=25)
    sell(acme)
    tell(acme, clock=lambda: later)
    assert len(receiver.received[-1].headers["webhook-signature"].split()) == 1
    assert len(first.headers["webhook-signature"].split()) == 2


def test_numbering_the_same_events_again_makes_no_second_delivery(acme: Shop, receiver: Receiver) -> None:
    connect(acme, receiver.url, "*")
    sell(acme)
    number_events(acme.tenant)
    events = list(Event.objects.filter(uuid__in=Delivery.objects.values("event_id")))
    count = Delivery.objects.count()
    add_deliveries(events, now=datetime.now(UTC))
    assert Delivery.objects.count() == count == 4


def test_an_endpoint_deleted_in_the_middle_leaves_nothing_behind(acme: Shop, receiver: Receiver) -> None:
    endpoint, _ = connect(acme, receiver.url)
    sell(acme)
    number_events(acme.tenant)
    [claimed] = claim(datetime.now(UTC))
    delete_endpoint(endpoint_id=endpoint.pk, actor=acme.actor())
    assert claimed is not None
    assert finish([(claimed, Done(at=datetime.now(UTC), duration_ms=1, status=200))], spread=lambda: 0) == [claimed]
    assert Delivery.objects.count() == Attempt.objects.count() == Endpoint.objects.count() == 0
    tell(acme)
    assert receiver.received == []


def test_hostile_answers_are_kept_as_harmless_text(acme: Shop, receiver: Receiver) -> None:
    connect(acme, receiver.url)
    receiver.reply = (500, {"Set-Cookie": "sid=secret", "X-Odd": "\x01ü"}, b"\x00\xff<script>" + b"z" * 50_000)
    sell(acme)
    tell(acme)
    attempt = Attempt.objects.get()
    assert attempt.response_body.startswith("\ufffd\ufffd<script>zz") and attempt.is_cut
    assert len(attempt.response_body) <= 16 * 1024 and attempt.response_headers["Set-Cookie"] == "***"


def test_an_address_that_became_private_is_refused_at_the_next_try(
    acme: Shop, receiver: Receiver, settings: Settings
) -> None:
    connect(acme, receiver.url)
    settings.WEBHOOK_ALLOW_PRIVATE = False
    sell(acme)
    tell(acme)
    assert receiver.received == []
    assert (Delivery.objects.get().state, Attempt.objects.get().status) == ("pending", None)
    assert "https://" in Attempt.objects.get().error


def test_the_log_is_forgotten_after_thirty_days(acme: Shop, receiver: Receiver) -> None:
    connect(acme, receiver.url)
    sell(acme)
    tell(acme)
    now = datetime.now(UTC)
    assert forget_old(now + KEPT - timedelta(hours=1)) == 0
    assert forget_old(now + KEPT + timedelta(hours=1)) == 1
    assert Delivery.objects.count() == Attempt.objects.count() == 0 and not has_due(now)
