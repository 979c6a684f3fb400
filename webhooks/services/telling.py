"""Tell those who manage webhooks that an endpoint fails, or was turned off: an event, and a mail each, sent once.

The mail is a job asked for in the transaction of the try: a crash loses none, two workers send one, and a further try
carries the Message-ID of the first.
"""

from datetime import datetime
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from core.actors import SYSTEM
from core.jobs.services import enqueue
from core.locations.selectors import clock_words
from core.outbox.services import emit
from core.people.models import User
from core.people.selectors import actor_of_user, people_holding
from core.tenancy.context import current_tenant
from webhooks.events import WebhookFailing
from webhooks.models import Endpoint
from webhooks.permissions import MANAGE_WEBHOOKS
from webhooks.rules import WARN_AFTER

MAIL = "webhooks.mail_owner"
FAILING, OFF = "failing", "off"


def warn_if_due(endpoint: Endpoint, now: datetime) -> bool:
    """Warn once when an endpoint has failed for a day. Part of the transaction of a try; the row is locked by it."""
    since = endpoint.first_failure_at
    if since is None or endpoint.warned_at is not None or now - since < WARN_AFTER or not endpoint.is_enabled:
        return False
    endpoint.warned_at = now
    emit(WebhookFailing(endpoint_id=endpoint.pk, version=endpoint.version, failing_since=since), actor=SYSTEM)
    ask_for_mails(endpoint, FAILING, mark=since.isoformat())
    return True


def ask_for_mails(endpoint: Endpoint, what: str, *, mark: str) -> None:
    """Ask for a mail to everybody who may manage webhooks; ``mark`` tells one occasion from another."""
    for user_id in people_holding(MANAGE_WEBHOOKS) if settings.MAIL_FROM else ():
        key = f"{endpoint.pk}:{what}:{mark}:{user_id}"
        enqueue(MAIL, actor=SYSTEM, dedupe_key=key, endpoint_id=endpoint.pk, user_id=user_id, what=what, key=key)


def mail_owner(*, endpoint_id: UUID, user_id: UUID, what: str, key: str) -> bool:
    """Send one of these mails; False where it is no longer true or no longer theirs to know.

    Raises ``OSError`` when the mail server does not take it: the job is tried again.
    """
    endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if endpoint is None or user is None or not actor_of_user(user).may(MANAGE_WEBHOOKS):
        return False
    is_true = endpoint.is_enabled and endpoint.warned_at if what == FAILING else not endpoint.is_enabled
    if not is_true or not settings.MAIL_FROM:
        return False
    shop = " ".join(current_tenant().name.split())
    subject, lines = (_failing if what == FAILING else _off)(endpoint, shop)
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
    same = "".join(letter for letter in key if letter.isalnum())
    EmailMessage(
        subject=subject,
        body="\n".join([*lines, "", "Everything about it stands on the page Webhooks of your shop."]),
        from_email=settings.MAIL_FROM,
        to=[user.email],
        headers={"Message-ID": f"<webhooks.{current_tenant().pk}.{same}@{domain}>"},
    ).send()
    return True


def _failing(endpoint: Endpoint, shop: str) -> tuple[str, list[str]]:
    name, since = _name(endpoint), endpoint.first_failure_at
    when = clock_words(since) if since else "a day ago"
    return f"{shop}: a webhook endpoint fails", [
        f"No call to {name} has succeeded since {when}.",
        "We go on trying. After five days of nothing but failures the endpoint is turned off;",
        "events are kept for 30 days, and what was missed can be sent again.",
    ]


def _off(endpoint: Endpoint, shop: str) -> tuple[str, list[str]]:
    return f"{shop}: a webhook endpoint was turned off", [
        f"We turned {_name(endpoint)} off. {endpoint.disabled_reason}".strip(),
        "Mend the receiver, turn the endpoint on, and send again what it missed: events are kept for 30 days.",
    ]


def _name(endpoint: Endpoint) -> str:
    """What the shop calls it, else the host: an address may hold a key."""
    return " ".join(endpoint.description.split()) or endpoint.url.split("?")[0].split("/")[2]
