"""How many statements a request may cost, as reviewed numbers; the number of rows must not matter."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.ids import uuid7
from core.locations.models import Location
from core.outbox.relay import number_events
from core.people.models import ApiKey
from core.testing import Shop, make_variant, sale_body, stock
from orders.models import Customer
from tests.api import Api, machine

BUDGET: dict[str, int] = json.loads((Path(__file__).parent / "query_budget.json").read_text())
LISTS = [name.removeprefix("GET /api/v1/") for name in BUDGET if name.startswith("GET /api/v1/")]


def grow(shop: Shop, key: Api, rounds: int) -> None:
    """More of everything that a list shows."""
    for _ in range(rounds):
        sku = f"S{uuid7().hex[-8:]}"
        stock(make_variant(sku), shop.location, "10")
        Customer.objects.create(number=sku)
        Location.objects.create(code=sku[:12], name=sku)
        assert key.post("orders/", sale_body(shop, {sku: "1"})).status_code == 201
        body = {
            "id": str(uuid7()),
            "source": str(shop.location.pk),
            "destination": str(Location.objects.exclude(pk=shop.location.pk).first().pk),  # type: ignore[union-attr]
            "lines": [{"variant": str(shop.variant(sku).pk), "quantity": "1"}],
        }
        assert key.post("transfers/", body).status_code == 201
    number_events(shop.tenant)


def statements(call: Any) -> tuple[int, Any]:
    """How many statements a call costs, and what it answered; transaction control and the host's look-up, which is
    kept for half a minute, are left out."""
    with CaptureQueriesContext(connection) as seen:
        answer = call()
    words = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET search_path", "SET LOCAL")
    asked = [query["sql"] for query in seen.captured_queries if "tenancy_domain" not in query["sql"]]
    return sum(not sql.startswith(words) for sql in asked), answer


def warm(key: Api) -> None:
    """The first use of a key notes when it was used."""
    key.get("")
    assert ApiKey.objects.filter(last_used_at__isnull=False).exists()


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_its_budget_however_long_it_is(acme: Shop, path: str) -> None:
    key = machine(acme)
    warm(key)
    grow(acme, key, 2)
    few, answer = statements(lambda: key.get(path))
    assert answer.status_code == 200 and len(answer.json()["results"]) >= 2
    grow(acme, key, 6)
    many, answer = statements(lambda: key.get(path))
    assert len(answer.json()["results"]) >= 6
    assert few == many == BUDGET[f"GET /api/v1/{path}"]


@pytest.mark.parametrize("lines", [1, 3, 8])
def test_a_sale_costs_its_budget_however_many_lines_it_has(acme: Shop, lines: int) -> None:
    key = machine(acme)
    warm(key)
    for number in range(lines):
        stock(make_variant(f"V{number}", price="2.00"), acme.location, "10")
    body = sale_body(acme, {f"V{number}": "1" for number in range(lines)})
    cost, answer = statements(lambda: key.post("orders/", body))
    assert answer.status_code == 201
    assert cost == BUDGET["POST /api/v1/orders/"]
