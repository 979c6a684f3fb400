"""What a device may do alone while the server is away: the shop's rule, how a till hears of it, what went beyond it."""

from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.outbox.models import Event
from core.sync.models import Flag
from core.tenancy.context import use_tenant
from core.testing import Shop, sale_body
from orders.models import Order, SellingPolicy
from orders.selectors.device_tables import tables_for
from orders.selectors.policy import away_limits
from orders.services.policy import change_policy
from tests.api import person
from tests.tills_away import Till, as_sold
from tests.told_of_devices import a_device, new_token

pytestmark = pytest.mark.django_db(transaction=True)

NONE = {"cash": None, "card": None, "discount": None, "return": None}


def flagged() -> list[tuple[Any, ...]]:
    rows = Flag.objects.filter(kind="away-limit").order_by("occurred_at", "pk")
    return [(row.details["limit"], row.at_risk) for row in rows]


def test_the_rule_is_changed_by_who_may_told_to_the_till_and_kept_on_record(acme: Shop, globex: Shop) -> None:
    assert away_limits() == NONE
    manager = person(acme, "manager")
    assert manager.patch("policy/", {"away_card": "0", "away_return": "25.50"}).json()["away_return"] == "25.50"
    assert away_limits() == {**NONE, "card": "0", "return": "25.5"}
    assert tables_for(acme.actor(), acme.location.pk)["terms"].rows[0]["away"] == away_limits()
    browser = person(acme, "cashier").browser
    assert browser.get("/till/").context["setup"]["away"] == {}, "only a device sells while the server is away"
    token = new_token()
    a_device(acme, token=token)
    browser.cookies[settings.DEVICE_COOKIE_NAME] = token
    assert browser.get("/till/").context["setup"]["away"] == away_limits()
    assert set(AuditEntry.objects.get(object_type="policy").changes) == {"away_card", "away_return"}
    assert Event.objects.filter(type="policy.changed").count() == 1
    assert person(acme, "cashier").patch("policy/", {"away_card": None}).status_code == 403
    for wrong in ("-1", "NaN", "Infinity", "1e40", "0.00001", "x"):
        assert manager.patch("policy/", {"away_cash": wrong}).status_code == 422
    with use_tenant(globex.tenant):
        assert away_limits() == NONE


def test_the_settings_page_takes_an_amount_nothing_or_none_at_all(acme: Shop) -> None:
    browser = person(acme, "owner").browser
    page = browser.get("/settings/selling/")
    assert "Nobody approves anything by PIN while the server is away" in page.text
    data = {name: "" if value is None else value for name, value in page.context["form"].initial.items()}
    assert browser.post("/settings/selling/", {**data, "away_cash": "-1"}).status_code == 422
    assert browser.post("/settings/selling/", {**data, "away_cash": "50", "away_discount": "0"}).status_code == 302
    assert away_limits() == {**NONE, "cash": "50", "discount": "0"}
    row = SellingPolicy.objects.get()
    data |= {"version": row.version, "away_discount": "0"}
    assert browser.post("/settings/selling/", data).status_code == 302
    assert away_limits() == {**NONE, "discount": "0"}


def test_what_went_beyond_the_rule_is_booked_and_flagged_and_what_did_not_is_not(acme: Shop) -> None:
    change_policy({"away_cash": Decimal(12), "away_card": Decimal(0), "away_return": Decimal(4)}, actor=acme.actor())
    till = Till.at(acme)
    within = till.sell({"CUP": "1"})["body"]["order"]
    till.sell({"CUP": "1", "TEA": "1"})
    till.sell({"TEA": "1"}, order={"payments": [{"id": str(uuid7()), "method": "card", "amount": "4.50"}]})
    refund = {"id": str(uuid7()), "lines": [{"position": 1, "quantity": "1"}], "reason": "cracked"}
    till.item("return", {"of": within["id"], "refund": refund})
    queue = list(till.queue)
    assert [told["result"] for told in till.send()] == ["applied"] * 4
    assert flagged() == [("away_cash", Decimal("16.5")), ("away_card", Decimal("4.5")), ("away_return", Decimal(12))]
    assert Order.objects.count() == 4
    till.send(queue)
    assert len(flagged()) == 3


def test_a_sale_that_the_server_had_booked_before_its_answer_was_lost_is_within_the_rule(acme: Shop) -> None:
    change_policy({"away_cash": Decimal(0)}, actor=acme.actor())
    till = Till.at(acme)
    body = sale_body(acme, {"TEA": "1"}, channel="counter")
    assert person(acme, "cashier").post("orders/", body).status_code == 201
    till.item("sale", {"order": body, "as_sold": as_sold(body)})
    assert till.send()[0]["result"] == "duplicate"
    assert flagged() == []
