"""Who buys: get to know a customer, change what is known, note what they agree to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values
from core.errors import Conflict, Invalid, ReusedIdentifier, StaleVersion, refuse
from core.ids import reference, uuid7
from core.outbox.services import emit
from inventory.codes import is_gtin, normalise
from inventory.models import ScanCode
from inventory.selectors import LONGEST_CODE
from orders.events import CustomerCreated
from orders.models import Consent, Customer, CustomerGroup
from orders.permissions import MANAGE_CUSTOMERS
from orders.services.customer_rows import lock_customer, note_customer, tell_change

FIELDS = ("number", "name", "email", "phone", "country", "postcode", "address", "note")
TELLING = ("number", "name", "email", "phone")
MOST_CODES = 20
MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Known:
    """The customer, and whether this call made it (False: it was there already)."""

    customer: Customer
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Something a customer agrees to when the shop gets to know them: the purpose, the words, and where it was."""

    purpose: str
    wording: str
    source: str


@transaction.atomic
def create_customer(
    *,
    actor: Actor,
    values: Mapping[str, str],
    customer_id: UUID | None = None,
    groups: Sequence[UUID] = (),
    codes: Sequence[str] = (),
    agreements: Sequence[Agreement] = (),
) -> Known:
    """Add a customer; ``values`` are some of `FIELDS`; without a number one is made. ``agreements`` are kept as proofs.

    With a ``customer_id`` of the caller's own it is safe to repeat: the same content gives the customer it already
    made, so a till may make one while it is offline.

    Raises:
        Forbidden: the actor may not.
        Invalid: nothing that tells the customer from others is given, or a group, code or agreement is wrong.
        Conflict: the number or a code is taken.
        ReusedIdentifier: the id belongs to a customer that was made with other content.
    """
    actor.require(MANAGE_CUSTOMERS)
    made = customer_id or uuid7()
    request = fingerprint(
        {
            "values": {name: value for name, value in values.items() if value},
            "groups": set(groups),
            "codes": codes,
            **({"agreements": [asdict(one) for one in agreements]} if agreements else {}),
        }
    )
    if customer_id and (stands := _twin(customer_id, request)):
        return Known(stands, False)
    if not any(values.get(name) for name in TELLING):
        raise _invalid("", "empty", "Give a number, a name, an e-mail address or a telephone.")
    filled = {**values, "number": values.get("number") or reference(made)}
    customer = Customer(id=made, request_hash=request, **filled)
    try:
        with transaction.atomic():
            customer.save(force_insert=True)
    except IntegrityError as taken:
        if customer_id and (stands := _twin(customer_id, request)):
            return Known(stands, False)
        raise _taken_number(customer.number) from taken
    changed = {name: (None, value) for name in FIELDS if (value := getattr(customer, name))}
    changed |= _write_groups(customer, groups) | _write_codes(customer, codes)
    for place, one in enumerate(agreements):
        _keep_consent(customer, one, is_given=True, actor=actor, here=f"/agreements/{place}")
        changed[f"consent_{one.purpose}"] = (None, "given")
    note_customer(AuditEntry.Action.CREATE, customer, changed, actor)
    emit(CustomerCreated(customer_id=customer.pk, version=customer.version, number=customer.number), actor=actor)
    return Known(customer, True)


@transaction.atomic
def update_customer(
    customer_id: UUID,
    *,
    actor: Actor,
    values: Mapping[str, str],
    groups: Sequence[UUID] | None = None,
    codes: Sequence[str] | None = None,
    expected_version: int | None = None,
) -> Customer:
    """Change what is named of a customer; ``groups`` and ``codes`` replace those there are, None leaves them.

    What is the same already changes nothing.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such customer.
        StaleVersion: the customer is not at ``expected_version`` any more.
        CustomerMerged, CustomerAnonymised: there is nothing to change any more.
        Invalid, Conflict: as in `create_customer`.
    """
    actor.require(MANAGE_CUSTOMERS)
    customer = lock_customer(customer_id)
    if expected_version is not None and customer.version != expected_version:
        raise StaleVersion
    before = field_values(customer, *FIELDS)
    for name, value in values.items():
        setattr(customer, name, value)
    if not customer.number:
        raise _invalid("/number", "empty", "A customer keeps a number.")
    changed = differences(before, field_values(customer, *FIELDS))
    if groups is not None:
        changed |= _write_groups(customer, groups)
    if codes is not None:
        changed |= _write_codes(customer, codes)
    if changed:
        try:
            with transaction.atomic():
                tell_change(customer, changed, actor=actor)
        except IntegrityError as taken:
            raise _taken_number(customer.number) from taken
    return customer


