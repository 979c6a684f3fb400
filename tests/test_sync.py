"""What a device sends is taken once each, whatever comes twice, late, out of order, mixed up or broken."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError

from core.devices.models import Gap
from core.devices.services.numbers import STANDS_FOR, tell_gaps
from core.ids import uuid7
from core.outbox.models import Event
from core.sync import registry
from core.sync.models import Flag, SyncItem
from core.sync.registry import Item, Kind, Outcome, Unfit
from core.testing import Shop
from orders.models import Order
from tests.test_devices_at_work import browser_of, sealed
from tests.tills_away import Till


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """A kind of items that writes down what it got, and breaks where its body says so."""
    taken: list[Item] = []

    def take(item: Item) -> Outcome:
        trouble = item.body.get("trouble")
        if trouble == "bug":
            raise ZeroDivisionError
        if trouble == "database":
            SyncItem.objects.create(device_id=item.device_id, n=item.n, item_id=uuid7(), body_hash=b"", outcome="")
        if trouble == "unfit":
            raise Unfit("no-such-thing", "There is no such thing.")
        if trouble == "away":
            raise OperationalError("the connection is gone")
        taken.append(item)
        return Outcome(object_type="note", object_id=item.id, answer={"said": item.body["said"]})

    monkeypatch.setitem(registry.KINDS, "note", Kind(name="note", title="A note", version=4, take=take))
    return taken


def results(told: list[dict[str, Any]]) -> list[str]:
    return [one["result"] for one in told]


def test_items_are_taken_in_the_order_of_their_numbers_and_answered_in_the_order_sent(
    acme: Shop, note: list[Item]
) -> None:
    till = Till.at(acme)
    items = [till.item("note", {"said": said}, v=4) for said in "abc"]
    told = till.send([items[2], items[0], items[1]])
    assert [one["said"] for one in told] == ["c", "a", "b"]
    assert [item.body["said"] for item in note] == ["a", "b", "c"]
    assert till.device.last_n == 0
    till.device.refresh_from_db()
    assert till.device.last_n == 3


def test_one_that_breaks_is_kept_and_stands_in_nobodys_way(acme: Shop, note: list[Item]) -> None:
    till = Till.at(acme)
    for trouble in ("bug", "database", "unfit", "away", ""):
        till.item("note", {"said": "x", "trouble": trouble}, v=4)

    told = till.send()

    assert results(told) == ["quarantined", "quarantined", "quarantined", "retry", "applied"]
    assert [one.get("code") for one in told] == ["failed", "database", "no-such-thing", None, None]
    assert [row["n"] for row in till.queue] == [4]
    assert Flag.objects.filter(kind="not-booked").count() == 3
    till.queue[0]["body"]["trouble"] = ""
    assert results(till.send()) == ["applied"]


def test_a_number_or_an_id_that_comes_with_something_else_is_kept_beside_the_first(
    acme: Shop, note: list[Item]
) -> None:
    till = Till.at(acme)
    first = till.item("note", {"said": "first"}, v=4)
    till.send()
    same_number = {**first, "id": str(uuid7())}
    same_id = {**first, "n": 2}
    other_words = {**first, "body": {"said": "other"}}

    told = till.send([same_number, same_id, other_words])

    assert results(told) == ["quarantined"] * 3
    assert [one["code"] for one in told] == ["number-reused", "identifier-reused", "identifier-reused"]
    assert [item.body["said"] for item in note] == ["first"]
    assert till.send([first])[0]["said"] == "first"
    assert results(till.send([same_number, same_id, other_words])) == ["duplicate"] * 3
    assert Flag.objects.count() == 3


def test_what_a_newer_app_says_waits_and_what_a_very_old_one_says_is_kept(acme: Shop, note: list[Item]) -> None:
    till = Till.at(acme)
    till.item("note", {"said": "x"}, v=5)
    till.item("poem", {"said": "x"})
    till.item("note", {"said": "x"}, v=1)
    till.item("note", {"said": "x"}, v=2)
    told = till.send()
    assert results(told) == ["retry", "retry", "quarantined", "applied"]
    assert told[0]["after"] > 60
    assert told[2]["code"] == "too-old"


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        "text",
        [],
        {},
        {"n": 0},
        {"n": True},
        {"n": 1.5},
        {"n": -1},
        {"n": 2**62},
        {"n": 5_000_000},
        {"id": "no"},
        {"id": 7},
        {"kind": None},
        {"kind": "a\x00b"},
        {"kind": "x" * 50},
        {"v": "1"},
        {"body": []},
        {"body": None},
        {"author": {"not": "a text"}, "body": 7},
    ],
)
def test_what_cannot_be_read_is_kept_as_it_came(acme: Shop, note: list[Item], wrong: Any) -> None:
    till = Till.at(acme)
    good = till.item("note", {"said": "\ud800 \x00 {}"}, v=4)
    given = {**good, **wrong} if isinstance(wrong, dict) and wrong else wrong

    told = till.send([given])

    assert (told[0]["result"], told[0]["code"]) == ("quarantined", "unreadable")
    assert results(till.send([given])) == ["duplicate"]
    assert SyncItem.objects.count() == Flag.objects.count() == 1


NO_TIMES = ["never", "", None, 7, "2026-11-21", "2026-11-21T10:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]


@pytest.mark.parametrize("said", NO_TIMES)
def test_a_time_that_cannot_be_is_now_and_somebody_is_told(acme: Shop, note: list[Item], said: Any) -> None:
    till = Till.at(acme)
    till.item("note", {"said": "x"}, v=4, occurred_at=said, offset_ms="wrong")
    assert results(till.send()) == ["applied"]
    assert Flag.objects.get().kind == "clock"
    assert note[0].occurred_at <= datetime.now(UTC)


def test_missing_numbers_are_remembered_and_forgotten_when_they_come(acme: Shop, note: list[Item]) -> None:
    till = Till.at(acme)
    items = [till.item("note", {"said": str(n)}, v=4) for n in range(1, 7)]
    till.send([items[0], items[4]])
    assert list(Gap.objects.values_list("first", "last")) == [(2, 4)]
    till.send([items[2]])
    assert list(Gap.objects.order_by("first").values_list("first", "last")) == [(2, 2), (4, 4)]
    assert tell_gaps(now=datetime.now(UTC)) == 0, "it may only be out of order"
    assert [tell_gaps(now=datetime.now(UTC) + STANDS_FOR) for _ in range(2)] == [2, 0]
    till.send(items)
    assert not Gap.objects.exists()
    told = Event.objects.filter(type__startswith="device.gap").order_by("id").values_list("type", flat=True)
    assert list(told) == ["device.gap_found", "device.gap_found", "device.gap_closed"]


def test_what_comes_out_of_order_is_never_told(acme: Shop, note: list[Item]) -> None:
    till = Till.at(acme)
    items = [till.item("note", {"said": str(n)}, v=4) for n in range(1, 5)]
    till.send([items[3]])
    till.send(items[:3])
    assert tell_gaps(now=datetime.now(UTC) + STANDS_FOR) == 0
    assert not Event.objects.filter(type__startswith="device.gap").exists()


def test_receipts_are_counted_for_themselves_and_only_from_where_their_counter_began(acme: Shop) -> None:
    till = Till.at(acme)

    def printed(number: int, since: int | None, basket: str = "TEA") -> dict[str, Any]:
        item = till.sell({basket: "1"})
        item["body"]["receipt_number"] = f"K3-{number:06}"
        if since is not None:
            item["body"]["receipt_since"] = since
        return item

    old = printed(7, None)  # an app that numbers receipts like its items
    first, second, third, fourth = (printed(number, 9) for number in (10, 11, 12, 13))
    till.send([old, first, fourth])
    till.device.refresh_from_db()
    assert till.device.last_receipt == 13
    missing = Gap.objects.filter(counter="receipts").values_list("first", "last")
    assert list(missing) == [(11, 12)]
    till.send([third, second])
    till.send([third, second])
    assert not Gap.objects.exists()
    assert set(Order.objects.values_list("receipt_number", flat=True)) == {
        f"K3-{number:06}" for number in (7, 10, 11, 12, 13)
    }


@pytest.mark.parametrize("number", ["K3-", "K3-0", "K4-000005", "5", "K3--5", "K3-9999999999", "K3-1e3", "K3-٣"])
def test_a_number_that_none_of_this_device_can_be_counts_no_receipt(acme: Shop, number: str) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "1"})["body"]["receipt_number"] = number
    assert results(till.send()) == ["applied"]
    till.device.refresh_from_db()
    assert (till.device.last_receipt, Gap.objects.count()) == (0, 0)


def test_two_devices_count_for_themselves(acme: Shop, note: list[Item]) -> None:
    one, other = Till.at(acme), Till.at(acme, prefix="K4")
    item = one.item("note", {"said": "one"}, v=4)
    other.item("note", {"said": "other"}, v=4)
    assert results(one.send()) == results(other.send()) == ["applied"]
    assert results(other.send([item])) == ["quarantined"]
    assert SyncItem.objects.filter(is_conflict=True).count() == 1


SECRET = "s" * 43


def knock(browser: Any, shop: Shop, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"origin": f"https://{shop.host}", **headers}
    return browser.generic("POST", "/api/v1/sync/", raw, "application/json", headers=given)


def test_a_device_sends_with_nobody_logged_in_and_says_how_it_is(acme: Shop, globex: Shop) -> None:
    till = Till.at(acme, token=SECRET)
    item = till.sell({"TEA": "1"})
    browser = browser_of(acme, SECRET)

    answer = knock(browser, acme, {"items": [item], "report": {"unsent": 3, "app_version": "7"}})

    assert answer.status_code == 200
    assert [one["result"] for one in answer.json()["results"]] == ["applied"]
    assert (answer.json()["last_n"], answer.json()["missing"]) == (1, [])
    till.device.refresh_from_db()
    assert (till.device.unsent, till.device.app_version) == (2, "7"), "of three it held, one was taken"
    again = knock(browser, acme, {"items": [item], "report": {"unsent": -1}, "later": "versions say more"})
    assert [one["result"] for one in again.json()["results"]] == ["duplicate"]
    assert knock(acme.client("owner"), acme, {"items": [item]}).status_code == 401
    assert knock(browser_of(globex, SECRET), globex, {"items": [item]}).status_code == 401
    assert knock(browser, acme, {"items": [item]}, origin="https://elsewhere.example").status_code == 403


def test_what_is_numbered_for_another_device_is_sent_back_untouched(acme: Shop) -> None:
    before, now = Till.at(acme, prefix="K3"), Till.at(acme, prefix="K4", token=SECRET)
    item = before.sell({"TEA": "1"})
    browser = browser_of(acme, SECRET)

    answer = knock(browser, acme, {"items": [item], "device": str(before.device.pk)})

    assert (answer.status_code, answer.json()["code"]) == (409, "other-device")
    assert not SyncItem.objects.exists()
    assert knock(browser, acme, {"items": [item], "device": str(now.device.pk)}).status_code == 200
    assert knock(browser, acme, {"items": [item], "device": "K4"}).status_code == 422


def test_what_a_device_sent_before_it_was_let_in_anew_is_known_again_under_its_new_number(
    acme: Shop, note: list[Item]
) -> None:
    before, now = Till.at(acme, prefix="K3"), Till.at(acme, prefix="K4")
    first = before.item("note", {"said": "first"}, v=4)
    before.send([first])
    told = now.send([{**first, "n": 7}])
    assert (told[0]["result"], told[0]["first"], told[0]["said"]) == ("duplicate", "applied", "first")
    assert results(now.send([{**first, "n": 8, "body": {"said": "other"}}])) == ["quarantined"]
    assert [item.body["said"] for item in note] == ["first"]
    now.device.refresh_from_db()
    assert now.device.last_n == 8


def test_a_revoked_device_is_heard(acme: Shop) -> None:
    till = Till.at(acme, token=SECRET, revoked_at=datetime.now(UTC))
    answer = knock(browser_of(acme, SECRET), acme, {"items": [till.sell({"TEA": "1"})]})
    assert [one["result"] for one in answer.json()["results"]] == ["applied"]
    assert Flag.objects.get().kind == "device-revoked"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[1]", 422),
        (b"{}", 422),
        (b'{"items": 7}', 422),
        (b'{"items": [NaN]}', 400),
        (json.dumps({"items": [{}] * 101}).encode(), 422),
        (b'{"items": ["' + b"x" * (5 * 1024 * 1024) + b'"]}', 400),
    ],
)
def test_an_envelope_that_cannot_be_read_takes_nothing(acme: Shop, body: bytes, status: int) -> None:
    Till.at(acme, token=SECRET)
    answer = knock(browser_of(acme, SECRET), acme, body)
    assert (answer.status_code, SyncItem.objects.count()) == (status, 0)


def test_what_was_sealed_is_opened_and_booked_and_what_cannot_be_opened_is_kept(acme: Shop) -> None:
    till, other = Till.at(acme), Till.at(acme, prefix="K4")
    item = till.sell({"TEA": "1"})
    inside = json.dumps({name: value for name, value in item.items() if name != "n"}).encode()
    theirs = {"n": 2, "sealed": sealed(inside, other.device)}

    told = till.send([{"n": 1, "sealed": sealed(inside, till.device)}, theirs, {"n": 3, "sealed": "?"}])

    assert results(told) == ["applied", "quarantined", "quarantined"]
    assert results(till.send([item, theirs])) == ["duplicate", "duplicate"]
    till.device.refresh_from_db()
    assert till.device.last_n == 3
