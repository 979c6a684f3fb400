"""Webhooks: deliveries a second and what one costs, commit to receiver with one shop and ten, and beside one that hangs.

The floor is the same bytes and headers sent by a bare HTTP client to the same receiver, one connection each as ours.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

import django

from benchmarks.harness import free_port, machine, process, quantile, table

DELIVERIES = 1000
ENDPOINTS = 4
THREADS = 16
EVENTS = 200
PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 60
WORKER = ("-m", "celery", "--quiet", "-A", "retail_saas", "worker", "-Q", "webhooks", "-c", "2", "-l", "WARNING")


def main(chosen: list[str]) -> None:
    """Words choose parts: rate, wait."""
    os.environ["WEBHOOK_ALLOW_PRIVATE"] = "1"
    django.setup()
    for part in chosen or ["rate", "wait"]:
        {"rate": rate, "wait": wait}[part]()
    print(machine())


# --- how many, and what one costs


def rate() -> None:
    rows = []
    with receiver() as port:
        for shops in (1, 10):
            tenants = bench_shops(shops)
            bodies = queue(tenants, port)
            rows.append([f"Retail SaaS, {shops} shop{'s' if shops > 1 else ''}", *costs(len(bodies), drain(tenants))])
            rows.append(["bare HTTP client", *costs(len(bodies), floor(bodies, port))])
            clear(tenants)
    table(["sender", "deliveries", "a second", "CPU ms each", "a second and core"], rows)
    print(
        f"{ENDPOINTS} endpoints a shop, one serving process. Ours claims by lease, signs, checks the address, sends and writes\n"
        "the log; its CPU is that of the worker (not of PostgreSQL). The receiver is a process of its own on this machine."
    )


def costs(number: int, spent: tuple[float, float]) -> list[str]:
    wall, cpu = spent
    return [str(number), f"{number / wall:.0f}", f"{1000 * cpu / number:.2f}", f"{number / cpu:.0f}"]


def queue(tenants: Sequence[Any], port: int) -> list[bytes]:
    """Deliveries that are due, evenly over shops and endpoints."""
    from datetime import UTC, datetime

    from core.tenancy.context import use_tenant
    from webhooks.catalogue import example_envelope
    from webhooks.message import body_of
    from webhooks.models import Delivery

    clear(tenants)  # of a run that was broken off
    bodies = []
    now = datetime.now(UTC)
    for tenant in tenants:
        endpoints = connect(tenant, port, ENDPOINTS)
        rows = []
        for number in range(DELIVERIES // len(tenants)):
            event_id = uuid4()
            body = body_of({**example_envelope("order.completed"), "id": str(event_id), "seq": number + 1})
            bodies.append(body)
            rows.append(
                Delivery(
                    endpoint=endpoints[number % ENDPOINTS],
                    event_id=event_id,
                    event_seq=number + 1,
                    event_type="order.completed",
                    body=body,
                    due_at=now,
                    created_at=now,
                )
            )
        with use_tenant(tenant):
            Delivery.objects.bulk_create(rows, batch_size=500)
    return bodies


def drain(tenants: Sequence[Any]) -> tuple[float, float]:
    """Serve until nothing waits; wall and CPU seconds of this process."""
    from core.tenancy.context import use_tenant
    from webhooks.bell import pass_on
    from webhooks.models import Delivery
    from webhooks.server import Server

    began, cpu = time.perf_counter(), time.process_time()
    left = True
    while left:
        for tenant in tenants[1:]:
            pass_on(tenant.schema_name)
        Server().serve(tenants[0].schema_name)
        left = False
        for tenant in tenants:
            with use_tenant(tenant):
                left = left or Delivery.objects.filter(state__in=["pending", "sending"]).exists()
    spent = time.perf_counter() - began, time.process_time() - cpu
    for tenant in tenants:
        with use_tenant(tenant):
            assert not Delivery.objects.exclude(state="done").exists(), "a delivery failed"
    return spent


def floor(bodies: Sequence[bytes], port: int) -> tuple[float, float]:
    def send(body: bytes) -> None:
        call = HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Content-Type": "application/json", "webhook-id": "msg_floor", "Connection": "close"}
        call.request("POST", "/in", body, headers)
        assert call.getresponse().status == 204
        call.close()

    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, bodies))
    return time.perf_counter() - began, time.process_time() - cpu


# --- commit to receiver


def wait() -> None:
    rows = []
    with receiver() as port, process("manage.py", "relay"), process(*WORKER, WEBHOOK_ALLOW_PRIVATE="1"):
        for label, shops, hanging in (("1 shop", 1, 0), ("10 shops", 10, 0), ("1 shop, 3 receivers hang", 1, 3)):
            tenants = bench_shops(shops)
            for tenant in tenants:
                connect(tenant, port, 1)
                connect(tenant, port, hanging, path="/hang")
            heard(port, set(tell(tenants[:1], 1)))  # relay and worker have begun
            committed = tell(tenants, EVENTS)
            arrived = heard(port, set(committed))
            waits = [1000 * (arrived[mark] - at) for mark, at in committed.items() if mark in arrived]
            missing = len(committed) - len(waits)
            figures = [f"{quantile(waits, share):.0f}" for share in (0.5, 0.99)] if waits else ["–", "–"]
            rows.append([label, len(committed), missing, *figures, f"{max(waits):.0f}" if waits else "–"])
            clear(tenants)
    table(["with", "events", "missing", "p50 ms", "p99 ms", "worst ms"], rows)
    print(
        f"One event each {PAUSE_SECONDS:g} s, from the return of its commit to the receiver's first byte: relay, bell, worker, call."
    )


def tell(tenants: Sequence[Any], events: int) -> dict[str, float]:
    """Commit so many events in turn; when each was committed, by its ``webhook-id``."""
    from django.db import transaction

    from core.actors import SYSTEM
    from core.locations.events import LocationUpdated
    from core.outbox.models import Event
    from core.outbox.services import emit
    from core.tenancy.context import use_tenant

    committed: dict[str, float] = {}
    for number in range(events):
        with use_tenant(tenants[number % len(tenants)]):
            with transaction.atomic():
                place = uuid4()
                emit(
                    LocationUpdated(location_id=place, version=2, code="BENCH", is_active=True, fields=["name"]),
                    actor=SYSTEM,
                )
                uuid = Event.objects.filter(object_id=str(place)).values_list("uuid", flat=True).get()
            committed[f"msg_{uuid.hex}"] = time.time()
        time.sleep(PAUSE_SECONDS)
    return committed


def heard(port: int, wanted: set[str]) -> dict[str, float]:
    """When the receiver heard each, asked until all are there or patience ends."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        call = HTTPConnection("127.0.0.1", port, timeout=10)
        call.request("GET", "/heard")
        found: dict[str, float] = json.loads(call.getresponse().read())
        if wanted <= found.keys() or time.monotonic() > end:
            return found
        time.sleep(0.2)


