"""Whatever is scanned means one thing: the registry, what other apps add to it, and what codes carry."""

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, DomainError
from core.ids import uuid7
from core.outbox.models import Event
from core.testing import CANARY, Shop, make_variant, sale_body
from inventory.codes import check_digit
from inventory.errors import NonsenseCode, UnknownCode
from inventory.models import EmbeddedCodeRule, Lot, ScanCode, Variant
from inventory.scan_targets import Target
from inventory.selectors.codes import Scanned, in_unit, resolve_scan
from inventory.services.code_rules import add_preset, create_rule, update_rule
from inventory.services.scancodes import add_code, claim_code, make_code, remove_code
from orders.models import Customer
from tests.api import machine, person, pointers
from tests.test_race_checkout import at_once

LOT, LOCATION, CUSTOMER = ScanCode.Kind.LOT, ScanCode.Kind.LOCATION, ScanCode.Kind.CUSTOMER


def gtin(body: str) -> str:
    return f"{body}{check_digit(body)}"


def scan(shop: Shop, text: str, **more: Any) -> Any:
    return resolve_scan(text, actor=shop.actor(), **more)


def by_weight(shop: Shop, sku: str, *, unit: str = "kg", price: str = "8.00") -> Variant:
    variant = make_variant(sku, price=price)
    Variant.objects.filter(pk=variant.pk).update(unit=unit)
    return variant


def test_every_kind_of_thing_is_found_by_one_call(acme: Shop, globex: Shop) -> None:
    lot = Lot.objects.create(variant=acme.variant(), code="L-77")
    customer = Customer.objects.get(number="C1")
    for code, claimed, pk in (
        ("LOT:77", LOT, lot.pk),
        ("SHOP", LOCATION, acme.location.pk),
        ("CARD", CUSTOMER, customer.pk),
    ):
        claim_code(code=code, kind=claimed, target_id=pk)
    key = machine(acme)
    assert key.post("orders/", sale_body(acme, {"TEA": "1"}, order_id=uuid7())).status_code == 201
    order = key.get("orders/").json()["results"][0]
    expected: dict[str, tuple[str, UUID]] = {
        "LOT:77": ("lot", lot.pk),
        "lot:77": ("lot", lot.pk),
        "SHOP": ("location", acme.location.pk),
        "CARD": ("customer", customer.pk),
        f"R-{order['number']}": ("order", UUID(order["id"])),
        "5012345678900": ("variant", acme.variant().pk),
        "TEA": ("variant", acme.variant().pk),
    }
    for code, (kind, pk) in expected.items():
        answer = key.get(f"scan/{code}/")
        assert (answer.status_code, answer.json()["kind"], answer.json()["target"]) == (200, kind, str(pk)), (
            answer.content
        )
        assert CANARY not in str(answer.content)
        page = acme.client("owner").get("/scan/", {"code": code})
        assert page.status_code == 302 and acme.client("owner").get(page["Location"]).status_code == 200, code
    assert person(acme, "stock clerk").get("scan/CARD/").status_code == 404  # who may not see customers knows of none
    assert acme.client("owner").get("/scan/", {"code": "nobody"}).status_code == 404


def test_an_article_is_answered_as_ever_and_with_its_kind(acme: Shop) -> None:
    body = machine(acme).get("scan/05012345678900/", {"location": str(acme.location.pk)}).json()
    tea = acme.variant()
    assert body == {
        "kind": "variant",
        "target": str(tea.pk),
        "code": "05012345678900",
        "variant": str(tea.pk),
        "product": str(tea.product_id),
        "sku": "TEA",
        "name": "Acme Earl Grey",
        "unit_price": "4.5000",
        "tax_rate": "20",
        "pack_quantity": "1",
        "quantity": "1",
        "unit": "",
        "price": None,
        "charges": False,
        "lot": "",
        "serial": "",
        "expires_on": None,
        "lot_id": None,
        "serial_id": None,
        "state": "",
        "url": "",
        "is_stocked": True,
        "tracking": "none",
        "on_hand": "10",
    }


def test_a_plain_code_costs_two_statements(acme: Shop) -> None:
    actor, place = acme.actor(), acme.location.pk
    for text in ("5012345678900", "]E05012345678900"):
        with CaptureQueriesContext(connection) as seen:
            resolve_scan(text, actor=actor, location_id=place)
        assert len(seen.captured_queries) == 2


