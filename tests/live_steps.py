"""What the tests of the socket share: news to tell, and where the stream stands."""

import time
from decimal import Decimal

import pytest
from django.db import transaction
from websockets.exceptions import ConnectionClosed

from core.actors import SYSTEM
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event, Stream
from core.outbox.services import emit_all
from inventory.events import ProductUpdated, StockChanged
from orders.events import PaymentReceived
from tests.live_client import Listener
from tests.waiting import wait_until


def news(count: int = 1, *, name: str = "News", ballast: int = 0) -> None:
    """Commit ``count`` events in one transaction."""
    with transaction.atomic():
        emit_all(
            [
                ProductUpdated(
                    product_id=uuid7(),
                    version=1,
                    name=f"{name} {n}",
                    skus=["x" * 60] * ballast,
                    fields=[],
                    prices={},
                    is_active=True,
                )
                for n in range(count)
            ],
            actor=SYSTEM,
        )


def stock_news(location: Location, *, sku: str) -> StockChanged:
    return StockChanged(
        variant_id=uuid7(),
        version=1,
        location_id=location.pk,
        sku=sku,
        delta=Decimal(1),
        on_hand=Decimal(1),
        reserved=Decimal(0),
        damaged=Decimal(0),
        in_transit=Decimal(0),
        cause="count",
        reference_type="test",
        reference_id=uuid7(),
    )


def money_news(location: Location) -> PaymentReceived:
    return PaymentReceived(
        payment_id=uuid7(),
        version=1,
        order_id=uuid7(),
        location_id=location.pk,
        method="cash",
        currency="GBP",
        amount=Decimal(1),
    )


def head() -> int:
    return Stream.objects.get().head


def numbered(count: int) -> int:
    """Wait until this shop's stream has come to ``count``."""
    wait_until(lambda: (Stream.objects.filter(pk=1).first() or Stream(head=-1)).head >= count, seconds=20)
    return head()


def settled() -> int:
    """The head once everything is numbered."""
    wait_until(lambda: Event.objects.exists() and not Event.objects.filter(seq=None).exists(), seconds=20)
    return head()


def close_code(listener: Listener, seconds: float = 20) -> int:
    deadline = time.monotonic() + seconds
    with pytest.raises(ConnectionClosed) as end:
        while time.monotonic() < deadline:
            listener.read(seconds)
    assert end.value.rcvd is not None
    return end.value.rcvd.code
