"""The whole way of a push message: a fact, the relay, a Celery worker, a push service, Chromium, what is shown."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import mail
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.jobs.models import Job
from core.jobs.services import perform
from core.outbox.doorbell import ring
from core.testing import Shop
from realtime.models import Notice, NoticeReader, PushSubscription
from realtime.notices.mails import plan_mails
from realtime.push.bell import ring_if_owed
from tests.browser.test_offline import eventually
from tests.browser.test_push import NOTES, WISHES
from tests.browsers import ARGUMENTS, PATIENCE_MS, cookies_of, whole_chromium_path
from tests.processes import Product, running
from tests.push_service import PushService, push_service
from tests.test_notifications import placed
from tests.waiting import wait_until

SUBSCRIPTION = "navigator.serviceWorker.ready.then((one) => one.pushManager.getSubscription())"

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as one:
        yield one


@pytest.fixture
def worker(product: Product) -> Iterator[Product]:
    """A Celery worker that may call the push service of this machine."""
    with running("worker", settings_module=product.settings, PUSH_HOSTS="127.0.0.1") as one:
        yield one


@pytest.fixture
def profile(
    browser: Browser, product: Product, acme: Shop, service: PushService, tmp_path: Path
) -> Iterator[BrowserContext]:
    """A whole Chromium with a profile of its own (a window in private has no push), whose push service is ours."""
    path = whole_chromium_path()
    if path is None:
        pytest.skip("no Chromium that shows notifications")
    quiet = [one for one in ARGUMENTS if one != "--disable-background-networking"]  # that is the line to the service
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path / "profile"),
        executable_path=path,
        headless=True,
        args=[*quiet, *service.arguments],
        base_url=product.url(acme),
    )
    context.add_cookies(cookies_of(acme))
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def watch(profile: BrowserContext, product: Product, acme: Shop) -> BrowserContext:
    """That browser, allowed to show notifications by what drives it."""
    profile.grant_permissions(["notifications"], origin=product.url(acme))
    return profile


def permit(context: BrowserContext, address: str, choice: str) -> None:
    """What a person does in the browser's own settings: ``allow`` or ``block`` the notifications of a site."""
    page = context.new_page()
    page.goto(f"chrome://settings/content/siteDetails?site={address.rstrip('/')}")
    page.locator("site-details-permission[label='Notifications'] select").select_option(choice)
    page.close()


def here(service: PushService, count: int = 1) -> PushSubscription:
    """The browser as the server knows it, its address led to our push service: Chromium names Google's."""
    wait_until(lambda: PushSubscription.objects.count() == count, seconds=30)
    row = PushSubscription.objects.order_by("-pk").get(endpoint__startswith="https://")
    token = row.endpoint.rpartition("/")[2]
    assert token in service.tokens, "the browser registered with our service, and nowhere else"
    at = datetime.now(UTC)  # it has rested from its last message
    PushSubscription.objects.filter(pk=row.pk).update(endpoint=f"{service.url}/send/{token}", due_at=at)
    return row


def eventually_served(shop: Shop, service: PushService, condition: Callable[[], bool]) -> None:
    """Wait for what the worker does. The test is the scheduler: it rings again for what did not get through at once."""

    def is_so() -> bool:
        ring_if_owed(shop.tenant.schema_name)
        return condition()

    try:
        wait_until(is_so, seconds=PATIENCE_MS / 1000, step=0.5)
    except AssertionError as problem:
        rows, notices = PushSubscription.objects.values(), Notice.objects.values("kind", "last_seq")
        raise AssertionError(f"{list(rows)}, {list(notices)}, posted at {service.sent}") from problem


def shown(page: Page, title: str, shop: Shop, service: PushService) -> None:
    """A notification with this title comes."""
    ask = f"async (title) => (await ({NOTES})()).some((note) => note.title === title)"
    eventually_served(shop, service, lambda: bool(page.evaluate(ask, title)))


def told_since(before: datetime | None) -> bool:
    """Whether the browser was told something since, and its worker has written that down."""
    return PushSubscription.objects.filter(last_ok_at__gt=before, lease_until=None).exists()


