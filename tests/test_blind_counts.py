"""What a blind stocktake counts is nowhere to be looked up by those who count, and back when it is over."""

from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop
from inventory.models import StockAlert
from inventory.services.alerts import look_over_stock
from inventory.services.counts import CountDraft, cancel_count, open_count
from tests.api import Api, person
from tests.test_alerts import limits


def begin(shop: Shop, *skus: str, is_blind: bool = True) -> Any:
    scope = {"variants": [shop.variant(sku).pk for sku in skus]} if skus else {}
    draft = CountDraft(count_id=uuid7(), location_id=shop.location.pk, scope=scope, is_blind=is_blind)
    return open_count(draft, actor=shop.actor("manager")).count


def seen(api: Api) -> dict[str, set[str]]:
    """The articles whose record each list tells."""
    query = {"at": "2036-01-01T00:00:00Z"}
    found = {path: api.get(path).json()["results"] for path in ("stock/", "stock/movements/", "stock/alerts/")}
    found["stock/as-of/"] = api.get("stock/as-of/", query).json()["results"]
    return {path: {row["sku"] for row in rows} for path, rows in found.items()}


@pytest.mark.parametrize("role", ["cashier", "stock clerk", "viewer"])
def test_the_record_of_what_is_counted_blind_is_shown_to_those_who_approve_only(acme: Shop, role: str) -> None:
    limits(low="12")
    look_over_stock(actor=acme.actor())
    count = begin(acme, "TEA")
    for path, skus in seen(person(acme, role)).items():
        assert "TEA" not in skus, path
    assert "CUP" in seen(person(acme, role))["stock/"]
    assert all("TEA" in skus for skus in seen(person(acme, "manager")).values())
    browser, tea = acme.client(role), acme.variant("TEA")
    page = browser.get("/stock/").content.decode()
    assert "Earl Grey" not in page and "is a blind count" in page
    assert browser.get(f"/stock/history/{tea.pk}/{acme.location.pk}/").status_code == 403
    assert "Earl Grey" not in browser.get("/stock/order-list/").content.decode()
    assert "Earl Grey" not in browser.get("/stock/alerts/").content.decode()
    cancel_count(count.pk, actor=acme.actor("manager"))
    assert all("TEA" in skus for skus in seen(person(acme, role)).values())
    assert browser.get(f"/stock/history/{tea.pk}/{acme.location.pk}/").status_code == 200
    assert StockAlert.objects.count() == 1


def test_a_count_of_everything_hides_everything_and_an_open_one_nothing(acme: Shop) -> None:
    open_one = begin(acme, is_blind=False)
    assert len(seen(person(acme, "cashier"))["stock/"]) == 3
    cancel_count(open_one.pk, actor=acme.actor("manager"))
    begin(acme)
    assert seen(person(acme, "cashier")) == {
        "stock/": set(), "stock/movements/": set(), "stock/alerts/": set(), "stock/as-of/": set(),
    }  # fmt: skip


def test_the_ledger_is_filtered_by_kind_reason_time_article_and_place(acme: Shop) -> None:
    key = person(acme, "manager")
    body: dict[str, Any] = {
        "id": str(uuid7()),
        "kind": "adjustment",
        "location": str(acme.location.pk),
        "reason_code": "lost",
    }
    body |= {"reason": "behind the shelf", "lines": [{"code": "TEA", "quantity": "1"}]}
    assert key.post("stock/movements/", body).status_code == 201

    def found(**query: str) -> list[str]:
        answer = key.get("stock/movements/", query)
        assert answer.status_code == 200, answer.content
        return [f"{row['sku']} {row['kind']}" for row in answer.json()["results"]]

    assert found(kind="adjustment") == found(reason_code="lost") == found(reason="SHELF") == ["TEA adjustment"]
    assert found(reason_code="found") == found(kind="sale") == found(until="2020-01-01T00:00:00Z") == []
    assert len(found(since="2020-01-01T00:00:00Z")) == 4
    tea = str(acme.variant("TEA").pk)
    assert found(variant=tea, location=str(acme.location.pk)) == ["TEA adjustment", "TEA receipt"]
    first = key.get("stock/movements/", {"variant": tea, "limit": "1"}).json()
    assert first["results"][0]["kind"] == "adjustment"
    again = key.get("stock/movements/", {"variant": tea, "limit": "1", "cursor": first["next"]}).json()
    assert again["results"][0]["kind"] == "receipt"
    for wrong in ({"kind": "theft"}, {"reason_code": "x"}, {"since": "yesterday"}, {"why": "x"}):
        assert key.get("stock/movements/", wrong).status_code in (400, 422)
