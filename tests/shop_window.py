"""A shop with something in every place, so that each of its pages has something to show."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.test import override_settings

from analytics.services.forecasts import ask_for_forecasts
from core.actors import SYSTEM
from core.ids import uuid7
from core.jobs.services import perform
from core.outbox.relay import number_events
from core.outbox.services import emit
from core.people.services import create_api_key
from core.testing import Shop
from inventory.events import StockLow
from inventory.models import BulkEdit, EmbeddedCodeRule, PriceList, PriceSheet, StockException, StockLevel
from inventory.services.attributes import create_attribute
from inventory.services.bulk import preview_bulk_edit
from inventory.services.code_rules import add_preset
from inventory.services.groups import create_brand, create_category
from inventory.services.pictures import add_picture
from inventory.services.price_sheets import preview_price_sheet
from inventory.services.prices import PriceLine, create_price_list, set_prices
from inventory.services.tax_classes import TaxPart, create_tax_class
from orders.models import Customer, Fulfilment, Order
from orders.services.approvals import Request, give_approval
from orders.services.asking import ask_approval
from orders.services.changes import propose_change
from orders.services.checkout import BasketLine, Sale, Tender, place_order
from orders.services.discounts import create_discount
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.parking import Cart, park
from orders.services.placing import place_open_order
from orders.services.rewriting import Action
from realtime.models import Notice, PushSubscription
from realtime.push.services import subscribe
from tests.customer_window import fill_people
from tests.import_samples import Row, line, run_import, write
from tests.pictures import a_picture
from tests.push_browser import PushBrowser
from tests.shop_window_moves import counted, send
from tests.shop_window_stock import fill_stock_room
from tests.tills_away import away_and_back
from tests.webhook_receiver import receiving
from tests.webhook_steps import connect
from tests.window_of_devices import fill_fleet
from tests.window_of_drawers import fill_drawers
from webhooks.events import WebhookDisabled
from webhooks.models import Delivery
from webhooks.server import Server
from webhooks.services.replays import send_test_event

LONG_NAME = "Hand-blown recycled-glass Christmasdecorationstoragebox with velvet lining, sea green and old rose"
HISTORY_ENDS = date(2026, 3, 31)


def history(days: int = 70, *, ends: date = HISTORY_ENDS) -> Iterator[Row]:
    """Ten weeks in which two articles of the shop are sold daily, with one refund."""
    for back in range(days):
        at = f"{ends - timedelta(days=back)} 10:30:00"
        yield line(f"7{back:05}", "TEA", "Acme Earl Grey", str(2 + back % 3), at, "4.50", "C1")
        yield line(f"7{back:05}", "CUP", "Acme Blue cup", "1", at, "12.00", "C1")
    yield line("C799999", "CUP", "Acme Blue cup", "-1", f"{ends} 15:00:00", "12.00", "C1")


def fill(shop: Shop, folder: Path) -> dict[str, Any]:
    """Fill a shop as `core.testing.furnish` left it; answers arguments for its routes. To be called inside the shop."""
    owner, tea = shop.actor("owner"), shop.variant("TEA")
    run = run_import(shop, write(folder / "sales-of-the-winter-and-the-early-spring-with-a-long-name.csv", history()))
    perform(ask_for_forecasts(actor=owner).pk)
    tea.product.name = LONG_NAME
    tea.product.save(update_fields=["name"])
    StockLevel.objects.filter(variant__sku="JAM").update(low_at=20)
    key, _ = create_api_key(name=LONG_NAME[:80], permissions=["orders.view_orders"], actor=owner)
    with override_settings(WEBHOOK_ALLOW_PRIVATE=True), receiving() as good, receiving((500, {}, b"no")) as bad:
        endpoint, _ = connect(shop, good.url, "order.*", "stock.*")
        failing, _ = connect(shop, f"{bad.url}/{'segment' * 12}", "*")
        for one in (endpoint, failing):
            send_test_event(endpoint_id=one.pk, actor=owner, event_type="order.completed")
        server = Server()
        for _ in range(2):
            server.serve(shop.tenant.schema_name)
    prices, edit, sheet = _other_prices(shop)
    order = _sell_too_much(shop)
    cart = Cart(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=tea.pk, quantity=Decimal("1.5"))],
        label=LONG_NAME[:80],
    )
    park(cart, actor=owner)
    wanted = Request(
        approval_id=uuid7(),
        permission="orders.void",
        location_id=shop.location.pk,
        requested_by=shop.person("cashier").pk,
        shown=f"Void of #{order.number}: {LONG_NAME}",
    )
    give_approval(wanted, actor=owner)
    asked = Request(
        approval_id=uuid7(),
        permission="orders.void",
        location_id=shop.location.pk,
        shown=f"Void of #{order.number}: {LONG_NAME}",
        amount=Decimal("12.50"),
    )
    ask_approval(asked, actor=shop.actor("cashier"))
    return (
        _catalogue(shop)
        | fill_stock_room(shop)
        | fill_people(shop)
        | fill_fleet(shop)
        | fill_drawers(shop)
        | {
            "customer_id": Customer.objects.get(number="C1").pk,
            **_reduce(shop),
            "delivery_id": Delivery.objects.filter(endpoint=endpoint).latest("pk").pk,
            "endpoint_id": endpoint.pk,
            "fulfilment_id": _to_be_sent(shop).pk,
            "change_id": propose_change(
                change_id=uuid7(),
                order_id=order.pk,
                actions=[Action(kind="remove", position=2)],
                reason=LONG_NAME,
                actor=owner,
            )[0].pk,
            "flag_id": away_and_back(shop).pk,
            "exception_id": StockException.objects.filter(reference_id=order.pk).latest("quantity").pk,
            "key_id": key.pk,
            "location": shop.location.pk,
            "notice_id": _news(shop).pk,
            "order_id": order.pk,
            "product_id": tea.product_id,
            "edit_id": edit.pk,
            "price_list_id": prices.pk,
            "sheet_id": sheet.pk,
            "run_id": run.pk,
            "subscription_id": _browser(shop).pk,
            "count_id": counted(shop, {"TEA": "30", "CUP": "4"}).pk,
            "transfer_id": send(shop, {"TEA": "3", "CUP": "2"}).pk,
            "user_id": shop.person("viewer").pk,
            "variant_id": tea.pk,
        }
    )


def _news(shop: Shop) -> Notice:
    """What happened becomes news; some of it nobody of the shop did, so that everybody hears of it."""
    for sku in ("TEA", "CUP", "JAM"):
        with transaction.atomic():
            emit(
                StockLow(
                    variant_id=shop.variant(sku).pk,
                    version=1,
                    location_id=shop.location.pk,
                    sku=sku,
                    on_hand=Decimal(2),
                    low_at=Decimal(3),
                ),
                actor=SYSTEM,
            )
    disabled = WebhookDisabled(endpoint_id=uuid7(), version=2, reason=f"The receiver answered 410 Gone. {LONG_NAME}")
    with transaction.atomic():
        emit(disabled, actor=SYSTEM)
    while number_events(shop.tenant):
        pass
    return Notice.objects.filter(kind="stock.low").latest("count")


def _browser(shop: Shop) -> PushSubscription:
    """A phone that push messages do not reach."""
    row, _ = subscribe(PushBrowser("https://a.push.services.mozilla.com/x").draft, actor=shop.actor("owner"))
    row.client = "Mozilla/5.0 (Android 15; Mobile) Gecko Firefox/153"
    row.failures, row.failing_since, row.last_error = 3, datetime.now(UTC), "The receiver did not answer in time."
    row.save()
    return row


def _to_be_sent(shop: Shop) -> Fulfilment:
    """An order with a long address of which a part is packed, and the rest is still to be paid and packed."""
    sale = Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        customer_id=Customer.objects.get(number="C1").pk,
        lines=[BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(3))],
        payments=[],
        channel="phone",
        note="Leave it with the neighbour",
    )
    address = {"kind": "delivery", "name": LONG_NAME, "address": LONG_NAME, "city": "Llanfairpwllgwyngyllgogerychwyrn"}
    order = place_open_order(sale, delivery=address, actor=shop.actor("owner")).order
    draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk, lines=[(1, Decimal(2))], tracking="RB 123 456 GB")
    parcel, _ = create_fulfilment(draft, actor=shop.actor("owner"))
    return take_step(parcel.pk, Step(name="pack"), actor=shop.actor("owner"))[0]


def _catalogue(shop: Shop) -> dict[str, Any]:
    """Something in each list of the catalogue's settings, with long names."""
    owner = shop.actor("owner")
    top = create_category(name="Living", actor=owner)
    below = create_category(name="Hand-blown recycled-glass Christmasdecorationsstorage", parent_id=top.pk, actor=owner)
    parts = [TaxPart(name="GST", rate=Decimal(5)), TaxPart(name="PST", rate=Decimal(7), on_top=True)]
    field = {"code": "material", "label": "Material", "kind": "choice", "choices": ["Glass", "Old rose velvet"]}
    add_preset("de", actor=owner)
    picture = add_picture(shop.variant("TEA").product_id, a_picture(), alt=LONG_NAME, actor=owner)
    return {
        "picture_id": picture.pk,
        "picture_name": f"{picture.sha256}-320.webp",
        "rule_id": EmbeddedCodeRule.objects.earliest("position").pk,
        "category_id": below.pk,
        "brand_id": create_brand(name=LONG_NAME, actor=owner).pk,
        "tax_class_id": create_tax_class(name="Two taxes", parts=parts, actor=owner).pk,
        "attribute_id": create_attribute({**field, "is_filter": True}, actor=owner).pk,
    }


