"""System checks: the house refuses to start when one of its rules is broken."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from core.events import CATALOGUE
from core.jobs.registry import KINDS
from core.people.permissions import AUTHENTICATED, DEVICE, PERMISSIONS, PUBLIC


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every route of the shops' URLs with its callback."""
    for entry in get_resolver(settings.ROOT_URLCONF).url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry.callback


def permission_of(callback: Any) -> Any:
    """What a route's view declares, or None."""
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    given = getattr(callback, "view_initkwargs", {}).get("required_permission")
    return given or getattr(view, "required_permission", None)


@register()
def every_route_names_its_permission(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """core.E001, core.E002: a route without a permission, or with one nobody declared."""
    found: list[CheckMessage] = []
    for path, callback in routes():
        needed = permission_of(callback)
        if needed is None:
            found.append(Error(f"/{path} names no required_permission", hint="Name one, or PUBLIC.", id="core.E001"))
            continue
        codes = [needed] if isinstance(needed, str) else needed.values()
        found += [
            Error(f"/{path} needs {code!r}, which no app declares", id="core.E002")
            for code in codes
            if code not in (PUBLIC, AUTHENTICATED, DEVICE) and code not in PERMISSIONS
        ]
    return found


@register()
def every_topic_and_job_names_its_permission(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """core.E003: an event or a job with an undeclared permission."""
    named = [(f"event {e.type}", e.permission) for e in CATALOGUE.values()]
    named += [(f"job {kind.name}", kind.permission) for kind in KINDS.values()]
    return [
        Error(f"{what} needs {code!r}, which no app declares", id="core.E003")
        for what, code in named
        if code not in PERMISSIONS
    ]


@register()
def every_model_has_a_legal_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """core.E004: a 32-bit identity cannot be written through a worker node (CITUS 2)."""
    legal = (models.BigAutoField, models.UUIDField, models.CompositePrimaryKey)
    return [
        Error(f"{model.__name__} has a {model._meta.pk.__class__.__name__} as its key", id="core.E004")
        for model in _own_models()
        if not isinstance(model._meta.pk, legal)
        and model._meta.label not in ("outbox.Stream", "sessions.Session")
        and not (isinstance(model._meta.pk, models.OneToOneField))
    ]


@register()
def no_key_crosses_the_schemas(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """core.E005: a foreign key between a shop's table and a public one cannot be sharded (CITUS 1)."""
    shared = {apps.get_app_config(_label(name)).label for name in settings.SHARED_APPS}
    found: list[CheckMessage] = []
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, models.ForeignKey | models.ManyToManyField):
                continue
            other = field.related_model
            if isinstance(other, str) or (model._meta.app_label in shared) == (other._meta.app_label in shared):
                continue
            found.append(Error(f"{model._meta.label}.{field.name} leads to another kind of schema", id="core.E005"))
    return found


@register()
def no_app_is_in_both_kinds_of_schema(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """core.E006: an app in both lists would grow an empty twin that hides the real tables."""
    both = set(settings.SHARED_APPS) & set(settings.TENANT_APPS)
    return [Error(f"{name} is shared and per tenant", id="core.E006") for name in sorted(both)]


def _own_models() -> list[type[models.Model]]:
    tenant = {apps.get_app_config(_label(name)).label for name in settings.TENANT_APPS}
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in tenant]


def _label(name: str) -> str:
    return next(config.label for config in apps.get_app_configs() if config.name == name)
