"""A person's notifications over REST. A program has the event feed instead: it is refused here."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView
from core.people.permissions import AUTHENTICATED
from realtime.models import NoticeWish
from realtime.notices.kinds import KINDS
from realtime.notices.lists import MOST_COUNTED, Told, in_words, listed, pushes_of, unread, ways_of
from realtime.notices.services import mark_read, person, set_wishes

GROUPS = tuple(dict.fromkeys(kind.group for kind in KINDS.values()))
MOST_MARKED = 200


class NoticeBody(serializers.Serializer[Told]):
    """News of the shop; equal ones of a day and place are one, with their ``count``."""

    id = serializers.UUIDField(source="notice.pk")
    kind = serializers.CharField(source="notice.kind")
    text = serializers.CharField(source="words")
    about = serializers.CharField(help_text="Some of what several are about, by name.")
    count = serializers.IntegerField(source="notice.count")
    seq = serializers.IntegerField(source="notice.last_seq", help_text="The number of its latest event.")
    location = serializers.UUIDField(source="notice.location_id", allow_null=True)
    object_type = serializers.CharField(source="notice.object_type")
    object_id = serializers.CharField(source="notice.object_id")
    url = serializers.CharField(help_text="The page of what it is about; empty where there is none.")
    is_new = serializers.BooleanField()
    first_at = serializers.DateTimeField(source="notice.first_at")
    last_at = serializers.DateTimeField(source="notice.last_at")


_NOTICE = NoticeBody()


class NoticePage(serializers.Serializer[Any]):
    """One page of notifications, the newest first."""

    results = NoticeBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class NoticeQuery(PageQuery):
    """Which of them."""

    new = serializers.BooleanField(required=False, default=False, help_text="Only those that were not read.")
    group = serializers.ChoiceField(choices=GROUPS, required=False, default="")


class SummaryBody(serializers.Serializer[Any]):
    """What the bell shows."""

    count = serializers.IntegerField(help_text=f"How many are new; {MOST_COUNTED} stands for that many or more.")
    events = serializers.ListField(
        child=serializers.CharField(), help_text="Types of events after which the count may be another one."
    )


class ReadInput(serializers.Serializer[Any]):
    """What was read: everything, or some, as it stood at an event."""

    through = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, help_text="The highest ``seq`` that was seen; what came later stays new."
    )
    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=MOST_MARKED
    )


class WishesBody(serializers.Serializer[Any]):
    """How each kind of news is told: ``centre``, ``mail`` (there and in the daily mail) or ``off``."""

    wishes = serializers.DictField(child=serializers.ChoiceField(choices=NoticeWish.Way.choices), allow_empty=False)
    pushes = serializers.DictField(
        child=serializers.BooleanField(), help_text="Whether it is a push message too, in browsers that subscribed."
    )


class WishesInput(serializers.Serializer[Any]):
    """Some kinds of news; the others stay as they are."""

    wishes = serializers.DictField(
        child=serializers.ChoiceField(choices=NoticeWish.Way.choices), allow_empty=False, required=False
    )
    pushes = serializers.DictField(child=serializers.BooleanField(), required=False)


class NoticeView(ApiView):
    """What these views share."""

    required_permission: ClassVar = AUTHENTICATED
    tag = "notifications"


class Notices(NoticeView):
    """/notifications/: what happened, for whoever asks."""

    @extend_schema(
        operation_id="list_notifications",
        summary="Your notifications, the newest first",
        parameters=[NoticeQuery],
        responses={200: NoticePage},
    )
    def get(self, request: Request) -> Response:
        person(self.actor)
        wanted = self.query(NoticeQuery)
        rows = listed(self.actor, only_new=wanted["new"], group=wanted["group"])
        found, beyond = page_of(rows, by=("-last_seq", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response(
            {"results": [_NOTICE.to_representation(one) for one in in_words(found, self.actor)], "next": beyond}
        )


class Summary(NoticeView):
    """/notifications/summary/: how many are new. A machine has none."""

    @extend_schema(
        operation_id="count_new_notifications", summary="How many notifications are new", responses={200: SummaryBody}
    )
    def get(self, request: Request) -> Response:
        return Response(SummaryBody(unread(self.actor)).data)


class Read(NoticeView):
    """/notifications/read/: take some or all as read, on every device of the person."""

    idempotent: ClassVar = True

    @extend_schema(
        operation_id="read_notifications",
        summary="Take notifications as read: all, or those named",
        request=ReadInput,
        responses={200: SummaryBody},
    )
    def post(self, request: Request) -> Response:
        given = self.read(ReadInput)
        mark_read(actor=self.actor, through=given["through"], ids=given.get("ids"))
        return Response(SummaryBody(unread(self.actor)).data)


class Wishes(NoticeView):
    """/notification-wishes/: how one wants to hear of each kind of news that one may see."""

    idempotent: ClassVar = True

    @extend_schema(
        operation_id="get_notification_wishes", summary="How you are told of what", responses={200: WishesBody}
    )
    def get(self, request: Request) -> Response:
        person(self.actor)
        return Response({"wishes": ways_of(self.actor), "pushes": pushes_of(self.actor)})

    @extend_schema(
        operation_id="set_notification_wishes",
        summary="Say how you want to be told of some kinds of news",
        request=WishesInput,
        responses={200: WishesBody},
    )
    def put(self, request: Request) -> Response:
        given = self.read(WishesInput)
        wishes = set_wishes(given.get("wishes", {}), actor=self.actor, pushes=given.get("pushes"))
        return Response({"wishes": wishes, "pushes": pushes_of(self.actor)})
