"""Setting up a till or a phone, and the page that shows how each of them stands."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from core.devices.models import Device, Enrolment
from core.devices.rows import clock_words, missing_words
from core.devices.selectors import code_of
from core.devices.services.fleet import report
from core.devices.services.numbers import STANDS_FOR, note_numbers, tell_gaps
from core.ids import uuid7
from core.locations.models import Location
from core.tenancy.context import use_tenant
from core.testing import Shop
from tests.told_of_devices import a_device, invited, new_token

pytestmark = pytest.mark.django_db
FLEET, NEW = "/settings/devices/", "/settings/devices/new/"
OFFERED = f"{settings.DEVICE_COOKIE_NAME}-next"


def form(shop: Shop, **more: Any) -> dict[str, Any]:
    return {"enrolment_id": uuid7(), "name": "Till 1", "mark": "T1", "location": shop.location.pk, "role": "", **more}


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_phone_scans_the_code_and_is_ready_on_both_screens(acme: Shop) -> None:
    manager, phone = acme.client("manager"), acme.client()
    page = manager.post(NEW, form(acme, role="cashier"))
    assert page.status_code == 302
    shown = manager.get(page["Location"])
    code = code_of(Enrolment.objects.get())
    assert f"{code[:4]} {code[4:]}" in text(shown) and "<svg" in text(shown) and "style=" not in text(shown)
    assert shown["Cache-Control"] == "no-store" and 'data-events="device.enrolled"' in text(shown)

    address = f"/devices/enrol/{code.lower()}/"
    offer = phone.get(address)
    assert all(
        words in text(offer) for words in ("Acme shop", "Till 1", "Acme main shop", "No more than a cashier may")
    )
    assert (
        phone.cookies[OFFERED]["httponly"] and offer["Referrer-Policy"] == "same-origin"
    )  # else its form has no Origin
    answer = phone.post(address)
    assert answer.status_code == 302 and "Till 1 is ready" in text(phone.get(answer["Location"]))
    device = Device.objects.get()
    assert phone.get("/api/v1/devices/current/").json()["id"] == str(device.pk)
    assert "Till 1 is ready" in text(manager.get(page["Location"])) and code not in text(manager.get(page["Location"]))


def test_a_lost_answer_is_asked_for_again_and_makes_no_second_device(acme: Shop) -> None:
    code, phone = invited(acme), acme.client()
    phone.get(f"/devices/enrol/{code}/")
    phone.post(f"/devices/enrol/{code}/")
    del phone.cookies[settings.DEVICE_COOKIE_NAME]  # as if the answer never came
    phone.post(f"/devices/enrol/{code}/")
    assert Device.objects.count() == 1
    assert phone.get("/api/v1/devices/current/").status_code == 200


def test_a_second_phone_hears_that_the_code_is_used(acme: Shop) -> None:
    code, first, second = invited(acme), acme.client(), acme.client()
    for phone in (first, second):
        phone.get(f"/devices/enrol/{code}/")
    first.post(f"/devices/enrol/{code}/")
    assert second.post(f"/devices/enrol/{code}/").status_code == 404
    assert second.get(f"/devices/enrol/{code}/").status_code == 404
    assert settings.DEVICE_COOKIE_NAME not in second.cookies and Device.objects.count() == 1


def test_this_browser_becomes_a_till_in_one_step_and_once(acme: Shop) -> None:
    manager = acme.client("manager")
    manager.get(NEW)
    body = form(acme, do="here")
    for _ in range(2):
        answer = manager.post(NEW, body)
        assert (answer.status_code, answer["Location"]) == (302, FLEET)
    assert "This browser" in text(manager.get(FLEET)) and Device.objects.count() == 1
    again = manager.post(NEW, form(acme, do="here", mark="T2"))
    assert again.status_code == 409 and "Till 1 already" in text(again)
    assert Device.objects.count() == 1


def test_a_browser_without_cookies_is_told_so_and_makes_nothing(acme: Shop) -> None:
    answer = acme.client("manager").post(NEW, form(acme, do="here"))
    assert answer.status_code == 422 and "cookies" in text(answer)
    answer = acme.client().post(f"/devices/enrol/{invited(acme)}/")
    assert answer.status_code == 422 and "cookies" in text(answer)
    assert not Device.objects.exists()


def test_a_code_is_typed_as_well(acme: Shop) -> None:
    code, phone = invited(acme), acme.client()
    answer = phone.post("/devices/enrol/", {"code": f" {code[:4]} - {code[4:]} "})
    assert answer["Location"] == f"/devices/enrol/{code}/"
    for nonsense in ("", " - ", "é", "/../", "x" * 41):
        assert phone.post("/devices/enrol/", {"code": nonsense}).status_code == 422


@pytest.mark.parametrize("code", ["ABCDEFGH", "x", "%00", "%F0%9F%92%A5", "a" * 500, "..%2f"])
def test_a_code_that_nobody_made_is_refused_in_words(acme: Shop, code: str) -> None:
    for method in ("get", "post"):
        phone = acme.client()
        phone.cookies[OFFERED] = new_token()
        answer = getattr(phone, method)(f"/devices/enrol/{code}/")
        assert answer.status_code == 404
    assert not Device.objects.exists()


def test_a_code_of_another_shop_is_refused(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        code = invited(globex)
    answer = acme.client().get(f"/devices/enrol/{code}/")
    assert answer.status_code == 404 and "Globex" not in text(answer)


def test_a_late_code_is_made_anew_from_its_page(acme: Shop) -> None:
    manager = acme.client("manager")
    page = manager.post(NEW, form(acme))["Location"]
    before = code_of(Enrolment.objects.get())
    Enrolment.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert "The code is over" in text(manager.get(page))
    assert manager.post(page).status_code == 302
    after = code_of(Enrolment.objects.get())
    assert after != before and f"{after[:4]} {after[4:]}" in text(manager.get(page))


def test_a_revoked_browser_may_become_another_device(acme: Shop) -> None:
    token, manager = new_token(), acme.client("manager")
    old = a_device(acme, token=token)
    phone = acme.client()
    phone.cookies[settings.DEVICE_COOKIE_NAME] = token
    code = invited(acme, name="Till 2", prefix="T2")
    assert "This browser is Till 1 already" in text(phone.get(f"/devices/enrol/{code}/"))
    assert phone.post(f"/devices/enrol/{code}/").status_code == 409
    assert manager.post(f"{FLEET}{old.pk}/revoke/").status_code == 302
    assert "This browser was Till 1 before" in text(phone.get(f"/devices/enrol/{code}/"))
    phone.post(f"/devices/enrol/{code}/")
    assert phone.get("/api/v1/devices/current/").json()["prefix"] == "T2"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mark": "T-1"}, "One to four letters"),
        ({"mark": "TOOLONG"}, "at most 4 characters"),
        ({"name": "\x07"}, "Null characters|Between 1 and 60|control"),
        ({"name": ""}, "required"),
        ({"location": uuid7()}, "valid choice"),
        ({"role": "emperor"}, "valid choice"),
        ({"role": "owner"}, "valid choice"),
        ({"enrolment_id": "x"}, "Open this form anew"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(acme: Shop, wrong: dict[str, Any], words: str) -> None:
    answer = acme.client("manager").post(NEW, form(acme, **wrong))
    assert answer.status_code == 422 and re.search(words, text(answer)), text(answer)[:3000]
    assert not Enrolment.objects.exists()


def test_a_taken_prefix_is_said_at_its_field(acme: Shop) -> None:
    a_device(acme)
    answer = acme.client("manager").post(NEW, form(acme))
    assert answer.status_code == 409 and 'id="id_mark_error"' in text(answer)


def test_the_fleet_shows_what_each_device_holds_lacks_and_says(acme: Shop) -> None:
    manager = acme.client("manager")
    assert "No devices yet" in text(manager.get(FLEET))
    device = a_device(acme, role="cashier")
    now = datetime.now(UTC)
    said = {
        "unsent": 3,
        "oldest_unsent_at": now - timedelta(minutes=5),
        "app_version": "abc",
        "storage_persisted": False,
        "storage_used_bytes": 5_000_000,
        "catalogue_at": now - timedelta(days=2),
        "clock_offset_ms": 12 * 60_000,
    }
    report(device.pk, said, actor=acme.actor())
    note_numbers(device.pk, [*range(1, 118), 119], actor=acme.actor())
    tell_gaps(now=datetime.now(UTC) + STANDS_FOR)
    shown = text(manager.get(FLEET))
    for words in (
        "3 waiting",
        "item 118 is missing",
        "Online",
        "12 min ahead",
        "May be thrown away",
        "of 1",
        "cashier",
    ):
        assert words in shown, words
    assert 'data-events="device.*"' in shown and 'data-every="20"' in shown
    one = text(manager.get(f"{FLEET}{device.pk}/"))
    assert "last number 119" in one and "4.8 MB" in one
    manager.post(f"{FLEET}{device.pk}/revoke/")
    assert "Revoked" in text(manager.get(FLEET))
    lost = a_device(acme, prefix="T2")
    assert 'name="lost"' in text(manager.get(f"{FLEET}{lost.pk}/"))
    manager.post(f"{FLEET}{lost.pk}/revoke/", {"lost": "on"})
    assert ">Lost<" in text(manager.get(FLEET))


def test_a_device_is_renamed_and_moved_on_its_page(acme: Shop) -> None:
    device, manager = a_device(acme), acme.client("manager")
    place = Location.objects.create(code="TWO", name="Second shop")
    body = {"name": "Front", "location": place.pk, "role": "cashier", "version": 1}
    assert manager.post(f"{FLEET}{device.pk}/", body).status_code == 302
    device.refresh_from_db()
    assert (device.name, device.location, str(device.role)) == ("Front", place, "cashier")
    assert manager.post(f"{FLEET}{device.pk}/", body | {"name": "Back"}).status_code == 412
    assert manager.get(f"{FLEET}{uuid7()}/").status_code == 404


def test_a_place_with_devices_stays_open(acme: Shop) -> None:
    place = Location.objects.create(code="TWO", name="Second shop")
    Device.objects.filter(pk=a_device(acme).pk).update(location=place)
    body = {"code": "TWO", "name": "Second shop", "version": 1}
    answer = acme.client("owner").post(f"/settings/locations/{place.pk}/", body)
    assert answer.status_code == 409 and "Till 1 stand there" in text(answer)


def test_whoever_may_not_manage_devices_does_not_see_them(acme: Shop) -> None:
    device = a_device(acme)
    cashier: Client = acme.client("cashier")
    for path in (FLEET, NEW, f"{FLEET}{device.pk}/"):
        assert cashier.get(path).status_code == 403
    assert "Tills and phones" not in text(cashier.get("/till/"))


def test_clocks_and_gaps_are_told_in_words() -> None:
    assert [clock_words(ms) for ms in (None, 0, -1999, 2001, -61_000, 7_300_000, -200_000_000)] == [
        *("", "right", "right", "2 s ahead", "1 min behind", "2 h ahead", "2 d behind")
    ]
    assert missing_words([]) == ""
    assert missing_words([(118, 118)]) == "item 118 is missing"
    assert missing_words([(4, 7)]) == "items 4 to 7 are missing"
    gaps = [(4, 7), (9, 9), (11, 11), (13, 13)]
    assert missing_words(gaps) == "items 4 to 7, 9, 11 and more are missing"
