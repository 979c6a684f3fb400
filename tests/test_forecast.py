"""Forecasts in a shop: made by a job, replaced as a whole, shown with their own error."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from analytics.errors import Superseded
from analytics.models import Forecast, ForecastDay, ForecastRun
from analytics.selectors.demand import demand_of, open_days
from analytics.services.forecasts import ask_for_forecasts, make_forecasts
from core.actors import SYSTEM
from core.errors import Forbidden
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import enqueue, perform
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, make_variant
from orders.models import Order, OrderLine

LAST = date(2026, 6, 14)  # a Sunday
TODAY = date(2026, 6, 15)


def quiet(done: int, total: int | None = None, message: str = "") -> None:
    """Nobody waits for this one."""


def sell(shop: Shop, sku: str, units: dict[date, int], *, kind: str = "sale") -> None:
    """One document per day with one line of the product."""
    variant, location = shop.variant(sku), shop.location
    sign = -1 if kind == "refund" else 1
    orders = [
        Order(
            number=f"{sku}-{kind}-{day}",
            kind=kind,
            channel="history",
            location=location,
            currency=shop.tenant.currency,
            prices_include_tax=True,
            rounding="half_up",
            subtotal=sign * count,
            total=sign * count,
            items=sign * count,
            line_count=1,
            is_paid_elsewhere=True,
            created_by_kind="system",
            created_by_label="test",
            business_date=day,
            occurred_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
        )
        for day, count in units.items()
    ]
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=1,
            variant=variant,
            sku=sku,
            name=sku,
            quantity=order.items,
            unit_price=1,
            list_price=1,
            net=order.total,
            total=order.total,
            is_stocked=True,
        )
        for order in orders
    )


def steady(days: int, *, until: date = LAST, base: int = 4, closed: frozenset[int] = frozenset()) -> dict[date, int]:
    """Sales of every open day: more at the weekend, a little noise that is always the same."""
    dates = [until - timedelta(days=number) for number in range(days)]
    return {
        day: base + 3 * (day.weekday() >= 5) + (day.toordinal() * 7919 % 5)
        for day in dates
        if day.weekday() not in closed
    }


def make(*, today: date = TODAY, run_id: UUID | None = None) -> dict[str, Any]:
    return make_forecasts(run_id=run_id or uuid7(), actor=SYSTEM, progress=quiet, today=today)


def rows() -> list[tuple[Any, ...]]:
    return list(
        ForecastDay.objects.order_by("forecast_id", "day").values_list("forecast_id", "day", "mean", "p10", "p90")
    )


def test_a_product_with_history_gets_thirty_days_with_a_band_and_its_errors(acme: Shop) -> None:
    sell(acme, "TEA", steady(180))
    figures = make()
    assert (figures["products"], figures["too_young"], figures["starts_on"]) == (1, 0, TODAY)
    forecast = Forecast.objects.get(variant=acme.variant("TEA"))
    days = list(forecast.days.all())
    assert [day.day for day in days] == [TODAY + timedelta(days=number) for number in range(30)]
    assert all(0 <= day.p10 <= day.p50 <= day.p90 for day in days)
    assert 0 <= forecast.total_p10 <= forecast.total_p50 <= forecast.total_p90
    true_sum = sum(steady(30, until=TODAY + timedelta(days=29)).values())
    assert abs(forecast.total_p50 - true_sum) < true_sum * Decimal("0.1")
    assert forecast.wape is not None and forecast.naive_wape is not None and forecast.mase is not None
    assert forecast.beats_naive and forecast.wape < forecast.naive_wape
    weekend = [day.mean for day in days if day.day.weekday() >= 5]
    assert min(weekend) > max(day.mean for day in days if day.day.weekday() < 5)


def test_closed_weekdays_are_learnt_and_forecast_as_zero(acme: Shop) -> None:
    sell(acme, "TEA", steady(180, closed=frozenset({5})))
    make()
    run = ForecastRun.objects.get()
    assert run.closed_weekdays == [5]
    days = Forecast.objects.get().days.all()
    assert all((day.mean == day.p90 == 0) == (day.day.weekday() == 5) for day in days)


def test_what_came_back_the_same_day_was_not_wanted_and_no_day_is_negative(acme: Shop) -> None:
    sell(acme, "TEA", {LAST: 5, LAST - timedelta(days=1): 2})
    sell(acme, "TEA", {LAST: 3, LAST - timedelta(days=1): 9}, kind="refund")
    found = demand_of(acme.variant("TEA").pk, since=LAST - timedelta(days=9), until=LAST)
    assert found == {LAST: Decimal(2), LAST - timedelta(days=1): Decimal(0)}


def test_too_little_history_is_said(acme: Shop) -> None:
    sell(acme, "TEA", steady(30))
    assert make() | {"run": None} == {"run": None, "starts_on": TODAY, "products": 0, "too_young": 1, "beaten": 0}
    assert Forecast.objects.count() == 0
    page = acme.client("manager").get("/forecasts/").content.decode()
    assert "No product has enough history yet" in page and "30 days with sales, 1 product too young" in page


def test_a_shop_without_sales_says_so_and_the_run_ends(acme: Shop) -> None:
    assert make()["products"] == 0
    assert ForecastRun.objects.get().starts_on is None
    assert "There is nothing to learn from yet" in acme.client("manager").get("/forecasts/").content.decode()


def test_an_old_history_is_forecast_from_its_end_and_the_page_says_so(acme: Shop) -> None:
    sell(acme, "TEA", steady(120, until=date(2011, 8, 31)))
    assert make()["starts_on"] == date(2011, 9, 1)
    page = acme.client("viewer").get("/forecasts/").content.decode()
    assert "so the forecast starts on the day after it and not today" in page


def test_making_them_again_gives_the_same_rows_and_replaces_what_was_there(acme: Shop) -> None:
    sell(acme, "TEA", steady(150))
    sell(acme, "CUP", steady(90, base=2))
    make()
    first = rows()
    make()
    assert rows() == first and len(first) == 60
    assert set(Forecast.objects.values_list("run", flat=True)) == {ForecastRun.objects.latest("pk").pk}


def test_a_product_that_is_not_sold_any_more_loses_its_forecast(acme: Shop) -> None:
    sell(acme, "TEA", steady(150))
    sell(acme, "CUP", steady(150))
    make()
    acme.variant("CUP").product.__class__.objects.filter(variants__sku="CUP").update(is_active=False)
    make()
    assert list(Forecast.objects.values_list("variant__sku", flat=True)) == ["TEA"]
    assert ForecastDay.objects.count() == 30


def test_a_run_tells_its_progress_and_one_event(acme: Shop) -> None:
    sell(acme, "TEA", steady(150))
    told: list[tuple[int, int | None, str]] = []
    run = uuid7()
    before = Event.objects.count()
    make_forecasts(run_id=run, actor=SYSTEM, progress=lambda *now: told.append(now), today=TODAY)  # type: ignore[arg-type]
    assert told == [(0, None, "Reading the sales"), (1, 1, "Forecasting")]
    event = Event.objects.order_by("id")[before]
    assert (event.type, event.object_id, Event.objects.count()) == ("forecast.ready", str(run), before + 1)
    assert event.payload["products"] == 1 and event.payload["starts_on"] == "2026-06-15"


def test_a_finished_run_is_not_made_again(acme: Shop) -> None:
    sell(acme, "TEA", steady(150))
    run = uuid7()
    first = make(run_id=run)
    events = Event.objects.count()
    sell(acme, "CUP", steady(150))
    assert make(run_id=run) == first
    assert Forecast.objects.count() == 1 and Event.objects.count() == events


def test_an_older_run_stands_back_for_a_newer_one(acme: Shop) -> None:
    sell(acme, "TEA", steady(150))
    older, newer = sorted([uuid7(), uuid7()])
    make(run_id=newer)
    before = rows()
    with pytest.raises(Superseded):
        make(run_id=older)
    assert rows() == before and Forecast.objects.get().run_id == newer


@pytest.mark.django_db(transaction=True)
def test_the_job_makes_the_forecasts_and_the_api_tells_how_far_it_is(acme: Shop, globex: Shop) -> None:
    sell(acme, "TEA", steady(150))
    with use_tenant(globex.tenant):
        sell(globex, "TEA", steady(150))
    client = acme.client("manager")
    asked = client.post("/api/v1/forecasts/runs/")
    assert asked.status_code == 202
    job = Job.objects.get(pk=asked.json()["id"])
    perform(job.pk)
    done = client.get(asked["Location"]).json()
    assert (done["state"], done["result"]["products"]) == ("done", 1)
    assert ForecastRun.objects.get().pk == job.pk
    perform(job.pk)
    assert ForecastRun.objects.count() == Forecast.objects.count() == 1
    with use_tenant(globex.tenant):
        assert Forecast.objects.count() == ForecastRun.objects.count() == 0


def test_asking_again_while_a_run_waits_gives_that_run(acme: Shop, django_capture_on_commit_callbacks: Any) -> None:
    actor = acme.actor("manager")
    first, again = ask(actor), ask(actor)
    assert first.pk == again.pk and Job.objects.filter(kind="analytics.forecast").count() == 1
    Job.objects.update(state=Job.State.DONE)
    assert ask(actor).pk != first.pk
    with pytest.raises(Forbidden):
        ask(acme.actor("viewer"))


def ask(actor: Any) -> Job:
    """`ask_for_forecasts` inside the test's own transaction."""
    call = ask_for_forecasts.__wrapped__  # type: ignore[attr-defined]
    with transaction.atomic():
        return call(actor=actor)  # type: ignore[no-any-return]


