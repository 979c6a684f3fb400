"""Sixty-four clients want the last units of one article, by REST: nobody gets a unit that another has, nothing locks up."""

import http.client
import json
import threading
import time
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

from benchmarks.harness import cpu_seconds, machine, postgres_pid, quantile, table, web
from benchmarks.shop import bench_shop
from core.ids import uuid7

CLIENTS, UNITS, TRIES = 64, 300, 448


def main() -> None:
    """Every client tries in turn until all have tried often enough; then the shelf is counted."""
    shop = bench_shop()
    from django.db import connection

    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from inventory.models import StockLevel
    from orders.auditor import audit_books

    tenant = find_tenant(shop.host)
    with use_tenant(tenant):
        wanted = _one_article(shop.location)
    sold: list[float] = []
    refused: list[float] = []
    other: list[str] = []

    def client(port: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Host": shop.host, "Authorization": f"Bearer {shop.token}", "Content-Type": "application/json"}
        for _ in range(TRIES // CLIENTS):
            body: dict[str, Any] = {
                "id": str(uuid7()),
                "location": shop.location,
                "lines": [{"variant": wanted, "quantity": "1"}],
                "payments": [{"method": "card", "amount": "1.25"}],
            }
            began = time.perf_counter()
            link.request("POST", "/api/v1/orders/", json.dumps(body), headers)
            answer = link.getresponse()
            text = answer.read()
            took = time.perf_counter() - began
            if answer.status in (201, 409):
                (sold if answer.status == 201 else refused).append(took)
            else:
                other.append(f"{answer.status} {text[:200]!r}")

    def deadlocks() -> int:
        with use_tenant(tenant), connection.cursor() as cursor:
            cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    with web() as (port, server):
        locked, before = deadlocks(), cpu_seconds(server.pid) + cpu_seconds(postgres_pid())
        threads = [threading.Thread(target=client, args=(port,)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cpu = cpu_seconds(server.pid) + cpu_seconds(postgres_pid()) - before
    with use_tenant(tenant):
        left = StockLevel.objects.get(variant=UUID(wanted), location=UUID(shop.location)).on_hand
        findings = audit_books()
    table(
        ["answer", "how many", "p50 ms", "p99 ms"],
        [
            [name, len(times), f"{1000 * median(times):.0f}", f"{1000 * quantile(times, 0.99):.0f}"]
            for name, times in (("sold", sold), ("refused, out of stock", refused))
        ]
        + [["anything else", len(other), "-", "-"]],
    )
    print(
        f"{CLIENTS} clients, {UNITS} units, {TRIES} tries: {left:f} left, {deadlocks() - locked} deadlocks, "
        f"{len(findings)} broken laws, {1000 * cpu / TRIES:.1f} ms of CPU a try. {machine()}"
    )
    if len(sold) != UNITS or left or other or findings:
        raise SystemExit(f"This is wrong: {other[:3]} {findings[:3]}")


def _one_article(location: str) -> str:
    from datetime import UTC, datetime

    from core.actors import SYSTEM
    from inventory.models import Product, StockMovement, Variant
    from inventory.services.ledger import add_levels, move_stock

    variant = Variant.objects.create(
        product=Product.objects.create(name="Wanted by all"), sku=f"ONE-{uuid7().hex[-8:]}", unit_price=Decimal("1.25")
    )
    key = (variant.pk, UUID(location))
    add_levels([key])
    move_stock(
        deltas={key: Decimal(UNITS)},
        kind=StockMovement.Kind.OPENING,
        reference_type="bench",
        reference_id=uuid7(),
        actor=SYSTEM,
        occurred_at=datetime.now(UTC),
        may_refuse=False,
    )
    return str(variant.pk)


if __name__ == "__main__":
    main()
