"""The pages of notifications: what happened, and how one wants to hear of it."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import Invalid, NotFound
from core.people.permissions import AUTHENTICATED
from core.web.cursors import window_of
from core.web.views import Page
from realtime.models import NoticeWish
from realtime.notices.kinds import KINDS, Kind
from realtime.notices.lists import in_words, listed, pushes_of, seen_by, unread, ways_of
from realtime.notices.services import mark_read, person, set_wishes
from realtime.push.keys import shop_key
from realtime.push.services import SUBSCRIBED, subscriptions_of

GROUPS = tuple(dict.fromkeys(kind.group for kind in KINDS.values()))


class Notices(Page):
    """/notifications/: the newest first."""

    required_permission: ClassVar = AUTHENTICATED
    template_name = "realtime/notices.html"
    live_events = "*"
    live_pause = 2

    def get(self, request: HttpRequest) -> HttpResponse:
        person(self.actor)
        group = request.GET.get("group", "")
        group, only_new = group if group in GROUPS else "", request.GET.get("show") == "new"
        rows = listed(self.actor, only_new=only_new, group=group)
        window = window_of(rows, by=("-last_seq", "id"), query=request.GET.dict())
        return self.render(
            {
                "window": window,
                "told": in_words(window.rows, self.actor),
                "seen_to": window.rows[0].last_seq if window.rows else 0,
                "new_count": unread(self.actor).count,
                "group": group,
                "groups": GROUPS,
                "only_new": only_new,
            }
        )


class NoticesRead(Page):
    """POST /notifications/read/: take all that were shown as read, or one."""

    required_permission: ClassVar = AUTHENTICATED
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        through = request.POST.get("through", "")
        if not (through.isascii() and through.isdigit() and len(through) < 19):
            raise Invalid("Open the list anew, and try again.")
        one = request.POST.get("notice", "")
        mark_read(actor=self.actor, through=int(through), ids=[_uuid(one)] if one else None)
        back = request.POST.get("back", "")
        is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/notifications/")
        return redirect(back if is_ours else "notices")


class NoticeOpened(Page):
    """/notifications/<id>/: leads to what it is about, and takes it as read; twice is as once."""

    required_permission: ClassVar = AUTHENTICATED

    def get(self, request: HttpRequest, notice_id: UUID) -> HttpResponse:
        person(self.actor)
        notice = seen_by(self.actor).filter(pk=notice_id).first()
        if notice is None:
            raise NotFound("There is no such notification.")
        mark_read(actor=self.actor, through=notice.last_seq, ids=[notice_id])
        told = in_words([notice], self.actor)
        return redirect(told[0].url if told and told[0].url else "notices")


class Wishes(Page):
    """/notifications/wishes/: how one wants to hear of each kind of news that one may see."""

    required_permission: ClassVar = AUTHENTICATED
    template_name = "realtime/wishes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        person(self.actor)
        pushes = pushes_of(self.actor)
        groups: dict[str, list[tuple[Kind, str, bool]]] = {}
        for name, way in ways_of(self.actor).items():
            groups.setdefault(KINDS[name].group, []).append((KINDS[name], way, pushes[name]))
        browsers, known = subscriptions_of(self.actor), request.session.get(SUBSCRIBED)
        context: dict[str, Any] = {
            "groups": groups,
            "ways": NoticeWish.Way.choices,
            "can_mail": bool(settings.MAIL_FROM),
            "push_key": shop_key().public,
            "browsers": browsers,
            "here": next((row.pk for row in browsers if str(row.pk) == known), ""),
        }
        return self.render(context)

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = {name: str(way) for name, way in request.POST.items() if name in KINDS}
        ticked = set(request.POST.getlist("push"))
        set_wishes(wanted, actor=self.actor, pushes={name: name in ticked for name in wanted})
        messages.success(request, "Saved: this is how you are told from now on.")
        return redirect("notice-wishes")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("There is no such notification.") from error
