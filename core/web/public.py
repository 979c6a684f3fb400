"""The page at the public host."""

from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import View

from core.people.permissions import PUBLIC
from core.tenancy.models import Domain


class Landing(View):
    """GET /: what the product is; in development also the way to the shops of this machine."""

    required_permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        shops = []
        if settings.IS_DEVELOPMENT:
            port = request.get_port()
            shops = [
                {"name": d.tenant.name, "url": f"{request.scheme}://{d.domain}:{port}/", "is_demo": d.tenant.is_demo}
                for d in Domain.objects.select_related("tenant").filter(is_primary=True, tenant__state="active")
            ]
        return render(request, "public/landing.html", {"shops": shops})