def _other_prices(shop: Shop) -> tuple[PriceList, BulkEdit, PriceSheet]:
    """A list of last year, an edit and a file that were previewed: none changes what things cost."""
    owner = shop.actor("owner")
    prices = create_price_list({"name": LONG_NAME[:100], "ends_at": datetime(2026, 1, 1, tzinfo=UTC)}, actor=owner)
    set_prices(prices.pk, [PriceLine(code="CUP", unit_price=Decimal("9.75"))], actor=owner, reason=LONG_NAME)
    dearer = {"unit_price": {"how": "percent", "value": "10", "ending": "0.99"}}
    edit = preview_bulk_edit(uuid7(), matching={}, changes=dearer, actor=owner, reason=LONG_NAME).edit
    file = b"sku,price\nCUP,8.50\nTEA,3.99\nNO-SUCH,1\nJAM,cheap\n"
    sheet = preview_price_sheet(
        uuid7(), file, price_list_id=prices.pk, file_name=f"{LONG_NAME}.csv", reason=LONG_NAME, actor=owner
    ).sheet
    return prices, edit, sheet


def _reduce(shop: Shop) -> dict[str, Any]:
    """A discount with a coupon, and one that everybody gets, for a customer group nobody is in."""
    owner = shop.actor("owner")
    spring = create_discount(actor=owner, name=LONG_NAME, kind="percent", value=Decimal(10), code="SPRING")
    return {"discount_id": spring.pk, "coupon_id": spring.coupons.get().pk}


def _sell_too_much(shop: Shop) -> Order:
    """A sale that takes one article below zero, for there was less of it than the record said."""
    cup, tea = shop.variant("CUP"), shop.variant("TEA")
    sale = Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        customer_id=Customer.objects.get(number="C1").pk,
        lines=[
            BasketLine(variant_id=cup.pk, quantity=Decimal(30)),
            BasketLine(variant_id=tea.pk, quantity=Decimal("1.5")),
        ],
        payments=[Tender(method="card", amount=Decimal("366.75"))],
        accept_shortage=True,
        note="Leave it with the neighbour",
    )
    return place_order(sale, actor=shop.actor("owner")).order
