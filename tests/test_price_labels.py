"""A label's price is what the customer pays where its rule says so, and nobody gets a price past the shop that way."""

from decimal import Decimal
from typing import Any

import pytest
from biip.checksums import gs1_price_weight_check_digit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.ids import uuid7
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import Shop, make_variant, stock
from inventory.codes import check_digit
from inventory.models import EmbeddedCodeRule, ScanCode, StockLevel, Variant
from inventory.selectors.codes import ChargedLabel
from inventory.services.code_rules import create_rule, update_rule
from orders.models import Order, OrderLine
from orders.services.labels import _exactly
from orders.services.returns import Return, ReturnLine, return_goods
from tests.api import Api, machine, person, pointers

pytestmark = pytest.mark.django_db
PATTERN = "22IIIIVPPPPPC"


def label(item: str, cents: int, prefix: str = "22") -> str:
    """The code that a scale prints: article, check digit of the price, price, check digit."""
    price = f"{cents:05}"
    body = f"{prefix}{item}{gs1_price_weight_check_digit(price)}{price}"
    return f"{body}{check_digit(body)}"


@pytest.fixture
def rule(acme: Shop) -> EmbeddedCodeRule:
    return create_rule({"pattern": PATTERN, "decimals": 2, "price_does": "charge"}, actor=acme.actor())


@pytest.fixture
def ham(acme: Shop) -> Variant:
    """Ham by the kilogram at 12.99, of which there are ten."""
    variant = make_variant("1234", price="12.99")
    Variant.objects.filter(pk=variant.pk).update(unit="kg")
    stock(variant, acme.location, "10")
    return variant


def body(shop: Shop, *lines: dict[str, Any], pays: str = "0") -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "location": str(shop.location.pk),
        "lines": list(lines),
        "payments": [{"method": "cash", "amount": pays}],
    }


def line(variant: Variant, code: str, quantity: str = "1", **more: Any) -> dict[str, Any]:
    return {"variant": str(variant.pk), "label": code, "quantity": quantity, **more}


def quoted(key: Api, sale: dict[str, Any]) -> Any:
    return key.post("orders/quote/", {name: sale[name] for name in ("location", "lines")})


def codes(response: Any) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in response.json()["errors"]]


def test_a_cashier_sells_at_the_price_on_the_label_in_quote_sale_stock_and_return(
    acme: Shop, rule: EmbeddedCodeRule, ham: Variant
) -> None:
    key, code = person(acme, "cashier"), label("1234", 347)
    found = key.get(f"scan/{code}/").json()
    assert (found["charges"], Decimal(found["price"]), Decimal(found["quantity"])) == (
        True,
        Decimal("3.47"),
        Decimal("0.267"),
    )
    sale = body(acme, line(ham, code, "2"), pays="6.94")
    quote = quoted(key, sale)
    assert quote.status_code == 200 and Decimal(quote.json()["total"]) == Decimal("6.94"), quote.content
    sold = key.post("orders/", sale)
    assert sold.status_code == 201, sold.content
    assert key.post("orders/", sale).json()["id"] == sold.json()["id"]
    row = OrderLine.objects.get()
    assert (row.total, row.quantity, row.code) == (Decimal("6.94"), Decimal("0.534"), code)
    assert {"step": "label", "name": code, "amount": "3.47"} in [
        {**step, "amount": f"{Decimal(step['amount']):.2f}"} for step in row.trace if step["step"] == "label"
    ]
    assert StockLevel.objects.get(variant=ham).on_hand == Decimal("9.466")
    back = return_goods(
        Return(
            refund_id=uuid7(),
            order_id=row.order_id,
            lines=[ReturnLine(position=1, quantity=row.quantity)],
            reason="bad",
        ),
        actor=acme.actor("manager"),
    )
    assert back.order.total == Decimal("-6.94")
    assert StockLevel.objects.get(variant=ham).on_hand == 10


def test_goods_by_the_piece_are_one_at_the_price_of_the_label(acme: Shop, rule: EmbeddedCodeRule) -> None:
    cake = make_variant("0777", price="20.00")
    stock(cake, acme.location, "3")
    sale = body(acme, line(cake, label("0777", 1550)), pays="15.50")
    assert person(acme, "cashier").post("orders/", sale).status_code == 201
    assert OrderLine.objects.values_list("quantity", "unit_price", "total").get() == (
        Decimal(1),
        Decimal("15.5"),
        Decimal("15.5"),
    )


