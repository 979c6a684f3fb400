"""Goods between locations: what leaves is on its way until it arrives, goes back or is missed by name."""

from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, ReusedIdentifier, StaleVersion
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.people.models import Grant
from core.testing import Shop, make_variant, stock
from inventory.errors import OutOfStock
from inventory.models import ScanCode, StockLevel, StockMovement, Transfer
from inventory.services.arrivals import Arrival, Arrived, receive_transfer
from inventory.services.lines import GoodsLine
from inventory.services.shipping import ship_transfer, take_back_transfer
from inventory.services.transfers import TransferDraft, cancel_transfer, create_transfer, edit_transfer
from tests.api import Api, machine, pointers
from tests.test_race_checkout import at_once

D = Decimal


@pytest.fixture
def north(acme: Shop) -> Location:
    return Location.objects.create(code="NORTH", name="North")


def lines_of(shop: Shop, basket: dict[str, str], **damaged: str) -> list[GoodsLine]:
    return [
        GoodsLine(variant_id=shop.variant(sku).pk, quantity=D(units), damaged=D(damaged.get(sku, "0")))
        for sku, units in basket.items()
    ]


def drafted(shop: Shop, to: Location, basket: dict[str, str]) -> Transfer:
    draft = TransferDraft(
        transfer_id=uuid7(), source_id=shop.location.pk, destination_id=to.pk, lines=lines_of(shop, basket)
    )
    return create_transfer(draft, actor=shop.actor()).transfer


def shipped(shop: Shop, to: Location, basket: dict[str, str]) -> Transfer:
    return ship_transfer(drafted(shop, to, basket).pk, actor=shop.actor())


def arrive(shop: Shop, transfer: Transfer, basket: dict[str, str], **more: Any) -> Arrived:
    damaged = more.pop("damaged", {})
    arrival = Arrival(receipt_id=uuid7(), transfer_id=transfer.pk, lines=lines_of(shop, basket, **damaged), **more)
    return receive_transfer(arrival, actor=shop.actor())


def states(sku: str, place: Location) -> Any:
    level = StockLevel.objects.filter(variant__sku=sku, location=place).first()
    return (level.on_hand, level.damaged, level.in_transit) if level else (D(0), D(0), D(0))


@pytest.mark.django_db(transaction=True)
def test_a_draft_moves_nothing_shipped_goods_are_on_their_way_until_they_arrive(acme: Shop, north: Location) -> None:
    transfer = drafted(acme, north, {"TEA": "4", "CUP": "2"})
    assert (states("TEA", acme.location), states("TEA", north)) == ((10, 0, 0), (0, 0, 0))
    ship_transfer(transfer.pk, actor=acme.actor())
    assert (states("TEA", acme.location), states("TEA", north)) == ((6, 0, 0), (0, 0, 4))
    arrive(acme, transfer, {"TEA": "1"})
    assert states("TEA", north) == (1, 0, 3)
    done = arrive(acme, transfer, {"TEA": "2", "CUP": "2"}, damaged={"TEA": "1"})
    assert done.transfer.state == "closed"
    assert (states("TEA", north), states("CUP", north)) == ((3, 1, 0), (2, 0, 0))
    line = transfer.lines.get(variant__sku="TEA")
    assert [line.shipped, line.received, line.damaged, line.missing] == [4, 3, 1, 0]
    kinds = StockMovement.objects.filter(variant__sku="TEA").order_by("id").values_list("kind", "location__code")
    assert list(kinds)[1:] == [("shipped", "MAIN"), ("transit", "NORTH"), ("arrived", "NORTH"), ("arrived", "NORTH")]
    told = Event.objects.filter(type__startswith="transfer.").order_by("id").values_list("type", flat=True)
    assert list(told) == [
        "transfer.created",
        "transfer.shipped",
        "transfer.received",
        "transfer.received",
        "transfer.closed",
    ]


