"""Who buys in the demo shop, besides the card holders of the past: groups, agreements, points, gift cards."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from core.actors import SYSTEM
from core.ids import uuid7
from core.locations.selectors import business_today
from orders.models import Customer, CustomerGroup
from orders.services.customer_groups import create_group
from orders.services.customers import create_customer, record_consent
from orders.services.gift_cards import adjust_customers_credit, issue_gift_card
from orders.services.policy import change_policy

CARD_CODE = "DEMO-CARD-2024-0001"
"""The printed code of the gift card that pays a sale."""


@dataclass(frozen=True, slots=True)
class Buyers:
    """The groups, and the customers by number."""

    regulars: CustomerGroup
    trade: CustomerGroup
    known: list[Customer]


def welcome_buyers() -> Buyers:
    """Limits and points of the shop, two groups, five customers (two of them perhaps one), and three gift cards."""
    change_policy(
        {
            "discount_percent": Decimal(10),
            "refund_amount": Decimal(50),
            "return_days": 30,
            "no_receipt_credit": Decimal(20),
            "points_per_unit": Decimal(1),
            "point_value": Decimal("0.01"),
            "points_expire_days": 365,
        },
        actor=SYSTEM,
    )
    regulars, trade = create_group(name="Regulars", actor=SYSTEM), create_group(name="Trade", actor=SYSTEM)
    known = [
        create_customer(
            actor=SYSTEM,
            values={
                "number": f"C{100 + place}",
                "name": f"Customer {place}",
                "email": f"customer-{min(place, 4)}@example.com",
                "phone": f"+44 20 7946 01{place:02}",
                "postcode": f"ZZ1 {place}AA",
                "country": "GB",
            },
            groups=[group.pk for group in ({1: regulars, 2: regulars, 3: trade}.get(place),) if group],
            codes=[f"CARD-{place}"],
        ).customer
        for place in range(1, 6)
    ]
    record_consent(
        known[0].pk,
        purpose="email",
        is_given=True,
        wording="Send me news by e-mail.",
        source="at the till",
        actor=SYSTEM,
    )
    adjust_customers_credit(
        known[1].pk, adjustment_id=uuid7(), amount=Decimal(15), reason="Goodwill for a late order", actor=SYSTEM
    )
    today = business_today()
    issue_gift_card(card_id=uuid7(), amount=Decimal(25), code=CARD_CODE, note="Printed card", actor=SYSTEM)
    issue_gift_card(card_id=uuid7(), amount=Decimal(50), expires_on=today + timedelta(days=365), actor=SYSTEM)
    issue_gift_card(card_id=uuid7(), amount=Decimal(10), expires_on=today + timedelta(days=14), actor=SYSTEM)
    return Buyers(regulars, trade, known)
