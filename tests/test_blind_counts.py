"""What a blind stocktake counts is nowhere to be looked up by those who count, and back when it is over."""

from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop
from inventory.models import Lot, LotLevel, ScanCode, Serial, StockAlert, Variant
from inventory.selectors.blind import places_told
from inventory.selectors.lots import lot_levels
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


def test_a_scan_a_lot_a_piece_and_the_value_of_a_place_tell_nothing_of_what_is_counted_blind(acme: Shop) -> None:
    acme.person("stock clerk")
    variant, place = acme.variant("TEA"), acme.location
    lot = Lot.objects.create(variant=variant, code="L1")
    LotLevel.objects.create(lot=lot, location=place, on_hand=7)
    piece = Serial.objects.create(variant=variant, number="PIECE-1-OF-9", state="in_stock", location=place)
    clerk, manager, query = person(acme, "stock clerk"), person(acme, "manager"), {"location": str(place.pk)}

    def told(api: Api) -> tuple[Any, ...]:
        on_hand = api.get("scan/TEA/", query).json()["on_hand"]
        pieces = [row["number"] for row in api.get("stock/serials/").json()["results"]]
        return on_hand, pieces, api.get(f"stock/serials/{piece.pk}/").status_code

    def worth() -> list[str]:
        return [row["location"] for row in manager.get("stock/value/").json()["locations"]]

    before = told(clerk)
    assert before[0] is not None and before[1:] == (["PIECE-1-OF-9"], 200) and worth() == [str(place.pk)]
    count = begin(acme, "TEA")
    assert told(clerk) == (None, [], 403) and told(manager) == before and worth() == [str(place.pk)]
    assert clerk.get("scan/CUP/", query).json()["on_hand"] is not None
    browser = acme.client("stock clerk")
    assert browser.get(f"/stock/serials/{piece.pk}/").status_code == 403
    assert "PIECE-1-OF-9" not in browser.get("/stock/serials/").content.decode()
    assert lot_levels(lot, actor=acme.actor("stock clerk")) == []
    assert len(lot_levels(lot, actor=acme.actor("manager"))) == 1
    assert places_told(None, actor=acme.actor("accountant")) == frozenset()
    assert str(place.pk) not in str(person(acme, "accountant").get("stock/value/").json())
    assert "counted blind" in acme.client("accountant").get("/stock/value/").content.decode()
    cancel_count(count.pk, actor=acme.actor("manager"))
    assert told(clerk) == before


def test_a_till_and_a_basket_sell_what_is_counted_blind_without_telling_how_much_there_is(acme: Shop) -> None:
    acme.person("stock clerk")
    tea, cup, place = acme.variant("TEA"), acme.variant("CUP"), acme.location
    Variant.objects.filter(pk=cup.pk).update(tracking="serial")
    piece = Serial.objects.create(variant=cup, number="PIECE-7", state="in_stock", location=place)
    ScanCode.objects.create(code="PIECE-7", kind="serial", target_id=piece.pk)

    def told(role: str) -> tuple[Any, ...]:
        browser, query = acme.client(role), {"location": str(place.pk)}
        tiles = browser.get("/till/articles/", {**query, "q": "e"}).json()["articles"]
        on_hand = {tile["sku"]: (tile["on_hand"] is not None, tile["is_stocked"]) for tile in tiles}
        here = person(acme, role).get("scan/PIECE-7/", query).json()
        anywhere = person(acme, role).get("scan/PIECE-7/").json()
        row = {"variant": str(tea.pk), "quantity": "1", "location": str(place.pk), "find": "jam"}
        page = browser.post("/orders/new/", row).content.decode()
        assert "Earl Grey" in page
        return on_hand["TEA"], here["state"], anywhere["state"], page.count("free here")

    def both() -> list[tuple[Any, ...]]:
        return [told("cashier"), told("manager")]

    limits(low="12")
    open_to_all = ((True, True), "in_stock", "in_stock", 2)
    assert both() == [open_to_all, open_to_all]
    counts = [begin(acme, "TEA"), begin(acme, "CUP")]
    assert both() == [((False, True), "", "", 1), open_to_all]
    for count in counts:
        cancel_count(count.pk, actor=acme.actor("manager"))
    assert both() == [open_to_all, open_to_all]


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
