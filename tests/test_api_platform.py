"""The API of the platform: feed, jobs, locations, limits, keys; and hostile input everywhere."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.api import throttling
from core.api.problems import all_problems
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.registry import KINDS, Kind
from core.jobs.services import enqueue
from core.limits import Rate
from core.locations.models import Location
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.people.models import ApiKey
from core.testing import CANARY, Shop, sale_body, stock
from orders.models import Order
from tests.api import Api, machine, person, pointers


def test_the_root_says_who_one_is_and_what_there_is(acme: Shop) -> None:
    body = machine(acme, ["orders.sell"]).get("").json()
    assert (body["shop"], body["currency"], body["permissions"]) == ("Acme shop", "GBP", ["orders.sell"])
    assert body["links"]["orders"] == "http://acme.localhost/api/v1/orders/"


def feed(shop: Shop, api: Api, **query: Any) -> Any:
    return api.get("events/", query)


def test_the_feed_tells_numbered_events_in_order_and_where_to_go_on(acme: Shop) -> None:
    key = machine(acme)
    number_events(acme.tenant)
    start = Stream.objects.get().head
    key.post("orders/", sale_body(acme, {"TEA": "1"}))
    assert feed(acme, key, after=start).json()["results"] == [], "not numbered yet"
    number_events(acme.tenant)
    first = feed(acme, key, after=start, limit=2).json()
    assert [row["type"] for row in first["results"]] == ["order.created", "payment.received"]
    assert [row["seq"] for row in first["results"]] == [start + 1, start + 2]
    assert (first["has_more"], first["next_after"], first["head"]) == (True, start + 2, start + 4)
    rest = feed(acme, key, after=first["next_after"], epoch=first["epoch"]).json()
    assert [row["type"] for row in rest["results"]] == ["order.completed", "stock.changed"]
    assert (rest["has_more"], rest["next_after"]) == (False, start + 4)
    only = feed(acme, key, after=start, types="stock.*,sale.completed").json()
    assert [row["type"] for row in only["results"]] == ["order.completed", "stock.changed"]


def test_a_place_that_is_not_in_the_stream_is_gone(acme: Shop) -> None:
    key = machine(acme)
    number_events(acme.tenant)
    stream = Stream.objects.get()
    Stream.objects.update(kept_from=3)
    for query in ({"after": stream.head + 1}, {"after": 0}, {"after": 1}, {"after": 2, "epoch": str(uuid4())}):
        answer = feed(acme, key, **query)
        assert (answer.status_code, answer.json()["code"], answer.json()["head"]) == (410, "reset", stream.head), query
    assert feed(acme, key, after=2).status_code == 200
    wrong = feed(acme, key, types="order.nothing")
    assert (wrong.status_code, pointers(wrong)) == (422, {"/types"})


def test_the_feed_hides_what_its_reader_may_not_know(acme: Shop, globex: Shop) -> None:
    north = Location.objects.create(code="NORTH", name="North")
    stock(acme.variant("TEA"), north, "5")
    machine(acme).post("orders/", sale_body(acme, {"TEA": "1"}))
    number_events(acme.tenant)

    def types(permissions: list[str], places: tuple[Location, ...] = ()) -> set[str]:
        answer = feed(acme, machine(acme, ["outbox.view_events", *permissions], places), limit=1000)
        assert CANARY not in answer.content.decode()
        return {row["type"] for row in answer.json()["results"]}

    assert types([]) == set()
    assert types(["orders.view_orders"]) == {"order.created", "order.completed", "payment.received"}
    assert types(["inventory.view_stock"]) == {"stock.changed"}
    assert types(["orders.view_orders"], (north,)) == set()
    reader = machine(acme, ["outbox.view_events", "inventory.view_stock"], (north,))
    assert [row["data"]["location_id"] for row in feed(acme, reader).json()["results"]] == [str(north.pk)]
    assert person(acme, "cashier").get("events/").status_code == 403


def test_a_job_is_seen_by_those_who_may_ask_for_it(acme: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "t.work", Kind("t.work", lambda **_: {}, "orders.import_history"))
    with transaction.atomic():
        job = enqueue("t.work", actor=acme.actor("owner"))
    body = person(acme, "manager").get(f"jobs/{job.pk}/").json()
    assert (body["id"], body["state"], body["progress"], body["total"]) == (str(job.pk), "waiting", 0, None)
    Job.objects.update(state="failed", error="Row 3 is broken.", result={"rows": 3})
    body = person(acme, "manager").get(f"jobs/{job.pk}/").json()
    assert (body["state"], body["error"], body["result"]) == ("failed", "Row 3 is broken.", {"rows": 3})
    assert person(acme, "cashier").get(f"jobs/{job.pk}/").status_code == 404
    assert person(acme, "manager").get(f"jobs/{uuid7()}/").status_code == 404


def test_locations_are_those_one_may_work_at(acme: Shop) -> None:
    north = Location.objects.create(code="NORTH", name="North")
    assert [row["code"] for row in machine(acme).get("locations/").json()["results"]] == ["MAIN", "NORTH"]
    local = machine(acme, ["locations.view"], [north])
    assert [row["code"] for row in local.get("locations/").json()["results"]] == ["NORTH"]


def test_a_key_opens_its_own_shop_until_it_is_revoked_or_expired(acme: Shop, globex: Shop) -> None:
    key = machine(acme)
    assert key.get("").status_code == 200
    token = key.browser.defaults["HTTP_AUTHORIZATION"]
    elsewhere = Client(headers={"host": globex.host, "authorization": token}).get("/api/v1/")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (401, "authentication-failed")
    assert elsewhere["WWW-Authenticate"].startswith("Bearer")
    ApiKey.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert key.get("").status_code == 401
    ApiKey.objects.update(expires_at=None, revoked_at=datetime.now(UTC))
    assert key.get("").status_code == 401
    stranger = person(acme, None).get("orders/")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not-authenticated")


def test_a_browser_needs_its_csrf_token_to_write(acme: Shop) -> None:
    browser = acme.client("manager", enforce_csrf_checks=True)
    answer = Api(browser).post("orders/", sale_body(acme, {"TEA": "1"}))
    assert answer.status_code == 403 and Order.objects.count() == 0


def test_a_budget_is_told_and_then_used_up_but_sales_have_their_own(
    acme: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "READS", Rate("read", 2, 3600))
    key = machine(acme)
    answers = [key.get("orders/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit"] == '"read";r=1' and answers[0]["RateLimit-Policy"] == '"read";q=2;w=3600'
    assert answers[2].json()["code"] == "too-many-requests" and int(answers[2]["Retry-After"]) > 1000
    assert key.post("orders/", sale_body(acme, {"TEA": "1"})).status_code == 201


def test_a_method_nobody_knows_is_not_a_missing_permission(acme: Shop) -> None:
    answer = person(acme, "viewer").browser.delete("/api/v1/orders/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")


def test_every_problem_code_is_explained_on_its_page(acme: Shop) -> None:
    page = person(acme, None).get("docs/problems/").content.decode()
    assert {"out-of-stock", "reset", "identifier-reused", "malformed"} <= {problem.code for problem in all_problems()}
    for problem in all_problems():
        assert f'id="{problem.code}"' in page and len(problem.meaning) > 20, problem.code


POSTS = ("orders/", "products/", "customers/", "stock/movements/")
DEEP = 10_000
HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "no json": b"{",
    "not an object": b"[1]",
    "null": b"null",
    "text": b'"x"',
    "nan": b'{"id": NaN}',
    "infinity": b'{"id": -Infinity}',
    "nul": b'{"note": "a\\u0000b", "name": "a\\u0000b"}',
    "raw nul": b'{"note": "a\x00b"}',
    "half a character": b'{"note": "\\ud800", "name": "\\ud800", "x": "\\ud800"}',
    "bad utf-8": b'{"note": "\xff\xfe"}',
    "utf-16": '{"note": "x"}'.encode("utf-16"),
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep field": b'{"lines":' + b"[" * 500 + b"]" * 500 + b"}",
    "huge exponent": b'{"lines": [{"code": "TEA", "quantity": 1e999999999999999999999}]}',
    "large exponent": b'{"lines": [{"code": "TEA", "quantity": 1e9999}], "variants": [{"unit_price": 1e9999}]}',
    "tiny": b'{"lines": [{"code": "TEA", "quantity": 1e-9999}], "variants": [{"unit_price": 1e-9999}]}',
    "huge integer": b'{"lines": [{"code": "TEA", "quantity": ' + b"9" * 5000 + b"}]}",
    "long integer": b'{"lines": [{"code": "TEA", "quantity": ' + b"9" * 900 + b"}]}",
    "twice": b'{"name": "a", "name": "b"}',
    "long text": b'{"name": "' + b"x" * 100_000 + b'", "note": "' + b"x" * 100_000 + b'"}',
    "wrong types": b'{"id": 1, "lines": {}, "name": [], "variants": "x", "location": true, "payments": 1}',
    "nulls": b'{"id": null, "lines": null, "name": null, "variants": null, "location": null, "payments": null}',
    "list of anything": b'{"lines": [1, null, "x", []], "variants": [1, null, "x", []], "payments": [1, null, []]}',
    "names like pointers": b'{"a/b~c": 1}',
}


@pytest.mark.parametrize("path", POSTS)
def test_hostile_bodies_are_refused_and_change_nothing(acme: Shop, path: str) -> None:
    key, before = machine(acme), Event.objects.count()
    for name, body in HOSTILE.items():
        for headers in ({}, {"idempotency-key": f"{path}{name}"}):
            answer = key.post(path, body, **headers)
            assert answer.status_code in (400, 422), (name, answer.status_code, answer.content[:300])
            assert answer.json()["request_id"] and answer.json()["code"] in ("malformed", "invalid"), name
    wrong_type = key.browser.post(f"/api/v1/{path}", {"a": "b"})
    assert wrong_type.status_code == 415
    assert Event.objects.count() == before


def test_a_text_longer_than_its_idempotency_key_may_be_is_refused(acme: Shop) -> None:
    key = machine(acme)
    for word in ("x" * 201, "a\u00a0\u00ad"):
        assert key.post("customers/", {"number": "C9"}, **{"idempotency-key": word}).status_code == 422


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("id", "location", "lines", "payments", "name", "variants", "number", "email", "kind", "note", "occurred_at")
LINES = st.lists(
    st.fixed_dictionaries(
        {}, optional={n: JSON for n in ("variant", "code", "quantity", "unit_price", "sku", "codes", "stock")}
    ),
    max_size=3,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON | LINES | st.uuids().map(str), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, path=st.sampled_from(POSTS))
def test_no_body_at_all_is_a_server_error(acme: Shop, body: dict[str, Any], path: str) -> None:
    answer = person(acme, "owner").post(path, body)
    assert answer.status_code in (200, 201, 400, 404, 409, 422), (body, answer.content[:300])


@pytest.mark.parametrize(
    "query",
    [
        "cursor=%00",
        "cursor=" + "A" * 300,
        "cursor=WyJ4IiwieSJd",
        "cursor=WyIxIiwiMiJd",
        "cursor=%F0%9F%8D%B5",
        "q=%00",
        "q=%ff",
        "q=%25%5C",
        "limit=1e9",
        "location=x",
        "updated_since=x",
        "updated_since=0001-01-01T00:00:00%2B14:00",
    ],
)
@pytest.mark.parametrize("path", ["orders/", "customers/", "products/", "stock/", "stock/movements/", "locations/"])
def test_hostile_parameters_are_refused_or_find_nothing(acme: Shop, path: str, query: str) -> None:
    answer = person(acme, "owner").browser.get(f"/api/v1/{path}?{query}")
    assert answer.status_code in (200, 422), answer.content[:300]
