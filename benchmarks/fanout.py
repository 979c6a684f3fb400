"""Commit to frame: how long after a sale's commit N sockets have its events, and what a frame costs the server."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import django
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.harness import cpu_seconds, process, quantile, table, web
from benchmarks.shop import BenchShop, bench_shop

SIZES = (1, 100, 500)
SALES = 30
PAUSE_SECONDS = 0.1
MOST_SECONDS = 60


def main() -> None:
    """One web process, one relay; every socket hears every sale."""
    shop = bench_shop()
    tell_what_waits(shop)
    with process("manage.py", "relay") as _, web("uvicorn") as (port, server):
        sell = seller(shop)
        rows = [asyncio.run(measure(shop, port, server.pid, size, sell)) for size in SIZES]
    table(["sockets", "frames", "missing", "p50 ms", "p99 ms", "worst ms", "CPU us per frame, web process"], rows)
    print(
        f"{SALES} sales of three lines, one each {PAUSE_SECONDS:g} s, sold beside the server. A frame holds the three\n"
        "events of a sale that the key may see. The clock runs from the return of the commit to the frame in the\n"
        "client, which shares the machine."
    )


def tell_what_waits(shop: BenchShop) -> None:
    """Number what earlier benchmarks left, so that nobody hears of it in between."""
    from core.outbox.relay import number_events
    from core.tenancy.selectors import find_tenant

    tenant = find_tenant(shop.host)
    while number_events(tenant):
        pass


async def measure(
    shop: BenchShop, port: int, server: int, size: int, sell: Callable[[], tuple[str, float]]
) -> list[Any]:
    """Open ``size`` sockets, sell, and wait for every frame; a row of the table."""
    arrived: dict[str, list[float]] = {}
    lines = [await listen(shop, port) for _ in range(size)]
    readers = [asyncio.create_task(read(line, arrived)) for line in lines]
    before = cpu_seconds(server)
    committed: dict[str, float] = {}
    for _ in range(SALES):
        order, at = await asyncio.to_thread(sell)
        committed[order] = at
        await asyncio.sleep(PAUSE_SECONDS)
    deadline = time.monotonic() + MOST_SECONDS
    while sum(map(len, arrived.values())) < SALES * size and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    cpu = cpu_seconds(server) - before
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, *(line.close() for line in lines), return_exceptions=True)
    waits = [1000 * (when - committed[order]) for order, moments in arrived.items() for when in moments]
    worst = f"{max(waits):.0f}"
    missing = SALES * size - len(waits)
    cost = f"{1e6 * cpu / len(waits):.0f}"
    return [size, len(waits), missing, f"{quantile(waits, 0.5):.1f}", f"{quantile(waits, 0.99):.1f}", worst, cost]


async def listen(shop: BenchShop, port: int) -> ClientConnection:
    """A socket that has been greeted."""
    ticket = await asyncio.to_thread(take_ticket, shop, port)
    line = await connect(
        f"ws://{shop.host}:{port}/ws/events/?ticket={ticket}&topics=order.*,payment.*",
        host="127.0.0.1",
        port=port,
        compression=None,
        ping_interval=None,
    )
    greeting = json.loads(await line.recv())
    assert greeting["type"] == "hello", greeting
    return line


async def read(line: ClientConnection, arrived: dict[str, list[float]]) -> None:
    """Note when each sale came."""
    async for text in line:
        now = time.time()
        if '"order.completed"' in text:  # type: ignore[operator]
            for event in json.loads(text)["events"]:
                if event["type"] == "order.completed":
                    arrived.setdefault(event["data"]["order_id"], []).append(now)


def take_ticket(shop: BenchShop, port: int) -> str:
    """A ticket for the key; waits when the shop's budget of requests is used up."""
    for _ in range(20):
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        link.request(
            "POST", "/api/v1/live/tickets/", headers={"Host": shop.host, "Authorization": f"Bearer {shop.token}"}
        )
        answer = link.getresponse()
        body = json.loads(answer.read())
        link.close()
        if answer.status == 201:
            return str(body["ticket"])
        time.sleep(float(answer.headers.get("Retry-After", 1)))
    raise RuntimeError(f"no ticket: {body}")


def seller(shop: BenchShop) -> Callable[[], tuple[str, float]]:
    """A function that sells three articles by the service and answers the order and the moment of its commit."""
    django.setup()
    from decimal import Decimal
    from uuid import UUID

    from core.actors import SYSTEM
    from core.ids import uuid7
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from orders.services.checkout import BasketLine, Sale, Tender, place_order

    tenant = find_tenant(shop.host)
    lock = threading.Lock()

    def sell() -> tuple[str, float]:
        with lock, use_tenant(tenant):
            placed = place_order(
                Sale(
                    order_id=uuid7(),
                    location_id=UUID(shop.location),
                    lines=[BasketLine(variant_id=UUID(pk), quantity=Decimal(2)) for pk in shop.variants[:3]],
                    payments=[Tender(method="card", amount=Decimal("7.50"))],
                    channel="api",
                ),
                actor=SYSTEM,
            )
            return str(placed.order.pk), time.time()

    return sell


if __name__ == "__main__":
    main()
