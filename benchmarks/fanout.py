"""Commit to frame: how long after a sale's commit N sockets have its events, and what a frame costs the server.

Beside Socket.IO with its Redis adapter on Node, told the same bytes at the same pace on the same machine.
"""

import asyncio
import contextlib
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django

from benchmarks.harness import cpu_seconds, free_port, machine, process, quantile, table, tree, wait_for_web, web
from benchmarks.listeners import Listener
from benchmarks.reference import install, line, socket_io
from benchmarks.shop import BenchShop, bench_shop

if TYPE_CHECKING:
    from core.actors import Actor

SIZES = (100, 500, 1000, 2000)
SALES = 30
PAUSE_SECONDS = 0.3
MOST_SECONDS = 30
_ORDER = re.compile(rb'"type":"order\.completed".*?"order_id":"([0-9a-f-]{36})"')
_MARK = re.compile(rb'"mark":"([0-9a-f-]{36})"')


def main(chosen: list[str]) -> None:
    """One web process, one relay; every socket hears every sale. Words choose: fan, servers, and numbers of sockets."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    shop = bench_shop()
    tell_what_waits(shop)
    sizes = [int(word) for word in chosen if word.isdigit()] or list(SIZES)
    for part in [word for word in chosen if not word.isdigit()] or ["fan", "servers"]:
        {"fan": fan, "servers": servers}[part](shop, sizes)
    print(machine())


# --- one sale to N sockets, beside the reference


def fan(shop: BenchShop, sizes: list[int]) -> None:
    rows = []
    folder = install("socketio")
    for size in sizes:
        with process("manage.py", "relay"), web("uvicorn") as (port, server):
            sell = seller(shop)
            rows.append(["Retail SaaS", *asyncio.run(measure(ours(shop, port), server.pid, size, sell))])
            sample = asyncio.run(one_frame(ours(shop, port), sell))
        if folder is None:
            continue
        with socket_io(folder, redis_of_reference()) as (there, node, tell):
            rows.append(["Socket.IO", *asyncio.run(measure(theirs(there), node.pid, size, teller(tell, sample)))])
    table(HEAD, rows)
    print(
        f"{SALES} sales of three lines, one each {PAUSE_SECONDS:g} s. A frame holds the three events of a sale that the key\n"
        "may see; the reference is told the same bytes. Our clock runs from the return of the commit (the relay numbers,\n"
        "then publishes), the reference's from the writing of the message to its emitter. Clients share the machine."
    )


HEAD = ["server", "sockets", "frames", "missing", "p50 ms", "p99 ms", "worst ms", "CPU us per frame", "kB per socket"]
Opener = Callable[[dict[str, list[float]]], Awaitable[Listener]]


def listening(shop: BenchShop) -> "cycle[Actor]":
    """Who listens, in turn. Making their keys is told as events: do it before a place in the stream is chosen."""
    from core.actors import SYSTEM
    from core.people.selectors import actor_of_key
    from core.people.services import create_api_key
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant

    permissions = ["orders.sell", "orders.view_orders"]
    with use_tenant(find_tenant(shop.host)):  # one actor may have a thousand sockets at a process
        made = [create_api_key(name="bench", permissions=permissions, actor=SYSTEM)[1] for _ in range(4)]
        return cycle([actor for token in made if (actor := actor_of_key(token))])


def ours(
    shop: BenchShop, port: int, *, extensions: str = "", actors: "cycle[Actor] | None" = None, **more: str
) -> Opener:
    """Opens a socket of the product."""
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from realtime.sockets.tickets import issue_ticket

    tenant = find_tenant(shop.host)
    actors = actors or listening(shop)

    async def open_one(arrived: dict[str, list[float]]) -> Listener:
        with use_tenant(tenant):
            ticket = issue_ticket(actor=next(actors), origin="")
        wishes = "&".join(f"{name}={value}" for name, value in {"topics": "orders,payments", **more}.items())
        path = f"/ws/events/?ticket={ticket}&{wishes}"
        found = Listener(shop.host, path, order_of, arrived, extensions=extensions)
        found.ready = lambda payload: bool(extensions) or payload.startswith(b'{"type":"hello"')
        return await connected(found, port)

    return open_one


def theirs(port: int) -> Opener:
    """Opens a socket of the reference: its own greetings, then the same."""

    async def open_one(arrived: dict[str, list[float]]) -> Listener:
        answers = {b"0{": b"40", b"2": b"3"}
        found = Listener("localhost", "/socket.io/?EIO=4&transport=websocket", mark_of, arrived, answers)
        found.ready = lambda payload: payload.startswith(b"40")
        return await connected(found, port)

    return open_one


async def connected(listener: Listener, port: int) -> Listener:
    await asyncio.get_running_loop().create_connection(lambda: listener, "127.0.0.1", port)
    await asyncio.wait_for(listener.greeted, 20)
    return listener


async def patiently(open_one: Opener, arrived: dict[str, list[float]]) -> Listener:
    """Open a socket as a page does: one that is closed before its greeting is opened again."""
    for _ in range(5):
        with contextlib.suppress(ConnectionError, TimeoutError):
            return await open_one(arrived)
        await asyncio.sleep(0.5)
    return await open_one(arrived)


known: dict[bytes, list[str]] = {}


def order_of(payload: bytes) -> list[str]:
    """The orders whose completion a frame tells; equal frames are looked at once."""
    if payload not in known:
        known[payload] = [found.decode() for found in _ORDER.findall(payload)]
    return known[payload]


def mark_of(payload: bytes) -> list[str]:
    if payload not in known:
        known[payload] = [found.decode() for found in _MARK.findall(payload)[:1]]
    return known[payload]


async def measure(open_one: Opener, server: int, size: int, tell: Callable[[], tuple[str, float]]) -> list[Any]:
    """Open ``size`` sockets, tell, and wait for every frame; a row of the table without its name."""
    known.clear()
    arrived: dict[str, list[float]] = {}
    empty = memory_kb(server)
    lines = [await patiently(open_one, arrived) for _ in range(size)]
    await asyncio.sleep(1)
    full = memory_kb(server)
    before = cpu_seconds(server)
    committed: dict[str, float] = {}
    for _ in range(SALES):
        key, at = await asyncio.to_thread(tell)
        committed[key] = at
        await asyncio.sleep(PAUSE_SECONDS)
    deadline = time.monotonic() + MOST_SECONDS
    while sum(map(len, arrived.values())) < SALES * size and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    cpu = cpu_seconds(server) - before
    for each in lines:
        each.transport.abort()
    waits = [1000 * (when - committed[key]) for key, moments in arrived.items() for when in moments if key in committed]
    return [
        size,
        len(waits),
        SALES * size - len(waits),
        *quantiles(waits),
        us(cpu, waits),
        f"{(full - empty) / size:.0f}",
    ]


def quantiles(waits: list[float]) -> list[str]:
    return [f"{quantile(waits, 0.5):.0f}", f"{quantile(waits, 0.99):.0f}", f"{max(waits):.0f}"]


def us(cpu: float, waits: list[float]) -> str:
    return f"{1e6 * cpu / len(waits):.0f}"


def memory_kb(root: int) -> int:
    """Resident memory of a process tree."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return total


