"""OpenAPI 3.1 that tells the truth: problems on every operation, permissions, and the event catalogue."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from core.events import CATALOGUE, json_schema
from core.people.permissions import AUTHENTICATED, DEVICE, PUBLIC
from core.web.views import permission_for

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `errors` lists what is wrong where.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[misc,no-untyped-call]
    """How the document describes keys."""

    target_class = "core.api.authentication.KeyActor"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "rsk_...", "description": "A key of the shop."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[misc,no-untyped-call]
    """How the document describes the browser's session."""

    target_class = "core.api.authentication.SessionActor"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a person in the browser; unsafe methods need the CSRF token.",
        }


class DeviceScheme(OpenApiAuthenticationExtension):  # type: ignore[misc,no-untyped-call]
    """How the document describes the secret of a device."""

    target_class = "core.api.authentication.DeviceSecret"
    name = "device"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.DEVICE_COOKIE_NAME,
            "description": "The secret of a till or phone; unsafe methods need the page's own Origin.",
        }


class ProblemAwareSchema(AutoSchema):
    """Adds to every operation the permission it needs and the problem it may answer with."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", None) or super().get_tags()[0]]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation:
            needed = permission_for(self.view.required_permission, self.method)  # type: ignore[attr-defined]
            who = {
                PUBLIC: "Open to anybody.",
                AUTHENTICATED: "Any person or key of the shop.",
                DEVICE: "Any device of the shop, by the secret in its cookie.",
            }
            words = who.get(needed, f"Needs the permission `{needed}`.")
            operation["description"] = f"{operation.get('description', '')}\n\n{words}".strip()
            operation.setdefault("responses", {})["default"] = {
                "description": "A problem, in words and with a stable code.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        return operation


def add_event_catalogue(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Post-processing: the problem schema, and every event as a webhook of its own."""
    _any_of(result)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    webhooks = result.setdefault("webhooks", {})
    for name, cls in sorted(CATALOGUE.items()):
        component = "Event_" + name.replace(".", "_")
        schemas[component] = {
            "type": "object",
            "required": ["id", "seq", "type", "object", "occurred_at", "data"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "seq": {"type": "integer", "description": "Place in the shop's stream: no gaps, each once."},
                "type": {"const": name},
                "schema_version": {"const": cls.schema_version},
                "object": {
                    "type": "object",
                    "properties": {
                        "type": {"const": cls.about},
                        "id": {"type": "string"},
                        "version": {"type": "integer"},
                    },
                },
                "actor": {"type": "object"},
                "occurred_at": {"type": "string", "format": "date-time"},
                "recorded_at": {"type": "string", "format": "date-time"},
                "data": json_schema(cls),
            },
        }
        webhooks[name] = {
            "post": {
                "summary": (cls.__doc__ or name).strip().splitlines()[0],
                "tags": ["events"],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{component}"}}}
                },
                "responses": {"200": {"description": "Received. Any 2xx will do."}},
            }
        }
    return result


def _any_of(part: Any) -> None:
    """An empty text fits both of "e-mail address or empty", because a format only annotates: any, not one."""
    if isinstance(part, dict):
        if "oneOf" in part:
            part["anyOf"] = part.pop("oneOf")
        for inner in part.values():
            _any_of(inner)
    elif isinstance(part, list):
        for inner in part:
            _any_of(inner)