def test_the_night_plans_it_once_per_day(acme: Shop) -> None:
    with transaction.atomic():
        jobs = {enqueue("analytics.forecast", actor=SYSTEM, dedupe_key="nightly:2026-06-14").pk for _ in range(2)}
    assert len(jobs) == 1


def test_the_list_and_the_page_tell_it_in_words(acme: Shop) -> None:
    sell(acme, "TEA", steady(150))
    sell(acme, "CUP", steady(100, base=30))
    make()
    client = acme.client("stock clerk")
    page = client.get("/forecasts/").content.decode()
    assert page.index("Acme Blue cup") < page.index("Acme Earl Grey") and "sold out" not in page
    assert "Acme Blue cup" not in client.get("/forecasts/?q=earl").content.decode()
    assert "No forecast matches" in client.get("/forecasts/?q=%00nothing").content.decode()
    for sort in ("name", "cover", "error", "stock", "nonsense"):
        assert client.get(f"/forecasts/?sort={sort}&page=999").status_code == 200
    forecast = Forecast.objects.get(variant__sku="TEA")
    one = client.get(f"/forecasts/{forecast.pk}/").content.decode()
    assert f"We expect about {round(forecast.total_p50)} in 30 days" in one
    assert one.count('<th scope="row"><time datetime="2026-0') == 180
    assert client.get(f"/forecasts/{acme.variant('JAM').pk}/").status_code == 404


