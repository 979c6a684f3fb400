"""Let people in, give them roles, make and revoke keys."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from core.limits import Rate, give_back, hit
from core.locations.models import Location
from core.outbox.services import emit
from core.people.events import KeyCreated, KeyRevoked, PersonCreated, PersonUpdated
from core.people.models import ApiKey, Grant, PutAway, Role, User
from core.people.permissions import (
    BUILT_IN_ROLES,
    MANAGE_KEYS,
    MANAGE_TEAM,
    OWNER,
    PERMISSIONS,
    means_something,
    permissions_of_role,
)
from core.people.selectors import KEY_MARK, roles_of

Action = AuditEntry.Action
LOG_IN_RATES = (Rate("log-in-account", 10, 600, is_kept=True), Rate("log-in-address", 60, 600, is_kept=True))
PASSWORD_TRIES = Rate("password-change", 10, 600, is_kept=True)


class TooManyAttempts(DomainError):
    """Somebody guesses passwords."""

    code, status, title = "too-many-attempts", 429, "Too many attempts, please wait a few minutes"


@transaction.atomic(durable=True)
def check_credentials(*, email: str, password: str, visitor: Actor) -> User | None:
    """The person with this e-mail address and password, or None; either way it is in the audit log.

    Takes the same time for an unknown address. Raises `TooManyAttempts`.
    """
    account = email.strip().lower()
    counted = list(zip(LOG_IN_RATES, (sha256(account.encode()).hexdigest()[:16], visitor.address), strict=True))
    if not all([hit(rate, who).allowed for rate, who in counted]):
        raise TooManyAttempts
    user = User.objects.filter(email__iexact=account).first()
    matches = check_password(password, user.password if user else _nobodys_password())
    if user is None or not user.is_active or not matches:
        record(Action.LOG_IN_FAILED, actor=visitor, object_type="user", object_label=account[:200])
        return None
    for rate, who in counted:
        give_back(rate, who)
    return user


@cache
def _nobodys_password() -> str:
    """A hash to compare with where there is no person, so that an unknown address takes the same time."""
    return make_password(secrets.token_hex(8))


@transaction.atomic(durable=True)
def note_log_in(*, user: User, actor: Actor) -> None:
    """Write down that somebody is in."""
    User.objects.filter(pk=user.pk).update(last_login=datetime.now(UTC))
    record(Action.LOG_IN, actor=actor, object_type="user", object_id=user.pk, object_label=str(user))


@transaction.atomic(durable=True)
def note_log_out(*, actor: Actor) -> None:
    """Write down that somebody left."""
    record(Action.LOG_OUT, actor=actor, object_type="user", object_id=actor.id or "", object_label=actor.label)


@transaction.atomic
def sync_built_in_roles() -> None:
    """Make the built-in roles of the shop equal to the code; own roles stay as they are. Nothing to do is one query."""
    stored = {role.name: role for role in Role.objects.filter(name__in=BUILT_IN_ROLES, is_built_in=True)}
    for name in BUILT_IN_ROLES:
        wanted = permissions_of_role(name)
        if name not in stored or stored[name].permissions != wanted:
            Role.objects.update_or_create(name=name, defaults={"permissions": wanted, "is_built_in": True})


@transaction.atomic
def create_user(
    *, email: str, password: str, role: str, actor: Actor, name: str = "", location: Location | None = None
) -> User:
    """Add somebody to the team with one built-in or own role.

    Raises:
        Invalid: the address or the password is none.
        Conflict: the address is taken.
        NotFound: there is no such role.
        Forbidden: the actor may not manage the team, or the role holds more than the actor.
    """
    actor.require(MANAGE_TEAM)
    email = email.strip().lower()
    try:
        validate_email(email)
        validate_password(password)
    except ValidationError as problem:
        raise Invalid(" ".join(problem.messages)) from problem
    sync_built_in_roles()
    held = _role(role)
    _require_all(actor, held.holds, places=[location.pk] if location else [])
    try:
        with transaction.atomic():
            user = User.objects.create(email=email, name=name, password=make_password(password))
    except IntegrityError as taken:
        raise Conflict(f"{email} is on the team already.") from taken
    Grant.objects.create(user=user, role=held, location=location)
    record(
        Action.CREATE,
        actor=actor,
        object_type="user",
        object_id=user.pk,
        object_label=email,
        changes={"email": (None, email), "role": (None, role), "location": (None, location and location.pk)},
    )
    emit(PersonCreated(person_id=user.pk, version=1, role=role), actor=actor)
    return user


def _role(name: str) -> Role:
    role = Role.objects.filter(name=name).first()
    if role is None:
        raise NotFound(f"There is no role {name!r}.")
    return role


def _require_all(actor: Actor, permissions: Sequence[str], *, places: Sequence[UUID]) -> None:
    """Nobody gives, or takes away, what they do not hold themselves at all those places (none: everywhere)."""
    for permission in permissions:
        if not means_something(permission, everywhere=not places):
            continue  # given at some locations only it opens nothing
        held = actor.places(permission)
        if held is not None and not (places and held.issuperset(places)):
            raise Forbidden("You can only give what you hold yourself.", details={"permission": permission})


@transaction.atomic(durable=True)
def change_role(*, user_id: UUID, role: str, actor: Actor, location: Location | None = None) -> User:
    """Give somebody one role, at one location or (None) everywhere, instead of all they held.

    Raises:
        NotFound: there is no such person or role.
        Forbidden: the actor may not manage the team, or the old or the new role holds more than the actor.
        Conflict: it would leave the shop without an owner.
    """
    user = _member(user_id, actor)
    held = _role(role)
    _require_all(actor, held.holds, places=[location.pk] if location else [])
    before = roles_of(user)
    user.grants.all().delete()
    Grant.objects.create(user=user, role=held, location=location)
    _require_an_owner()
    after = roles_of(user)
    if before != after:
        _note_change(user, actor, {"role": (before, after)})
    return user


@transaction.atomic(durable=True)
def set_active(*, user_id: UUID, is_active: bool, actor: Actor) -> User:
    """Let somebody in again, or keep them out from now on: their sessions end at once. Repeating changes nothing.

    Raises:
        NotFound: there is no such person.
        Forbidden: the actor may not manage the team, or the person holds more than the actor.
        Conflict: it would leave the shop without an owner.
    """
    user = _member(user_id, actor)
    if user.is_active == is_active:
        return user
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    _require_an_owner()
    _note_change(user, actor, {"is_active": (not is_active, is_active)})
    return user


@transaction.atomic(durable=True)
def rename_person(*, user_id: UUID, name: str, actor: Actor) -> User:
    """Call somebody otherwise: oneself, or as who manages the team. Repeating changes nothing.

    Raises:
        NotFound: there is no such person.
        Forbidden: it is somebody else, and the actor may not manage the team or holds less than the person.
    """
    is_self = actor.kind == "user" and actor.id == user_id
    user = User.objects.select_for_update().get(pk=user_id) if is_self else _member(user_id, actor)
    before, user.name = user.name, name.strip()[:120]
    if before != user.name:
        user.save(update_fields=["name"])
        _note_change(user, actor, {"name": (before, user.name)})
    return user


@transaction.atomic(durable=True)
def change_password(*, current: str, new: str, actor: Actor) -> User:
    """Another password for oneself. It ends all other sessions of the person.

    Raises:
        Forbidden: the actor is no person, or the current password is wrong.
        Invalid: the new password is too weak.
        TooManyAttempts: too many wrong passwords.
    """
    if actor.kind != "user" or actor.id is None:
        raise Forbidden("Only a person has a password.")
    user = User.objects.select_for_update().get(pk=actor.id)
    if not hit(PASSWORD_TRIES, str(user.pk)).allowed:
        raise TooManyAttempts
    if not check_password(current, user.password):
        raise Forbidden("This is not your password.")
    give_back(PASSWORD_TRIES, str(user.pk))
    try:
        validate_password(new, user)
    except ValidationError as problem:
        raise Invalid(" ".join(problem.messages)) from problem
    _set_password(user, new, actor)
    return user


@transaction.atomic(durable=True)
def give_new_password(*, user_id: UUID, actor: Actor) -> tuple[User, str]:
    """A new first password for somebody who lost theirs, answered once. It ends all their sessions.

    Raises:
        NotFound: there is no such person.
        Forbidden: the actor may not manage the team, or the person holds more than the actor.
        Conflict: it is the actor, who changes their own password by typing the present one.
    """
    if actor.kind == "user" and actor.id == user_id:
        raise Conflict("Your own password is changed on your own page.")
    user, password = _member(user_id, actor), secrets.token_urlsafe(12)
    _set_password(user, password, actor)
    return user, password


def _set_password(user: User, password: str, actor: Actor) -> None:
    user.password = make_password(password)
    user.save(update_fields=["password"])
    _note_change(user, actor, {"password": (None, None)})


def _member(user_id: UUID, actor: Actor) -> User:
    """Somebody of the team, locked for a change the actor may make.

    The owner's role is locked first: all changes of the team follow each other, or two owners could remove each other.
    """
    actor.require(MANAGE_TEAM)
    Role.objects.select_for_update().get(name=OWNER, is_built_in=True)
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    for grant in user.grants.select_related("role"):
        _require_all(actor, grant.role.holds, places=[grant.location_id] if grant.location_id else [])
    return user


def _require_an_owner() -> None:
    owners = Grant.objects.filter(role__name=OWNER, role__is_built_in=True, location=None, user__is_active=True)
    if not owners.exists():
        raise Conflict("The shop needs an owner. Make somebody else the owner first.")


def _note_change(user: User, actor: Actor, changes: dict[str, tuple[object, object]]) -> None:
    record(
        Action.CHANGE,
        actor=actor,
        object_type="user",
        object_id=user.pk,
        object_label=user.email,
        changes=changes,
    )
    now = datetime.now(UTC)
    version = int(now.timestamp() * 1000)  # people have no counter: the later change is the newer truth
    emit(PersonUpdated(person_id=user.pk, version=version, fields=sorted(changes)), actor=actor, occurred_at=now)


@transaction.atomic(durable=True)
def create_owner(*, email: str, password: str | None = None) -> str:
    """The first person of a shop, and its first location if there is none; answers the password (made if not given)."""
    password = password or secrets.token_urlsafe(12)
    if not Location.objects.exists():
        Location.objects.create(code="MAIN", name="Main shop")
    create_user(email=email, password=password, role="owner", actor=SYSTEM)
    return password


@transaction.atomic(durable=True)
def create_api_key(
    *,
    name: str,
    permissions: Sequence[str],
    actor: Actor,
    locations: Sequence[Location] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for a machine; answers the row and the token, which is shown once and kept only as a hash.

    Without ``locations`` the key opens everywhere. Nobody can give a key more than they hold themselves, nor for more
    places.

    Raises:
        Invalid: a permission does not exist, or none is given.
        Forbidden: the actor may not manage keys, or lacks one of them.
    """
    actor.require(MANAGE_KEYS)
    unknown = sorted(set(permissions) - PERMISSIONS.keys())
    if unknown or not permissions:
        raise Invalid(f"There is no permission {', '.join(unknown)}." if unknown else "Choose at least one permission.")
    if not name.strip():
        raise Invalid("Give the key a name, so that you know it later.")
    _require_all(actor, permissions, places=[place.pk for place in locations])
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name.strip()[:120],
        prefix=prefix,
        digest=sha256(secret.encode()).digest(),
        permissions=sorted(set(permissions)),
        everywhere=not locations,
        created_by_id=actor.id if actor.kind == "user" else None,
        expires_at=expires_at,
    )
    key.locations.set(locations)
    record(
        Action.CREATE,
        actor=actor,
        object_type="api_key",
        object_id=key.pk,
        object_label=key.name,
        changes={"permissions": (None, key.permissions), "locations": (None, [place.code for place in locations])},
    )
    emit(KeyCreated(key_id=key.pk, version=1, permissions=key.permissions), actor=actor)
    return key, f"{KEY_MARK}_{prefix}_{secret}"


