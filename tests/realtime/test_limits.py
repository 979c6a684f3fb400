"""One runaway program takes no server: an actor has so many sockets, and nobody else pays for it."""

import asyncio

import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed

from core.tenancy.context import use_tenant
from core.testing import Shop
from tests.live_settings import LIVE_PACE
from tests.live_steps import news, settled
from tests.processes import Product
from tests.realtime.test_restart import Screen

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
MOST = LIVE_PACE.sockets_per_actor


def test_one_actor_has_three_hundred_sockets_and_one_more_is_refused_until_another_ends(
    product: Product, acme: Shop
) -> None:
    begin = settled()
    owner, manager = acme.actor(), acme.actor("manager")

    def one_event() -> None:
        try:
            with use_tenant(acme.tenant):
                news(1)
        finally:
            connection.close()

    async def refused() -> int:
        with pytest.raises(ConnectionClosed) as end:
            await Screen(product, acme, owner).come()
        return end.value.rcvd.code if end.value.rcvd else 1006

    async def all_of_it() -> list[Screen]:
        screens = [Screen(product, acme, owner) for _ in range(MOST)]
        for screen in screens:
            await screen.come()
        assert await refused() == 4409
        other = Screen(product, acme, manager)
        await other.come()
        gone = screens.pop()
        assert gone.line is not None
        await gone.line.close()
        late = Screen(product, acme, owner)
        for _ in range(50):  # the server hears of the end a moment later
            try:
                await late.come()
                break
            except ConnectionClosed:
                await asyncio.sleep(0.1)
        everybody = [*screens, other, late]
        await asyncio.to_thread(one_event)
        await asyncio.gather(*(screen.listen(until=begin + 1) for screen in everybody))
        await asyncio.gather(*(screen.line.close() for screen in everybody if screen.line))
        return everybody

    everybody = asyncio.run(asyncio.wait_for(all_of_it(), 90))
    assert len(everybody) == MOST + 1
    assert all(screen.heard == [begin + 1] for screen in everybody)