def test_the_goods_carry_the_average_cost_of_the_source(acme: Shop, north: Location) -> None:
    StockLevel.objects.filter(variant=acme.variant("TEA")).update(average_cost=D("1.5000"))
    transfer = shipped(acme, north, {"TEA": "4"})
    assert StockLevel.objects.get(variant__sku="TEA", location=north).average_cost == D("1.5")
    take_back_transfer(transfer.pk, actor=acme.actor(), reason="wrong van")
    assert states("TEA", acme.location) == (10, 0, 0) and states("TEA", north) == (0, 0, 0)
    assert StockLevel.objects.get(variant__sku="TEA", location=acme.location).average_cost == D("1.5")


def test_what_the_source_does_not_have_is_not_sent_and_every_short_line_is_named(acme: Shop, north: Location) -> None:
    transfer = drafted(acme, north, {"TEA": "11", "CUP": "10.5", "JAM": "1"})
    with pytest.raises(OutOfStock) as refusal:
        ship_transfer(transfer.pk, actor=acme.actor())
    assert {(row["sku"], row["wanted"], row["available"]) for row in refusal.value.details["short"]} == {
        ("TEA", "11", "10"),
        ("CUP", "10.5", "10"),
    }


def test_more_than_was_announced_needs_a_reason_and_comes_off_the_source(acme: Shop, north: Location) -> None:
    transfer = shipped(acme, north, {"TEA": "4"})
    with pytest.raises(Invalid) as refusal:
        arrive(acme, transfer, {"TEA": "5", "CUP": "1"})
    assert refusal.value.details["differences"]["too_many"] == {
        str(acme.variant("TEA").pk): "1",
        str(acme.variant("CUP").pk): "1",
    }
    assert states("TEA", north) == (0, 0, 4)
    done = arrive(acme, transfer, {"TEA": "5", "CUP": "1"}, reason="packed too many")
    assert done.transfer.state == "closed"
    assert (states("TEA", acme.location), states("TEA", north)) == ((5, 0, 0), (5, 0, 0))
    assert (states("CUP", acme.location), states("CUP", north)) == ((9, 0, 0), (1, 0, 0))
    assert all(line.on_its_way == 0 for line in transfer.lines.all())


def test_what_never_comes_is_a_named_loss_with_a_row_in_the_ledger(acme: Shop, north: Location) -> None:
    transfer = shipped(acme, north, {"TEA": "4", "CUP": "2"})
    with pytest.raises(Invalid):
        arrive(acme, transfer, {"TEA": "3"}, is_last=True)
    done = arrive(acme, transfer, {"TEA": "3"}, is_last=True, reason="box torn")
    assert done.transfer.state == "closed" and states("TEA", north) == (3, 0, 0)
    lost = StockMovement.objects.filter(kind="missing").order_by("in_transit")
    assert [(row.variant.sku, row.in_transit, row.reason) for row in lost] == [
        ("CUP", D(-2), "box torn"),
        ("TEA", D(-1), "box torn"),
    ]
    closed = Event.objects.get(type="transfer.closed").payload
    assert [D(closed["missing"]), D(closed["damaged"])] == [3, 0]
    with pytest.raises(Conflict):
        arrive(acme, transfer, {"TEA": "1"}, reason="found after all")


@pytest.mark.django_db(transaction=True)
def test_a_receipt_sent_twice_is_booked_once_and_its_id_means_one_thing(acme: Shop, north: Location) -> None:
    transfer = shipped(acme, north, {"TEA": "4"})
    arrival = Arrival(receipt_id=uuid7(), transfer_id=transfer.pk, lines=lines_of(acme, {"TEA": "2"}))
    assert receive_transfer(arrival, actor=acme.actor()).is_new
    assert not receive_transfer(arrival, actor=acme.actor()).is_new
    assert states("TEA", north) == (2, 0, 2)
    other = Arrival(receipt_id=arrival.receipt_id, transfer_id=transfer.pk, lines=lines_of(acme, {"TEA": "1"}))
    with pytest.raises(ReusedIdentifier):
        receive_transfer(other, actor=acme.actor())
    with pytest.raises(ReusedIdentifier):
        receive_transfer(arrival, actor=acme.actor("manager"))


