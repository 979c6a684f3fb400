"""A browser that is a device: known by its cookie, held to its ceiling, out at once when it is revoked."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from core.devices.ceilings import devices_of_log_ins, within
from core.devices.errors import CannotBeOpened
from core.devices.models import Device, SealKey
from core.devices.sealing import INFO, bound_to, open_sealed, public_jwk
from core.devices.selectors import read_pass
from core.devices.services.fleet import revoke_device, update_device
from core.errors import Forbidden
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import CANARY, PASSWORD, Shop, sale_body
from realtime.sockets.consumers import _who_holds
from realtime.sockets.past import log_ins_over
from realtime.sockets.tickets import issue_ticket
from tests.api import machine
from tests.told_of_devices import a_device, new_token

pytestmark = pytest.mark.django_db
CURRENT = "/api/v1/devices/current/"
REPORT = "/api/v1/devices/current/report/"


def browser_of(shop: Shop, token: str, role: str | None = None) -> Client:
    """The browser that keeps a device's secret, with somebody logged in or nobody."""
    browser = shop.client(role)
    browser.cookies[settings.DEVICE_COOKIE_NAME] = token
    return browser


def set_up(shop: Shop, role: str | None = None, *, person: str | None = "owner", prefix: str = "T1") -> Any:
    """A device and its browser."""
    token = new_token()
    return a_device(shop, token=token, role=role, prefix=prefix), browser_of(shop, token, person)


def send(browser: Client, shop: Shop, body: Any, **headers: str) -> Any:
    given = {"origin": f"https://{shop.host}", **headers}
    return browser.post(REPORT, json.dumps(body), "application/json", headers=given)


def test_a_browser_without_a_secret_is_no_device(acme: Shop) -> None:
    for browser in (acme.client(), acme.client("owner"), browser_of(acme, "x"), browser_of(acme, new_token(), "owner")):
        answer = browser.get(CURRENT)
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
        assert send(browser, acme, {"unsent": 1}).status_code == 401


def test_a_key_is_no_device(acme: Shop) -> None:
    assert machine(acme).get("devices/current/").status_code == 401


def test_a_device_hears_who_it_is_and_gets_a_pass_for_whoever_is_logged_in(acme: Shop) -> None:
    device, browser = set_up(acme, "cashier", person="cashier")
    told = browser.get(CURRENT).json()
    person = acme.person("cashier")
    assert {name: told[name] for name in ("id", "name", "prefix", "role", "last_n", "missing", "person")} == {
        "id": str(device.pk),
        "name": "Till 1",
        "prefix": "T1",
        "role": "cashier",
        "last_n": 0,
        "missing": [],
        "person": str(person.pk),
    }
    said = read_pass(told["pass"])
    assert said is not None and (said.device_id, said.user_id) == (device.pk, person.pk)
    assert told["seal_key"] == public_jwk() and "d" not in told["seal_key"]
    browser.post("/logout/")
    told = browser.get(CURRENT).json()
    assert (told["person"], told["pass"], told["id"]) == (None, None, str(device.pk))


def test_the_secret_of_another_shop_means_nothing(acme: Shop, globex: Shop) -> None:
    token = new_token()
    with use_tenant(globex.tenant):
        a_device(globex, token=token, prefix=CANARY[:4])
    browser = browser_of(acme, token, "owner")
    assert browser.get(CURRENT).status_code == 401
    assert browser.get("/settings/team/").status_code == 200
    assert not Device.objects.exists()


def test_the_role_of_a_device_is_a_ceiling_for_whoever_logs_in(acme: Shop) -> None:
    _, browser = set_up(acme, "cashier")
    refused = browser.get("/settings/team/new/", headers={"accept": "text/html"})
    assert refused.status_code == 403
    assert "Till 1" in refused.content.decode() and "cashier" in refused.content.decode()
    problem = browser.get("/api/v1/webhook-endpoints/").json()
    assert problem["code"] == "forbidden" and "Till 1" in problem["detail"]
    assert browser.get("/till/").status_code == 200
    assert acme.client("owner").get("/settings/team/new/").status_code == 200


