"""Headers that a shop adds to the calls of an endpoint, such as a key of the receiver's gateway. Kept like secrets."""

import json
import re
from collections.abc import Iterator, Mapping

from django.db.models import Model

from core.errors import refuse
from core.secrets import keeps_secrets, seal, unseal
from webhooks.models import Endpoint, SigningSecret

MOST_HEADERS = 10
LONGEST_VALUE = 1000
MASK = "••••••"
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}\Z")
_VALUE = re.compile(r"[!-~](?:[ !-~]*[!-~])?\Z")
RESERVED = frozenset(
    (
        *("accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "cookie"),
        *("date", "expect", "forwarded", "host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer"),
        *("transfer-encoding", "upgrade", "user-agent", "via"),
    )
)
RESERVED_PREFIXES = ("webhook-", "proxy-", "sec-", "x-forwarded-")


def is_reserved(name: str) -> bool:
    """Whether a header is ours or the connection's, so that a shop may not set it."""
    low = name.lower()
    return low in RESERVED or low.startswith(RESERVED_PREFIXES)


def headers_of_endpoint(endpoint: Endpoint) -> dict[str, str]:
    """The extra headers in clear. Raises `core.secrets.Unreadable`."""
    found: dict[str, str] = json.loads(unseal(endpoint.sealed_headers, place=place_of(endpoint)))
    return found


def put_headers(endpoint: Endpoint, wanted: Mapping[str, str | None]) -> list[str]:
    """Give an unsaved or locked endpoint its extra headers; a value of None keeps the one of that name. Not saved here.

    Answers the names of those that are different now.

    Raises:
        Invalid: a name is none or reserved, a value cannot stand in a header, there are too many; each is named.
    """
    before = headers_of_endpoint(endpoint) if endpoint.sealed_headers else {}
    known = {name.lower(): value for name, value in before.items()}
    _check(wanted, known)
    after = {name: known[name.lower()] if value is None else value for name, value in wanted.items()}
    endpoint.header_names = sorted(after)
    endpoint.sealed_headers = seal(json.dumps(after), place=place_of(endpoint)) if after else ""
    return sorted(name for name in {**before, **after} if before.get(name) != after.get(name))


def place_of(endpoint: Endpoint) -> str:
    """Where the headers belong: part of what is encrypted."""
    return f"webhooks.headers:{endpoint.pk}"


def _check(wanted: Mapping[str, str | None], known: Mapping[str, str]) -> None:
    errors = []
    if len(wanted) > MOST_HEADERS:
        errors.append(_error("", "too-many", f"At most {MOST_HEADERS} headers."))
    seen: set[str] = set()
    for name, value in list(wanted.items())[:MOST_HEADERS]:
        if not _NAME.match(name):
            errors.append(_error(name, "name", f"{name[:60]!r} is no name of a header."))
        elif is_reserved(name):
            errors.append(_error(name, "reserved", f"{name} is set by us or by the connection."))
        elif name.lower() in seen:
            errors.append(_error(name, "twice", f"{name} is there twice."))
        elif value is None and name.lower() not in known:
            errors.append(_error(name, "value", f"{name} has no value yet."))
        elif value is not None and (len(value) > LONGEST_VALUE or not _VALUE.match(value)):
            detail = f"The value of {name} is printable ASCII in one line, at most {LONGEST_VALUE} characters."
            errors.append(_error(name, "value", detail))
        seen.add(name.lower())
    refuse(*errors)


def _error(name: str, code: str, detail: str) -> dict[str, str]:
    pointer = name[:60].replace("~", "~0").replace("/", "~1")
    return {"pointer": f"/headers/{pointer}" if name else "/headers", "code": code, "detail": detail}


@keeps_secrets
def sealed_values() -> Iterator[tuple[Model, str, str]]:
    """All that webhooks keep sealed: extra headers and the secrets that sign."""
    for endpoint in Endpoint.objects.select_for_update(no_key=True).exclude(sealed_headers="").order_by("pk"):
        yield endpoint, "sealed_headers", place_of(endpoint)
    for secret in SigningSecret.objects.select_for_update().order_by("pk"):
        yield secret, "sealed", secret.place
