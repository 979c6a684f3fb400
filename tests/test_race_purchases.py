"""The same piece over two counters in one moment: it comes in once, and is paid for once."""

from decimal import Decimal
from functools import partial

import pytest

from core.ids import uuid7
from core.testing import Shop
from inventory.errors import SerialRefused
from inventory.models import Serial, StockException, StockLevel
from orders.auditor import audit_books
from orders.models import CreditAccount, Customer, Order
from orders.services.purchase_offers import BuyLine, Purchase
from orders.services.purchases import Bought, buy_goods
from tests.test_lots_and_serials import tracked
from tests.test_race_checkout import at_once, deadlocks


@pytest.mark.django_db(transaction=True)
def test_of_those_who_bring_one_piece_at_once_one_is_paid(acme: Shop) -> None:
    phone, customer = tracked("serial", "PHONE"), Customer.objects.get(number="C1")
    line = BuyLine(variant_id=phone.pk, quantity=Decimal(1), condition="good", serials=("U1",))
    brought = [
        Purchase(purchase_id=uuid7(), customer_id=customer.pk, location_id=acme.location.pk, lines=[line])
        for _ in range(4)
    ]
    actor, before = acme.actor("cashier"), deadlocks()
    results = at_once(acme, [partial(buy_goods, one, actor=actor) for one in brought], 4)
    paid = [one for one in results if isinstance(one, Bought)]
    assert len(paid) == 1 and {type(one).__name__ for one in results} <= {"Bought", SerialRefused.__name__, "Invalid"}
    assert Order.objects.count() == 1 and not StockException.objects.exists()
    assert CreditAccount.objects.get(kind="credit").balance == -paid[0].order.total
    assert (Serial.objects.get().state, StockLevel.objects.get(variant=phone).on_hand) == ("in_stock", Decimal(1))
    assert deadlocks() == before and audit_books() == []
