"""From a lot to everybody who has some of it, and from a date to what is sold for less before."""

from typing import Any

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.testing import CANARY, Shop, sale_body
from orders.models import Customer
from tests.api import machine, person
from tests.test_lots_and_serials import receive, tracked


def sell(shop: Shop, units: str, **more: Any) -> dict[str, Any]:
    answer = machine(shop).post("orders/", sale_body(shop, {"MILK": units}, **more))
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_lot_leads_to_every_receipt_and_customer_less_what_came_back(acme: Shop, globex: Shop) -> None:
    milk = tracked("lot", "MILK")
    lot = receive(acme, milk, "=1+1", "5", 2)
    receive(acme, milk, "B", "5", 9)
    buyer = Customer.objects.get(number="C1")
    first = sell(acme, "3", customer=str(buyer.pk))
    second = sell(acme, "4")  # two of the lot, two of the next
    sell(acme, "1")
    back = {"id": str(uuid7()), "lines": [{"position": 1, "quantity": "1"}], "reason": "sour"}
    assert machine(acme).post(f"orders/{first['id']}/returns/", back).status_code == 201
    path = f"stock/lots/{lot.pk}/recall/"
    body = machine(acme).get(path).json()
    assert (body["count"], body["still_out"], body["next"]) == (2, "4", None)
    assert [(row["number"], row["sold"], row["came_back"], row["still_out"]) for row in body["results"]] == [
        (second["number"], "2", "0", "2"), (first["number"], "3", "1", "2"),
    ]  # fmt: skip
    known = body["results"][1]
    assert (known["customer"], known["email"]) == (str(buyer.pk), buyer.email) and CANARY not in str(body)
    assert body["results"][0]["customer_name"] is None
    page_one = machine(acme).get(path, {"limit": 1}).json()
    assert machine(acme).get(path, {"limit": 1, "cursor": page_one["next"]}).json()["results"][0] == known
    hidden = person(acme, "viewer").get(path).json()["results"][1]
    assert (hidden["customer"], hidden["customer_name"], hidden["email"]) == (None, None, None)
    page = acme.client("manager").get(f"/{path}").content.decode()
    assert first["number"] in page and buyer.email in page and "block it first" in page
    assert buyer.email not in acme.client("viewer").get(f"/{path}").content.decode()
    text = acme.client("manager").get(f"/{path}file/").content.decode("utf-8-sig")
    assert text.splitlines()[2].split(",")[0] == first["number"] and buyer.email in text
    assert acme.client("manager").get(f"/{path}file/?format=xlsx").content[:2] == b"PK"
    assert AuditEntry.objects.filter(object_type="recall", action="export").count() == 2
    assert person(acme, "stock clerk").get(path).status_code == 403
    assert machine(acme).get(f"stock/lots/{uuid7()}/recall/").status_code == 404


def test_what_expires_soon_is_proposed_for_a_lower_price(acme: Shop) -> None:
    milk = tracked("lot", "MILK")
    for code, days in (("GONE", -1), ("TODAY", 0), ("SOON", 5), ("LATER", 6), ("NEVER", None)):
        receive(acme, milk, code, "2", days)
    blocked = receive(acme, milk, "BLOCKED", "2", 1)
    machine(acme).patch(f"stock/lots/{blocked.pk}/", {"state": "blocked"})
    rows = machine(acme).get("stock/markdowns/").json()["results"]
    assert [(row["code"], row["on_hand"]) for row in rows] == [("TODAY", "2"), ("SOON", "2")]
    page = acme.client("manager").get("/stock/markdowns/").content.decode()
    assert f"/products/{milk.product_id}/edit/" in page and "LATER" not in page
    assert "Change the price" not in acme.client("stock clerk").get("/stock/markdowns/").content.decode()
