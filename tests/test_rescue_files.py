"""Rescue files: what a broken till could not send is brought back on a disk, looked at, and booked once."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.audit.models import AuditEntry
from core.devices.services.fleet import revoke_device
from core.ids import uuid7
from core.locations.models import Location
from core.people.services import create_user
from core.sync.models import SyncItem
from core.tenancy.context import use_tenant
from core.testing import PASSWORD, Shop
from orders.models import Order
from tests.test_devices_at_work import sealed
from tests.tills_away import Till

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/settings/devices/rescue/"


def file_of(till: Till) -> str:
    """What the till saves: one sealed item per line."""
    lines = []
    for item in till.queue:
        inside = {name: value for name, value in item.items() if name != "n"}
        lines.append(json.dumps({"n": item["n"], "sealed": sealed(json.dumps(inside).encode(), till.device)}))
    return "\n".join(lines) + "\n"


def look(shop: Shop, data: bytes, role: str = "manager") -> Any:
    return shop.client(role).post(PAGE, {"file": SimpleUploadedFile("unsent.ndjson", data)})


def test_a_file_is_shown_before_it_is_booked_and_books_once(acme: Shop) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "2"})
    till.sell({"CUP": "1"})
    text = file_of(till)

    shown = look(acme, text.encode())
    page = shown.content.decode()
    assert shown.status_code == 200 and "£9.00" in page and "£12.00" in page and page.count(">New<") == 2
    assert not Order.objects.exists() and not SyncItem.objects.exists()

    manager = acme.client("manager")
    for _ in range(2):
        assert manager.post(PAGE, {"do": "book", "text": text}).status_code == 302
    assert sorted(str(total) for total in Order.objects.values_list("total", flat=True)) == ["12.0000", "9.0000"]
    entry = AuditEntry.objects.filter(action="import", object_type="device").first()
    assert entry is not None and entry.actor_id == acme.person("manager").pk
    assert look(acme, text.encode()).content.decode().count("Here already") == 2
    assert [told["result"] for told in till.send()] == ["duplicate", "duplicate"]
    assert Order.objects.count() == 2


def test_a_file_of_a_revoked_device_is_booked_and_shown_to_a_person(acme: Shop) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "1"})
    revoke_device(till.device.pk, actor=acme.actor())
    acme.client("manager").post(PAGE, {"do": "book", "text": file_of(till)})
    assert Order.objects.count() == 1
    assert list(SyncItem.objects.values_list("outcome", flat=True)) == ["applied"]


def test_a_file_of_another_shop_or_place_opens_nothing(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        theirs = Till.at(globex)
        theirs.sell({"TEA": "1"})
        text = file_of(theirs)
    assert look(acme, text.encode()).status_code == 422
    till = Till.at(acme)
    till.sell({"TEA": "1"})
    other = Location.objects.create(code="TWO", name="Second shop")
    local = create_user(email="local@acme.test", password=PASSWORD, role="manager", location=other, actor=acme.actor())
    browser = acme.client()
    browser.force_login(local, backend="core.people.backends.EmailBackend")
    assert browser.post(PAGE, {"do": "book", "text": file_of(till)}).status_code == 422
    assert not Order.objects.exists() and not SyncItem.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"n": 1, "sealed": null}',
        b'{"n": 1, "sealed": {"v": 1}}',
        b"[" * 100_000,
        b"{}\n" * 501,
        b'"' + b"x" * (3 * 1024 * 1024) + b'"',
    ],
)
def test_what_is_no_rescue_file_is_refused_in_words(acme: Shop, data: bytes) -> None:
    Till.at(acme)
    answer = look(acme, data)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert not SyncItem.objects.exists()


def test_a_line_that_cannot_be_opened_is_said_and_kept_for_a_person(acme: Shop) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "1"})
    broken = json.dumps({"n": 2, "sealed": {"v": 1, "kid": str(uuid7()), "epk": "", "iv": "", "ct": ""}})
    text = file_of(till) + broken + "\n"
    assert "Cannot be read" in look(acme, text.encode()).content.decode()
    acme.client("manager").post(PAGE, {"do": "book", "text": text})
    assert Order.objects.count() == 1
    assert sorted(SyncItem.objects.values_list("outcome", flat=True)) == ["applied", "quarantined"]
