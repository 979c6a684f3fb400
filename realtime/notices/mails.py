"""The daily mail of notifications: to whom asked for it, once a day, only if there is something new.

It is a job of its own for each person, so a lease and further tries are the jobs': a crash loses no mail, and a second
try of the same day has the same Message-ID.
"""

from datetime import UTC, date, datetime
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from core.actors import SYSTEM
from core.jobs.services import enqueue
from core.locations.selectors import business_today
from core.outbox.models import Stream
from core.people.models import User
from core.people.selectors import actor_of_user
from core.tenancy.context import current_tenant
from realtime.models import NoticeReader, NoticeWish
from realtime.notices.lists import Told, in_words, of_kinds, pushed_kinds, ways_of
from realtime.push.rules import LOST_FOR

MAIL_ONE = "notifications.mail_one"
MOST_TOLD = 50


@transaction.atomic
def plan_mails() -> int:
    """Ask for today's mail of everybody who wants one; asking again asks for nothing more. Answers for how many."""
    if not settings.MAIL_FROM:
        return 0
    today = business_today()
    wanted = NoticeWish.objects.filter(way=NoticeWish.Way.MAIL, user__is_active=True)
    unreached = NoticeReader.objects.filter(push_lost_at__gt=datetime.now(UTC) - LOST_FOR, user__is_active=True)
    people = sorted({*wanted.values_list("user", flat=True), *unreached.values_list("user", flat=True)})
    for user_id in people:
        enqueue(MAIL_ONE, actor=SYSTEM, dedupe_key=f"{user_id}:{today}", user_id=user_id, day=today)
    return len(people)


def mail_one(user_id: UUID, day: date) -> bool:
    """Mail what is new to one person since their last mail; False where nothing is, or they may not come in any more.

    Raises ``OSError`` when the mail server does not take it: the job is tried again.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not settings.MAIL_FROM:
        return False
    actor = actor_of_user(user)
    reader, _ = NoticeReader.objects.get_or_create(user=user)
    stream = Stream.objects.filter(pk=1).first()
    head = stream.head if stream else 0
    is_unreached = reader.push_lost_at is not None and reader.push_lost_at > datetime.now(UTC) - LOST_FOR
    kinds = {name for name, way in ways_of(actor).items() if way == NoticeWish.Way.MAIL}
    kinds |= pushed_kinds(actor) if is_unreached else set()
    rows = of_kinds(actor, kinds).filter(last_seq__gt=reader.mailed_to, last_seq__lte=head)
    told = in_words(list(rows.order_by("-last_seq")[: MOST_TOLD + 1]), actor)
    if told:
        _mail(user, told, day, is_unreached=is_unreached).send()
    NoticeReader.objects.filter(user=user).update(mailed_to=head)
    return bool(told)


def _mail(user: User, told: list[Told], day: date, *, is_unreached: bool) -> EmailMessage:
    shop = " ".join(current_tenant().name.split())
    shown = told[:MOST_TOLD]
    lines = [f"New in {shop}:", ""]
    lines += [" ".join(f"- {one.words}{f' ({one.place})' if one.place else ''}".split()) for one in shown]
    lines += ["- and more."] if len(told) > MOST_TOLD else []
    if is_unreached:
        lines += [
            "",
            "Push messages do not reach any browser of yours any more, so they come by mail for two weeks.",
            "",
        ]
        lines += ["Switch them on again on the page 'What you are told'."]
    lines += ["", "You get this because you asked for it on the page 'What you are told', where you can also end it."]
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
    many = f"more than {MOST_TOLD}" if len(told) > MOST_TOLD else str(len(told))
    return EmailMessage(
        subject=f"{shop}: {many} new notifications" if len(told) > 1 else f"{shop}: {' '.join(told[0].words.split())}",
        body="\n".join(lines),
        from_email=settings.MAIL_FROM,
        to=[user.email],
        headers={"Message-ID": f"<notices.{current_tenant().pk}.{user.pk}.{day:%Y%m%d}@{domain}>"},
    )
