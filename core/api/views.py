"""The base of every API view: permission, input, output, versions, idempotency."""

from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.actors import Actor
from core.api.idempotency import answer_once
from core.api.problems import pointers, summary
from core.errors import Invalid
from core.limits import Rate


class ApiView(APIView):
    """One resource of the API.

    ``required_permission`` as in `core.web.views.Page`. ``rate`` is a budget of its own, for all methods or by method.
    Unsafe methods of a view with ``idempotent = True`` honour the ``Idempotency-Key`` header: they run inside a
    transaction, so the services they call are ``atomic`` without ``durable``. Views whose objects carry a client-made
    id need no such header.
    """

    required_permission: ClassVar[str | dict[str, str]]
    rate: ClassVar[Rate | dict[str, Rate] | None] = None
    idempotent: ClassVar[bool] = False

    @property
    def actor(self) -> Actor:
        return self.request.user  # type: ignore[return-value]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        verdict = getattr(request, "rate_verdict", None)
        if verdict is not None:
            response["RateLimit-Policy"] = f'"{verdict.rate.name}";q={verdict.rate.count};w={verdict.rate.seconds}'
            response["RateLimit"] = f'"{verdict.rate.name}";r={verdict.remaining}'
        response.setdefault("Cache-Control", "no-store")
        return response

    def read(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The request's body, checked. Raises a validation problem that names every wrong and every unknown field."""
        checked = _checker(serializer, self.request.data)
        checked.is_valid()
        unknown = unknown_fields(checked, self.request.data)
        if errors := [*pointers(checked.errors), *pointers(unknown)]:
            raise Invalid(summary(errors), details={"errors": errors})
        return dict(checked.validated_data)

    def query(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query parameters, checked; unknown names are refused, so that a typo is not a wrong answer."""
        checked = _checker(serializer, self.request.query_params.dict())
        unknown = sorted(self.request.query_params.keys() - checked.fields.keys())
        if unknown:
            raise serializers.ValidationError({name: ["There is no such parameter."] for name in unknown})
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def expected_version(self) -> int | None:
        """The version the caller saw (``If-Match: "7"``), or None when it does not care."""
        given = self.request.headers.get("If-Match", "").strip()
        if not given or given == "*":
            return None
        digits = given.removeprefix("W/").strip('"')
        if not (digits.isascii() and digits.isdigit()):
            raise serializers.ValidationError({"If-Match": ["Send the ETag of the object as you got it."]})
        return int(digits)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.idempotent and request.method in ("POST", "PUT", "PATCH", "DELETE"):
            name = request.method.lower()
            handler = getattr(self, name)
            setattr(self, name, answer_once(handler, request, self.actor))


def body_of(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """A body that came inside another one, checked; fields it does not know do not matter. Raises `Invalid`."""
    checked = _checker(serializer, data)
    if not checked.is_valid():
        errors = list(pointers(checked.errors))
        raise Invalid(summary(errors), details={"errors": errors})
    return dict(checked.validated_data)


def _checker(kind: type[serializers.Serializer[Any]], data: Any) -> serializers.Serializer[Any]:
    """A serializer for some input, with the fields that all of its kind share."""
    made = kind(data=data)
    made.fields = _fields_of(kind)  # type: ignore[misc,assignment]
    return made


@cache
def _fields_of(kind: type[serializers.Serializer[Any]]) -> Any:
    """Made once: copying them for each request cost a sale more than checking it. Checking leaves no trace in them."""
    return kind().fields


def versioned(body: Any, row: Model, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer with the object's version as its ETag."""
    return Response(body, status=status, headers={"ETag": f'"{row.version}"', **(headers or {})})  # type: ignore[attr-defined]


def unknown_fields(serializer: serializers.BaseSerializer[Any], data: Any) -> dict[str, Any]:
    """Names in a body that its serializer does not know, at any depth, in the form of DRF's errors.

    A typo such as ``expectd_total`` must not silently mean "no expectation".
    """
    found: dict[str, Any] = {}
    if isinstance(serializer, serializers.ListSerializer):
        for place, item in enumerate(data if isinstance(data, list) else []):
            if inner := unknown_fields(serializer.child, item):  # type: ignore[arg-type]
                found[str(place)] = inner
    elif isinstance(serializer, serializers.Serializer) and isinstance(data, dict):
        for name, value in data.items():
            field = serializer.fields.get(name)
            if field is None or field.read_only:
                found[name[:100]] = [ErrorDetail("There is no such field.", code="unknown")]
            elif isinstance(field, serializers.BaseSerializer) and (inner := unknown_fields(field, value)):
                found[name] = inner
    return found


def as_uuid(value: str) -> UUID | None:
    """A UUID out of text, or None."""
    try:
        return UUID(value)
    except ValueError:
        return None