def test_stock_is_shown_only_to_those_who_may_see_it(acme: Shop) -> None:
    sell(acme, "TEA", steady(150))
    make()
    assert "On hand" in acme.client("accountant").get("/forecasts/").content.decode()
    assert acme.client("cashier").get("/forecasts/").status_code == 403
    assert acme.client("viewer").post("/forecasts/run/").status_code == 403
    assert acme.client("viewer").post("/api/v1/forecasts/runs/").status_code == 403


def test_the_api_pages_through_all_forecasts(acme: Shop) -> None:
    for number in range(5):
        make_variant(f"P{number}")
        sell(acme, f"P{number}", steady(90, base=number + 1))
    make()
    client, seen, cursor = acme.client("viewer"), [], ""
    while True:
        body = client.get(f"/api/v1/forecasts/?limit=2&cursor={cursor}").json()
        seen += [row["sku"] for row in body["results"]]
        cursor = body["next"]
        if not cursor:
            break
    assert sorted(seen) == [f"P{number}" for number in range(5)] and body["run"]["products"] == 5
    one = client.get(f"/api/v1/forecasts/{acme.variant('P1').pk}/").json()
    assert len(one["days"]) == 30 and Decimal(one["days"][0]["p10"]) <= Decimal(one["days"][0]["p90"])
    assert client.get(f"/api/v1/forecasts/{uuid7()}/").status_code == 404
    assert client.get("/api/v1/forecasts/?limit=0").status_code == 422


def test_nothing_of_another_shop_is_in_the_forecasts(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        sell(globex, "TEA", steady(150))
        make()
        other = Forecast.objects.get().pk
    client = acme.client("owner")
    for path in ("/forecasts/", "/api/v1/forecasts/"):
        answer = client.get(path)
        assert answer.status_code == 200 and CANARY not in answer.content.decode()
    assert client.get(f"/forecasts/{other}/").status_code == 404
    assert open_days() == []


def test_the_list_costs_the_same_number_of_queries_for_any_number_of_products(acme: Shop) -> None:
    from django.db import connection

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert acme.client("manager").get("/forecasts/").status_code == 200
        return len(queries)

    sell(acme, "TEA", steady(90))
    make()
    one = count()
    sell(acme, "CUP", steady(90))
    sell(acme, "JAM", steady(90))
    make()
    assert count() == one