@pytest.mark.django_db(transaction=True)
def test_two_people_who_receive_the_same_last_box_book_it_once(acme: Shop, north: Location) -> None:
    transfer = shipped(acme, north, {"TEA": "4", "CUP": "1"})
    results = at_once(acme, [partial(arrive, acme, transfer, {"TEA": "4", "CUP": "1"}) for _ in range(4)], 4)
    assert sorted(type(result).__name__ for result in results) == ["Arrived", "Conflict", "Conflict", "Conflict"]
    assert (states("TEA", north), states("CUP", north)) == ((4, 0, 0), (1, 0, 0))


@pytest.mark.django_db(transaction=True)
def test_two_vans_that_cross_do_not_wait_for_each_other_for_ever(acme: Shop, north: Location) -> None:
    for sku in ("TEA", "CUP"):
        stock(acme.variant(sku), north, "10")
    back = TransferDraft(
        transfer_id=uuid7(),
        source_id=north.pk,
        destination_id=acme.location.pk,
        lines=lines_of(acme, {"CUP": "1", "TEA": "1"}),
    )
    there = drafted(acme, north, {"TEA": "1", "CUP": "1"})
    create_transfer(back, actor=acme.actor())
    results = at_once(acme, [partial(ship_transfer, pk, actor=acme.actor()) for pk in (there.pk, back.transfer_id)], 2)
    assert [type(result) for result in results] == [Transfer, Transfer]


def test_a_draft_is_edited_by_those_who_saw_it_as_it_is(acme: Shop, north: Location) -> None:
    transfer = drafted(acme, north, {"TEA": "4"})
    edited = edit_transfer(transfer.pk, actor=acme.actor(), lines=lines_of(acme, {"CUP": "2"}), expected_version=1)
    assert (edited.version, [line.variant.sku for line in edited.lines.all()]) == (2, ["CUP"])
    with pytest.raises(StaleVersion):
        edit_transfer(transfer.pk, actor=acme.actor(), lines=[], expected_version=1)
    same = edit_transfer(transfer.pk, actor=acme.actor(), lines=lines_of(acme, {"CUP": "2"}))
    assert same.version == 2
    cancel_transfer(transfer.pk, actor=acme.actor())
    assert cancel_transfer(transfer.pk, actor=acme.actor()).version == 3
    for act in (edit_transfer, ship_transfer):
        with pytest.raises(Conflict):
            act(transfer.pk, actor=acme.actor())


def test_each_end_is_for_those_who_work_there(acme: Shop, north: Location) -> None:
    transfer = drafted(acme, north, {"TEA": "4"})
    Grant.objects.filter(user=acme.person("stock clerk")).update(location=north)
    clerk = acme.actor("stock clerk")
    with pytest.raises(Forbidden):
        ship_transfer(transfer.pk, actor=clerk)
    ship_transfer(transfer.pk, actor=acme.actor())
    with pytest.raises(Forbidden):
        take_back_transfer(transfer.pk, actor=clerk, reason="")
    south = Location.objects.create(code="SOUTH", name="South")
    Grant.objects.filter(user=acme.person("stock clerk")).update(location=south)
    with pytest.raises(NotFound):
        edit_transfer(transfer.pk, actor=acme.actor("stock clerk"), note="mine")


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["ship", "receive", "last", "back", "cancel", "draft"]),
        st.integers(0, 2),
        st.lists(st.tuples(st.sampled_from(["TEA", "CUP"]), st.integers(0, 5), st.integers(0, 2)), max_size=3),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_whatever_is_done_the_goods_are_as_many_as_before_but_for_named_losses(
    acme: Shop, north: Location, actions: list[tuple[str, int, list[tuple[str, int, int]]]]
) -> None:
    before, lost_before, known = _sums(), _lost(), list[UUID]()
    for action, which, basket in actions:
        lines = [
            GoodsLine(variant_id=acme.variant(sku).pk, quantity=D(good), damaged=D(bad)) for sku, good, bad in basket
        ]
        try:
            _act(acme, north, action, known, which, lines)
        except (DomainError, IndexError):
            continue
    after, lost = _sums(), _lost()
    for sku in ("TEA", "CUP"):
        assert after[sku] == before[sku] + lost[sku] - lost_before[sku]
        for level in StockLevel.objects.filter(variant__sku=sku):
            ledger = StockMovement.objects.filter(variant=level.variant_id, location=level.location_id).aggregate(
                a=Sum("delta"), b=Sum("damaged"), c=Sum("in_transit")
            )
            assert (ledger["a"] or 0, ledger["b"] or 0, ledger["c"] or 0) == (
                level.on_hand,
                level.damaged,
                level.in_transit,
            )
    for transfer in Transfer.objects.prefetch_related("lines"):
        if transfer.state in ("closed", "cancelled"):
            assert not any(line.on_its_way for line in transfer.lines.all())
    on_its_way = StockLevel.objects.aggregate(sum=Sum("in_transit"))["sum"]
    open_lines = [line for row in Transfer.objects.filter(state="shipped") for line in row.lines.all()]
    assert on_its_way == sum((line.on_its_way for line in open_lines), D(0))


