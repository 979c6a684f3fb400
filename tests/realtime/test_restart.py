"""A server that ends says goodbye: every screen knows when to come back, never all at once, and nothing is lost."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from core.actors import Actor
from core.testing import Shop
from realtime.sockets.leaving import RETURNS_PER_SECOND, SOONEST_SECONDS, waits_of
from realtime.sockets.tickets import issue_ticket
from tests.live_steps import news, settled
from tests.processes import Product

SCREENS = 200


@dataclass
class Screen:
    """A program that listens, ends and comes back."""

    product: Product
    shop: Shop
    actor: Actor
    since: str = ""
    wait: float = -1
    code: int = 0
    heard: list[int] = field(default_factory=list)
    line: ClientConnection | None = None

    async def come(self) -> None:
        ticket = issue_ticket(actor=self.actor, origin="")
        address = f"ws://{self.shop.host}:{self.product.port}/ws/events/?ticket={ticket}&topics=products"
        self.line = await connect(
            address + (f"&since={self.since}" if self.since else ""),
            host="127.0.0.1",
            port=self.product.port,
            ping_interval=None,
        )
        hello = json.loads(await self.line.recv())
        self.since = self.since or f"{hello['epoch']}:{hello['last_seq']}"

    async def listen(self, until: int | None = None) -> None:
        """Read to the end of the line, or until an event has come."""
        assert self.line is not None
        try:
            while until is None or self.heard[-1:] != [until]:
                frame: dict[str, Any] = json.loads(await self.line.recv())
                self.wait = frame.get("wait", self.wait)
                self.heard.extend(event["seq"] for event in frame.get("events", ()))
        except ConnectionClosed as end:
            self.code = end.rcvd.code if end.rcvd else 1006


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_two_hundred_screens_come_back_after_a_restart_one_after_the_other(product: Product, acme: Shop) -> None:
    begin = settled()
    owner = acme.actor()
    screens = [Screen(product, acme, owner) for _ in range(SCREENS)]

    async def first() -> None:
        for screen in screens:
            await screen.come()
        ends = [asyncio.create_task(screen.listen()) for screen in screens]
        await asyncio.to_thread(product.stop, "web")
        await asyncio.gather(*ends)

    async def again() -> None:
        for screen in screens:
            await screen.come()
        await asyncio.gather(*(screen.listen(until=begin + 3) for screen in screens))
        await asyncio.gather(*(screen.line.close() for screen in screens if screen.line))

    asyncio.run(asyncio.wait_for(first(), 60))
    news(3)
    product.start("web")
    settled()
    asyncio.run(asyncio.wait_for(again(), 60))

    assert Counter(screen.code for screen in screens) == {1012: SCREENS}
    assert sorted(screen.wait for screen in screens) == [round(wait, 2) for wait in waits_of(SCREENS)]
    assert all(screen.heard == [begin + 1, begin + 2, begin + 3] for screen in screens)


def test_however_many_were_here_they_come_back_as_an_even_stream() -> None:
    waits = waits_of(2000)
    assert min(waits) == SOONEST_SECONDS
    assert max(Counter(int(wait * 10) for wait in waits).values()) <= RETURNS_PER_SECOND / 10 + 1