def test_a_ceiling_gives_nobody_more_than_they_hold(acme: Shop) -> None:
    _, browser = set_up(acme, "owner", person="viewer")
    answer = browser.get("/till/")
    assert answer.status_code == 403 and "Till 1" not in answer.content.decode()


def test_a_device_without_a_role_holds_nobody_back(acme: Shop) -> None:
    _, browser = set_up(acme)
    assert browser.get("/settings/team/new/").status_code == 200


def test_what_belongs_to_a_place_is_done_where_the_device_stands(acme: Shop) -> None:
    other = Location.objects.create(code="TWO", name="Second shop")
    device, browser = set_up(acme, "cashier")
    actor = within(acme.actor(), device)
    assert actor.may("orders.sell", at=acme.location.pk) and not actor.may("orders.sell", at=other.pk)
    with pytest.raises(Forbidden) as refusal:
        actor.require("orders.sell", at=other.pk)
    assert "Till 1" in refusal.value.detail
    body = sale_body(acme, {"TEA": "1"}, location=str(other.pk))
    answer = browser.post("/api/v1/orders/", json.dumps(body), "application/json")
    assert answer.status_code == 403
    body = sale_body(acme, {"TEA": "1"})
    assert browser.post("/api/v1/orders/", json.dumps(body), "application/json").status_code == 201