@transaction.atomic(durable=True)
def revoke_api_key(*, key_id: UUID, actor: Actor) -> ApiKey:
    """End a key at once; repeating changes nothing.

    Raises:
        NotFound: there is no such key.
        Forbidden: the actor may not manage keys, or the key opens more than the actor.
    """
    actor.require(MANAGE_KEYS)
    key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    places = [] if key.everywhere else list(key.locations.values_list("pk", flat=True))
    if key.everywhere or places:  # one that opens nothing may be ended by anybody who manages keys
        _require_all(actor, key.permissions, places=places)
    if key.revoked_at is None:
        key.revoked_at = datetime.now(UTC)
        key.save(update_fields=["revoked_at"])
        record(
            Action.CHANGE,
            actor=actor,
            object_type="api_key",
            object_id=key.pk,
            object_label=key.name,
            changes={"revoked_at": (None, key.revoked_at)},
        )
        emit(KeyRevoked(key_id=key.pk, version=2), actor=actor)
    return key


@transaction.atomic
def put_away(name: str, *, actor: Actor) -> bool:
    """Keep a help of this name off the actor's own pages; answers whether it was there. A key has no pages."""
    if actor.kind != "user" or actor.id is None:
        return False
    return PutAway.objects.get_or_create(user_id=actor.id, name=name)[1]
