"""What the shop keeps of a person goes to the person whole, by those who may see all of it, and is noted."""

from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.people.models import Grant
from core.testing import CANARY, Shop, sale_body
from orders.models import Customer
from orders.services.customers import create_customer, record_consent
from orders.services.gift_cards import adjust_customers_credit
from orders.services.merging import merge_customers
from tests.api import machine, person

pytestmark = pytest.mark.django_db(transaction=True)


def a_known_customer(shop: Shop) -> Customer:
    owner = shop.actor()
    kept, gone = (
        create_customer(actor=owner, values={"name": name, "email": "=1+1@example.org"}, codes=[code]).customer
        for name, code in (("First name", "CARD-1"), ("Second name", "CARD-2"))
    )
    record_consent(kept.pk, purpose="email", is_given=True, wording="May we write?", source="counter", actor=owner)
    for buyer in (kept, gone):
        machine(shop).post("orders/", sale_body(shop, {"TEA": "2"}, customer=str(buyer.pk)))
    adjust_customers_credit(kept.pk, adjustment_id=uuid7(), amount=Decimal(3), reason="Sorry", actor=owner)
    merge_customers(uuid7(), kept_id=kept.pk, gone_id=gone.pk, actor=owner)
    return kept


def test_everything_of_a_person_is_in_both_files_and_each_download_is_noted(acme: Shop, globex: Shop) -> None:
    customer, manager = a_known_customer(acme), acme.client("manager")
    path = f"/customers/{customer.pk}/data/"
    answer = manager.get(path)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "no-store")
    data = answer.json()
    assert [person["name"] for person in data["customers"]] == ["First name", "Second name"]
    assert sorted(code for person in data["customers"] for code in person["cards"]) == ["CARD-1", "CARD-2"]
    assert [row["wording"] for row in data["agreements"]] == ["May we write?"]
    assert [(order["total"], order["lines"][0]["quantity"]) for order in data["orders"]] == [("9.00", "2")] * 2
    assert [order["payments"] for order in data["orders"]] == [[{"method": "cash", "amount": "9.00"}]] * 2
    assert [(row["account"], row["amount"]) for row in data["credit"]] == [("credit", "3")]

    book = load_workbook(BytesIO(manager.get(path, {"format": "xlsx"}).content))
    sheet = book["Customer"]
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows].count("Bought") == 2 and ("Sorry", "3") in {(row[3], row[5]) for row in rows}
    mails = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1@example.org"]
    assert mails and all(cell.data_type == "s" for cell in mails), "text, never a formula"
    assert CANARY not in answer.content.decode() + str(rows)
    noted = AuditEntry.objects.filter(object_type="customer_data", object_id=str(customer.pk))
    assert [(row.action, row.actor_label) for row in noted] == [("export", "Acme manager")] * 2


def test_a_program_gets_the_same_as_the_page_and_is_noted(acme: Shop, globex: Shop) -> None:
    customer = a_known_customer(acme)
    page = acme.client("manager").get(f"/customers/{customer.pk}/data/").json()
    answer = person(acme, "manager").get(f"customers/{customer.pk}/data/")
    assert (answer.status_code, answer.json()) == (200, page) and CANARY not in answer.content.decode()
    assert AuditEntry.objects.filter(object_type="customer_data", object_id=str(customer.pk)).count() == 2
    assert person(acme, "cashier").get(f"customers/{customer.pk}/data/").status_code == 403
    assert person(acme, "manager").get(f"customers/{uuid7()}/data/").status_code == 404


def test_who_sees_a_part_only_gets_nothing(acme: Shop) -> None:
    customer = Customer.objects.get(number="C1")
    path = f"/customers/{customer.pk}/data/"
    assert acme.client("cashier").get(path).status_code == 403
    assert acme.client("manager").get(f"/customers/{uuid7()}/data/").status_code == 404
    Grant.objects.filter(user=acme.person("manager")).update(location=acme.location)
    assert acme.client("manager").get(path).status_code == 403
    assert not AuditEntry.objects.filter(object_type="customer_data").exists()
    page = acme.client("owner").get(f"/customers/{customer.pk}/anonymise/").content.decode()
    assert path in page and "Nobody can find this person" in page