def test_a_revoked_device_logs_out_whoever_is_on_it_and_ends_its_lines(
    acme: Shop, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    ended: list[str] = []
    monkeypatch.setattr("core.devices.services.fleet.end_device", lambda tenant, mark: ended.append(mark))
    device, browser = set_up(acme, person="cashier")
    assert browser.get("/till/").status_code == 200
    key = browser.session.session_key
    assert devices_of_log_ins([key, "other"]) == {key: device}
    with django_capture_on_commit_callbacks(execute=True):
        revoke_device(device.pk, actor=acme.actor())
    assert not Session.objects.filter(session_key=key).exists() and len(ended) == 1
    assert browser.get("/till/").status_code == 302
    assert browser.get("/api/v1/orders/").status_code == 401
    told = browser.get(CURRENT)
    assert (told.status_code, told.json()["code"], told.json()["state"]) == (410, "device-over", "revoked")
    assert send(browser, acme, {"unsent": 1}).status_code == 204
    assert acme.client("cashier").get("/till/").status_code == 200


def test_a_log_in_of_a_device_ends_when_its_secret_is_gone_late_or_another(acme: Shop) -> None:
    for damage in ("gone", "late", "another"):
        device, browser = set_up(acme, "cashier", prefix=damage[:4].upper())
        assert browser.get("/till/").status_code == 200
        if damage == "gone":
            del browser.cookies[settings.DEVICE_COOKIE_NAME]
        elif damage == "late":
            Device.objects.filter(pk=device.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
        else:
            token = new_token()
            a_device(acme, token=token, prefix="ANY")
            browser.cookies[settings.DEVICE_COOKIE_NAME] = token
        assert browser.get("/settings/team/new/").status_code == 302, damage
        assert browser.get("/").status_code == 302, damage


def test_a_log_in_by_password_belongs_to_the_device_from_its_first_moment(acme: Shop) -> None:
    device, browser = set_up(acme, "cashier", person=None)
    account = {"email": acme.person("owner").email, "password": PASSWORD}
    assert browser.post("/login/", account).status_code == 302
    assert browser.session["device"] == str(device.pk)
    assert browser.get("/settings/team/new/").status_code == 403


def test_the_cookie_lives_on_with_the_device(acme: Shop) -> None:
    device, browser = set_up(acme, person="cashier")
    assert settings.DEVICE_COOKIE_NAME not in browser.get("/till/").cookies
    Device.objects.update(expires_at=datetime.now(UTC) + timedelta(days=2))
    cookie = browser.get("/till/").cookies[settings.DEVICE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["domain"], cookie["path"]) == ("", "/") and settings.DEVICE_COOKIE_NAME.startswith("__Host-")
    device.refresh_from_db()
    assert device.expires_at > datetime.now(UTC) + timedelta(days=89)


def test_a_moved_device_holds_people_to_its_new_place(acme: Shop) -> None:
    other = Location.objects.create(code="TWO", name="Second shop")
    device, browser = set_up(acme, "cashier")
    update_device(device.pk, {"location_id": other.pk}, actor=acme.actor())
    body = json.dumps(sale_body(acme, {"TEA": "1"}))
    assert browser.post("/api/v1/orders/", body, "application/json").status_code == 403


def test_a_device_reports_with_nobody_logged_in(acme: Shop) -> None:
    device, browser = set_up(acme, person=None)
    now = datetime.now(UTC)
    said = {
        "unsent": 2,
        "oldest_unsent_at": now.isoformat(),
        "app_version": "abc123",
        "storage_persisted": False,
        "storage_used_bytes": 10**9,
        "storage_quota_bytes": 10**12,
        "catalogue_at": now.isoformat(),
        "catalogue_seq": 7,
        "clock_offset_ms": -1200,
    }
    assert send(browser, acme, said).status_code == 204
    device.refresh_from_db()
    assert (device.unsent, device.oldest_unsent_at, device.storage_persisted) == (2, now, False)
    assert (device.clock_offset_ms, device.catalogue_seq, device.storage_quota_bytes) == (-1200, 7, 10**12)
    event = Event.objects.get(type="device.reported")
    assert event.actor["kind"] == "device" and event.payload["unsent"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"unsent": -1},
        {"unsent": 2**31},
        {"unsent": "NaN"},
        {"unsent": 1.5},
        {"app_version": "x" * 41},
        {"app_version": "a\x00b"},
        {"storage_used_bytes": 10**30},
        {"clock_offset_ms": -(10**30)},
        {"catalogue_at": "yesterday"},
        {"catalogue_at": "0001-01-01T00:00:00+14:00"},
        {"oldest_unsent_at": "9999-12-31T23:59:59-14:00"},
        {"catalogue_seq": {}},
        {"last_n": 5},
        [],
        "text",
        None,
    ],
)
def test_a_report_that_cannot_be_read_changes_nothing(acme: Shop, body: Any) -> None:
    device, browser = set_up(acme, person=None)
    answer = send(browser, acme, body)
    assert answer.status_code in (400, 422), answer.content
    device.refresh_from_db()
    assert (device.unsent, device.last_n, device.version, device.app_version) == (0, 0, 1, "")


@pytest.mark.parametrize("origin", ["", "https://globex.localhost", "https://evil.example", "null", "https://[broken"])
def test_a_report_from_another_page_is_refused(acme: Shop, origin: str) -> None:
    device, browser = set_up(acme, person=None)
    assert send(browser, acme, {"unsent": 5}, origin=origin).status_code == 403
    device.refresh_from_db()
    assert device.unsent == 0


