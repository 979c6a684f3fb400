"""Devices: let in once by a code, known by a secret, told apart by a prefix, and shut out at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from core.actors import Actor
from core.audit.models import AuditEntry
from core.devices.errors import AlreadyADevice, EnrolmentOver
from core.devices.models import Device, Enrolment
from core.devices.selectors import author_pass, device_of_token, enrolment_of_code, free_name_and_prefix, read_pass
from core.devices.services.enrolment import GUESSES, begin_enrolment, enrol_device
from core.devices.services.fleet import note_use, report, revoke_device, tell_silent, update_device
from core.devices.services.numbers import STANDS_FOR, note_numbers, tell_gaps
from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, ReusedIdentifier, StaleVersion
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.people.selectors import actor_of_user
from core.people.services import TooManyAttempts, change_role, create_user
from core.tenancy.context import use_tenant
from core.testing import PASSWORD, Shop
from tests.told_of_devices import VISITOR, a_device, invited, new_token

pytestmark = pytest.mark.django_db


def as_device(device: Device) -> Actor:
    return Actor(kind="device", id=device.pk, label=device.name)


def told() -> list[str]:
    return list(Event.objects.filter(type__startswith="device.").order_by("id").values_list("type", flat=True))


def test_a_code_makes_one_device_which_its_secret_finds_again(acme: Shop) -> None:
    token = new_token()
    device = enrol_device(code=invited(acme, role="cashier"), token=token, visitor=VISITOR)

    assert device_of_token(token) == device == Device.objects.get()
    assert (device.name, device.prefix, device.location, str(device.role)) == ("Till 1", "T1", acme.location, "cashier")
    assert device.is_living and device.enrolled_by == acme.person("owner")
    assert bytes(device.token_hash) != token.encode() and device_of_token(new_token()) is None
    event = Event.objects.get(type="device.enrolled")
    assert event.actor == {"kind": "device", "id": str(device.pk), "label": "Till 1"}
    assert event.payload["prefix"] == "T1" and token not in str(event.payload)
    entry = AuditEntry.objects.get(object_type="device")
    assert entry.changes["invited_by"] == [None, str(acme.person("owner").pk)]


def test_a_code_is_read_as_people_write_it_and_works_once(acme: Shop) -> None:
    code, token = invited(acme), new_token()
    typed = f" {code[:4].lower()}-{code[4:].lower()} ".replace("0", "o").replace("1", "l")
    device = enrol_device(code=typed, token=token, visitor=VISITOR)

    assert enrol_device(code=code, token=token, visitor=VISITOR) == device
    with pytest.raises(EnrolmentOver):
        enrol_device(code=code, token=new_token(), visitor=VISITOR)
    assert Device.objects.count() == 1 and told() == ["device.enrolled"]


@pytest.mark.parametrize("code", ["", "K", "ABCDEFGH", "A" * 500, "\x00" * 8, "’’’’’’’’", "ÄÖÜßẞ№⅓①"])
def test_a_code_that_nobody_made_lets_nobody_in(acme: Shop, code: str) -> None:
    with pytest.raises(EnrolmentOver):
        enrol_device(code=code, token=new_token(), visitor=VISITOR)
    assert not Device.objects.exists()


def test_a_code_of_another_shop_is_nothing_here(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        code, token = invited(globex), new_token()
        theirs = a_device(globex, token=token, prefix="G1")
        words = author_pass(theirs, globex.person("cashier"))
    with pytest.raises(EnrolmentOver):
        enrol_device(code=code, token=new_token(), visitor=VISITOR)
    assert device_of_token(token) is None and read_pass(words) is None
    assert not Device.objects.exists()


def test_a_late_code_is_over_until_it_is_asked_for_again(acme: Shop) -> None:
    asked: dict[str, Any] = {"enrolment_id": uuid7(), "name": "Till 1", "prefix": "T1", "location_id": acme.location.pk}
    _, code = begin_enrolment(**asked, actor=acme.actor())
    assert begin_enrolment(**asked, actor=acme.actor())[1] == code
    Enrolment.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(EnrolmentOver):
        enrol_device(code=code, token=new_token(), visitor=VISITOR)
    _, again = begin_enrolment(**asked, actor=acme.actor())
    assert again != code and enrolment_of_code(code) is None
    assert enrol_device(code=again, token=new_token(), visitor=VISITOR).prefix == "T1"
    with pytest.raises(ReusedIdentifier):
        begin_enrolment(**(asked | {"name": "Other"}), actor=acme.actor())


def test_guesses_are_limited_by_address(acme: Shop) -> None:
    guesser = Actor(kind="system", id=None, label="visitor", address=f"guess-{uuid7()}")
    for _ in range(GUESSES.count):
        with pytest.raises(EnrolmentOver):
            enrol_device(code="ABCDEFGH", token=new_token(), visitor=guesser)
    code = invited(acme)
    with pytest.raises(TooManyAttempts):
        enrol_device(code=code, token=new_token(), visitor=guesser)
    assert enrol_device(code=code, token=new_token(), visitor=VISITOR)


def test_an_invitation_of_somebody_who_may_invite_no_more_is_over(acme: Shop) -> None:
    manager = acme.person("manager")
    _, code = begin_enrolment(
        enrolment_id=uuid7(), name="Till", prefix="T1", location_id=acme.location.pk, actor=acme.actor("manager")
    )
    change_role(user_id=manager.pk, role="cashier", actor=acme.actor())
    with pytest.raises(EnrolmentOver):
        enrol_device(code=code, token=new_token(), visitor=VISITOR)


def test_a_manager_of_one_place_lets_devices_in_there_only(acme: Shop) -> None:
    other = Location.objects.create(code="TWO", name="Second shop")
    local = create_user(email="local@acme.test", password=PASSWORD, role="manager", location=other, actor=acme.actor())
    actor = actor_of_user(local)
    device = a_device(acme)
    with pytest.raises(Forbidden):
        begin_enrolment(enrolment_id=uuid7(), name="x", prefix="X", location_id=acme.location.pk, actor=actor)
    with pytest.raises(Forbidden):
        revoke_device(device.pk, actor=actor)
    row, _ = begin_enrolment(enrolment_id=uuid7(), name="x", prefix="X", location_id=other.pk, actor=actor)
    assert row.location == other and Device.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 61}, "/name"),
        ({"name": "a\x07b"}, "/name"),
        ({"prefix": ""}, "/prefix"),
        ({"prefix": "TILL1"}, "/prefix"),
        ({"prefix": "T-1"}, "/prefix"),
        ({"prefix": "É"}, "/prefix"),
        ({"prefix": "T1\n2"}, "/prefix"),
        ({"role": "emperor"}, "/role"),
    ],
)
def test_wrong_values_are_named_and_make_nothing(acme: Shop, wrong: dict[str, str], pointer: str) -> None:
    asked: dict[str, Any] = {"name": "Till", "prefix": "T1", "location_id": acme.location.pk, **wrong}
    with pytest.raises(Invalid) as refusal:
        begin_enrolment(enrolment_id=uuid7(), **asked, actor=acme.actor())
    assert [fault["pointer"] for fault in refusal.value.details["errors"]] == [pointer]
    assert not Enrolment.objects.exists()


def test_a_place_of_nowhere_is_not_found(acme: Shop) -> None:
    with pytest.raises(NotFound):
        begin_enrolment(enrolment_id=uuid7(), name="Till", prefix="T1", location_id=uuid7(), actor=acme.actor())


def test_a_prefix_is_never_given_twice_also_not_after_a_revocation(acme: Shop) -> None:
    first, second = invited(acme, prefix="t1"), invited(acme, prefix="T1")
    device = enrol_device(code=first, token=new_token(), visitor=VISITOR)
    with pytest.raises(Conflict):
        enrol_device(code=second, token=new_token(), visitor=VISITOR)
    revoke_device(device.pk, actor=acme.actor())
    with pytest.raises(Conflict) as refusal:
        invited(acme, prefix="T1")
    assert refusal.value.details["errors"][0]["pointer"] == "/prefix"
    assert free_name_and_prefix() == ("Till 2", "T2") and Device.objects.count() == 1


def test_a_browser_that_is_a_device_is_not_made_another(acme: Shop) -> None:
    token = new_token()
    a_device(acme, token=token)
    with pytest.raises(AlreadyADevice):
        enrol_device(code=invited(acme, prefix="T2"), token=token, visitor=VISITOR)
    assert Device.objects.count() == 1


def test_a_device_is_renamed_moved_and_told(acme: Shop) -> None:
    device, place = a_device(acme), Location.objects.create(code="TWO", name="Second shop")
    changed = update_device(
        device.pk,
        {"name": "  Front  till ", "location_id": place.pk, "role": "cashier"},
        actor=acme.actor(),
        expected_version=1,
    )
    assert (changed.name, changed.location, str(changed.role), changed.version) == ("Front till", place, "cashier", 2)
    assert Event.objects.get(type="device.updated").payload["fields"] == ["location", "name", "role"]
    with pytest.raises(StaleVersion):
        update_device(device.pk, {"name": "x"}, actor=acme.actor(), expected_version=1)
    assert update_device(device.pk, {"name": "Front till"}, actor=acme.actor()).version == 2
    assert told() == ["device.enrolled", "device.updated"]


def test_a_revoked_device_is_still_known_by_its_secret_but_opens_nothing(acme: Shop) -> None:
    token = new_token()
    revoke_device(a_device(acme, token=token).pk, actor=acme.actor("manager"))
    found = device_of_token(token)
    assert found is not None and not found.is_living and found.revoked_by == acme.person("manager")


def test_use_puts_the_end_off_once_a_day_and_is_noted_once_a_minute(
    acme: Shop, django_assert_num_queries: Callable[[int], Any]
) -> None:
    device = a_device(acme)
    note_use(device)
    with django_assert_num_queries(0):
        note_use(device)
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    Device.objects.update(last_seen_at=long_ago, expires_at=datetime.now(UTC) + timedelta(days=3))
    device = Device.objects.get()
    note_use(device)
    device.refresh_from_db()
    assert device.expires_at > datetime.now(UTC) + timedelta(days=89)
    assert device.last_seen_at and device.last_seen_at > long_ago
    assert device.version == 1


def test_an_unused_device_expires(acme: Shop) -> None:
    device = a_device(acme)
    device.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    assert not device.is_living


def test_of_what_a_device_reports_only_turns_are_told(acme: Shop) -> None:
    device = a_device(acme)
    now = datetime.now(UTC)
    said = {"unsent": 3, "oldest_unsent_at": now, "app_version": "a1", "storage_persisted": True, "clock_offset_ms": 40}
    for _ in range(2):
        report(device.pk, said, actor=as_device(device))
    report(device.pk, {"unsent": 7}, actor=as_device(device))
    report(device.pk, {"unsent": 0}, actor=as_device(device))
    device.refresh_from_db()
    assert (device.unsent, device.oldest_unsent_at, device.app_version, device.version) == (0, None, "a1", 3)
    events = Event.objects.filter(type="device.reported").order_by("id")
    assert [event.payload["fields"] for event in events] == [["app_version", "storage_persisted", "unsent"], ["unsent"]]


def test_missing_numbers_are_remembered_told_and_closed_when_they_come(acme: Shop) -> None:
    device = a_device(acme)
    actor = as_device(device)
    note_numbers(device.pk, [1, 2, 3], actor=actor)
    note_numbers(device.pk, [9, 5, 5, 8], actor=actor)
    assert list(device.gaps.values_list("first", "last")) == [(4, 4), (6, 7)]
    assert tell_gaps(now=datetime.now(UTC) + STANDS_FOR) == 2
    note_numbers(device.pk, [2, 7, 9], actor=actor)
    assert list(device.gaps.values_list("first", "last")) == [(4, 4), (6, 6)]
    note_numbers(device.pk, [6, 4], actor=actor)
    device.refresh_from_db()
    assert (device.last_n, device.gaps.count()) == (9, 0)
    assert told() == ["device.enrolled", "device.gap_found", "device.gap_found", "device.gap_closed"]


def test_a_silent_device_that_holds_work_is_told_once_until_it_comes_back(acme: Shop) -> None:
    device, idle = a_device(acme), a_device(acme, prefix="T2")
    now = datetime.now(UTC)
    for one, unsent in ((device, 2), (idle, 0)):
        report(one.pk, {"unsent": unsent}, actor=as_device(one))
    assert tell_silent(now=now) == 0
    later = now + timedelta(minutes=31)
    assert [tell_silent(now=later), tell_silent(now=later)] == [1, 0]
    event = Event.objects.get(type="device.silent")
    assert (event.payload["device_id"], event.payload["unsent"]) == (str(device.pk), 2)
    report(device.pk, {}, actor=as_device(device))
    assert tell_silent(now=later + timedelta(minutes=31)) == 1
    revoke_device(device.pk, actor=acme.actor())
    assert tell_silent(now=later + timedelta(days=1)) == 0


def test_a_jump_of_the_sequence_is_one_row(acme: Shop) -> None:
    device = a_device(acme)
    note_numbers(device.pk, [10**15], actor=as_device(device))
    note_numbers(device.pk, [5 * 10**14], actor=as_device(device))
    assert device.gaps.count() == 2


def test_a_pass_says_who_was_logged_in_where_and_when_and_cannot_be_made_up(acme: Shop) -> None:
    device = a_device(acme)
    said = read_pass(author_pass(device, acme.person("cashier")))
    assert said is not None and (said.device_id, said.user_id) == (device.pk, acme.person("cashier").pk)
    assert abs(datetime.now(UTC) - said.issued_at) < timedelta(minutes=1)
    words = author_pass(device, acme.person("cashier"))
    for forged in ("", "x", words[:-1], words.replace(":", "."), "e30:x", "A" + words, "a" * 10_000, "\x00"):
        assert read_pass(forged) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_phones_with_one_code_one_becomes_the_device(acme: Shop) -> None:
    code, start = invited(acme), Barrier(6)

    def one(_: int) -> Device | DomainError:
        try:
            with use_tenant(acme.tenant):
                start.wait(30)
                return enrol_device(code=code, token=new_token(), visitor=VISITOR)
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(one, range(6)))
    winners = [answer for answer in answers if isinstance(answer, Device)]
    assert len(winners) == Device.objects.count() == 1
    assert [type(answer) for answer in answers if answer not in winners] == [EnrolmentOver] * 5
    assert told() == ["device.enrolled"]


@pytest.mark.django_db(transaction=True)
def test_one_phone_that_asks_twice_at_once_is_one_device(acme: Shop) -> None:
    code, token, start = invited(acme), new_token(), Barrier(4)

    def one(_: int) -> Any:
        try:
            with use_tenant(acme.tenant):
                start.wait(30)
                return enrol_device(code=code, token=token, visitor=VISITOR).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, range(4))) == {Device.objects.get().pk}
