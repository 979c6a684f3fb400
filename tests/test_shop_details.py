"""Who the shop is stands on its papers; a document says for ever what it said when it was made."""

from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.errors import Forbidden
from core.locations.models import Letterhead, ShopDetails
from core.locations.papers import papers_of
from core.locations.services import update_location
from core.locations.shop import change_shop
from core.outbox.models import Event
from core.testing import CANARY, Shop
from orders.models import Order
from orders.receipts.content import receipt_of
from tests.api import machine, person, pointers
from tests.cash_steps import sell
from tests.test_receipts import read

pytestmark = pytest.mark.django_db(transaction=True)
US = {
    "legal_name": "Acme Tea Ltd",
    "address": "Yard 2\n7 Leaf Lane",
    "postal_code": "AB1 2CD",
    "city": "Teatown",
    "phone": "01632 960100",
    "tax_label": "VAT no.",
    "tax_number": "GB 123",
    "footer": "Back within 30 days.\nBye.",
}
HEAD = ("Acme Tea Ltd", "Yard 2", "7 Leaf Lane", "AB1 2CD Teatown", "01632 960100", "VAT no. GB 123")


def test_a_receipt_says_for_ever_what_it_said_when_it_was_made(acme: Shop, globex: Shop) -> None:
    before = sell(acme, None)
    change_shop(US, actor=acme.actor())
    then = sell(acme, None)
    change_shop({"city": "Cupville", "footer": ""}, actor=acme.actor())
    now = sell(acme, None)

    papers = [receipt_of(Order.objects.get(pk=one.pk)).papers for one in (before, then, now)]
    assert (papers[0].head, papers[0].foot) == ((), ("Thank you.",))
    assert (papers[1].head, papers[1].foot) == (HEAD, ("Back within 30 days.", "Bye."))
    assert papers[2].head == tuple(line.replace("Teatown", "Cupville") for line in HEAD)
    assert papers[2].foot == ("Thank you.",)

    pdf, _ = read(person(acme, "cashier").get(f"orders/{then.pk}/receipt.pdf").content)
    page = acme.client("cashier").get(f"/orders/{then.pk}/receipt/").content.decode()
    for line in (*HEAD, "Back within 30 days."):
        assert line in pdf and f"<p>{line}</p>" in page, line
    assert CANARY not in pdf and "Thank you" not in page


def test_a_place_with_an_address_of_its_own_prints_that_instead_and_keeps_the_rest(acme: Shop) -> None:
    change_shop(US, actor=acme.actor())
    place, first = acme.location, sell(acme, None)
    update_location(place.pk, {"address": "Market, stall 7", "city": "Hallby"}, actor=acme.actor())
    second = sell(acme, None)
    update_location(place.pk, {"address": "", "city": "", "phone": "0800 7"}, actor=acme.actor())
    third = sell(acme, None)
    said = [papers_of(place.pk, at=one.recorded_at).head for one in (first, second, third)]
    assert said[0] == HEAD
    assert said[1] == ("Acme Tea Ltd", "Market, stall 7", "Hallby", *HEAD[-2:])
    assert said[2] == (*HEAD[:4], "0800 7", HEAD[-1])
    update_location(place.pk, {"name": "Tea house"}, actor=acme.actor())
    assert Letterhead.objects.count() == 3, "another name is no other letterhead"


def test_over_rest_the_shop_is_changed_by_who_saw_it_as_it_is_and_it_is_told(acme: Shop, globex: Shop) -> None:
    key = machine(acme)
    seen = key.get("shop/")
    assert (seen.json()["name"], seen.json()["city"], seen["ETag"]) == ("Acme shop", "", '"0"')
    made = key.patch("shop/", US, **{"If-Match": seen["ETag"]})
    assert made.status_code == 200 and US.items() <= made.json().items()
    stale = key.patch("shop/", {"city": "x"}, **{"If-Match": seen["ETag"]})
    assert (stale.status_code, stale.json()["current"]["city"]) == (412, "Teatown")
    assert key.patch("shop/", US).json()["version"] == 1, "a repeat changes nothing"
    event, entry = Event.objects.get(type="shop.updated"), AuditEntry.objects.get(object_type="shop")
    assert (event.payload["fields"], event.payload["version"]) == (sorted(US), 1)
    assert entry.changes["city"] == ["", "Teatown"] and Letterhead.objects.count() == 1
    assert person(acme, "cashier").get("shop/").status_code == 200
    assert person(acme, "cashier").patch("shop/", {"city": "x"}).status_code == 403
    assert machine(acme, "cashier").patch("shop/", {"city": "x"}).status_code == 403
    with pytest.raises(Forbidden):
        change_shop({"city": "x"}, actor=acme.actor("viewer"))


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"city": "x" * 81}, "/city"),
        ({"city": "a\nb"}, "/city"),
        ({"phone": "1\u202e2"}, "/phone"),
        ({"address": "\n".join("abcdefghi")}, "/address"),
        ({"footer": "x" * 501}, "/footer"),
        ({"email": "nobody"}, "/email"),
        ({"tax_number": None}, "/tax_number"),
        ({"tax_number": ["1"]}, "/tax_number"),
    ],
)
def test_what_cannot_be_printed_is_named_and_nothing_is_kept(acme: Shop, values: dict[str, Any], pointer: str) -> None:
    answer = machine(acme).patch("shop/", {"legal_name": "Kept?", **values})
    assert (answer.status_code, pointers(answer)) == (422, {pointer})
    assert not ShopDetails.objects.exclude(legal_name="").exists() and not Letterhead.objects.exists()
    assert not Event.objects.filter(type="shop.updated").exists()


def test_the_page_keeps_what_was_typed_and_who_was_slower_is_told(acme: Shop) -> None:
    manager = acme.client("manager")
    assert acme.client("cashier").get("/settings/shop/").status_code == 403
    assert b'name="version" value="0"' in manager.get("/settings/shop/").content
    typed = {**US, "address": "Yard 2 \r\n7 Leaf Lane\r\n", "version": "0"}
    assert manager.post("/settings/shop/", typed).status_code == 302
    assert ShopDetails.objects.get().address == US["address"]
    late = manager.post("/settings/shop/", {**typed, "city": "Elsewhere"})
    assert late.status_code == 412 and b"Elsewhere" in late.content
    wrong = manager.post("/settings/shop/", {**typed, "version": "1", "email": "nobody"})
    assert wrong.status_code == 422 and b"This is no e-mail address." in wrong.content
    assert ShopDetails.objects.get().version == 1
