"""How the shop handles its stock: decided on one page, read by whatever it binds."""

from decimal import Decimal
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import Shop
from inventory.models import Count, StockPolicy
from tests.api import person, pointers


def test_what_nobody_decided_is_the_default_and_a_change_is_told_once(acme: Shop, globex: Shop) -> None:
    manager = person(acme, "manager")
    first = manager.get("stock/policy/")
    assert (first.json()["version"], first.json()["target_days"], first.json()["cover_days"]) == (0, 14, None)
    answer = manager.patch("stock/policy/", {"note_above": "25", "cover_days": 7}, **{"if-match": first["ETag"]})
    assert (answer.status_code, answer.json()["note_above"], answer.json()["cover_days"]) == (200, "25.00", 7)
    assert manager.patch("stock/policy/", {"cover_days": 7}).json()["version"] == 1
    stale = manager.patch("stock/policy/", {"cover_days": 8}, **{"if-match": '"0"'})
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 1)
    assert Event.objects.get(type="stock_policy.changed").payload["fields"] == ["cover_days", "note_above"]
    assert AuditEntry.objects.filter(object_type="stock_policy").count() == 1
    with use_tenant(globex.tenant):
        assert not StockPolicy.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("note_above", "-1"),
        ("note_above", "NaN"),
        ("note_above", "0.00001"),
        ("recount_above", "1e99"),
        ("dead_days", 0),
        ("sales_days", -1),
        ("target_days", 10**9),
        ("target_days", None),
        ("cover_days", 0),
        ("sells_expired", "perhaps"),
        ("sells_everything", True),
        ("version", 4),
    ],
)
def test_what_cannot_be_decided_is_named_and_nothing_changes(acme: Shop, name: str, value: Any) -> None:
    answer = person(acme, "manager").patch("stock/policy/", {"expiring_days": 3, name: value})
    assert answer.status_code in (400, 422) and pointers(answer) == {f"/{name}"}, answer.content
    assert not StockPolicy.objects.exclude(version=0).exists()


def test_the_page_says_what_each_setting_does_and_names_what_is_wrong(acme: Shop) -> None:
    browser = acme.client("manager")
    page = browser.get("/settings/stock/").content.decode()
    assert "the till refuses them until a manager approves" in page and "Acme main shop" in page
    form = {
        "version": 0, "note_above": "40", "recount_above": "", "expiring_days": 10, "markdown_days": 4,
        "dead_days": 60, "cover_days": "", "sales_days": 14, "target_days": 21,
    }  # fmt: skip
    assert browser.post("/settings/stock/", form | {"dead_days": 0}).status_code == 422
    assert browser.post("/settings/stock/", form).status_code == 302
    row = StockPolicy.objects.get()
    assert (row.note_above, row.sells_expired, row.target_days, row.version) == (Decimal(40), False, 21, 1)
    assert browser.post("/settings/stock/", form).status_code == 412
    assert acme.client("stock clerk").get("/settings/stock/").status_code == 403


def test_a_stocktake_that_states_no_threshold_takes_that_of_the_shop(acme: Shop) -> None:
    manager = person(acme, "manager")
    manager.patch("stock/policy/", {"recount_above": "30"})
    for stated, kept in (({}, 30), ({"recount_above": "5"}, 5)):
        body = {"id": str(uuid7()), "location": str(acme.location.pk), **stated}
        assert manager.post("counts/", body).status_code == 201
        assert Count.objects.get(pk=body["id"]).recount_above == kept
    # The threshold of later does not make the first call another one.
    manager.patch("stock/policy/", {"recount_above": "31"})
    assert manager.post("counts/", body).status_code == 200
