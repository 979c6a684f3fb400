"""The list of first steps on an empty shop's home."""

from decimal import Decimal

import pytest

from core.actors import SYSTEM
from core.ids import uuid7
from core.locations.services import create_location
from core.locations.shop import change_shop
from core.people.models import PutAway
from core.testing import Shop
from orders.models import Register
from orders.services.registers import create_register
from orders.services.shifts import open_shift
from realtime.first_steps import Step, first_steps
from tests.cash_steps import sell


@pytest.mark.django_db(transaction=True)
def test_the_first_steps_tick_themselves_from_the_rows_and_can_be_put_away(acme: Shop) -> None:
    titles = [step.title for step in steps_of(acme, "owner") if step.is_done]
    assert titles == [
        "Say how goods are taxed",
        "Add your products",
        "Put goods on the shelf",
        "Let your people in",
    ]
    change_shop({"city": "Teatown"}, actor=acme.actor())
    create_location({"code": "NORTH", "name": "North shop"}, actor=acme.actor())
    create_register(location_id=acme.location.pk, name="Till 1", actor=acme.actor())
    titles = [step.title for step in steps_of(acme, "owner") if not step.is_done]
    assert titles == ["Open a drawer", "Sell something"]
    page = acme.client("owner").get("/").content.decode()
    assert "7 of 9 done" in page and "Next: Open a drawer" in page
    assert first_steps(acme.actor("cashier")) is None and first_steps(SYSTEM) is None
    assert b"First steps" not in acme.client("cashier").get("/").content

    manager = acme.client("manager")
    for _ in range(2):  # a repeat does nothing more
        assert manager.post("/first-steps/away/").status_code == 302
    assert first_steps(acme.actor("manager")) is None and PutAway.objects.count() == 1
    assert first_steps(acme.actor("owner")) is not None, "everybody puts away their own"

    open_shift(shift_id=uuid7(), register_id=Register.objects.get().pk, opening_float=Decimal(0), actor=acme.actor())
    sell(acme, None)
    assert first_steps(acme.actor("owner")) is None, "all is done"


def steps_of(shop: Shop, role: str) -> tuple[Step, ...]:
    found = first_steps(shop.actor(role))
    assert found is not None
    return found.steps