def test_a_code_that_belongs_to_something_is_refused_naming_it(acme: Shop) -> None:
    claim_code(code="SHELF", kind=LOCATION, target_id=acme.location.pk)
    cup, key = acme.variant("CUP"), machine(acme)
    before = Event.objects.count()
    for code, owner in (("5012345678900", "Earl Grey (TEA)"), ("SHELF", "a location")):
        with pytest.raises(Conflict) as refusal:
            add_code(cup.pk, code=code, actor=acme.actor())
        assert owner in refusal.value.details["errors"][0]["detail"]
        with pytest.raises(Conflict) as refusal:
            claim_code(code=code, kind=LOT, target_id=uuid7())
        assert owner in refusal.value.details["errors"][0]["detail"]
    answer = key.post(f"variants/{cup.pk}/codes/", {"code": "R-ABC123"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "reserved")
    assert Event.objects.count() == before and cup.codes.count() == 1
    again = claim_code(code="SHELF", kind=LOCATION, target_id=acme.location.pk)
    assert ScanCode.objects.filter(code="SHELF").get() == again


def test_a_pack_counts_its_units_and_an_unknown_pack_says_of_what(acme: Shop) -> None:
    pack = gtin("1501234567890")
    with pytest.raises(UnknownCode) as refusal:
        scan(acme, pack)
    assert refusal.value.details["pack_of"] == str(acme.variant().pk)
    answer = machine(acme).post(f"variants/{acme.variant().pk}/codes/", {"code": pack, "pack_quantity": "6"})
    assert (answer.status_code, answer.json()) == (201, {"code": pack, "pack_quantity": "6", "symbology": "gtin"})
    assert scan(acme, pack).quantity == 6
    twelve = f"]C101{pack}3002"
    assert scan(acme, twelve).quantity == 12
    remove_code(ScanCode.objects.get(code=pack).pk, actor=acme.actor())
    with pytest.raises(UnknownCode):
        scan(acme, pack)


def test_our_own_numbers_go_on_whatever_was_deleted(acme: Shop) -> None:
    tea, actor = acme.variant().pk, acme.actor()
    first = make_code(tea, actor=actor)
    assert first.printed == gtin("200000000001")
    remove_code(first.pk, actor=actor)
    assert make_code(tea, actor=actor).printed == gtin("200000000002")
    assert make_code(tea, actor=actor, style="code128").code == "S000000001"
    add_preset("gb", actor=actor)  # takes 20 and 28
    assert make_code(tea, actor=actor).printed.startswith("21")
    answer = machine(acme).post(f"variants/{tea}/codes/", {"make": "ean13", "prefix": "20"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "used-up")  # a rule takes all of 20
    assert pointers(machine(acme).post(f"variants/{tea}/codes/", {"make": "ean13", "prefix": "30"})) == {"/prefix"}
    assert machine(acme).post(f"variants/{tea}/codes/", {"make": "ean13", "code": "X"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_numbers_made_at_once_are_different(acme: Shop) -> None:
    ids = [acme.variant(sku).pk for sku in ("TEA", "CUP", "JAM")] * 3
    made = at_once(acme, [partial(make_code, pk, actor=acme.actor()) for pk in ids], 4)
    assert len({row.code for row in made if isinstance(row, ScanCode)}) == len(ids), made


def test_a_weight_or_price_inside_a_code_is_filled_in(acme: Shop) -> None:
    add_preset("de", actor=acme.actor())
    ham = by_weight(acme, "1234")
    cheese = by_weight(acme, "CHEESE")
    add_code(cheese.pk, code=gtin("284321000000"), actor=acme.actor())
    found = scan(acme, gtin("281234" + _inner("01250") + "01250"))
    assert isinstance(found, Scanned) and (found.sku, found.quantity, found.price) == ("1234", Decimal("1.25"), None)
    weighed = gtin("284321" + _inner("00480") + "00480")
    assert (scan(acme, weighed).sku, scan(acme, weighed).quantity) == ("CHEESE", Decimal("0.48"))
    priced = gtin("221234" + _inner("01000") + "01000")
    found = scan(acme, priced)
    assert (found.variant_id, found.price, found.quantity) == (ham.pk, Decimal(10), Decimal("1.25"))
    Variant.objects.filter(pk=ham.pk).update(unit="")
    assert (scan(acme, priced).quantity, scan(acme, priced).price) == (1, 10)


def _inner(digits: str) -> str:
    from biip.checksums import gs1_price_weight_check_digit

    return str(gs1_price_weight_check_digit(digits))


def test_a_code_of_the_registry_comes_before_every_rule(acme: Shop) -> None:
    add_preset("de", actor=acme.actor())
    by_weight(acme, "1234")
    text = gtin("281234" + _inner("00999") + "00999")
    assert scan(acme, text).quantity == Decimal("0.999")
    add_code(acme.variant().pk, code=text, actor=acme.actor())
    assert (scan(acme, text).sku, scan(acme, text).quantity) == ("TEA", 1)


def test_gs1_fills_in_everything_without_a_tap(acme: Shop) -> None:
    by_weight(acme, "HAM")
    add_code(Variant.objects.get(sku="HAM").pk, code=gtin("0950110102091"), actor=acme.actor())
    body = f"01{gtin('0950110102091')}17271231310300125010L-1\x1d21S-1"
    found = scan(acme, f"]C1{body}")
    assert (found.quantity, found.lot, found.serial, str(found.expires_on)) == (
        Decimal("1.25"),
        "L-1",
        "S-1",
        "2027-12-31",
    )
    answer = machine(acme).get(f"scan/%5DC1{body}/")
    assert answer.json()["expires_on"] == "2027-12-31" and answer.json()["quantity"] == "1.25"
    assert scan(acme, f"(01){gtin('0950110102091')}(3202)000100").quantity == Decimal("0.454")
    assert scan(acme, f"(01){gtin('0950110102091')}(3932)8261000").price == 10


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(01)05012345678900(17)271301", "impossible-date"),
        ("(01)05012345678900(3103)000000", "no-quantity"),
        ("(01)05012345678901(10)A", "gs1-check-digit"),
        ("(01)05012345678900(3932)9781000", "other-currency"),
        ("(01)05012345678900(17)27", "gs1-malformed"),
        ("2812340000000", "no-quantity"),
    ],
)
def test_nonsense_with_a_right_form_is_a_clear_no(acme: Shop, text: str, problem: str) -> None:
    add_preset("de", actor=acme.actor())
    text = gtin(text[:-1]) if text.startswith("28") else text
    answer = machine(acme).get(f"scan/{text}/")
    assert (answer.status_code, answer.json()["code"], answer.json()["problem"]) == (422, "nonsense-code", problem)
    assert acme.client("owner").get("/scan/", {"code": text}).status_code == 422


def test_an_unknown_article_inside_a_code_is_unknown(acme: Shop) -> None:
    add_preset("de", actor=acme.actor())
    answer = machine(acme).get(f"scan/{gtin('289876' + _inner('00100') + '00100')}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-code")
    assert "9876" in answer.json()["items"]


def test_a_weight_is_turned_into_the_unit_of_the_article() -> None:
    assert in_unit(Decimal("0.25"), "kg", "g") == 250
    assert in_unit(Decimal(1), "lb", "kg") == Decimal("0.454")
    assert in_unit(Decimal("1.5"), "kg", "") == Decimal("1.5")
    for quantity, wanted in ((Decimal(1), "m"), (Decimal("0.0001"), "kg")):
        with pytest.raises(NonsenseCode):
            in_unit(quantity, "kg", wanted)


def test_rules_are_kept_over_rest_and_on_pages(acme: Shop) -> None:
    key = machine(acme)
    made = key.post("code-rules/", {"pattern": "28iiiivwwwwwc", "decimals": 3})
    assert made.status_code == 201 and made.json()["pattern"] == "28IIIIVWWWWWC"
    one = f"code-rules/{made.json()['id']}/"
    assert key.post("code-rules/", {"pattern": "28IIIIVWWWWWC", "decimals": 3}).status_code == 409
    assert pointers(key.post("code-rules/", {"pattern": "IIIIWWWWW", "decimals": 9})) == {"/decimals"}
    assert pointers(key.post("code-rules/", {"pattern": "IIIIWWWWW", "decimals": 3})) == {"/pattern"}
    changed = key.patch(one, {"decimals": 2}, **{"If-Match": made["ETag"]})
    assert changed.json()["decimals"] == 2
    assert key.patch(one, {"decimals": 1}, **{"If-Match": made["ETag"]}).status_code == 412
    weighed = gtin("281234" + _inner("01250") + "01250")
    read = key.post("code-rules/reading/", {"code": weighed, "rules": [{"pattern": "28IIIIVWWWWWC", "decimals": 3}]})
    assert (read.json()["quantity"], key.post("code-rules/reading/", {"code": weighed}).json()["quantity"]) == (
        "1.25",
        "12.5",
    )
    assert key._send("DELETE", one, {}, {}).status_code == 200 and key.get(one).status_code == 404
    browser = acme.client("manager")
    assert browser.post("/settings/catalogue/code-rules/", {"preset": "gb"}).status_code == 302
    assert EmbeddedCodeRule.objects.count() == 2
    page = browser.get("/settings/catalogue/code-rules/", {"try": gtin("2012345" + _inner("0999") + "0999")})
    assert "9.99" in page.content.decode()
    assert browser.post("/settings/catalogue/code-rules/", {"preset": "xx"}).status_code == 404


def test_of_two_rules_the_first_that_fits_decides(acme: Shop) -> None:
    by_weight(acme, "123")
    low = create_rule({"pattern": "99IIIWWWW", "decimals": 3}, actor=acme.actor())
    create_rule({"pattern": "99IIINNNN", "decimals": 0}, actor=acme.actor())
    assert scan(acme, "991230450").quantity == Decimal("0.45")
    update_rule(low.pk, {"position": 9}, actor=acme.actor())
    assert scan(acme, "991230450").quantity == 450
    update_rule(low.pk, {"is_active": False}, actor=acme.actor())
    with pytest.raises(DomainError):
        update_rule(low.pk, {"pattern": "99IIINNNN", "decimals": 0}, actor=acme.actor())


def test_what_is_found_by_shape_is_for_those_who_may_see_it(acme: Shop) -> None:
    found = scan(acme, "TEA")
    assert not isinstance(found, Target) and found.kind == "variant"
    with pytest.raises(UnknownCode):
        scan(acme, "R-NOBODY99")
