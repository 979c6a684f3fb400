"""The daily mail of alerts: to whom wants it, once a business day, only if there is something new.

Who sends it leases it first and notes the day after the mail server took it: two workers send one mail, and a crash in
between loses none. A mail that the server took just before a crash goes once more, with the Message-ID it had.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Forbidden
from core.locations.selectors import business_today
from core.people.models import User
from core.people.selectors import actor_of_user
from core.tenancy.context import current_tenant
from inventory.models import AlertDigest, StockAlert
from inventory.permissions import VIEW_STOCK
from inventory.selectors.alerts import newest_first, open_alerts, why

MOST_TOLD = 50
LEASE = timedelta(seconds=100)
"""Longer than a mail takes; after a crash the mail waits so long."""


class BeingSent(Exception):
    """Somebody sends this mail now, or died over it; to be looked at again when the lease is over."""


@transaction.atomic
def set_digest(*, is_wanted: bool, actor: Actor) -> AlertDigest:
    """Have the alerts of one's own locations mailed every morning, or not. The same again changes nothing.

    Raises:
        Forbidden: the actor sees no stock, or is no person.
    """
    actor.require(VIEW_STOCK)
    if actor.kind != "user" or actor.id is None:
        raise Forbidden("Only a person gets mail.")
    AlertDigest.objects.get_or_create(user_id=actor.id)
    row = AlertDigest.objects.select_for_update().get(user_id=actor.id)
    if row.is_wanted == is_wanted:
        return row
    row.is_wanted = is_wanted
    row.told_until = datetime.now(UTC) if is_wanted else row.told_until
    row.save(update_fields=["is_wanted", "told_until"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="alert_digest",
        object_id=actor.id,
        object_label=actor.label,
        changes={"is_wanted": (not is_wanted, is_wanted)},
    )
    return row


def send_digests() -> int:
    """Send today's mails that were not sent yet; answers how many. Safe to repeat and to run twice at once.

    An error of the mail server is raised after the others had theirs, and so is `BeingSent`: the job is tried again and
    sends what is missing.
    """
    if not settings.MAIL_FROM:
        return 0
    today, sent = business_today(), 0
    problem: Exception | None = None
    for user_id in AlertDigest.objects.filter(is_wanted=True).values_list("user", flat=True):
        try:
            sent += _send_one(user_id, today)
        except (BeingSent, OSError) as refused:  # smtplib's errors are OSErrors
            problem = refused
    if problem is not None:
        raise problem
    return sent


def _send_one(user_id: UUID, today: date) -> bool:
    """One person's mail of one day; False where they had it or nothing is new. Raises `BeingSent`."""
    now = datetime.now(UTC)
    with transaction.atomic():
        row = AlertDigest.objects.select_for_update(skip_locked=True).filter(user=user_id, is_wanted=True).first()
        if row is None or (row.sent_on is not None and row.sent_on >= today):
            return False
        if row.lease_until is not None and row.lease_until > now:
            raise BeingSent(str(user_id))
        user = User.objects.filter(pk=user_id, is_active=True).first()
        actor = actor_of_user(user) if user else None
        if user is None or actor is None or not actor.may(VIEW_STOCK):
            return False
        row.lease_until = now + LEASE
        row.save(update_fields=["lease_until"])
    mine = AlertDigest.objects.filter(user=user_id, lease_until=row.lease_until)
    rows = newest_first(open_alerts(actor=actor)).filter(raised_at__lte=now)
    fresh = list((rows.filter(raised_at__gt=row.told_until) if row.told_until else rows)[: MOST_TOLD + 1])
    try:
        if fresh:
            _mail(user, fresh, today, open_in_all=rows.count()).send()
    except OSError:
        mine.update(lease_until=None)
        raise
    mine.update(sent_on=today, told_until=now, lease_until=None)
    return bool(fresh)


def _mail(user: User, fresh: Sequence[StockAlert], today: date, *, open_in_all: int) -> EmailMessage:
    shop = " ".join(current_tenant().name.split())
    told = [
        f"- {one.variant.title} ({one.variant.sku}), {one.location}: {one.get_kind_display()}. {why(one)}"
        for one in fresh[:MOST_TOLD]
    ]
    more = ["- and more."] if len(fresh) > MOST_TOLD else []
    lines = [
        f"New in the stock room of {shop}:", "", *told, *more, "",
        f"{open_in_all} alerts are open in all. You get this because you asked for it on the page of alerts, where you"
        " can also end it.",
    ]  # fmt: skip
    subject = f"{shop}: {len(fresh) if not more else f'more than {MOST_TOLD}'} new stock alerts"
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
    same = f"<alerts.{current_tenant().pk}.{user.pk}.{today:%Y%m%d}@{domain}>"  # of a second try as of the first
    return EmailMessage(
        subject=subject,
        body="\n".join(lines),
        from_email=settings.MAIL_FROM,
        to=[user.email],
        headers={"Message-ID": same},
    )
