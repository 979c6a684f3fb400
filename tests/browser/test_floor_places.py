"""The shop floor between places and with people: what is done without a network is there once when it is back."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from core.ids import uuid7
from core.locations.models import Location
from core.sync.models import Flag, SyncItem
from core.testing import Shop
from inventory.models import ScanCode, StockDocument, StockLevel, StockPolicy, Transfer, TransferReceipt
from inventory.services.lines import GoodsLine
from inventory.services.shipping import ship_transfer
from inventory.services.transfers import TransferDraft, create_transfer
from orders.models import Consent, Customer
from tests.browser.floor_steps import CUP, TEA, a_phone, at, done, kept, moved, phone_of, scan, sent
from tests.browser.test_offline import eventually
from tests.browsers import complaints, logged_in, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]
IS_NETWORK = "Failed to load resource"
AGAIN = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  const { send } = await import("/static/js/lib/store/send.js");
  const database = await open();
  for (const item of window.items) await database.put("queue", item);
  await send({ mustEnd: true }); // after one that is still under way
  return (await database.getAll("queue")).length;
}"""
DRAFTED = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  const draft = (await (await open()).getAll("meta")).find(({ name }) => name.startsWith("floor:customer:"));
  return draft?.work.lines[0].agreed.length === 1 && draft.work.lines[0].codes.length === 1;
}"""
IS_POPUPS = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  const state = await (await open()).get("meta", "catalogue");
  return state?.location === document.querySelector("select[data-place]").value;
}"""
WANTS_NOTES = """async () => {
  const { keeping } = document.querySelector("floor-app");
  await keeping.keepCatalogue();
  await keeping.refresh.now();
  return (await keeping.tables())?.terms.notes_corrections === true;
}"""
KEEP = """async () => {
  const { everything } = await import("/static/js/lib/store/queue.js");
  window.items = await everything();
}"""


@pytest.fixture
def other(acme: Shop) -> Location:
    return Location.objects.create(code="POP", name="Pop-up")


@pytest.fixture
def phone(browser: Browser, product: Product, acme: Shop, other: Location) -> Iterator[BrowserContext]:
    with a_phone(browser, product, acme) as context:
        yield context


def on_its_way(shop: Shop, source: Location, to: Location, **goods: int) -> Transfer:
    lines = [GoodsLine(variant_id=shop.variant(sku).pk, quantity=Decimal(units)) for sku, units in goods.items()]
    draft = TransferDraft(transfer_id=uuid7(), source_id=source.pk, destination_id=to.pk, lines=lines)
    create_transfer(draft, actor=shop.actor())
    return ship_transfer(draft.transfer_id, actor=shop.actor())


def test_goods_sent_without_a_network_are_on_their_way_once_when_it_is_back(
    phone: BrowserContext, browser: Browser, product: Product, acme: Shop, other: Location
) -> None:
    page = kept(phone)
    said = complaints(page)
    phone.set_offline(True)
    at(page, "send")
    expect(page.get_by_label("To", exact=True)).to_have_value(str(other.pk))
    scan(page, TEA, TEA, CUP)
    expect(page.locator(".floor-line")).to_have_count(2)
    page.get_by_label("Note").fill("Van 2")
    picture(page, "floor-send")
    done(page, "Saved. 1 waits to be sent.")
    page.evaluate(KEEP)
    assert Transfer.objects.count() == 0

    phone.set_offline(False)
    sent(page)
    transfer = Transfer.objects.get()
    assert (transfer.state, transfer.source_id, transfer.destination_id) == ("shipped", acme.location.pk, other.pk)
    assert transfer.note == "Van 2"
    assert moved("shipped") == [("CUP", Decimal(-1), Decimal(9)), ("TEA", Decimal(-2), Decimal(8))]
    assert page.evaluate(AGAIN) == 0  # a repeat, as after a lost answer
    assert (Transfer.objects.count(), SyncItem.objects.count(), Flag.objects.count()) == (1, 1, 0)
    assert len(moved("shipped")) == 2
    assert [text for text in said if IS_NETWORK not in text] == []

    at(page, "send")
    scan(page, TEA)
    expect(page.locator(".floor-line")).to_have_count(1)
    clerk = logged_in(browser, product, acme, "stock clerk")
    phone.add_cookies(clerk.cookies())  # type: ignore[arg-type]
    clerk.close()
    page.reload()
    at(page, "send")
    expect(page.locator(".floor-line")).to_have_count(0)