def _act(shop: Shop, north: Location, action: str, known: list[UUID], which: int, lines: list[GoodsLine]) -> None:
    actor = shop.actor()
    if action == "draft":
        draft = TransferDraft(
            transfer_id=uuid7(),
            source_id=shop.location.pk,
            destination_id=north.pk,
            lines=[GoodsLine(variant_id=line.variant_id, quantity=line.quantity) for line in lines],
        )
        known.append(create_transfer(draft, actor=actor).transfer.pk)
    elif action == "ship":
        ship_transfer(known[which], actor=actor)
    elif action == "back":
        take_back_transfer(known[which], actor=actor, reason="back")
    elif action == "cancel":
        cancel_transfer(known[which], actor=actor)
    else:
        is_last = action == "last"
        arrival = Arrival(receipt_id=uuid7(), transfer_id=known[which], lines=lines, is_last=is_last, reason="why")
        receive_transfer(arrival, actor=actor)


def _sums() -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for level in StockLevel.objects.select_related("variant"):
        found[level.variant.sku] += level.on_hand + level.damaged + level.in_transit
    return found


def _lost() -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in StockMovement.objects.filter(kind="missing").select_related("variant"):
        found[row.variant.sku] += row.in_transit
    return found


def body(shop: Shop, to: Location, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "source": str(shop.location.pk),
        "destination": str(to.pk),
        "lines": [{"variant": str(shop.variant("TEA").pk), "quantity": "4"}],
        **more,
    }


def test_over_rest_a_transfer_is_drafted_edited_shipped_and_received_by_packs(acme: Shop, north: Location) -> None:
    key = machine(acme)
    ScanCode.objects.create(code="15012345678907", variant=acme.variant("TEA"), pack_quantity=D(6))
    draft = body(acme, north)
    made = key.post("transfers/", draft)
    assert made.status_code == 201 and made.json()["lines"][0]["quantity"] == "4"
    assert key.post("transfers/", draft).status_code == 200
    assert key.post("transfers/", {**draft, "note": "other"}).json()["code"] == "identifier-reused"
    one = f"transfers/{draft['id']}/"
    stale = key.patch(one, {"lines": []}, **{"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 1)
    pack = [{"code": "15012345678907", "quantity": "1"}]
    edited = key.patch(one, {"lines": pack}, **{"If-Match": made["ETag"]})
    assert edited.json()["lines"][0]["quantity"] == "6"
    sent = key.post(f"{one}ship/", {}, **{"Idempotency-Key": "s1"})
    assert sent.json()["state"] == "shipped"
    assert key.post(f"{one}ship/", {}, **{"Idempotency-Key": "s1"}).headers["Idempotent-Replayed"] == "true"
    assert key.post(f"{one}ship/", {}).status_code == 409
    got = key.post(f"{one}receipts/", {"id": str(uuid7()), "lines": pack})
    assert (got.status_code, got.json()["state"], got.json()["lines"][0]["received"]) == (201, "closed", "6")
    assert ScanCode.objects.get(code=made.json()["number"]).target_id == UUID(draft["id"])
    assert key.get("transfers/", {"state": "closed"}).json()["results"][0]["id"] == draft["id"]


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([{"code": "nothing", "quantity": "1"}], {"/lines/0/code"}),
        ([{"variant": "TEA", "quantity": "0"}], {"/lines/0/quantity"}),
        ([{"variant": "TEA", "quantity": "-1"}], {"/lines/0/quantity"}),
        ([{"variant": "TEA", "quantity": "1.0001"}], {"/lines/0/quantity"}),
        ([{"variant": "TEA", "quantity": "99999999999"}], {"/lines/0/quantity"}),
        ([{"variant": "TEA", "quantity": "1"}, {"code": "x", "quantity": "1"}], {"/lines/1/code"}),
        ([{"variant": "TEA", "code": "x", "quantity": "1"}], {"/lines/0"}),
        ([{"variant": "TEA", "quantity": "1"}] * 501, {"/lines"}),
    ],
)
def test_every_wrong_line_is_named_and_nothing_is_kept(
    acme: Shop, north: Location, lines: list[dict[str, str]], wrong: set[str]
) -> None:
    tea = str(acme.variant("TEA").pk)
    rows = [{**line, "variant": tea} if "variant" in line else line for line in lines]
    answer = machine(acme).post("transfers/", body(acme, north, lines=rows))
    assert answer.status_code in (400, 422) and not Transfer.objects.exists()
    assert wrong <= {pointer.rpartition("/non_field_errors")[0] or pointer for pointer in pointers(answer)}


