"""Money is exact in every currency: no coins in yen, thousandths in dinar, from the checkout to the report."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from core.money import exponent, is_payable, plain_amount, plain_decimal
from core.outbox.models import Event
from core.tenancy.context import use_public, use_tenant
from core.tenancy.models import Tenant
from core.tenancy.selectors import forget_hosts
from core.testing import Shop, sale_body, stock
from inventory.models import ScanCode, Variant
from orders.auditor import audit_books
from orders.models import Order, Payment
from tests.api import Api, machine, pointers

# currency, unit price of TEA, quantity, total of a line with 20 % tax inside, its tax
SALES = (
    ("JPY", "333.5", "3", "1001", "167"),  # 1000.5 is rounded half up
    ("KWD", "0.3335", "3", "1.001", "0.167"),  # 1.0005 likewise
    ("GBP", "4.5000", "1", "4.50", "0.75"),
)


@pytest.fixture
def in_currency(acme: Shop) -> Iterator[Any]:
    """Make the shop count in another currency until the test is over."""

    def change(currency: str) -> Tenant:
        with use_public():
            Tenant.objects.filter(pk=acme.tenant.pk).update(currency=currency)
            tenant: Tenant = Tenant.objects.get(pk=acme.tenant.pk)
        forget_hosts()
        return tenant

    yield change
    forget_hosts()


def sell(acme: Shop, api: Api, price: str, quantity: str, total: str, **payment: str) -> Any:
    Variant.objects.filter(sku="TEA").update(unit_price=Decimal(price))
    body = sale_body(acme, {"TEA": quantity})
    return api.post("orders/", body | {"payments": [{"method": "cash", "amount": total, **payment}]})


@pytest.mark.parametrize(("currency", "price", "quantity", "total", "tax"), SALES)
def test_a_sale_has_the_places_of_its_currency_everywhere(
    acme: Shop, in_currency: Any, currency: str, price: str, quantity: str, total: str, tax: str
) -> None:
    with use_tenant(in_currency(currency)):
        api = machine(acme)
        answer = sell(acme, api, price, quantity, total, tendered=str(Decimal(total) + 1))
        assert answer.status_code == 201, answer.content
        body = answer.json()
        assert (body["total"], body["tax_total"], body["currency"]) == (total, tax, currency)
        assert body["subtotal"] == plain_amount(Decimal(total) - Decimal(tax), currency)
        assert body["discount_total"] == plain_amount(Decimal(0), currency)
        assert [(p["amount"], p["change"]) for p in body["payments"]] == [(total, plain_amount(Decimal(1), currency))]
        assert api.get(f"orders/{body['id']}/").json()["total"] == total
        event = Event.objects.get(type="order.completed").payload
        assert (event["total"], event["tax_total"]) == (total, tax)
        report = api.get("reports/", {"period": "day"}).json()
        assert report["figures"]["revenue"]["value"] == total
        assert report["days"][0]["figures"]["tax"] == tax
        assert report["top_by_revenue"][0]["revenue"] == total
        assert report["top_by_revenue"][0]["quantity"] == quantity
        receipt = acme.client("owner").get(f"/orders/{body['id']}/receipt/").content.decode()
        shown = re.search(rf'value="{re.escape(total)}(?:\.0+|0*)">([^<]*)</data>', receipt)
        assert shown is not None, receipt
        assert len(re.sub(r"[^\d.]", "", shown[1]).partition(".")[2]) == exponent(currency)
        assert audit_books() == []


@pytest.mark.parametrize(
    ("currency", "price", "total", "payments", "where"),
    [
        ("GBP", "4.50", "4.50", ["2.255", "2.245"], {"/payments/0/amount", "/payments/1/amount"}),
        ("JPY", "100", "100", ["50.5", "49.5"], {"/payments/0/amount", "/payments/1/amount"}),
        ("KWD", "1", "1", ["0.5005", "0.4995"], {"/payments/0/amount", "/payments/1/amount"}),
    ],
)
def test_nobody_pays_with_a_part_of_the_smallest_coin(
    acme: Shop, in_currency: Any, currency: str, price: str, total: str, payments: list[str], where: set[str]
) -> None:
    with use_tenant(in_currency(currency)):
        Variant.objects.filter(sku="TEA").update(unit_price=Decimal(price))
        body = sale_body(acme, {"TEA": "1"}) | {"payments": [{"method": "cash", "amount": each} for each in payments]}
        answer = machine(acme).post("orders/", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid") and pointers(answer) == where
        answer = sell(acme, machine(acme), price, "1", total, tendered=f"{Decimal(total) + 1:.3f}5")
        assert answer.status_code == 422 and pointers(answer) == {"/payments/0/tendered"}
        assert Order.objects.count() == Payment.objects.count() == 0


def test_packs_of_packs_are_refused_and_break_nothing(acme: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "1")
    ScanCode.objects.create(code="WORLD", variant=acme.variant("TEA"), pack_quantity=Decimal("99999999999.999"))
    Variant.objects.filter(sku="TEA").update(unit_price=Decimal("9999999999.9999"))
    body = sale_body(acme, {"JAM": "1"}) | {"lines": [{"code": "WORLD", "quantity": "99999999999.999"}]}
    answer = machine(acme).post("orders/", body)
    assert answer.status_code == 422 and pointers(answer) == {"/lines/0/quantity"}, answer.content
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("12.5000", 2, "12.50"),
        ("12.5000", 0, "12.5"),
        ("12.3456", 2, "12.3456"),
        ("1000.0000", 0, "1000"),
        ("1E+3", 0, "1000"),
        ("1.0000", 3, "1.000"),
        ("-0.00", 2, "0.00"),
        ("-3.10", 2, "-3.10"),
        ("0", 0, "0"),
    ],
)
def test_one_rule_for_decimals_in_answers(value: str, places: int, text: str) -> None:
    assert plain_decimal(Decimal(value), places=places) == text


def test_what_can_be_paid_depends_on_the_currency() -> None:
    half = Decimal("0.5")
    assert [is_payable(half, code) for code in ("GBP", "JPY", "KWD")] == [True, False, True]
    assert not is_payable(Decimal("0.0005"), "KWD")
