"""What the page of wishes does with the browsers that get push messages."""

from typing import ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.people.permissions import AUTHENTICATED
from core.web.views import Page
from realtime.push.services import ask_test, unsubscribe


class PushTest(Page):
    """POST /notifications/push/<id>/test/: have a test sent."""

    required_permission: ClassVar = AUTHENTICATED
    http_method_names = ("post",)

    def post(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = ask_test(subscription_id, actor=self.actor)
        messages.success(request, f"A test is on its way to {row}. It arrives within some seconds.")
        return redirect("notice-wishes")


class PushEnd(Page):
    """POST /notifications/push/<id>/end/: tell a browser nothing any more."""

    required_permission: ClassVar = AUTHENTICATED
    http_method_names = ("post",)

    def post(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        unsubscribe(subscription_id, actor=self.actor)
        messages.success(request, "That browser gets no push messages any more.")
        return redirect("notice-wishes")
