"""Turn somebody who knocked into an `Actor`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, Q, QuerySet

from core.actors import Actor
from core.db.prepared import prepared_cursor
from core.errors import NotFound
from core.people.models import ApiKey, Grant, User
from core.people.permissions import PERMISSIONS, Permission, means_something

KEY_MARK = "rsk"
AREAS = {
    "orders": "Selling",
    "inventory": "Goods and stock",
    "people": "People",
    "analytics": "Reports and forecasts",
    "devices": "Tills and phones",
    "webhooks": "Webhooks",
    "outbox": "Events",
    "audit": "Audit log",
    "jobs": "Background work",
    "locations": "Locations",
    "realtime": "Live board",
    "exceptions": "Exceptions",
}
"""What permissions are about, in the order in which they are offered."""

# What `_living_keys` asks, written out: every call of a machine pays for it, and building it cost more than running it.
LIVING_KEY = """
    SELECT key.id, key.name, key.digest, key.permissions, key.everywhere, key.last_used_at,
           ARRAY(SELECT location_id FROM people_apikey_locations WHERE apikey_id = key.id) AS place_ids
    FROM people_apikey AS key
    WHERE key.prefix = %s AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > now())
"""


@dataclass(frozen=True, slots=True)
class _LivingKey:
    """What `LIVING_KEY` answers."""

    id: UUID
    name: str
    digest: bytes
    permissions: list[str]
    everywhere: bool
    last_used_at: datetime | None
    place_ids: list[UUID]


def actor_of_user(user: User, *, address: str = "", client: str = "", request_id: str = "") -> Actor:
    """What a person may do, from all the roles they hold: one query."""
    grants = Grant.objects.filter(user=user).select_related("role")
    return _actor_of_grants(user, grants, address=address, client=client, request_id=request_id)


def _actor_of_grants(
    user: User, grants: Iterable[Grant], *, address: str = "", client: str = "", request_id: str = ""
) -> Actor:
    held: dict[str, set[UUID] | None] = defaultdict(set)
    for grant in grants:
        role = grant.role
        for permission in role.holds:
            if not means_something(permission, everywhere=grant.location_id is None):
                continue
            if grant.location_id is None:
                held[permission] = None
            elif (places := held[permission]) is not None:
                places.add(grant.location_id)
    return Actor(
        kind="user",
        id=user.pk,
        label=str(user),
        permissions={code: None if places is None else frozenset(places) for code, places in held.items()},
        address=address,
        client=client,
        request_id=request_id,
    )


def actor_of_key(token: str, *, address: str = "", client: str = "", request_id: str = "") -> Actor | None:
    """The machine a key belongs to, or None for a key this shop does not know (any more)."""
    mark, _, rest = token.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != KEY_MARK or not prefix or not secret or len(token) > 200:
        return None
    with prepared_cursor() as cursor:
        cursor.execute(LIVING_KEY, [prefix])
        row = cursor.fetchone()
    key = _LivingKey(*row) if row else None
    if key is None or not compare_digest(bytes(key.digest), sha256(secret.encode()).digest()):
        return None
    now = datetime.now(UTC)
    if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=10):
        ApiKey.objects.filter(pk=key.id).update(last_used_at=now)
    return _actor_of_row(key, address=address, client=client, request_id=request_id)


def actor_by_id(kind: str, actor_id: UUID) -> Actor | None:
    """A person or a machine met before, as they stand now; None once they are gone, locked, expired or revoked."""
    if kind == "user":
        user = User.objects.filter(pk=actor_id, is_active=True).first()
        return actor_of_user(user) if user else None
    key = _living_keys().filter(pk=actor_id).first() if kind == "api_key" else None
    return _actor_of_row(key) if key else None


def actors_by_id(kind: str, ids: Iterable[UUID]) -> dict[UUID, Actor]:
    """As `actor_by_id` for many: those who are still somebody, in a number of queries that does not grow with them."""
    if kind == "user":
        grants = Prefetch("grants", Grant.objects.select_related("role"))
        people = User.objects.filter(pk__in=list(ids), is_active=True).prefetch_related(grants)
        return {user.pk: _actor_of_grants(user, user.grants.all()) for user in people}
    found = _living_keys().filter(pk__in=list(ids)) if kind == "api_key" else ()
    return {key.pk: _actor_of_row(key) for key in found}


def _living_keys() -> QuerySet[ApiKey]:
    """Keys that open something today, each with the locations it is limited to as ``place_ids``."""
    places = ApiKey.locations.through.objects.filter(apikey=OuterRef("pk")).values_list("location_id")
    alive = Q(expires_at__isnull=True) | Q(expires_at__gt=datetime.now(UTC))
    return ApiKey.objects.annotate(place_ids=ArraySubquery(places)).filter(alive, revoked_at__isnull=True)


def _actor_of_row(key: "ApiKey | _LivingKey", *, address: str = "", client: str = "", request_id: str = "") -> Actor:
    places = None if key.everywhere else frozenset(key.place_ids)  # type: ignore[union-attr]
    held = [code for code in key.permissions if means_something(code, everywhere=key.everywhere)]
    return Actor(
        kind="api_key",
        id=key.id,
        label=f"key {key.name}",
        permissions=dict.fromkeys(held, places),
        address=address,
        client=client,
        request_id=request_id,
    )


def people_holding(permission: str) -> list[UUID]:
    """The people who may come in and hold a permission everywhere: one query."""
    grants = Grant.objects.filter(location=None, user__is_active=True).select_related("role").order_by("user_id")
    return list(dict.fromkeys(grant.user_id for grant in grants if permission in grant.role.holds))


def roles_of(user: User) -> list[str]:
    """What somebody is, in words: "cashier at Main shop"."""
    grants = user.grants.select_related("role", "location").order_by("role__name", "pk")
    return [f"{grant.role} at {grant.location}" if grant.location else str(grant.role) for grant in grants]


def team() -> list[User]:
    """Everybody of the shop with their roles at hand: those who may come in first."""
    grants = Prefetch("grants", Grant.objects.select_related("role", "location").order_by("role__name", "pk"))
    return list(User.objects.prefetch_related(grants).order_by("-is_active", "email", "pk"))


def find_user(user_id: UUID) -> User:
    """Somebody of the team. Raises `NotFound`."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user


def keys() -> list[ApiKey]:
    """Every key, those in force first."""
    return list(
        ApiKey.objects.select_related("created_by")
        .prefetch_related("locations")
        .order_by(F("revoked_at").asc(nulls_first=True), "-created_at", "pk")
    )


def permission_groups(codes: Iterable[str]) -> list[tuple[str, list[Permission]]]:
    """Permissions by the part of the shop they are about, in words."""
    groups: dict[str, list[Permission]] = {title: [] for title in AREAS.values()}
    for code in codes:
        area = code.partition(".")[0]
        groups.setdefault(AREAS.get(area, area.capitalize()), []).append(PERMISSIONS[code])
    return [(title, permissions) for title, permissions in groups.items() if permissions]
