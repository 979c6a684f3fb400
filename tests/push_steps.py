"""What tests of push messages do again and again."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from core.outbox.relay import number_events
from core.tenancy.context import use_tenant
from core.testing import Shop
from realtime.models import Notice, PushSubscription
from realtime.push.services import subscribe
from tests.push_browser import PushBrowser
from tests.test_notifications import me
from tests.webhook_receiver import Receiver, receiving

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def hush(shops: Iterable[Shop], settings: Any) -> None:
    """No news yet in these shops, and push services may stand on this machine."""
    settings.WEBHOOK_ALLOW_PRIVATE, settings.PUSH_HOSTS = True, ("127.0.0.1", "*.push.example.com")
    settings.PUSH_SUBJECT = "mailto:ops@example.com"
    for shop in shops:
        with use_tenant(shop.tenant):
            while number_events(shop.tenant):
                pass
            Notice.objects.all().delete()


def a_service() -> Iterator[Receiver]:
    """A push service on this machine."""
    with receiving((201, {}, b"")) as box:
        yield box


def browser_of(
    shop: Shop, service: Receiver, role: str = "owner", path: str = ""
) -> tuple[PushBrowser, PushSubscription]:
    browser = PushBrowser(f"{service.url}/{path or role}")
    row, _ = subscribe(browser.draft, actor=me(shop, role))
    return browser, row


def later(seconds: float) -> Any:
    """A clock that is ahead."""
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)