def test_no_label_makes_a_price_that_no_rule_charges(acme: Shop, rule: EmbeddedCodeRule, ham: Variant) -> None:
    key, code = person(acme, "cashier"), label("1234", 347)
    misread = "22" + "1234" + str((int(gs1_price_weight_check_digit("00001")) + 1) % 10) + "00001"
    cake = make_variant("0777", price="20.00")
    EmbeddedCodeRule.objects.create(name="weights", pattern="28IIIIVWWWWWC", position=5)
    refused = {
        "label-not-charged": [code[:-1] + str((int(code[-1]) + 1) % 10), "1234", "x", label("1234", 347, prefix="28")],
        "label-unreadable": [f"{misread}{check_digit(misread)}", label("1234", 0), label("9999", 347)],
        "label-other-article": [label("0777", 1)],
    }
    for why, texts in refused.items():
        for text in texts:
            sale = body(acme, line(ham, text), pays="0.01")
            for answer in (quoted(key, sale), key.post("orders/", sale)):
                assert (answer.status_code, codes(answer)) == (422, [("/lines/0/label", why)]), (text, answer.content)
    update_rule(rule.pk, {"price_does": "show"}, actor=acme.actor())
    assert codes(quoted(key, body(acme, line(ham, code)))) == [("/lines/0/label", "label-not-charged")]
    update_rule(rule.pk, {"price_does": "charge"}, actor=acme.actor())
    ScanCode.objects.create(code=code.zfill(14), kind="variant", variant=cake)  # a code of the registry is no label
    assert codes(quoted(key, body(acme, line(cake, code)))) == [("/lines/0/label", "label-not-charged")]
    assert not Order.objects.exists() and StockLevel.objects.get(variant=ham).on_hand == 10


def test_every_wrong_line_is_named_and_a_price_beside_a_label_is_none(
    acme: Shop, rule: EmbeddedCodeRule, ham: Variant
) -> None:
    key, code = person(acme, "cashier"), label("1234", 347)
    lines = [line(ham, code, "1.5"), line(ham, code, unit_price="0.01"), line(ham, "x"), line(ham, code, "1001")]
    assert codes(quoted(key, body(acme, *lines))) == [
        ("/lines/0/quantity", "label-count"),
        ("/lines/1/unit_price", "label-has-price"),
        ("/lines/2/label", "label-not-charged"),
        ("/lines/3/quantity", "label-count"),
    ]
    by_code = {"code": "1234", "label": code, "quantity": "1"}
    assert codes(quoted(key, body(acme, by_code))) == [("/lines/0/label", "label-other-article")]


def test_another_shop_reads_labels_by_its_own_rules(acme: Shop, globex: Shop, rule: EmbeddedCodeRule) -> None:
    with use_tenant(globex.tenant):
        other = make_variant("1234", price="1.00")
        sale = body(globex, line(other, label("1234", 347)))
        assert codes(quoted(machine(globex), sale)) == [("/lines/0/label", "label-not-charged")]


def test_a_parked_basket_keeps_its_labels(acme: Shop, rule: EmbeddedCodeRule, ham: Variant) -> None:
    key, code = person(acme, "cashier"), label("1234", 347)
    cart = {"id": str(uuid7()), "location": str(acme.location.pk), "lines": [line(ham, code, "2")]}
    parked = key.post("orders/parked/", cart)
    assert parked.status_code == 201, parked.content
    kept = parked.json()["lines"][0]
    assert (kept["scanned"], kept["labels"], Decimal(kept["total"])) == (code, "2", Decimal("6.94"))


def test_a_rule_charges_only_a_price_and_tells_what_it_does(acme: Shop) -> None:
    key = machine(acme)
    weights = key.post("code-rules/", {"pattern": "28IIIIVWWWWWC", "decimals": 3, "price_does": "charge"})
    assert pointers(weights) == {"/price_does"}
    assert pointers(key.post("code-rules/", {"pattern": PATTERN, "decimals": 2, "price_does": "x"})) == {"/price_does"}
    made = key.post("code-rules/", {"pattern": PATTERN, "decimals": 2})
    assert made.json()["price_does"] == "show"
    path = f"code-rules/{made.json()['id']}/"
    assert key.patch(path, {"price_does": "charge"}, **{"If-Match": made["ETag"]}).json()["price_does"] == "charge"
    told = Event.objects.filter(type="code_rule.changed").order_by("pk").last()
    assert told is not None and told.payload["price_does"] == "charge"
    read = key.post("code-rules/reading/", {"code": label("1234", 347)}).json()
    assert (read["price"], read["charges"]) == ("3.47", True)
    page = acme.client("manager")
    rule_page = f"/settings/catalogue/code-rules/{made.json()['id']}/"
    assert "Is what the customer pays" in page.get(rule_page).content.decode()
    form = {"pattern": PATTERN, "decimals": 2, "price_does": "show", "version": 2}
    assert page.post(rule_page, form).status_code == 302
    assert EmbeddedCodeRule.objects.get().price_does == "show"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=st.integers(1, 99_999),
    listed=st.integers(1, 100_000),
    count=st.integers(1, 20),
)
def test_whatever_the_prices_a_line_comes_to_what_its_labels_say(
    acme: Shop, price: int, listed: int, count: int
) -> None:
    each, unit = Decimal(price) / 100, Decimal(listed) / 100
    units = (each / unit).quantize(Decimal("0.001"))
    if not units:
        return
    made = _exactly(ChargedLabel(None, each, units, unit, is_measured=True), Decimal(count))
    if made is None:  # more than a hundred units on one line: said, never sold at another price
        assert units * count > 90
        return
    assert (made.units * made.unit_price).quantize(Decimal("0.01"), "ROUND_HALF_UP") == each * count
    assert abs(made.units - units * count) <= Decimal("0.050")
