"""Find devices: by their secret, for the fleet page, by a code somebody typed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db.models import Prefetch, QuerySet
from django.utils.crypto import salted_hmac

from core.actors import Actor
from core.db.prepared import find_row
from core.devices.models import Device, Enrolment, Gap
from core.devices.permissions import MANAGE_DEVICES
from core.errors import NotFound
from core.ids import ALPHABET
from core.people.models import User
from core.tenancy.context import current_tenant

TOKEN_LENGTHS = range(40, 101)
CODE_LENGTH = 8
HEARD_OF = timedelta(minutes=2)
"""Devices report every half minute while they are open; who was heard of within this is online."""


class AuthorPass(NamedTuple):
    """What a pass says: this person was logged in on this device at this moment."""

    device_id: UUID
    user_id: UUID
    issued_at: datetime


def device_of_token(token: str) -> Device | None:
    """The device with this secret, or None: one indexed look-up of a hash, whatever the secret.

    Revoked ones are answered too (`Device.is_living` says it): what they still send is taken.
    """
    if len(token) not in TOKEN_LENGTHS:
        return None
    return find_row(Device, token_hash=hash_of(token))


def hash_of(secret: str) -> bytes:
    """What the tables keep of a secret or a code."""
    return sha256(secret.encode()).digest()


def author_pass(device: Device, user: User) -> str:
    """Signed words that somebody was logged in on a device now; they stand on what that person does there.

    They open nothing: what the person may do is looked up when it is booked, and so is how old they may be.
    """
    now = int(datetime.now(UTC).timestamp())
    return _signer().sign_object({"d": str(device.pk), "u": str(user.pk), "t": now})


def read_pass(text: str) -> AuthorPass | None:
    """What a pass of this shop says, or None for anything that is none (another shop's are none)."""
    if not isinstance(text, str) or len(text) > 500:
        return None
    try:
        said: Any = _signer().unsign_object(text)
        return AuthorPass(UUID(said["d"]), UUID(said["u"]), datetime.fromtimestamp(said["t"], UTC))
    except (BadSignature, ValueError, KeyError, TypeError):
        return None


def device_of_pass(said: AuthorPass, *, sender: Device) -> Device | None:
    """The device on which the person of a pass worked, where ``sender`` may bring such work; else None.

    That is the sender itself, or one that its browser may have been before it was let in anew: let in earlier, given
    this pass before that, and not heard of since. A pass of a device that works beside it counts for nothing there.
    """
    if said.device_id == sender.pk:
        return sender
    if said.issued_at > sender.enrolled_at:
        return None
    before = Device.objects.filter(pk=said.device_id, enrolled_at__lt=sender.enrolled_at).first()
    if before is None or (before.last_seen_at is not None and before.last_seen_at > sender.enrolled_at):
        return None
    return before


def _signer() -> Signer:
    return Signer(salt=f"devices.author:{current_tenant().pk}")


def code_of(enrolment: Enrolment) -> str:
    """The code of an enrolment, which no table keeps: it follows from the row and the key of the installation."""
    mark = f"{current_tenant().pk}:{enrolment.pk}:{enrolment.expires_at.timestamp():.6f}"
    value = int.from_bytes(salted_hmac("devices.enrolment", mark, algorithm="sha256").digest())
    return "".join(ALPHABET[value >> 5 * place & 31] for place in range(CODE_LENGTH))


def tidy_code(typed: str) -> str:
    """A code as it is kept, from what somebody typed: letters that look like others are taken for those."""
    letters = "".join(letter for letter in typed.upper()[:40] if letter.isascii() and letter.isalnum())
    return letters.translate(str.maketrans("OILU", "011V"))


def enrolment_of_code(typed: str) -> Enrolment | None:
    """The enrolment a code belongs to, used, late or neither; None for a code nobody made."""
    code = tidy_code(typed)
    if len(code) != CODE_LENGTH:
        return None
    found = Enrolment.objects.select_related("location", "role", "device", "made_by")
    return found.filter(code_hash=hash_of(code)).first()


def find_enrolment(enrolment_id: UUID, *, actor: Actor) -> Enrolment:
    """An invitation that the actor may see. Raises `NotFound`."""
    row = Enrolment.objects.select_related("location", "role", "device").filter(pk=enrolment_id).first()
    if row is None or not actor.may(MANAGE_DEVICES, at=row.location_id):
        raise NotFound("There is no such invitation.")
    return row


def devices_seen_by(actor: Actor) -> QuerySet[Device]:
    """The devices at the places where the actor may manage them, with what a list shows of them."""
    places = actor.places(MANAGE_DEVICES)
    rows = Device.objects.select_related("location", "role", "enrolled_by", "revoked_by")
    rows = rows.prefetch_related(Prefetch("gaps", standing_gaps().order_by("counter", "first")))
    return rows if places is None else rows.filter(location__in=places)


def standing_gaps() -> QuerySet[Gap]:
    """What is missing of devices and was told: younger gaps may only be out of order."""
    return Gap.objects.filter(told_at__isnull=False)


def missing_items(device: Device) -> QuerySet[Gap]:
    """The items that did not come, however short a time ago: for the device itself, which sends them again."""
    return device.gaps.filter(counter=Gap.Counter.ITEMS).order_by("first")


def find_device(device_id: UUID, *, actor: Actor) -> Device:
    """One of them. Raises `NotFound`."""
    row = devices_seen_by(actor).filter(pk=device_id).first()
    if row is None:
        raise NotFound("There is no such device.")
    return row


@dataclass(frozen=True, slots=True)
class Health:
    """How a device stands, in a word for programs, and since when."""

    state: str
    since: datetime | None


def health_of(device: Device, *, now: datetime) -> Health:
    """``revoked``, ``expired``, ``new`` (never heard of), ``online`` or ``silent``."""
    if device.revoked_at is not None:
        return Health("revoked", device.revoked_at)
    if device.expires_at <= now:
        return Health("expired", device.expires_at)
    if device.last_seen_at is None:
        return Health("new", device.enrolled_at)
    return Health("online" if now - device.last_seen_at <= HEARD_OF else "silent", device.last_seen_at)


def free_name_and_prefix() -> tuple[str, str]:
    """What the next device may be called: Till 1 and T1, Till 2 and T2, …: as none is, was, or is invited to be."""
    taken = set(Device.objects.values_list("prefix", flat=True))
    taken |= set(Enrolment.objects.filter(expires_at__gt=datetime.now(UTC)).values_list("prefix", flat=True))
    number = next(number for number in range(1, len(taken) + 2) if f"T{number}" not in taken)
    return f"Till {number}", f"T{number}"
