"""The board's figures, who sees which part, and the pure parts of the live side."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.metrics import METRICS
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.relay import number_events
from core.people.models import Grant
from core.people.permissions import PERMISSIONS
from core.testing import CANARY, ROLES, Shop, stock
from inventory.models import StockLevel
from orders.models import Order
from orders.selectors.board import last_hours, today
from orders.services.checkout import BasketLine, Sale, Tender, place_order
from realtime.board import board_for, board_key
from realtime.chart import chart_of, round_up
from realtime.sockets.frames import Batch, Told, in_portions, pack, unpack
from realtime.sockets.sight import Sight
from realtime.sockets.topics import read_topics

NOON = datetime(2026, 6, 17, 11, 30, tzinfo=UTC)  # a Wednesday, 12:30 in London


def sell(shop: Shop, at: datetime, *, units: str = "1", location: Location | None = None) -> Order:
    total = Decimal("4.50") * Decimal(units)
    sale = Sale(
        order_id=uuid7(),
        location_id=(location or shop.location).pk,
        lines=[BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(units))],
        payments=[Tender(method="cash", amount=total)],
        occurred_at=at,
    )
    return place_order(sale, actor=shop.actor("owner")).order


def refund(order: Order, at: datetime) -> Order:
    """The document a refund leaves: everything negative."""
    order.pk, order.number, order.kind, order.occurred_at = uuid7(), f"R-{order.number}", Order.Kind.REFUND, at
    order.total, order.items, order.subtotal, order.tax_total = (
        -order.total, -order.items, -order.subtotal, -order.tax_total,
    )  # fmt: skip
    order.save(force_insert=True)
    return order


def test_today_is_beside_the_same_weekday_at_the_same_time(acme: Shop) -> None:
    week = timedelta(days=7)
    sell(acme, NOON - timedelta(hours=2), units="2")
    sell(acme, NOON - timedelta(hours=1))
    sell(acme, NOON - timedelta(days=1))
    sell(acme, NOON - week - timedelta(hours=1), units="2")
    sell(acme, NOON - week + timedelta(minutes=1))  # later than now, last week

    found = today(None, now=NOON)
    assert (found.now.revenue, found.now.orders, found.now.items) == (Decimal("13.50"), 2, Decimal(3))
    assert found.now.average == Decimal("6.75")
    assert (found.before.revenue, found.before.orders) == (Decimal("9.00"), 1)
    assert found.changes["revenue"] == Decimal("0.5") and found.changes["orders"] == 1


def test_a_refund_lowers_revenue_and_items_and_is_no_order(acme: Shop) -> None:
    refund(sell(acme, NOON - timedelta(hours=2), units="2"), NOON)
    sell(acme, NOON)

    found = today(None, now=NOON).now
    assert (found.revenue, found.orders, found.items) == (Decimal("4.50"), 2, Decimal(1))
    assert found.average == Decimal("6.75"), "the average order is that of sales"


def test_the_board_reckons_as_the_metric_registry_does(acme: Shop) -> None:
    refund(sell(acme, NOON - timedelta(hours=3), units="3"), NOON)
    sell(acme, NOON)
    found = today(None, now=NOON).now
    names = ("revenue", "orders", "items", "sales")
    registry = Order.objects.filter(business_date=NOON.date()).aggregate(
        **{name: METRICS[name].expression for name in names}
    )
    assert (found.revenue, found.orders, found.items) == (registry["revenue"], registry["orders"], registry["items"])
    assert found.average == registry["sales"] / registry["orders"]


def test_hours_begin_at_the_shops_full_hours_and_the_running_one_is_last(acme: Shop) -> None:
    sell(acme, datetime(2026, 6, 17, 11, 0, tzinfo=UTC))
    sell(acme, datetime(2026, 6, 17, 10, 59, 59, tzinfo=UTC), units="2")
    sell(acme, datetime(2026, 6, 16, 11, 59, tzinfo=UTC))  # 24 hours and a half ago
    sell(acme, datetime(2026, 6, 10, 11, 10, tzinfo=UTC), units="3")

    hours = last_hours(None, now=NOON)
    assert len(hours) == 24 and hours[-1].starts_at == datetime(2026, 6, 17, 11, tzinfo=UTC)
    assert (hours[-1].revenue, hours[-1].orders, hours[-1].revenue_before) == (Decimal("4.50"), 1, Decimal("13.50"))
    assert hours[-2].revenue == Decimal("9.00")
    assert sum(hour.revenue for hour in hours) == Decimal("13.50")


def test_a_place_with_a_half_hour_offset_has_its_own_full_hours(acme: Shop) -> None:
    acme.tenant.time_zone = "Asia/Kolkata"
    try:
        hours = last_hours(None, now=datetime(2026, 6, 17, 11, 45, tzinfo=UTC))  # 17:15 there
    finally:
        acme.tenant.time_zone = "Europe/London"
    assert hours[-1].starts_at == datetime(2026, 6, 17, 11, 30, tzinfo=UTC)


def test_somebody_of_one_location_sees_that_locations_board(acme: Shop) -> None:
    here, there = acme.location, Location.objects.create(code="TWO", name="Second shop")
    stock(acme.variant("TEA"), there, "3")
    Grant.objects.filter(user=acme.person("manager")).update(location=there)
    sell(acme, datetime.now(UTC), units="2")
    own = sell(acme, datetime.now(UTC), location=there)
    StockLevel.objects.filter(variant__sku="TEA").update(low_at=9)

    board = board_for(acme.actor("manager"))
    assert board.sales and board.stock
    assert board.sales.today.now.revenue == Decimal("4.50")
    assert [order.pk for order in board.sales.last] == [own.pk]
    assert [level.location_id for level in board.stock.rows] == [there.pk] and here.pk != there.pk


def test_each_role_gets_the_parts_its_permissions_name(acme: Shop) -> None:
    seen = {role: board_for(acme.actor(role)) for role in ROLES}
    assert {role: (board.sales is not None, board.stock is not None) for role, board in seen.items()} == {
        "owner": (True, True),
        "manager": (True, True),
        "cashier": (True, True),
        "stock clerk": (False, True),
        "accountant": (True, True),
        "viewer": (True, True),
    }


def test_a_new_shop_is_told_how_to_begin(acme: Shop) -> None:
    page = acme.client("owner").get("/").content.decode()
    assert "Nothing sold yet" in page and "Import your history" in page
    sell(acme, datetime.now(UTC))
    page = acme.client("owner").get("/").content.decode()
    assert "Nothing sold yet" not in page and "£4.50" in page


def test_a_stranger_is_sent_to_the_log_in(acme: Shop) -> None:
    for path in ("/", "/board/data/", "/live/status/"):
        assert acme.client().get(path)["Location"].startswith("/login/?next=")


def test_the_status_page_needs_its_permission(acme: Shop) -> None:
    assert acme.client("manager").get("/live/status/").status_code == 200
    assert acme.client("cashier").get("/live/status/").status_code == 403


def test_the_board_shows_nothing_of_another_shop(acme: Shop, globex: Shop) -> None:
    sell(acme, datetime.now(UTC))
    for path in ("/", "/board/data/", "/live/status/"):
        assert CANARY not in acme.client("owner").get(path).content.decode()


def test_without_redis_the_board_opens_and_tickets_say_try_later(acme: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    for place in ("realtime.sockets.tickets", "realtime.sockets.presence", "realtime.status"):
        monkeypatch.setattr(f"{place}.live_redis", lambda: nobody)
    owner = acme.client("owner")
    answer = owner.post("/api/v1/live/tickets/")
    assert (answer.status_code, answer.json()["code"]) == (503, "live-unavailable")
    assert owner.get("/").status_code == 200
    assert "does not answer" in owner.get("/live/status/").content.decode()


def test_screens_that_ask_together_share_one_drawing_per_event_and_permission(acme: Shop) -> None:
    owner, cashier, clerk = (acme.actor(role) for role in ("owner", "cashier", "stock clerk"))
    before = board_key(owner)
    assert board_key(owner) == before
    assert len({before, board_key(cashier), board_key(clerk)}) == 3
    Grant.objects.filter(user=acme.person("cashier")).update(location=acme.location)
    assert board_key(acme.actor("cashier")) != board_key(cashier)

    sell(acme, datetime.now(UTC))
    assert number_events(acme.tenant) > 0
    assert board_key(owner) != before
    assert b"4.50" in acme.client("owner").get("/board/data/").content
    assert b"4.50" not in acme.client("stock clerk").get("/board/data/").content


def test_the_boards_queries_do_not_grow_with_the_shop(acme: Shop) -> None:
    actor = acme.actor("owner")
    sell(acme, datetime.now(UTC))
    board_for(actor)
    with CaptureQueriesContext(connection) as few:
        board_for(actor)
    for _ in range(5):
        sell(acme, datetime.now(UTC))
    with CaptureQueriesContext(connection) as many:
        board_for(actor)
    assert len(many) == len(few) <= 12


def test_the_drawing_stays_between_floor_and_ceiling(acme: Shop) -> None:
    refund(sell(acme, NOON - timedelta(hours=5), units="2"), NOON)
    sell(acme, NOON - timedelta(hours=1))
    chart = chart_of(last_hours(None, now=NOON))

    assert chart.top == 10 and chart.best and chart.best.revenue == Decimal("9.00")
    assert chart.bars[-1].height == "0.00%", "more refunds than sales are not drawn below the ground"
    assert chart.bars[-2].height == "45.00%" and chart.bars[-2].y == "55.00%"
    assert chart.revenue == Decimal("4.50")


@pytest.mark.parametrize(
    ("amount", "top"), [("0", 10), ("10", 10), ("10.01", 20), ("41", 50), ("51", 80), ("81", 100), ("399.99", 400)]
)
def test_an_axis_ends_at_an_amount_that_reads_well(amount: str, top: int) -> None:
    assert round_up(Decimal(amount)) == top


# --- frames and ears


def told(seq: int, kind: str = "order.completed", *places: str) -> Told:
    return Told(seq, kind, places, f'{{"seq":{seq},"text":"a line\\u2028b"}}')


def test_a_batch_comes_out_of_redis_as_it_went_in() -> None:
    events = [told(7), told(8, "stock.changed", "here", "there")]
    assert unpack(pack(events)) == Batch.of(events)
    with pytest.raises(ValueError, match="number of lines"):
        unpack(b'[[7,"order.completed",null]]')


def test_a_batch_can_be_taken_from_a_number_on() -> None:
    batch = Batch.of([told(3), told(4), told(5)])
    assert [event.seq for event in batch.after(3).events] == [4, 5]
    assert batch.after(2) is batch
    assert batch.after(5).events == ()


def test_portions_keep_to_their_size_and_lose_nothing() -> None:
    events = [told(n) for n in range(1, 12)]
    assert [len(portion) for portion in in_portions(events, most=4, most_bytes=10_000)] == [4, 4, 3]
    assert [len(portion) for portion in in_portions(events, most=100, most_bytes=1)] == [1] * 11


def test_a_permission_at_one_place_hears_nothing_from_nowhere(acme: Shop) -> None:
    Grant.objects.filter(user=acme.person("cashier")).update(location=acme.location)
    sight = Sight.of(acme.actor("cashier"))
    here = str(acme.location.pk)
    assert sight.hears(told(1, "order.completed", here))
    assert not sight.hears(told(1, "order.completed", str(uuid7())))
    assert not sight.hears(told(1, "payment.received"))
    assert sight.hears(told(1, "order.completed", str(uuid7()), here)), "one of its places is theirs"
    assert not sight.hears(told(1, "nobody.declared", here))
    assert sight.hears(told(1, "product.updated")), "products belong to the whole shop"
    assert not PERMISSIONS["inventory.view_products"].by_location


def test_equal_permissions_share_one_sight(acme: Shop) -> None:
    owner, again, viewer = (Sight.of(acme.actor(role)) for role in ("owner", "owner", "viewer"))
    assert owner == again and hash(owner) == hash(again)
    assert owner != viewer


@pytest.mark.parametrize("text", ["a b", "Order", "*.x", "order.*.*", ",".join(["a.b"] * 51), "x" * 61])
def test_topics_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="topics"):
        read_topics(text)
