"""The door for HTTP: host name to tenant, or to the public site, or nowhere."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import set_urlconf

from core.tenancy.context import use_public, use_tenant
from core.tenancy.models import Tenant
from core.tenancy.selectors import tenant_for_host
from core.web.errors import plain_error


class TenantFromHost:
    """Opens the tenant for the whole request and closes it afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            host = request.get_host().rpartition("@")[2].split(":")[0].lower()
        except DisallowedHost:
            return plain_error(request, 400, "bad-host", "This address is not served here.")
        if host in settings.PUBLIC_HOSTS:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF  # type: ignore[attr-defined]
            set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
            with use_public():
                return self.get_response(request)
        tenant = tenant_for_host(host)
        if tenant is None or tenant.state == Tenant.State.DELETING:
            return plain_error(request, 404, "no-such-shop", "There is no shop at this address.")
        if tenant.state != Tenant.State.ACTIVE:
            return plain_error(request, 503, f"shop-{tenant.state}", "This shop is closed at the moment.")
        request.tenant = tenant  # type: ignore[attr-defined]
        set_urlconf(settings.ROOT_URLCONF)
        with use_tenant(tenant):
            return self.get_response(request)
