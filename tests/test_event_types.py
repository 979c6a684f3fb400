"""Every event type is described, and what receivers were built against does not change under them."""

import copy
import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from core.events import CATALOGUE, json_schema
from core.ids import uuid7
from orders.events import CreditChanged, PaymentReceived
from webhooks.catalogue import event_types, example_envelope
from webhooks.type_docs import as_page, broken_promises, form_of, present, remembered

DOCS = Path(settings.BASE_DIR) / "docs"


def test_the_pages_of_the_event_types_are_current_and_no_version_was_broken() -> None:
    """Where this fails: `manage.py event_types --write`, or give the changed type a new ``schema_version``."""
    call_command("event_types", stdout=StringIO())


def test_every_type_has_a_schema_an_example_that_fits_it_and_a_section() -> None:
    page = (DOCS / "event-types.md").read_text()
    for kind in event_types():
        Draft202012Validator.check_schema(kind.schema)
        Draft202012Validator(kind.schema).validate(example_envelope(kind.type)["data"])
        assert kind.permission and kind.schema_version >= 1 and kind.schema["description"]
        assert f"\n### {kind.type}\n" in page
    assert len(event_types()) == len(CATALOGUE) == page.count("\n### ")


def changed(**changes: Any) -> list[str]:
    """What a receiver of today would stumble over if ``order.created`` came out like this."""
    known = present()
    now = copy.deepcopy(known)
    fields = now["order.created"]["versions"]["1"]
    for name, form in changes.items():
        if form is None:
            del fields[name]
        else:
            fields[name] = form
    return broken_promises(known, now)


def test_a_field_may_come_but_neither_go_nor_take_another_form_without_a_new_version() -> None:
    assert changed(colour="text") == []
    assert changed(number=None) == ["order.created: number is gone"]
    assert changed(total="decimal") == ["order.created: total is decimal and was amount"]
    assert changed(location_id="UUID or null") == ["order.created: location_id is UUID or null and was UUID"]

    known = present()
    later = copy.deepcopy(known)
    later["order.created"]["versions"] = {"2": {"order_id": "UUID"}}
    assert broken_promises(known, later) == []
    assert broken_promises(later, known) == ["order.created went back from version 2 to 1"]
    del later["order.created"]
    assert broken_promises(known, later) == ["order.created is not told any more"]


def test_a_list_of_words_may_grow() -> None:
    few, many = (
        {"x": {"about": "x", "versions": {"1": {"state": f"one of {words}"}}}} for words in ("a, c", "a, b, c")
    )
    assert broken_promises(few, many) == []
    assert broken_promises(many, few) == ["x: state is one of a, c and was one of a, b, c"]


def test_older_versions_stay_described() -> None:
    known = present()
    known["order.created"]["versions"] = {"0": {"order_id": "UUID", "number": "integer", "colour": "text"}}
    history = remembered(known, present())
    assert sorted(history["order.created"]["versions"]) == ["0", "1"]
    page = as_page(history)
    assert "Version 1 differs from 0: `colour` is gone, `number` was integer, `version` is new," in page


def test_every_form_of_a_field_has_its_word() -> None:
    words = {word for kind in json.loads((DOCS / "event-schemas.json").read_text()).values()
             for fields in kind["versions"].values() for word in fields.values()}  # fmt: skip
    assert "anything" not in words and {"UUID", "amount", "decimal", "time or null", "list of text"} <= words
    assert form_of({"enum": ["b", "a"]}) == "one of a, b"


@pytest.mark.parametrize(("currency", "stored", "told"), [
    ("GBP", "21.0000", "21.00"), ("JPY", "2100.0000", "2100"), ("KWD", "1.2500", "1.250"), ("GBP", "0.1234", "0.1234"),
    ("GBP", "-0.0000", "0.00"),
])  # fmt: skip
def test_amounts_are_told_in_the_places_of_their_currency(currency: str, stored: str, told: str) -> None:
    event = PaymentReceived(
        payment_id=uuid7(),
        version=1,
        order_id=uuid7(),
        location_id=uuid7(),
        method="cash",
        currency=currency,
        amount=Decimal(stored),
    )
    assert event.payload()["amount"] == told
    Draft202012Validator(json_schema(PaymentReceived)).validate(event.payload())


def test_points_have_no_places_beyond_those_they_need() -> None:
    event = CreditChanged(
        account_id=uuid7(),
        version=1,
        kind="points",
        customer_id=None,
        cause="earn",
        amount=Decimal("12.0000"),
        balance=Decimal("40.0000"),
        currency="",
        reference_type="order",
        reference_id=uuid7(),
    )
    assert (event.payload()["amount"], event.payload()["balance"]) == ("12", "40")


def test_a_break_is_refused_by_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = present()
    broken["order.created"]["versions"]["1"].pop("number")
    monkeypatch.setattr("webhooks.management.commands.event_types.present", lambda: broken)
    with pytest.raises(CommandError, match=r"stumble:\norder.created: number is gone"):
        call_command("event_types", write=True)
    assert "number" in json.loads((DOCS / "event-schemas.json").read_text())["order.created"]["versions"]["1"]