def test_what_is_under_way_is_kept_on_the_device_and_received_in_part_with_its_differences(
    phone: BrowserContext, acme: Shop, other: Location
) -> None:
    StockLevel.objects.filter(location=other).delete()
    back = on_its_way(acme, acme.location, other, TEA=6, CUP=2)
    page = kept(phone)
    page.get_by_label("Place").select_option(label="Pop-up")
    at(page, "arrive")
    expect(page.get_by_label("What came")).to_have_value(str(back.pk))
    eventually(page, IS_POPUPS, seconds=40)
    said = complaints(page)
    phone.set_offline(True)

    page.reload()
    at(page, "arrive")
    expect(page.get_by_role("list", name="Still to come").get_by_role("listitem")).to_have_count(2)
    scan(page, TEA)
    page.get_by_label("How many: Acme Earl Grey").fill("3")
    page.get_by_label("Damaged as well").fill("1")
    picture(page, "floor-arrive")
    done(page, "Saved. 1 waits to be sent.")
    expect(page.get_by_role("list", name="Still to come")).to_contain_text("of 2")
    scan(page, CUP)
    page.get_by_label("Nothing more will come").check()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-told]")).to_contain_text("Say what happened")
    expect(page.get_by_label("Note")).to_be_focused()
    page.get_by_label("Note").fill("One box was open")
    picture(page, "floor-arrive-last")
    done(page, "Saved. 2 wait to be sent.")
    expect(page.get_by_text("Nothing is on its way here")).to_be_visible()
    page.evaluate(KEEP)
    assert TransferReceipt.objects.count() == 0

    phone.set_offline(False)
    sent(page)
    assert page.evaluate(AGAIN) == 0
    back.refresh_from_db()
    levels = StockLevel.objects.filter(location=other).order_by("variant__sku")
    assert [(row.variant.sku, row.on_hand, row.damaged, row.in_transit) for row in levels] == [
        ("CUP", Decimal(1), Decimal(0), Decimal(0)),
        ("TEA", Decimal(3), Decimal(1), Decimal(0)),
    ]
    assert (back.state, TransferReceipt.objects.count(), SyncItem.objects.count()) == ("closed", 2, 2)
    assert Flag.objects.count() == 0
    assert [text for text in said if IS_NETWORK not in text] == []


def test_a_browser_that_is_no_device_sends_and_receives_at_once(
    browser: Browser, product: Product, acme: Shop, other: Location
) -> None:
    context = phone_of(browser, product, acme, "stock clerk", None)
    page = context.new_page()
    at(page, "send")
    scan(page, CUP)
    expect(page.locator(".floor-line")).to_have_count(1)
    done(page, "Sent.")
    transfer = Transfer.objects.get()
    page.get_by_label("Place").select_option(label="Pop-up")
    at(page, "arrive")
    scan(page, transfer.number)
    page.get_by_role("button", name="All of it came").click()
    done(page, "Sent.")
    transfer.refresh_from_db()
    assert (transfer.state, SyncItem.objects.count()) == ("closed", 0)
    assert moved("arrived") == [("CUP", Decimal(1), Decimal(1))]
    context.close()


def test_somebody_new_is_known_once_with_their_card_and_what_they_agreed_to(
    phone: BrowserContext, browser: Browser, product: Product, acme: Shop
) -> None:
    page = kept(phone)
    said = complaints(page)
    phone.set_offline(True)
    at(page, "customer")
    done(page, "Enter a name, a telephone number or an e-mail address.")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_label("sends me news by e-mail").check()
    scan(page, "LC-77")
    expect(page.get_by_role("list", name="Cards")).to_contain_text("LC-77")
    eventually(page, DRAFTED, seconds=20)
    page.reload()  # unfinished work is still there
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ada")
    expect(page.get_by_label("sends me news by e-mail")).to_be_checked()
    expect(page.get_by_role("list", name="Cards")).to_contain_text("LC-77")
    picture(page, "floor-customer")
    done(page, "Ada is known now. Saved. 1 waits to be sent.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    page.evaluate(KEEP)

    phone.set_offline(False)
    sent(page)
    assert page.evaluate(AGAIN) == 0
    ada = Customer.objects.get(name="Ada")
    assert (ada.email, ScanCode.objects.get(code="LC-77").target_id) == ("ada@example.com", ada.pk)
    consent = Consent.objects.get()
    assert (consent.customer_id, consent.purpose, consent.is_given) == (ada.pk, "email", True)
    assert (consent.wording, consent.source) == ("Acme shop sends me news by e-mail.", "shop floor")
    assert (SyncItem.objects.count(), Flag.objects.count()) == (1, 0)
    assert [text for text in said if IS_NETWORK not in text] == []

    page.get_by_label("Name", exact=True).fill("Bo")
    cashier = logged_in(browser, product, acme, "cashier")
    phone.add_cookies(cashier.cookies())  # type: ignore[arg-type]
    cashier.close()
    page.reload()
    at(page, "customer")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


def test_an_article_nobody_knows_keeps_no_other_out_and_a_note_is_asked_for_where_the_shop_wants_one(
    phone: BrowserContext, product: Product, acme: Shop
) -> None:
    page = kept(phone)
    StockPolicy.objects.create(id=1, note_above=Decimal(1))  # decided after the page was drawn
    eventually(page, WANTS_NOTES)
    phone.set_offline(True)
    at(page, "receive")
    scan(page, TEA, "NOBODY-7", "NOBODY-7")
    expect(page.get_by_label("How many: Code NOBODY-7")).to_have_value("2")
    done(page, "Saved. 1 waits to be sent.")

    at(page, "adjust")
    page.get_by_label("Why").select_option("theft")
    scan(page, CUP)
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-told]")).to_contain_text("Say in a few words what happened.")
    page.get_by_label("Note").fill("Empty box")
    done(page, "Saved. 2 wait to be sent.")

    phone.set_offline(False)
    sent(page)
    assert moved("receipt") == [("TEA", Decimal(1), Decimal(11))]
    assert moved("adjustment") == [("CUP", Decimal(-1), Decimal(9))]
    assert StockDocument.objects.get(kind="adjustment").reason == "Empty box"
    flag = Flag.objects.get()
    assert (flag.kind, flag.sentence[:44]) == ("line-left-out", "1 of 2 lines not booked: 2 × NOBODY-7. There")
