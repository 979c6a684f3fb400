"""How late a frame is while a shop works hard, and how long until somebody who was away knows what they missed."""

import asyncio
import sys
import threading
import time

import django

from benchmarks.fanout import Opener, known, listening, ours, quantiles, seller, tell_what_waits
from benchmarks.harness import cpu_seconds, machine, process, table, web
from benchmarks.shop import BenchShop, bench_shop

WRITERS = 16
BUSY_SECONDS = 30
RESET, END = b'{"type":"reset', b'{"type":"ping"'


def main(chosen: list[str]) -> None:
    """Words choose parts: busy, past."""
    shop = bench_shop()
    tell_what_waits(shop)
    for part in chosen or ["busy", "past"]:
        {"busy": busy, "past": past}[part](shop)
    print(machine())


# --- while a shop works


def busy(shop: BenchShop) -> None:
    """One socket while 16 writers sell and somebody keeps an unrelated transaction open."""
    import psycopg
    from django.db import connection

    with process("manage.py", "relay"), web("uvicorn") as (port, _):
        settings = connection.settings_dict
        with psycopg.connect(
            host=settings["HOST"],
            port=settings["PORT"],
            dbname=settings["NAME"],
            user=settings["USER"],
            password=settings["PASSWORD"],
        ) as idle:
            idle.execute("SELECT pg_current_xact_id()")
            waits, sold = asyncio.run(working(ours(shop, port)))
            idle.rollback()
    missing = sold - len(waits)
    table(
        ["writers", "sales a second", "missing", "p50 ms", "p99 ms", "worst ms", "bar, p99 ms"],
        [[WRITERS, f"{sold / BUSY_SECONDS:.0f}", missing, *quantiles(waits), 250]],
    )
    print(f"{BUSY_SECONDS} s, in which one unrelated transaction that has a number stays open.")


async def working(open_one: Opener) -> tuple[list[float], int]:
    known.clear()
    arrived: dict[str, list[float]] = {}
    listener = await open_one(arrived)
    writers = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.lateness", "--write", stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    assert writers.stdout is not None
    committed = {}
    async for text in writers.stdout:
        order, at = text.decode().split()
        committed[order] = float(at)
    await asyncio.sleep(3)
    listener.transport.abort()
    return [1000 * (arrived[order][0] - at) for order, at in committed.items() if order in arrived], len(committed)


def write(shop: BenchShop) -> None:
    """Sell with 16 threads for a while; a line per sale with the moment of its commit."""
    told, until = threading.Lock(), time.monotonic() + BUSY_SECONDS

    def work() -> None:
        sell = seller(shop, alone=True)
        while time.monotonic() < until:
            order, at = sell()
            with told:
                print(order, at, flush=True)
            time.sleep(1)

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
        time.sleep(1 / WRITERS)
    for thread in threads:
        thread.join()


# --- who was away


def past(shop: BenchShop) -> None:
    """How long until one who missed so many events has them, or knows to read afresh."""
    rows, actors = [], listening(shop)
    tell_what_waits(shop)
    for missed, most in ((1000, 1000), (10_000, 1000), (10_000, 10_000)):
        replay = {"LIVE_REPLAY_EVENTS": str(most), "DJANGO_SETTINGS_MODULE": "benchmarks.far_settings"}
        with process("manage.py", "relay"), web("uvicorn", **replay) as (port, server):
            epoch, head = stream_after(shop, missed)
            open_one = ours(shop, port, actors=actors, topics="*", since=f"{epoch}:{head - missed}")
            rows.append([missed, most, *asyncio.run(resumed(open_one, server.pid))])
    table(["missed", "replayed at most", "answer", "seconds", "CPU seconds", "MB"], rows)


async def resumed(open_one: Opener, server: int) -> list[str]:
    before, began = cpu_seconds(server), time.perf_counter()
    listener = await open_one({})
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not listener.kinds & {RESET, END}:
        await asyncio.sleep(0.01)
    took = time.perf_counter() - began
    listener.transport.abort()
    answer = "reset" if RESET in listener.kinds else "all of them" if END in listener.kinds else "not in time"
    return [answer, f"{took:.2f}", f"{cpu_seconds(server) - before:.2f}", f"{listener.received / 1e6:.1f}"]


def stream_after(shop: BenchShop, wanted: int) -> tuple[str, int]:
    """Epoch and head of a stream with at least so many events; sells until there are."""
    from core.outbox.models import Stream
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant

    sell = seller(shop)
    while True:
        with use_tenant(find_tenant(shop.host)):
            stream = Stream.objects.get()
        if stream.head >= wanted:
            return str(stream.epoch), stream.head
        for _ in range(100):
            sell()
        tell_what_waits(shop)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1:] == ["--write"]:
        write(bench_shop())
    else:
        main(sys.argv[1:])