def test_the_list_shows_every_device_and_its_gaps_to_whoever_manages_them(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        a_device(globex, prefix="G1")
    device = a_device(acme)
    device.gaps.create(first=118, last=118, found_at=datetime.now(UTC), told_at=datetime.now(UTC))
    device.gaps.create(first=120, last=120, found_at=datetime.now(UTC))
    device.gaps.create(counter="receipts", first=7, last=9, found_at=datetime.now(UTC), told_at=datetime.now(UTC))
    api = machine(acme)
    (row,) = api.get("devices/").json()["results"]
    assert (row["name"], row["missing"], row["state"]) == ("Till 1", [{"first": 118, "last": 118}], "new")
    assert not {"token_hash", "session_key"} & row.keys()
    changed = api.patch(f"devices/{device.pk}/", {"name": "Front"}, **{"if-match": '"1"'})
    assert (changed.status_code, changed.json()["name"], changed["ETag"]) == (200, "Front", '"2"')
    assert api.patch(f"devices/{device.pk}/", {"name": "x"}, **{"if-match": '"1"'}).status_code == 412
    assert api.patch(f"devices/{device.pk}/", {"prefix": "ZZ"}).status_code == 422
    assert api.patch(f"devices/{device.pk}/", {"location": str(uuid7())}).status_code in (403, 404)
    for _ in range(2):
        assert api.post(f"devices/{device.pk}/revoke/", {}).json()["state"] == "revoked"
    assert (row["lost"], api.get(f"devices/{device.pk}/").json()["lost"]) == (False, False)
    lost = a_device(acme, prefix="T2")
    assert api.post(f"devices/{lost.pk}/revoke/", {"lost": "perhaps"}).status_code == 422
    assert api.post(f"devices/{lost.pk}/revoke/", {"lost": True}).json()["lost"] is True
    assert Event.objects.filter(type="device.revoked").latest("id").payload["lost"] is True
    assert api.get(f"devices/{uuid7()}/").status_code == 404


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def sealed(text: bytes, device: Device) -> dict[str, Any]:
    """What the browser does, written anew."""
    jwk = public_jwk()
    x, y = (urlsafe_b64decode(jwk[name] + "=") for name in ("x", "y"))
    shops = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(algorithm=SHA256(), length=32, salt=point, info=INFO).derive(ours.exchange(ec.ECDH(), shops))
    text = AESGCM(key).encrypt(b"123456789012", text, bound_to(device.pk))
    return {"v": 1, "kid": jwk["kid"], "epk": b64(point), "iv": b64(b"123456789012"), "ct": b64(text)}


def test_what_a_device_seals_only_its_shop_opens(acme: Shop, globex: Shop) -> None:
    device, other = a_device(acme), a_device(acme, prefix="T2")
    envelope = sealed(b'{"kind": "sale"}', device)
    assert open_sealed(envelope, device_id=device.pk) == b'{"kind": "sale"}'
    assert SealKey.objects.count() == 1 and "PRIVATE" not in SealKey.objects.get().private
    with pytest.raises(CannotBeOpened):
        open_sealed(envelope, device_id=other.pk)
    with use_tenant(globex.tenant), pytest.raises(CannotBeOpened):
        open_sealed(envelope, device_id=device.pk)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "x",
        {},
        {"v": 2},
        {"kid": "x"},
        {"kid": str(uuid7())},
        {"kid": None},
        {"epk": b64(b"\x04" + bytes(64))},
        {"epk": b64(b"x" * 65)},
        {"epk": ""},
        {"iv": ""},
        {"iv": "!"},
        {"ct": b64(b"x" * 16)},
        {"ct": b64(b"x" * 40)},
        {"ct": 7},
        {"ct": "ä"},
        {"ct": "A" * 5_000_000},
    ],
)
def test_what_is_no_envelope_is_refused_in_words(acme: Shop, wrong: Any) -> None:
    device = a_device(acme)
    envelope = sealed(b"x", device)
    with pytest.raises(CannotBeOpened):
        open_sealed(envelope | wrong if isinstance(wrong, dict) and wrong else wrong, device_id=device.pk)


def test_a_socket_of_a_device_hears_what_the_device_may_and_ends_with_it(acme: Shop) -> None:
    device, browser = set_up(acme, "cashier")
    assert browser.get("/till/").status_code == 200
    session = browser.session.session_key or ""

    def knock() -> Any:
        return _who_holds(issue_ticket(actor=acme.actor(), origin="", session=session), "", None)

    actor, _, _ = knock()
    assert actor.may("orders.sell") and not actor.may("people.view_team")
    update_device(device.pk, {"role": None}, actor=acme.actor())
    actor, _, _ = knock()
    assert actor.may("people.view_team")
    revoke_device(device.pk, actor=acme.actor())
    assert knock() is None and log_ins_over([session]) == {session}