def test_a_fact_of_the_shop_is_shown_by_a_real_browser_whose_loss_leaves_the_mail(
    watch: BrowserContext, worker: Product, service: PushService, acme: Shop
) -> None:
    worker.quiet(acme)  # what the shop was furnished with is no news
    page = watch.new_page()
    page.goto(WISHES)
    page.get_by_role("button", name="Switch on in this browser").click()
    expect(page.locator("push-switch[data-state=on]")).to_be_visible(timeout=30_000)
    row = here(service)
    wait_until(lambda: service.lines, seconds=30)

    placed(acme, number="7K2M")
    ring(acme.tenant.schema_name)
    shown(page, "Order 7K2M was placed", acme, service)
    wait_until(lambda: told_since(row.made_at), seconds=20)

    # The push service gives the browser another address: it subscribes anew and tells the server by itself.
    before = PushSubscription.objects.get().endpoint
    (inside,) = watch.service_workers
    inside.evaluate(
        """async (endpoint) => {
          await (await registration.pushManager.getSubscription()).unsubscribe();
          const changed = Object.assign(new Event("pushsubscriptionchange"), { oldSubscription: { endpoint } });
          changed.waitUntil = () => {};
          dispatchEvent(changed);
        }""",
        before,
    )
    wait_until(lambda: PushSubscription.objects.get().endpoint != before, seconds=30)
    again = here(service)
    assert again.pk == row.pk
    placed(acme, number="8L3N")
    ring(acme.tenant.schema_name)
    shown(page, "Order 8L3N was placed", acme, service)

    # The address is gone: the browser is forgotten, and the daily mail tells what it would have.
    wait_until(lambda: told_since(again.last_ok_at), seconds=20)
    service.gone.update(service.tokens)
    PushSubscription.objects.update(due_at=datetime.now(UTC))
    placed(acme, number="9M4P")
    ring(acme.tenant.schema_name)
    eventually_served(acme, service, lambda: not PushSubscription.objects.exists())
    assert NoticeReader.objects.get(user=acme.person("owner")).push_lost_at is not None
    with override_settings(MAIL_FROM="shop@example.com"):
        assert plan_mails() == 1
        job = Job.objects.get(kind="notifications.mail_one")
        perform(job.pk)
    (told,) = mail.outbox
    assert told.to == [acme.person("owner").email]
    assert "Order 9M4P was placed" in told.body
    assert "7K2M" not in told.body, "the browser was told of it"


def test_a_browser_whose_notifications_were_blocked_and_allowed_again_subscribes_anew_by_itself(
    profile: BrowserContext, product: Product, worker: Product, service: PushService, acme: Shop
) -> None:
    """Chromium itself tells the worker (`pushsubscriptionchange`), when notifications are allowed again.

    It names no subscription before, so the server goes on with a new one, and the one before ends when its push
    service says that it is gone. That Chromium names one, for an address that its service gave up, could not be
    brought about: the test above dispatches it. (With ``PushSubscriptionChangeEventOnInvalidation``, which is off, it
    names the one before when notifications are blocked.)
    """
    worker.quiet(acme)
    permit(profile, product.url(acme), "allow")
    page = profile.new_page()
    page.goto(WISHES)
    page.get_by_role("button", name="Switch on in this browser").click()
    expect(page.locator("push-switch[data-state=on]")).to_be_visible(timeout=30_000)
    before = here(service)
    wait_until(lambda: service.lines, seconds=30)

    permit(profile, product.url(acme), "block")
    eventually(page, f"async () => !(await {SUBSCRIPTION})")
    permit(profile, product.url(acme), "allow")
    again = here(service, count=2)
    assert again.pk != before.pk
    assert page.evaluate(f"async () => Boolean(await {SUBSCRIPTION})")

    service.gone.add(PushSubscription.objects.get(pk=before.pk).endpoint.rpartition("/")[2])
    PushSubscription.objects.update(due_at=datetime.now(UTC))
    placed(acme, number="7K2M")
    ring(acme.tenant.schema_name)
    shown(page, "Order 7K2M was placed", acme, service)
    eventually_served(acme, service, lambda: list(PushSubscription.objects.values_list("pk", flat=True)) == [again.pk])
