"""Rules for codes that carry a weight, a price or a number of pieces."""

from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.db.locks import queue_for
from core.errors import Conflict, NotFound
from core.outbox.services import emit
from inventory.code_presets import PRESETS
from inventory.events import CodeRuleChanged
from inventory.models import EmbeddedCodeRule
from inventory.permissions import MANAGE_PRODUCTS
from inventory.reading import pattern_faults
from inventory.services.edits import added, clean_name, conflict, edited, fault, invalid, locked, removed

FIELDS = ("name", "pattern", "decimals", "price_does", "position", "is_active")
MOST_RULES = 100
NAME = 80


@transaction.atomic
def create_rule(values: dict[str, Any], *, actor: Actor) -> EmbeddedCodeRule:
    """Add a rule: ``values`` are of `FIELDS`, ``pattern`` at least. Without ``position`` it is asked last.

    Raises:
        Forbidden: the actor may not manage products.
        Invalid: the pattern is none; or there are too many rules.
        Conflict: the pattern is there.
    """
    actor.require(MANAGE_PRODUCTS)
    queue_for("code rules")
    last = EmbeddedCodeRule.objects.order_by("-position").first()
    if EmbeddedCodeRule.objects.count() >= MOST_RULES:
        raise invalid(fault("/pattern", "too-many", f"At most {MOST_RULES} rules."))
    row = EmbeddedCodeRule(**{"position": last.position + 1 if last else 0, **_clean(values)})
    row.name = row.name or row.pattern
    _check(row)
    added(row, actor=actor, object_type="code_rule", fields=FIELDS, taken=_same)
    _tell(row, "created", actor)
    return row


@transaction.atomic
def update_rule(
    rule_id: UUID, changes: dict[str, Any], *, actor: Actor, expected_version: int | None = None
) -> EmbeddedCodeRule:
    """Change a rule: any of `FIELDS`. Raises `NotFound`, `StaleVersion`, and what `create_rule` does."""
    actor.require(MANAGE_PRODUCTS)
    row = locked(EmbeddedCodeRule, rule_id, called="rule", expected_version=expected_version)
    before = {name: getattr(row, name) for name in FIELDS}
    wanted = _clean(changes)
    for name, value in wanted.items():
        setattr(row, name, value)
    _check(row)
    for name, value in before.items():
        setattr(row, name, value)
    if edited(row, wanted, actor=actor, object_type="code_rule", taken=_same):
        _tell(row, "updated", actor)
    return row


@transaction.atomic
def delete_rule(rule_id: UUID, *, actor: Actor, expected_version: int | None = None) -> None:
    """Take a rule away. Raises `NotFound`, `StaleVersion`, `Forbidden`."""
    actor.require(MANAGE_PRODUCTS)
    row = locked(EmbeddedCodeRule, rule_id, called="rule", expected_version=expected_version, to_delete=True)
    row.version += 1
    _tell(row, "deleted", actor)
    removed(row, actor=actor, object_type="code_rule")


@transaction.atomic
def add_preset(country: str, *, actor: Actor) -> int:
    """Add the rules that are usual in a country, save those that are there. Answers how many were added.

    Raises `NotFound` for a country without any.
    """
    if country not in PRESETS:
        raise NotFound("There are no usual rules for this country.")
    have = set(EmbeddedCodeRule.objects.values_list("pattern", flat=True))
    wanted = [rule for rule in PRESETS[country].rules if rule.pattern not in have]
    for rule in wanted:
        create_rule({"name": rule.name, "pattern": rule.pattern, "decimals": rule.decimals}, actor=actor)
    return len(wanted)


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    found = {name: values[name] for name in FIELDS if name in values}
    if found.get("name"):
        found["name"] = clean_name(found["name"], longest=NAME)
    if "pattern" in found:
        found["pattern"] = str(found["pattern"]).strip().upper()
    return found


def _check(row: EmbeddedCodeRule) -> None:
    faults = pattern_faults(row.pattern, row.decimals)
    if faults:
        raise invalid(*(fault(f"/{name}", code, words) for name, code, words in faults))
    if not 0 <= row.position <= 1_000_000:
        raise invalid(fault("/position", "range", "A position is a number from 0 to 1000000."))
    if row.price_does not in EmbeddedCodeRule.PriceDoes.values:
        raise invalid(fault("/price_does", "choice", "A price is shown or charged."))
    if row.price_does == EmbeddedCodeRule.PriceDoes.CHARGE and "P" not in row.pattern:
        raise invalid(fault("/price_does", "no-price", "Codes of this form carry no price that could be charged."))


def _tell(row: EmbeddedCodeRule, what: str, actor: Actor) -> None:
    told = CodeRuleChanged(
        rule_id=row.pk,
        version=row.version,
        name=row.name,
        pattern=row.pattern,
        what=what,
        price_does=row.price_does,
    )
    emit(told, actor=actor)


def _same() -> Conflict:
    return conflict("/pattern", "taken", "There is a rule with this pattern already.")
