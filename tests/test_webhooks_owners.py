"""What a shop adds to its calls, and who is told when they fail: headers kept like secrets, one warning, one mail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import override_settings

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import perform
from core.outbox.models import Event
from core.outbox.relay import number_events
from core.testing import CANARY, Shop
from tests.api import Api
from tests.webhook_receiver import OK, Receiver, Reply, receiving
from tests.webhook_steps import connect, sell
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.server import Server
from webhooks.services.endpoints import create_endpoint, update_endpoint
from webhooks.services.extra_headers import headers_of_endpoint
from webhooks.services.telling import MAIL

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]
KEY = "k-5f1d0c9a"
FAILS: Reply = (500, {}, b"no")
START = datetime.now(UTC)


@pytest.fixture
def private(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


def serve(shop: Shop, *, days: float = 0) -> None:
    while number_events(shop.tenant):
        pass
    Delivery.objects.filter(state="pending").update(due_at=START - timedelta(hours=1))
    Server(clock=lambda: START + timedelta(days=days)).serve(shop.tenant.schema_name)


def made(shop: Shop, url: str, **headers: str) -> Endpoint:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return create_endpoint(
        endpoint_id=uuid7(), url=url, subscriptions=["order.completed"], headers=named, actor=shop.actor("owner")
    ).endpoint


def test_extra_headers_go_with_every_call_and_are_nowhere_in_clear(acme: Shop, receiver: Receiver) -> None:
    endpoint = made(acme, receiver.url, X_Api_Key=KEY)
    sell(acme)
    serve(acme)
    (call,) = receiver.received
    assert call.headers["x-api-key"] == KEY and call.headers["content-type"] == "application/json"
    assert Attempt.objects.get().request_headers["X-Api-Key"] == "***"
    assert KEY not in Endpoint.objects.get().sealed_headers
    api = Api(acme.client("owner"))
    told = api.get(f"webhook-endpoints/{endpoint.pk}/")
    assert told.json()["header_names"] == ["X-Api-Key"] and KEY not in told.content.decode()
    for path in (f"/settings/webhooks/{endpoint.pk}/", f"/settings/webhooks/{endpoint.pk}/edit/"):
        text = acme.client("owner").get(path).content.decode()
        assert "X-Api-Key" in text and KEY not in text
    assert not [entry for entry in AuditEntry.objects.all() if KEY in str(entry.changes)]


def test_a_null_keeps_a_value_and_what_is_not_named_goes(acme: Shop, receiver: Receiver) -> None:
    endpoint = made(acme, receiver.url, X_Api_Key=KEY, X_Shop="1")
    api = Api(acme.client("owner"))
    changed = api.patch(f"webhook-endpoints/{endpoint.pk}/", {"headers": {"X-Api-Key": None, "X-Till": "2"}})
    assert changed.json()["header_names"] == ["X-Api-Key", "X-Till"]
    endpoint.refresh_from_db()
    assert headers_of_endpoint(endpoint) == {"X-Api-Key": KEY, "X-Till": "2"}
    entry = AuditEntry.objects.filter(object_type="webhook_endpoint").latest("id")
    assert entry.changes["headers"] == ["", "X-Shop, X-Till"]
    form = {"id": str(uuid7()), "url": endpoint.url, "subscriptions": "order.completed", "version": endpoint.version}
    page = f"/settings/webhooks/{endpoint.pk}/edit/"
    answer = acme.client("owner").post(page, {**form, "headers": "X-Api-Key: ••••••\nX-New: a b"})
    assert answer.status_code == 302, answer.content
    endpoint.refresh_from_db()
    assert headers_of_endpoint(endpoint) == {"X-Api-Key": KEY, "X-New": "a b"}
    call_command("reseal_secrets", verbosity=0)
    endpoint.refresh_from_db()
    assert headers_of_endpoint(endpoint)["X-Api-Key"] == KEY


@pytest.mark.parametrize(
    ("headers", "pointer", "code"),
    [
        ({"Host": "a"}, "/headers/Host", "reserved"),
        ({"content-LENGTH": "1"}, "/headers/content-LENGTH", "reserved"),
        ({"webhook-signature": "v1,x"}, "/headers/webhook-signature", "reserved"),
        ({"X-Forwarded-For": "1.1.1.1"}, "/headers/X-Forwarded-For", "reserved"),
        ({"Proxy-Authorization": "x"}, "/headers/Proxy-Authorization", "reserved"),
        ({"X A": "1"}, "/headers/X A", "name"),
        ({"X-A:": "1"}, "/headers/X-A:", "name"),
        ({"X/A": "1"}, "/headers/X~1A", "name"),
        ({"": "1"}, "/headers", "name"),
        ({"X-A": "1\r\nX-B: 2"}, "/headers/X-A", "value"),
        ({"X-A": "naïve"}, "/headers/X-A", "value"),
        ({"X-A": "a\x07b"}, "/headers/X-A", "value"),
        ({"X-A": "1", "x-a": "2"}, "/headers/x-a", "twice"),
        ({f"X-{number}": "1" for number in range(11)}, "/headers", "too-many"),
    ],
)
def test_a_header_that_is_not_the_shops_to_set_is_refused_by_name(
    acme: Shop, headers: dict[str, str], pointer: str, code: str
) -> None:
    body = {"id": str(uuid7()), "url": "https://example.com/", "subscriptions": ["*"], "headers": headers}
    answer = Api(acme.client("owner")).post("webhook-endpoints/", body)
    assert answer.status_code == 422, answer.content
    assert (pointer, code) in {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert not Endpoint.objects.exists()


@override_settings(MAIL_FROM="shop@acme.test")
def test_owners_are_warned_once_after_a_day_of_failures_and_mailed_again_when_it_is_off(
    acme: Shop, globex: Shop, receiver: Receiver
) -> None:
    endpoint, _ = connect(acme, receiver.url, "order.completed")
    receiver.reply = FAILS
    sell(acme)
    serve(acme)
    serve(acme, days=0.9)
    assert not Job.objects.filter(kind=MAIL).exists()
    for days in (1.1, 1.5, 2):
        serve(acme, days=days)
    (job,) = Job.objects.filter(kind=MAIL)
    assert Event.objects.filter(type="webhook.failing").count() == 1
    perform(job.pk)
    perform(job.pk)
    (warning,) = mail.outbox
    assert warning.to == [acme.person("owner").email]
    assert warning.subject == "Acme shop: a webhook endpoint fails" and CANARY not in warning.body
    serve(acme, days=5.1)
    endpoint.refresh_from_db()
    assert not endpoint.is_enabled
    perform(Job.objects.filter(kind=MAIL).latest("created_at").pk)
    assert mail.outbox[1].subject == "Acme shop: a webhook endpoint was turned off"
    assert "Every try of the last 5 days failed." in mail.outbox[1].body
    ids = [sent.extra_headers["Message-ID"] for sent in mail.outbox]
    assert len(set(ids)) == 2


@override_settings(MAIL_FROM="shop@acme.test")
def test_an_endpoint_that_recovered_is_mailed_about_no_more_and_warned_of_anew_later(
    acme: Shop, receiver: Receiver
) -> None:
    endpoint, _ = connect(acme, receiver.url, "order.completed")
    receiver.reply = FAILS
    sell(acme)
    serve(acme)
    serve(acme, days=1.2)
    receiver.reply = OK
    serve(acme, days=1.3)
    endpoint.refresh_from_db()
    assert endpoint.warned_at is None and endpoint.first_failure_at is None
    perform(Job.objects.get(kind=MAIL).pk)
    assert mail.outbox == []
    receiver.reply = FAILS
    sell(acme)
    serve(acme, days=1.4)
    serve(acme, days=2.5)
    assert Job.objects.filter(kind=MAIL).count() == 2


def test_turning_on_forgets_the_warning(acme: Shop, receiver: Receiver) -> None:
    endpoint, _ = connect(acme, receiver.url, "order.completed")
    Endpoint.objects.update(is_enabled=False, warned_at=START, first_failure_at=START)
    update_endpoint(endpoint_id=endpoint.pk, changes={"is_enabled": True}, actor=acme.actor())
    endpoint.refresh_from_db()
    assert endpoint.warned_at is None


def test_a_range_is_sent_again_from_the_page(acme: Shop, receiver: Receiver) -> None:
    endpoint, _ = connect(acme, receiver.url, "order.completed")
    sell(acme)
    serve(acme)
    page, owner = f"/settings/webhooks/{endpoint.pk}/replay/", acme.client("owner")
    now = datetime.now(UTC)
    early, late = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for hours in (-3, 3))
    assert owner.post(page, {"since": early, "until": late}).status_code == 302
    assert Delivery.objects.filter(cause="replay").count() == 1
    owner.post(page, {"since": early, "until": f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}"})
    owner.post(page, {"since": late, "until": early})
    assert Delivery.objects.filter(cause="replay").count() == 1