async def one_frame(open_one: Opener, sell: Callable[[], tuple[str, float]]) -> str:
    """The text of a sale's frame, for the reference to tell."""
    texts: list[bytes] = []
    listener = await open_one({})
    listener.note(texts.append)
    await asyncio.to_thread(sell)
    deadline = time.monotonic() + 10
    while not any(order_of(text) for text in texts) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    listener.transport.abort()
    return next(text for text in texts if order_of(text)).decode()


def teller(to: Any, sample: str) -> Callable[[], tuple[str, float]]:
    """A function that has the reference tell one frame, and answers its mark and the moment."""

    def tell() -> tuple[str, float]:
        mark = str(uuid4())
        at = time.time()
        to.write(line({"mark": mark, **json.loads(sample)}))
        to.flush()
        return mark, at

    return tell


def redis_of_reference() -> str:
    from django.conf import settings

    return str(settings.LIVE_REDIS_URL).rpartition("/")[0] + "/9"


# --- which server library, with and without compression


def servers(shop: BenchShop, sizes: list[int]) -> None:
    """The same 500 sockets under uvicorn's two libraries, with and without permessage-deflate."""
    rows = []
    for kind, deflate in (("wsproto", False), ("wsproto", True), ("websockets", False), ("websockets", True)):
        with process("manage.py", "relay"), socket_server(kind, deflate) as (port, server):
            asks = "permessage-deflate; client_max_window_bits" if deflate else ""
            open_one = ours(shop, port, extensions=asks)
            figures, size = asyncio.run(measured_bytes(open_one, server.pid, seller(shop)))
            rows.append([kind, "yes" if deflate else "no", *figures[3:7], size])
    table(["library", "deflate", "p50 ms", "p99 ms", "worst ms", "CPU us per frame", "bytes per frame"], rows)


async def measured_bytes(open_one: Opener, server: int, sell: Callable[[], tuple[str, float]]) -> tuple[list[Any], str]:
    """As `measure` at 500 sockets, by counting frames: a compressed one cannot be looked into."""
    arrived: dict[str, list[float]] = {}
    lines = [await patiently(open_one, arrived) for _ in range(500)]
    await asyncio.sleep(1)
    came: list[float] = []
    for each in lines:
        each.note(lambda payload: came.append(time.time()))
        each.received = 0
    before, waits = cpu_seconds(server), []
    for _ in range(SALES):
        came.clear()
        _, at = await asyncio.to_thread(sell)
        deadline = time.monotonic() + 5
        while len(came) < len(lines) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        waits += [1000 * (when - at) for when in came]
        await asyncio.sleep(PAUSE_SECONDS)
    cpu = cpu_seconds(server) - before
    received = sum(each.received for each in lines)
    for each in lines:
        each.transport.abort()
    row = [500, len(waits), 0, *quantiles(waits), us(cpu, waits)]
    return row, f"{received / len(waits):.0f}"


@contextlib.contextmanager
def socket_server(kind: str, deflate: bool) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    port = free_port()
    options = ["--ws", kind, "--ws-per-message-deflate", str(deflate).lower(), "--lifespan", "off", "--no-access-log"]
    command = ["-m", "uvicorn", "retail_saas.asgi:application", "--port", str(port), "--log-level", "warning", *options]
    with process(*command, PROCESS_ROLE="web") as running:
        wait_for_web(port)
        yield port, running


# --- shared


def tell_what_waits(shop: BenchShop) -> None:
    """Number what earlier benchmarks left, so that nobody hears of it in between."""
    from core.outbox.relay import number_events
    from core.tenancy.selectors import find_tenant

    tenant = find_tenant(shop.host)
    while number_events(tenant):
        pass


def seller(shop: BenchShop, *, alone: bool = False) -> Callable[[], tuple[str, float]]:
    """A function that sells three articles by the service and answers the order and the moment of its commit."""
    from decimal import Decimal
    from uuid import UUID

    from core.actors import SYSTEM
    from core.ids import uuid7
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from orders.services.checkout import BasketLine, Sale, Tender, place_order

    tenant = find_tenant(shop.host)
    lock = contextlib.nullcontext() if alone else threading.Lock()

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
    django.setup()
    main(sys.argv[1:])