def test_goods_do_not_go_to_where_they_are_nor_to_a_closed_place(acme: Shop, north: Location) -> None:
    key = machine(acme)
    assert pointers(key.post("transfers/", body(acme, acme.location))) == {"/destination"}
    Location.objects.filter(pk=north.pk).update(is_active=False)
    assert key.post("transfers/", body(acme, north)).status_code == 404


def test_a_shop_sees_only_its_own_transfers(acme: Shop, globex: Shop, north: Location) -> None:
    make_variant("ONE")
    made = drafted(acme, north, {"TEA": "1"})
    assert Api(globex.client("owner")).get(f"transfers/{made.pk}/").status_code == 404


def test_on_pages_a_transfer_is_drafted_shipped_and_received_without_a_script(acme: Shop, north: Location) -> None:
    browser, tea, cup = acme.client("stock clerk"), acme.variant("TEA"), acme.variant("CUP")
    form = {"id": str(uuid7()), "source": str(acme.location.pk), "destination": str(north.pk), "note": "van"}
    assert browser.post("/transfers/new/", form)["Location"] == f"/transfers/{form['id']}/edit/"
    one = f"/transfers/{form['id']}/"
    added = browser.post(f"{one}edit/", {"code": "5012345678900", "amount": "4", "then": "more", "version": "1"})
    assert added.status_code == 302
    old = browser.post(f"{one}edit/", {f"q-{cup.pk}": "2", "version": "1"})
    assert (old.status_code, Transfer.objects.get().lines.count()) == (412, 1)
    assert browser.post(f"{one}edit/", {f"q-{tea.pk}": "4", f"q-{cup.pk}": "2", "version": "2"}).status_code == 302
    assert "Earl Grey" in browser.get(f"{one}packing-list/").content.decode()
    too_many = browser.post(f"{one}ship/", {f"q-{tea.pk}": "40"})
    assert too_many.status_code == 409 and "wanted 40, there are 10" in too_many.content.decode()
    assert browser.post(f"{one}ship/", {"then": "all"}).status_code == 302
    assert (states("TEA", north), states("CUP", north)) == ((0, 0, 4), (0, 0, 2))
    assert browser.get(one).context["who"] == {"shipped": Transfer.objects.get().created_by_label}
    receipt = {"id": str(uuid7()), f"q-{tea.pk}": "3", f"d-{tea.pk}": "1"}
    assert browser.post(f"{one}receive/", receipt).status_code == 302
    no_reason = browser.post(f"{one}receive/", {"id": str(uuid7()), "is_last": "on"})
    assert no_reason.status_code == 422 and "Say what happened" in no_reason.content.decode()
    closed = {"id": str(uuid7()), "is_last": "on", "reason": "lost"}
    assert browser.post(f"{one}receive/", closed).status_code == 302
    assert (states("TEA", north), states("CUP", north)) == ((3, 1, 0), (0, 0, 0))
    assert "Received" in browser.get(one).content.decode() and "lost" in browser.get(one).content.decode()
