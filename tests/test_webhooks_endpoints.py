"""Endpoints by service and API: who may, what is refused, what stays secret."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from core.audit.models import AuditEntry
from core.errors import Forbidden
from core.events import CATALOGUE
from core.idempotency.models import StoredAnswer
from core.ids import uuid7
from core.outbox.relay import number_events
from core.people.models import ApiKey
from core.people.services import create_api_key
from core.secrets import Unreadable, seal, unseal
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop
from webhooks import bell
from webhooks.errors import RotationRunning
from webhooks.models import Delivery, Endpoint, SigningSecret
from webhooks.rules import MOST_ENDPOINTS
from webhooks.services.endpoints import create_endpoint, live_secrets, rotate_secret, update_endpoint
from webhooks.services.replays import replay_delivery, replay_failed, replay_since, send_test_event

URL = "https://hooks.example.com/in"
API = "/api/v1/webhook-endpoints/"


@pytest.fixture(autouse=True)
def strict(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    monkeypatch.setattr(bell, "BELL", f"rs:webhooks:bell:test:{uuid7()}")


def post(client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(path, body or {}, content_type="application/json", headers=headers)


def body(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "url": URL, "subscriptions": ["order.completed"], **more}


def create(shop: Shop, **more: Any) -> dict[str, Any]:
    answer = post(shop.client("owner"), API, body(**more))
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


# --- create, read, change, delete


def test_an_endpoint_is_made_read_changed_and_deleted_over_the_api(acme: Shop) -> None:
    owner = acme.client("owner")
    given = body(description=" Books ", subscriptions=["stock.*", "order.completed", "stock.*"])
    answer = post(owner, API, given)
    assert (answer.status_code, answer["ETag"], answer["Location"]) == (201, '"1"', f"{API}{given['id']}/")
    made = answer.json()
    assert made["secret"].startswith("whsec_") and len(made["secret"]) == 50
    assert (made["description"], made["subscriptions"]) == ("Books", ["order.completed", "stock.*"])

    shown = owner.get(f"{API}{given['id']}/").json()
    assert "secret" not in shown and shown["is_enabled"] is True
    assert owner.get(API).json() == {"results": [shown], "next": None}

    path = f"{API}{given['id']}/"
    change = {"is_enabled": False}
    changed = owner.patch(path, change, content_type="application/json", headers={"If-Match": '"1"'})
    assert (changed.status_code, changed["ETag"], changed.json()["is_enabled"]) == (200, '"2"', False)
    stale = owner.patch(path, {"url": URL + "2"}, content_type="application/json", headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert (stale.json()["current"]["version"], stale.json()["current"]["url"]) == (2, URL)
    assert owner.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == owner.delete(path).status_code == 404
    assert Endpoint.objects.count() == SigningSecret.objects.count() == 0
    kept = AuditEntry.objects.filter(object_type="webhook_endpoint").order_by("id")
    assert [entry.action for entry in kept] == ["create", "change", "delete"]
    assert kept[1].changes == {"is_enabled": [True, False]}


def test_a_repeated_creation_gives_the_same_endpoint_and_no_secret(acme: Shop) -> None:
    owner, given = acme.client("owner"), body()
    first, again = post(owner, API, given), post(owner, API, given)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["secret"], again["Idempotent-Replayed"]) == (given["id"], "", "true")
    other = post(owner, API, {**given, "url": "https://evil.example.com/"})
    assert (other.status_code, other.json()["code"]) == (422, "identifier-reused")
    assert Endpoint.objects.get().url == URL and SigningSecret.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://hooks.example.com/"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "https://localhost/"}, "/url"),
        ({"url": "https://user:pw@hooks.example.com/"}, "/url"),
        ({"url": "https://hooks.example.com:25/"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "x" * 3000}, "/url"),
        ({"url": None}, "/url"),
        ({"url": ["a"]}, "/url"),
        ({"subscriptions": []}, "/subscriptions"),
        ({"subscriptions": "order.completed"}, "/subscriptions"),
        ({"subscriptions": ["order.completed", "order.compleeted"]}, "/subscriptions/0"),
        ({"subscriptions": ["**"]}, "/subscriptions/0"),
        ({"subscriptions": ["*.completed"]}, "/subscriptions/0"),
        ({"subscriptions": ["order*"]}, "/subscriptions/0"),
        ({"subscriptions": ["nothing.*"]}, "/subscriptions/0"),
        ({"subscriptions": [""]}, "/subscriptions/0"),
        ({"subscriptions": [{"a": 1}]}, "/subscriptions/0"),
        ({"subscriptions": ["x" * 61]}, "/subscriptions/0"),
        ({"description": "x" * 201}, "/description"),
        ({"id": "7"}, "/id"),
        ({"id": None}, "/id"),
    ],
)
def test_wrong_input_is_named_and_nothing_is_made(acme: Shop, change: dict[str, Any], pointer: str) -> None:
    answer = post(acme.client("owner"), API, body(**change))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.content
    place = answer.json()["errors"][0]["pointer"]
    assert place == pointer or place.rsplit("/", 1)[0] == pointer.rsplit("/", 1)[0]
    assert Endpoint.objects.count() == 0


def test_the_shop_has_at_most_fifty_endpoints(acme: Shop) -> None:
    for _ in range(MOST_ENDPOINTS):
        create_endpoint(endpoint_id=uuid7(), url=URL, subscriptions=["*"], actor=acme.actor())
    answer = post(acme.client("owner"), API, body())
    assert (answer.status_code, Endpoint.objects.count()) == (409, 50)


def test_lists_are_paged(acme: Shop) -> None:
    made = [create(acme)["id"] for _ in range(5)]
    owner = acme.client("owner")
    first = owner.get(f"{API}?limit=3").json()
    rest = owner.get(f"{API}?limit=3&cursor={first['next']}").json()
    assert [row["id"] for row in first["results"] + rest["results"]] == made and rest["next"] is None
    assert owner.get(f"{API}?cursor=x").status_code == 422


# --- who may


ROUTES = [
    ("get", API),
    ("post", API),
    ("get", API + "{id}/"),
    ("patch", API + "{id}/"),
    ("delete", API + "{id}/"),
    ("post", API + "{id}/rotate-secret/"),
    ("post", API + "{id}/test/"),
    ("post", API + "{id}/replay/"),
    ("get", API + "{id}/deliveries/"),
    ("get", API + "deliveries/{delivery}/"),
    ("post", API + "deliveries/{delivery}/replay/"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_the_owner_manages_and_managers_may_look(acme: Shop, method: str, path: str) -> None:
    endpoint = create(acme)["id"]
    delivery = send_test_event(endpoint_id=endpoint, actor=acme.actor()).pk
    path = path.format(id=endpoint, delivery=delivery)
    before = (Endpoint.objects.count(), Delivery.objects.count(), SigningSecret.objects.count())
    for role, expected in {None: 401, "cashier": 403, "stock clerk": 403, "accountant": 403, "viewer": 403}.items():
        assert getattr(acme.client(role), method)(path).status_code == expected, role
    seen = getattr(acme.client("manager"), method)(path).status_code
    assert seen == (200 if method == "get" else 403)
    assert before == (Endpoint.objects.count(), Delivery.objects.count(), SigningSecret.objects.count())


@pytest.mark.parametrize(("method", "path"), ROUTES[2:])
def test_another_shops_endpoint_does_not_exist(acme: Shop, globex: Shop, method: str, path: str) -> None:
    with use_tenant(globex.tenant):
        theirs = create_endpoint(
            endpoint_id=uuid7(), url=URL, subscriptions=["*"], description=CANARY, actor=globex.actor()
        ).endpoint
        delivery = send_test_event(endpoint_id=theirs.pk, actor=globex.actor()).pk
    path = path.format(id=theirs.pk, delivery=delivery)
    data = {"failed": True} if path.endswith("/replay/") and "deliveries" not in path else {}
    answer = getattr(acme.client("owner"), method)(path, data, content_type="application/json")
    assert answer.status_code == 404 and CANARY not in answer.content.decode()
    assert Delivery.objects.count() == 0
    with use_tenant(globex.tenant):
        assert (Delivery.objects.count(), SigningSecret.objects.count()) == (1, 1)


def test_nobody_subscribes_an_endpoint_to_what_they_may_not_see(acme: Shop) -> None:
    key, token = create_api_key(
        name="hooks", permissions=["webhooks.manage", "orders.view_orders"], actor=acme.actor("owner")
    )
    machine = acme.client()
    headers = {"Authorization": f"Bearer {token}"}
    assert post(machine, API, body(subscriptions=["order.*"]), **headers).status_code == 201
    for wish in (["stock.changed"], ["*"], ["order.*", "webhook.*"]):
        answer = post(machine, API, body(subscriptions=wish), **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), wish
    assert Endpoint.objects.count() == 1
    ApiKey.objects.filter(pk=key.pk).update(everywhere=False)
    key.locations.add(acme.location)
    assert post(machine, API, body(subscriptions=["order.*"]), **headers).status_code == 403


# --- secrets


def test_secrets_are_encrypted_at_rest_and_shown_once(acme: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made = create(acme)
        owner = acme.client("owner")
        rotated = post(owner, f"{API}{made['id']}/rotate-secret/").json()
        secrets = [made["secret"], rotated["secret"]]
        assert secrets[0] != secrets[1] and all(secrets)
        send_test_event(endpoint_id=made["id"], actor=acme.actor())
        seen = [
            owner.get(path).content.decode() for path in (API, f"{API}{made['id']}/", f"{API}{made['id']}/deliveries/")
        ]
    with connection.cursor() as cursor:
        for table in ("webhooks_endpoint", "webhooks_signingsecret", "webhooks_delivery", "audit_auditentry"):
            cursor.execute(f"SELECT json_agg(t)::text FROM {table} t")
            seen.append(cursor.fetchone()[0])
        cursor.execute("SELECT coalesce(json_agg(t)::text, '') FROM outbox_event t")
        seen.append(cursor.fetchone()[0])
    seen.append(caplog.text)
    assert StoredAnswer.objects.count() == 0
    for secret in secrets:
        assert not any(secret in text or secret.removeprefix("whsec_")[:20] in text for text in seen)
    assert sorted(live_secrets(made["id"], datetime.now(UTC))) == sorted(secrets)
    rotation = AuditEntry.objects.filter(object_type="webhook_endpoint", changes__has_key="secret").get()
    assert rotation.changes["secret"] == ["***", "***"]


def test_a_second_rotation_within_a_day_is_refused_unless_forced(acme: Shop) -> None:
    made = create(acme)
    owner, path = acme.client("owner"), f"{API}{made['id']}/rotate-secret/"
    second = post(owner, path).json()["secret"]
    refusal = post(owner, path)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "rotation-running")
    assert "until" in refusal.json()
    now = datetime.now(UTC)
    assert set(live_secrets(made["id"], now)) == {made["secret"], second}
    third = post(owner, path, {"force": True}).json()["secret"]
    assert live_secrets(made["id"], now) == [third, second], "the leaked one ends at once"
    assert live_secrets(made["id"], now + timedelta(hours=25)) == [third]
    with pytest.raises(RotationRunning):
        rotate_secret(endpoint_id=made["id"], actor=acme.actor())
    rotate_secret(endpoint_id=made["id"], actor=acme.actor(), now=now + timedelta(hours=25))
    assert SigningSecret.objects.count() == 2


def test_a_sealed_secret_opens_in_its_own_place_only(acme: Shop, globex: Shop) -> None:
    token = seal("whsec_x", place="webhooks:1")
    assert "whsec" not in token and unseal(token, place="webhooks:1") == "whsec_x"
    assert seal("whsec_x", place="webhooks:1") != token
    with pytest.raises(Unreadable):
        unseal(token, place="webhooks:2")
    with pytest.raises(Unreadable):
        unseal(token[:-2] + "AA", place="webhooks:1")
    with use_tenant(globex.tenant), pytest.raises(Unreadable):
        unseal(token, place="webhooks:1")


def test_a_key_is_changed_by_prepending_a_new_one(acme: Shop, settings: Settings) -> None:
    made, old = create(acme), settings.FIELD_KEYS
    new = Fernet.generate_key().decode()
    settings.FIELD_KEYS = (new, *old)
    assert live_secrets(made["id"], datetime.now(UTC)) == [made["secret"]]
    call_command("reseal_secrets")
    settings.FIELD_KEYS = (new,)
    assert live_secrets(made["id"], datetime.now(UTC)) == [made["secret"]]
    settings.FIELD_KEYS = old
    with pytest.raises(Unreadable):
        live_secrets(made["id"], datetime.now(UTC))


# --- test and replay


def test_a_test_event_is_an_example_marked_as_a_test(acme: Shop) -> None:
    made = create(acme, subscriptions=["stock.*"])
    path = f"{API}{made['id']}/test/"
    answer = post(acme.client("owner"), path, {"type": "order.completed"}, **{"Idempotency-Key": "one"})
    again = post(acme.client("owner"), path, {"type": "order.completed"}, **{"Idempotency-Key": "one"})
    assert (answer.status_code, again.json(), Delivery.objects.count()) == (202, answer.json(), 1)
    sent = json.loads(bytes(Delivery.objects.get().body))
    assert (sent["test"], sent["seq"], sent["type"]) == (True, None, "order.completed")
    assert set(sent["data"]) >= {"order_id", "total", "currency"}
    assert answer.json()["message_id"] == "msg_" + sent["id"].replace("-", "")
    assert post(acme.client("owner"), path).json()["event_type"] == "stock.changed"
    assert post(acme.client("owner"), path, {"type": "no.such"}).status_code == 422
    update_endpoint(endpoint_id=made["id"], changes={"is_enabled": False}, actor=acme.actor())
    refusal = post(acme.client("owner"), path)
    assert (refusal.status_code, refusal.json()["code"], Delivery.objects.count()) == (409, "endpoint-off", 2)


def test_all_that_failed_is_sent_again_once(acme: Shop) -> None:
    number_events(acme.tenant)
    made = create(acme, subscriptions=["stock.*"])
    first = replay_since(endpoint_id=made["id"], since=datetime.now(UTC) - timedelta(hours=1), actor=acme.actor())
    assert first.count == 3, "three openings of stock, none of them ever queued"
    done, *dead = Delivery.objects.order_by("id")
    Delivery.objects.filter(pk=done.pk).update(state="done")
    Delivery.objects.filter(pk__in=[row.pk for row in dead]).update(state="dead")
    answer = post(acme.client("owner"), f"{API}{made['id']}/replay/", {"failed": True})
    assert (answer.status_code, answer.json()) == (202, {"queued": 2})
    again = Delivery.objects.filter(state="pending")
    assert {(row.replay_of, row.event_id, bytes(row.body)) for row in again} == {
        (row.pk, row.event_id, bytes(row.body)) for row in dead
    }
    assert replay_failed(endpoint_id=made["id"], actor=acme.actor()).count == 0


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"failed": True, "since": "2026-11-20T00:00:00Z"},
        {"since": "yesterday"},
        {"since": "2001-01-01T00:00:00Z"},
        {"since": "2999-01-01T00:00:00Z"},
        {"until": "2026-11-20T00:00:00Z"},
    ],
)
def test_a_replay_without_a_sensible_range_is_refused(acme: Shop, wish: dict[str, Any]) -> None:
    made = create(acme)
    assert post(acme.client("owner"), f"{API}{made['id']}/replay/", wish).status_code == 422
    assert Delivery.objects.count() == 0


def test_what_waits_is_brought_forward_instead_of_doubled(acme: Shop) -> None:
    made = create(acme)
    delivery = send_test_event(endpoint_id=made["id"], actor=acme.actor())
    later = datetime.now(UTC) + timedelta(hours=5)
    Delivery.objects.update(due_at=later)
    path = f"{API}deliveries/{delivery.pk}/replay/"
    assert post(acme.client("owner"), path).json()["id"] == delivery.pk
    assert Delivery.objects.get().due_at < later - timedelta(hours=4)
    Delivery.objects.update(state="sending")
    assert post(acme.client("owner"), path).status_code == 409
    with pytest.raises(Forbidden):
        replay_delivery(delivery_id=delivery.pk, actor=acme.actor("manager"))
    assert Delivery.objects.count() == 1


def test_the_log_of_deliveries_is_filtered_and_shows_every_try(acme: Shop) -> None:
    made = create(acme)
    rows = [send_test_event(endpoint_id=made["id"], actor=acme.actor()).pk for _ in range(3)]
    Delivery.objects.filter(pk=rows[0]).update(state="done")
    manager, path = acme.client("manager"), f"{API}{made['id']}/deliveries/"
    assert [row["id"] for row in manager.get(path).json()["results"]] == rows[::-1]
    assert [row["id"] for row in manager.get(f"{path}?state=done").json()["results"]] == rows[:1]
    assert manager.get(f"{path}?event_type=stock.changed").json()["results"] == []
    assert manager.get(f"{path}?state=lost").status_code == 422
    one = manager.get(f"{API}deliveries/{rows[0]}/").json()
    assert json.loads(one["body"])["test"] is True and one["log"] == []
    assert manager.get(f"{API}deliveries/{10**30}/").status_code == 404


def test_the_catalogue_has_schema_and_example_of_every_event(acme: Shop) -> None:
    rows = acme.client("viewer").get("/api/v1/event-types/").json()["results"]
    assert [row["type"] for row in rows] == sorted(CATALOGUE)
    for row in rows:
        jsonschema.validate(row["example"]["data"], row["schema"])
        assert row["description"] and row["example"]["type"] == row["type"]