@transaction.atomic
def record_consent(
    customer_id: UUID, *, purpose: str, is_given: bool, wording: str, source: str, actor: Actor
) -> Consent:
    """Keep the proof that a customer agreed to something, or took it back. The newest of a purpose holds.

    Saying again what holds already is kept, too: with another wording it is another proof.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such customer.
        Invalid: the purpose is none, or an agreement comes without the words that were agreed to.
        CustomerMerged, CustomerAnonymised: there is nobody to agree any more.
    """
    actor.require(MANAGE_CUSTOMERS)
    said = Agreement(purpose=purpose, wording=wording, source=source)
    _check_consent(said, is_given=is_given)
    customer = lock_customer(customer_id)
    consent = _keep_consent(customer, said, is_given=is_given, actor=actor)
    tell_change(customer, {f"consent_{purpose}": (None, "given" if is_given else "taken back")}, actor=actor)
    return consent


def _check_consent(said: Agreement, *, is_given: bool, here: str = "") -> None:
    if said.purpose not in Consent.Purpose:
        raise _invalid(f"{here}/purpose", "unknown", "There is no such purpose.")
    if not said.source.strip():
        raise _invalid(f"{here}/source", "empty", "Say where it was: counter, web, letter.")
    if is_given and not said.wording.strip():
        raise _invalid(f"{here}/wording", "empty", "Without the words that were agreed to it proves nothing.")


def _keep_consent(customer: Customer, said: Agreement, *, is_given: bool, actor: Actor, here: str = "") -> Consent:
    _check_consent(said, is_given=is_given, here=here)
    return Consent.objects.create(
        customer=customer,
        purpose=said.purpose,
        is_given=is_given,
        wording=said.wording.strip(),
        source=said.source.strip(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
    )


def _twin(customer_id: UUID, request: bytes) -> Customer | None:
    """The customer an earlier try made."""
    stands = Customer.objects.filter(pk=customer_id).first()
    if stands is not None and bytes(stands.request_hash or b"") != request:
        raise ReusedIdentifier("This id belongs to a customer with other content.")
    return stands


def _write_groups(customer: Customer, wanted: Sequence[UUID]) -> dict[str, tuple[Any, Any]]:
    if len(wanted) > MOST_GROUPS:
        raise _invalid("/groups", "too-many", f"At most {MOST_GROUPS} groups.")
    before = dict(customer.groups.values_list("pk", "name"))
    if set(wanted) == before.keys():
        return {}
    known = dict(CustomerGroup.objects.filter(pk__in=wanted).values_list("pk", "name"))
    errors = [
        {"pointer": f"/groups/{place}", "code": "unknown", "detail": "There is no such group."}
        for place, pk in enumerate(wanted)
        if pk not in known
    ]
    refuse(*errors)
    customer.groups.set(list(known))  # type: ignore[arg-type]  # keys are UUIDs
    return {"groups": (sorted(before.values()), sorted(known.values()))}


def _write_codes(customer: Customer, typed: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Make the cards of a customer those given, in the registry that a scan asks."""
    own = ScanCode.objects.filter(kind=ScanCode.Kind.CUSTOMER, target_id=customer.pk)
    before = set(own.values_list("code", flat=True))
    wanted = {normalise(code): f"/codes/{place}" for place, code in enumerate(typed)}
    if len(typed) > MOST_CODES:
        raise _invalid("/codes", "too-many", f"At most {MOST_CODES} cards.")
    for code, pointer in wanted.items():
        if not code or len(code) > LONGEST_CODE or not code.isprintable():
            raise _invalid(pointer, "code", "This cannot be a code.")
    if wanted.keys() == before:
        return {}
    for code in ScanCode.objects.filter(code__in=wanted.keys() - before).values_list("code", flat=True):
        raise _conflict(wanted[code], f"The code {code} stands for something else.")
    own.filter(code__in=before - wanted.keys()).delete()
    try:
        with transaction.atomic():
            ScanCode.objects.bulk_create(
                ScanCode(
                    code=code,
                    kind=ScanCode.Kind.CUSTOMER,
                    target_id=customer.pk,
                    symbology=ScanCode.Symbology.GTIN if is_gtin(code) else ScanCode.Symbology.CODE,
                )
                for code in sorted(wanted.keys() - before)
            )
    except IntegrityError as taken:  # somebody took it between our look and our write
        raise _conflict("/codes", "One of these codes stands for something else.") from taken
    return {"codes": (sorted(before), sorted(wanted))}


def _taken_number(number: str) -> Conflict:
    return _conflict("/number", f"There is a customer {number} already.")


def _conflict(pointer: str, detail: str) -> Conflict:
    return Conflict(detail, details={"errors": [{"pointer": pointer, "code": "taken", "detail": detail}]})


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, details={"errors": [{"pointer": pointer, "code": code, "detail": detail}]})
