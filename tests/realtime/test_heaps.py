"""Much at once, as on a busy machine: who reads what comes is never called too slow."""

import pytest

from core.live import channel
from core.outbox.models import Event
from core.redis import live_redis
from core.testing import Shop
from realtime.sockets.frames import Told, pack
from tests.live_client import Listener
from tests.live_steps import news, settled
from tests.processes import Product
from tests.realtime.test_losses import number_silently

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def test_a_heap_of_messages_reaches_one_who_reads(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme)
    begin = listener.greet()["last_seq"]
    product.stop("relay")
    for _ in range(100):
        news(1)
        number_silently()
    with live_redis().pipeline() as heap:  # one write, so they lie in the hub's buffer together
        for event in Event.objects.filter(seq__gt=begin).order_by("seq"):
            heap.publish(channel(acme.tenant.schema_name), pack([Told.of(event)]))
        heap.execute()
    product.start("relay")
    listener.through(begin + 100)
    listener.close()

    assert [event["seq"] for event in listener.events] == list(range(begin + 1, begin + 101))
