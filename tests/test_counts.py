"""Stocktakes while the shop sells: what is booked is what was really wrong, by whoever and whenever it was counted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, Forbidden, Invalid, NotFound, ReusedIdentifier, StaleVersion
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.people.models import Grant
from core.testing import Shop, stock
from inventory.models import Count, CountEntry, ScanCode, StockException, StockLevel, StockMovement
from inventory.services.count_booking import approve_count
from inventory.services.count_entries import EntryDraft, add_entries, take_back_entry
from inventory.services.counts import CountDraft, cancel_count, open_count, recount, resume_count, review_count
from inventory.services.ledger import move_stock
from tests.api import machine, person, pointers
from tests.test_race_checkout import at_once

D = Decimal
START = timedelta(hours=3)


def opened(shop: Shop, **more: Any) -> Count:
    return open_count(CountDraft(count_id=uuid7(), location_id=shop.location.pk, **more), actor=shop.actor()).count


def saw(shop: Shop, count: Count, sku: str, quantity: str, *, at: datetime | None = None, role: str = "owner") -> UUID:
    entry = EntryDraft(entry_id=uuid7(), variant_id=shop.variant(sku).pk, quantity=D(quantity), counted_at=at)
    results = add_entries(count.pk, [entry], actor=shop.actor(role))
    assert [one.result for one in results] == ["applied"], results
    return entry.entry_id


def book(shop: Shop, count: Count, *, not_counted: str = "leave") -> Count:
    review_count(count.pk, actor=shop.actor())
    return approve_count(count.pk, actor=shop.actor(), not_counted=not_counted)


def sell(shop: Shop, sku: str, units: int, *, at: datetime) -> None:
    move_stock(
        deltas={(shop.variant(sku).pk, shop.location.pk): D(-units)},
        kind=StockMovement.Kind.SALE,
        reference_type="order",
        reference_id=uuid7(),
        actor=shop.actor(),
        occurred_at=at,
        may_refuse=False,
    )


def on_hand(sku: str) -> Any:
    return StockLevel.objects.get(variant__sku=sku, location__code="MAIN").on_hand


def moves(sku: str) -> Any:
    rows = StockMovement.objects.filter(variant__sku=sku).order_by("id")
    return [(row.kind, row.delta) for row in rows][1:]


@pytest.mark.django_db(transaction=True)
def test_entries_of_many_people_add_up_and_the_difference_is_booked(acme: Shop) -> None:
    count = opened(acme, name="Spring")
    saw(acme, count, "TEA", "4")
    saw(acme, count, "TEA", "3", role="stock clerk")
    saw(acme, count, "CUP", "10", role="cashier")
    review_count(count.pk, actor=acme.actor())
    with pytest.raises(Invalid) as refusal:
        approve_count(count.pk, actor=acme.actor())
    assert refusal.value.details["articles"] == 1
    done = approve_count(count.pk, actor=acme.actor(), not_counted="leave")
    assert [done.state, on_hand("TEA"), on_hand("CUP"), on_hand("JAM")] == ["closed", 7, 10, 10]
    assert (moves("TEA"), moves("CUP")) == ([("count", D(-3))], [])
    told = Event.objects.filter(type__startswith="count.").order_by("id")
    assert [(event.type, event.payload.get("variances")) for event in told] == [
        ("count.opened", None),
        ("count.closed", 1),
    ]


def test_what_nobody_counted_is_nothing_if_somebody_says_so(acme: Shop) -> None:
    count = opened(acme)
    saw(acme, count, "TEA", "10")
    book(acme, count, not_counted="zero")
    assert [on_hand(sku) for sku in ("TEA", "CUP", "JAM")] == [10, 0, 0]


def test_sales_after_the_moment_of_counting_make_no_variance(acme: Shop) -> None:
    start = datetime.now(UTC) - START
    StockMovement.objects.update(occurred_at=start - timedelta(hours=1))
    count = opened(acme)
    sell(acme, "TEA", 1, at=start)
    saw(acme, count, "TEA", "9", at=start + timedelta(minutes=5))
    sell(acme, "TEA", 2, at=start + timedelta(minutes=9))
    book(acme, count)
    assert (on_hand("TEA"), moves("TEA")) == (7, [("sale", -1), ("sale", -2)])


def test_a_sale_that_was_on_its_way_is_booked_with_its_opposite(acme: Shop) -> None:
    start = datetime.now(UTC) - START
    StockMovement.objects.update(occurred_at=start - timedelta(hours=1))
    count = opened(acme)
    saw(acme, count, "TEA", "8", at=start + timedelta(minutes=5))
    book(acme, count)
    assert on_hand("TEA") == 8
    sell(acme, "TEA", 2, at=start)
    assert (on_hand("TEA"), moves("TEA")) == (8, [("count", -2), ("sale", -2), ("rebase", 2)])
    sell(acme, "TEA", 1, at=start + timedelta(minutes=6))
    assert on_hand("TEA") == 7


def test_a_sale_of_now_pays_for_no_look_at_counts(acme: Shop) -> None:
    with CaptureQueriesContext(connection) as fresh:
        sell(acme, "TEA", 1, at=datetime.now(UTC))
    with CaptureQueriesContext(connection) as late:
        sell(acme, "TEA", 1, at=datetime.now(UTC) - timedelta(minutes=5))
    looks = [sum("inventory_count" in query["sql"] for query in seen.captured_queries) for seen in (fresh, late)]
    assert looks == [0, 1]


STEPS = st.lists(
    st.tuples(st.sampled_from(["sale", "late", "loss", "entry", "book", "sync"]), st.integers(1, 3)), max_size=16
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_once_everything_is_known_the_record_is_the_shelf_but_for_what_went_since(
    acme: Shop, steps: list[tuple[str, int]]
) -> None:
    """Sales on time, sales that come late, losses and counts, in any order, against a shelf of our own."""
    before = transaction.savepoint()
    shelf_and_losses = _live(acme, steps)
    assert on_hand("TEA") == shelf_and_losses
    transaction.savepoint_rollback(before)


def _live(shop: Shop, steps: list[tuple[str, int]]) -> int:
    """Live through the steps, let everything become known; answers the shelf and what was lost since the count."""
    stock(shop.variant("TEA"), shop.location, "40")
    StockMovement.objects.update(occurred_at=datetime.now(UTC) - timedelta(days=3))
    start = datetime.now(UTC) - START
    shelf, lost, lost_since_entry = 50, 0, 0
    held: list[tuple[datetime, int]] = []
    count: Count | None = None
    for minute, (step, units) in enumerate(steps):
        at = start + timedelta(minutes=2 * minute)
        if step == "sale":
            shelf -= units
            sell(shop, "TEA", units, at=at)
        elif step == "late":
            shelf -= units
            held.append((at, units))
        elif step == "loss":
            shelf, lost, lost_since_entry = shelf - units, lost + units, lost_since_entry + units
        elif step == "entry" and count is None:
            count, lost_since_entry = opened(shop), 0
            saw(shop, count, "TEA", str(max(0, shelf)), at=at)
        elif step == "book" and count is not None:
            book(shop, count)
            count, lost = None, lost_since_entry
        elif step == "sync":
            _sync(shop, held)
    _sync(shop, held)
    return shelf + lost


def _sync(shop: Shop, held: list[tuple[datetime, int]]) -> None:
    """Sales that were made without a connection arrive."""
    for at, units in held:
        sell(shop, "TEA", units, at=at)
    held.clear()


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_added_once_from_several_devices_at_once_and_one_bad_entry_harms_none(acme: Shop) -> None:
    count = opened(acme)
    batch = [EntryDraft(entry_id=uuid7(), code="5012345678900", quantity=D(1)) for _ in range(400)]
    batch.append(EntryDraft(entry_id=uuid7(), code="nothing", quantity=D(1)))
    batch.append(EntryDraft(entry_id=uuid7(), code="5012345678900", quantity=D(-1)))
    actor = acme.actor("cashier")
    results = at_once(acme, [partial(add_entries, count.pk, batch, actor=actor) for _ in range(4)], 4)
    kinds = sorted([one.result for result in results for one in result])
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"applied": 400, "duplicate": 1200, "refused": 8}
    assert CountEntry.objects.count() == 400
    again = add_entries(
        count.pk, [EntryDraft(entry_id=batch[0].entry_id, code="5012345678900", quantity=D(2))], actor=actor
    )
    assert [one.code for one in again] == ["identifier-reused"]


def test_five_thousand_scans_are_in_before_anybody_waits(acme: Shop) -> None:
    count = opened(acme)
    began = datetime.now(UTC)
    for _ in range(10):
        entries = [EntryDraft(entry_id=uuid7(), code="5012345678900", quantity=D(1)) for _ in range(500)]
        add_entries(count.pk, entries, actor=acme.actor("cashier"))
    assert datetime.now(UTC) - began < timedelta(seconds=30)
    book(acme, count)
    assert on_hand("TEA") == 5000


def test_dear_variances_are_counted_again_and_only_those(acme: Shop) -> None:
    count = opened(acme, recount_above=D("5"))
    saw(acme, count, "TEA", "9")  # off by 2.25
    saw(acme, count, "CUP", "9")  # off by 6.00
    review_count(count.pk, actor=acme.actor())
    again = recount(count.pk, actor=acme.actor())
    assert (again.state, again.round) == ("open", 2)
    late = EntryDraft(entry_id=uuid7(), variant_id=acme.variant("TEA").pk, quantity=D(1))
    assert [one.code for one in add_entries(count.pk, [late], actor=acme.actor())] == ["not-in-round"]
    saw(acme, count, "CUP", "10")
    book(acme, count)
    assert (on_hand("TEA"), on_hand("CUP")) == (9, 10)
    with pytest.raises(Conflict):
        recount(count.pk, actor=acme.actor())


def test_an_entry_is_taken_back_by_whoever_made_it(acme: Shop) -> None:
    count = opened(acme)
    wrong, right = saw(acme, count, "TEA", "100", role="cashier"), saw(acme, count, "TEA", "10", role="cashier")
    with pytest.raises(Forbidden):
        take_back_entry(count.pk, wrong, actor=acme.actor("stock clerk"))
    assert take_back_entry(count.pk, wrong, actor=acme.actor("cashier"))
    assert not take_back_entry(count.pk, wrong, actor=acme.actor("cashier"))
    book(acme, count)
    assert on_hand("TEA") == 10 and right != wrong


def test_the_second_of_two_counts_of_one_shelf_is_for_a_person(acme: Shop) -> None:
    first, second = opened(acme), opened(acme)
    saw(acme, first, "TEA", "8")
    saw(acme, second, "TEA", "8")
    book(acme, first)
    assert not StockException.objects.filter(kind="counted_twice").exists()
    saw(acme, second, "CUP", "9")
    saw(acme, second, "TEA", "1")
    book(acme, second)
    flagged = StockException.objects.filter(kind="counted_twice")
    assert [(row.variant.sku, row.reference_id) for row in flagged] == [("TEA", second.pk)]


def test_a_scope_takes_in_what_lies_below_it_and_nothing_else(acme: Shop) -> None:
    count = opened(acme, scope={"variants": [acme.variant("TEA").pk]})
    other = EntryDraft(entry_id=uuid7(), variant_id=acme.variant("CUP").pk, quantity=D(1))
    assert [one.code for one in add_entries(count.pk, [other], actor=acme.actor())] == ["unknown"]
    saw(acme, count, "TEA", "9")
    review_count(count.pk, actor=acme.actor())
    assert approve_count(count.pk, actor=acme.actor()).state == "closed"
    with pytest.raises(Invalid) as refusal:
        opened(acme, scope={"categories": [uuid7()], "colours": []})
    assert {error["pointer"] for error in refusal.value.details["errors"]} == {"/scope/categories/0", "/scope/colours"}


def test_a_count_is_opened_once_and_ends_once(acme: Shop) -> None:
    draft = CountDraft(count_id=uuid7(), location_id=acme.location.pk)
    assert open_count(draft, actor=acme.actor()).is_new and not open_count(draft, actor=acme.actor()).is_new
    with pytest.raises(ReusedIdentifier):
        open_count(CountDraft(count_id=draft.count_id, location_id=acme.location.pk, name="x"), actor=acme.actor())
    with pytest.raises(Conflict):
        review_count(draft.count_id, actor=acme.actor())
    with pytest.raises(StaleVersion):
        cancel_count(draft.count_id, actor=acme.actor(), expected_version=7)
    assert cancel_count(draft.count_id, actor=acme.actor()).version == 2
    assert cancel_count(draft.count_id, actor=acme.actor()).version == 2
    for act in (review_count, resume_count, recount, approve_count):
        with pytest.raises(Conflict):
            act(draft.count_id, actor=acme.actor())
    with pytest.raises(Conflict):
        saw(acme, Count.objects.get(), "TEA", "1")


def test_who_counts_elsewhere_does_not_know_of_it_and_who_counts_here_does_not_approve(acme: Shop) -> None:
    count = opened(acme)
    saw(acme, count, "TEA", "1", role="cashier")
    with pytest.raises(Forbidden):
        review_count(count.pk, actor=acme.actor("cashier"))
    north = Location.objects.create(code="NORTH", name="North")
    Grant.objects.filter(user=acme.person("cashier")).update(location=north)
    with pytest.raises(NotFound):
        saw(acme, count, "TEA", "1", role="cashier")


def test_over_rest_a_blind_count_tells_nobody_who_counts_what_is_expected(acme: Shop) -> None:
    key, clerk = machine(acme), person(acme, "cashier")
    body = {"id": str(uuid7()), "location": str(acme.location.pk), "name": "Spring", "recount_above": "5.00"}
    made = key.post("counts/", body)
    assert (made.status_code, key.post("counts/", body).status_code) == (201, 200)
    one = f"counts/{body['id']}/"
    entries = [
        {"id": str(uuid7()), "code": "5012345678900", "quantity": "7"},
        {"id": str(uuid7()), "code": "what", "quantity": "1"},
    ]
    answer = clerk.post(f"{one}entries/", {"entries": entries})
    assert [(row["result"], row["code"]) for row in answer.json()["results"]] == [
        ("applied", ""),
        ("refused", "unknown"),
    ]
    assert clerk.post(f"{one}review/", {}).status_code == 403
    reviewed = key.post(f"{one}review/", {}, **{"If-Match": made["ETag"]})
    assert reviewed.json()["state"] == "review"
    line = key.get(f"{one}lines/").json()["results"][0]
    assert (line["sku"], line["counted"], line["expected"], line["variance"]) == ("TEA", "7", "10", "-3")
    assert (line["value"], clerk.get(f"{one}lines/").status_code) == ("-6.7500", 403)
    assert "expected" not in clerk.get(one).content.decode() and "10" not in str(clerk.get(one).json().get("lines", ""))
    missing = key.post(f"{one}approve/", {})
    assert (missing.status_code, missing.json()["articles"], pointers(missing)) == (422, 2, {"/not_counted"})
    done = key.post(f"{one}approve/", {"not_counted": "leave"}, **{"Idempotency-Key": "a"})
    assert (done.json()["state"], on_hand("TEA")) == ("closed", 7)
    assert key.post(f"{one}approve/", {}, **{"Idempotency-Key": "b"}).status_code == 409
    assert ScanCode.objects.get(code=made.json()["number"]).kind == "count"
    no_cost = machine(acme, ["inventory.count_stock", "inventory.approve_counts"])
    assert no_cost.get(f"{one}lines/").json()["results"][0]["value"] is None


def test_on_pages_a_count_is_opened_counted_reviewed_and_booked_without_a_script(acme: Shop) -> None:
    owner, clerk = acme.client("owner"), acme.client("cashier")
    form = {"id": str(uuid7()), "location": str(acme.location.pk), "name": "Spring", "is_blind": "on"}
    one = f"/counts/{form['id']}/"
    assert owner.post("/counts/new/", form)["Location"] == f"{one}scan/"
    assert clerk.post(f"{one}scan/", {"id": str(uuid7()), "code": "TEA", "quantity": "7"}).status_code == 302
    named = {"id": str(uuid7()), "code": "earl gr", "quantity": "0"}
    assert clerk.post(f"{one}scan/", named).status_code == 302
    assert CountEntry.objects.get(pk=named["id"]).variant.sku == "TEA"
    clerk.post(f"{one}take-back/", {"entry": named["id"]})
    unknown = clerk.post(f"{one}scan/", {"id": str(uuid7()), "code": "WHAT", "quantity": "7"})
    assert unknown.status_code == 422 and CountEntry.objects.count() == 2
    assert "7" in clerk.get(f"{one}scan/").content.decode() and clerk.get(one).status_code == 200
    assert owner.post(f"{one}step/", {"then": "review"}).status_code == 302
    assert "Expected" in owner.get(one).content.decode() and "Expected" not in clerk.get(one).content.decode()
    assert clerk.post(f"{one}step/", {"then": "approve"}).status_code == 403
    owner.post(f"{one}step/", {"then": "approve"})
    assert Count.objects.get().state == "review"
    owner.post(f"{one}step/", {"then": "approve", "not_counted": "leave"})
    assert (Count.objects.get().state, on_hand("TEA")) == ("closed", 7)
    assert "Spring" in owner.get(f"{one}result/").content.decode()