# --- shops and the receiver


def bench_shops(number: int) -> list[Any]:
    """So many shops, made once; what is left of the making of one that was killed goes first."""
    from django.conf import settings

    from core.errors import NotFound
    from core.tenancy.models import Tenant
    from core.tenancy.selectors import find_tenant
    from core.tenancy.services import create_tenant, delete_tenant

    found = []
    for place in range(number):
        host = f"hooks{place}.{settings.BASE_DOMAIN}"
        try:
            tenant = find_tenant(host)
            if tenant.state != Tenant.State.ACTIVE:
                delete_tenant(tenant)
                raise NotFound("It was never finished.")
        except NotFound:
            tenant = create_tenant(name=f"Hooks {place}", host=host, currency="GBP")
        found.append(tenant)
    return found


def connect(tenant: Any, port: int, number: int, path: str = "/in") -> list[Any]:
    from core.actors import SYSTEM
    from core.ids import uuid7
    from core.outbox.relay import number_events
    from core.tenancy.context import use_tenant
    from webhooks.services.endpoints import create_endpoint

    while number_events(tenant):
        pass
    with use_tenant(tenant):
        url = f"http://127.0.0.1:{port}{path}"
        return [
            create_endpoint(endpoint_id=uuid7(), url=url, subscriptions=["location.updated"], actor=SYSTEM).endpoint
            for _ in range(number)
        ]


def clear(tenants: Sequence[Any]) -> None:
    from core.actors import SYSTEM
    from core.tenancy.context import use_tenant
    from webhooks.models import Endpoint
    from webhooks.services.endpoints import delete_endpoint

    for tenant in tenants:
        with use_tenant(tenant):
            for endpoint in Endpoint.objects.all():
                delete_endpoint(endpoint_id=endpoint.pk, actor=SYSTEM)


@contextmanager
def receiver() -> Iterator[int]:
    """A receiver in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.webhooks", "--receive", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline() == b"ready\n"
        try:
            yield port
        finally:
            running.kill()


async def receive(port: int) -> None:
    """Answer every POST with 204, never one to /hang; GET tells when each ``webhook-id`` first came."""
    heard: dict[str, float] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            at = time.time()
            lines = head.split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            await reader.readexactly(int(headers.get("content-length", 0)))
            if "/hang" in lines[0]:
                await asyncio.sleep(60)
            if lines[0].startswith("GET"):
                body = json.dumps(heard).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            else:
                heard.setdefault(headers.get("webhook-id", ""), at)
                writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--receive"]:
        asyncio.run(receive(int(sys.argv[2])))
    else:
        main(sys.argv[1:])
