"""Every service that writes leaves an audit row and an event, both by who did it: walked one by one, none forgotten."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.outbox import epochs
from core.outbox.models import Event
from core.people import services as people
from core.sync import booking, flags, remedies
from core.testing import PASSWORD, Shop
from inventory.models import StockException
from inventory.services import catalogue, documents, exceptions, prices
from orders.services import checkout
from tests import told_after_the_sale as after
from tests import told_between_places as places
from tests import told_in_the_catalogue as shelves
from tests import told_in_the_stock_room as stock_room
from tests import told_of_customers as buyers
from tests import told_of_devices as devices
from tests import told_of_discounts as reductions
from tests import told_of_money as money
from tests import told_of_open_orders as later
from tests.tills_away import away_and_back
from webhooks.services import endpoints, replays

MODULES = (
    people,
    catalogue,
    documents,
    exceptions,
    prices,
    checkout,
    endpoints,
    replays,
    epochs,
    flags,
    booking,
    remedies,
    *after.MODULES,
    *shelves.MODULES,
    *places.MODULES,
    *stock_room.MODULES,
    *buyers.MODULES,
    *devices.MODULES,
    *money.MODULES,
    *reductions.MODULES,
    *later.MODULES,
)
ENDPOINT = "https://hooks.example.com/in"
Walk = Callable[[Shop], Any]


def sale(shop: Shop) -> checkout.Placed:
    line = checkout.BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(1))
    payment = checkout.Tender(method="cash", amount=Decimal("4.50"))
    return checkout.place_order(
        checkout.Sale(order_id=uuid7(), location_id=shop.location.pk, lines=[line], payments=[payment]),
        actor=shop.actor(),
    )


def product(shop: Shop) -> Any:
    variant = catalogue.VariantDraft(values={"sku": "NEW", "unit_price": Decimal(1)})
    draft = catalogue.ProductDraft(values={"name": "New"}, variants=[variant])
    return catalogue.create_product(draft, actor=shop.actor())


def received(shop: Shop) -> Any:
    line = documents.StockLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(5))
    change = documents.StockChange(
        document_id=uuid7(), kind="receipt", location_id=shop.location.pk, lines=[line], reason="delivery"
    )
    return documents.book_stock(change, actor=shop.actor())


def settled(shop: Shop) -> Any:
    row = StockException.objects.create(
        kind="oversold",
        variant=shop.variant("TEA"),
        location=shop.location,
        quantity=1,
        reference_type="test",
        reference_id=uuid7(),
    )
    return exceptions.settle_exception(row.pk, actor=shop.actor(), note="found it")


def endpoint(shop: Shop) -> endpoints.Created:
    return endpoints.create_endpoint(
        endpoint_id=uuid7(), url=ENDPOINT, subscriptions=["order.*"], actor=shop.actor(), description=""
    )


def person(shop: Shop) -> Any:
    return people.create_user(email="new@acme.test", password=PASSWORD, role="viewer", actor=shop.actor())


def key(shop: Shop) -> Any:
    return people.create_api_key(name="x", permissions=["orders.sell"], actor=shop.actor())[0]


# What stands before a service is called, the call itself, and what it must leave: action and object, events. Endpoints
# are the messenger, not the message: their set-up is in the audit log only, and `webhook.disabled` is told.
TOLD: dict[str, tuple[Walk, Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "create_user": (lambda s: None, lambda s, _: person(s), ("create", "user"), ["person.created"]),
    "change_role": (
        person,
        lambda s, p: people.change_role(user_id=p.pk, role="cashier", actor=s.actor()),
        ("change", "user"),
        ["person.updated"],
    ),
    "set_active": (
        person,
        lambda s, p: people.set_active(user_id=p.pk, is_active=False, actor=s.actor()),
        ("change", "user"),
        ["person.updated"],
    ),
    "rename_person": (
        person,
        lambda s, p: people.rename_person(user_id=p.pk, name="Ada", actor=s.actor()),
        ("change", "user"),
        ["person.updated"],
    ),
    "give_new_password": (
        person,
        lambda s, p: people.give_new_password(user_id=p.pk, actor=s.actor()),
        ("change", "user"),
        ["person.updated"],
    ),
    "change_password": (
        lambda s: None,
        lambda s, _: people.change_password(current=PASSWORD, new="another long one", actor=s.actor()),
        ("change", "user"),
        ["person.updated"],
    ),
    "create_api_key": (lambda s: None, lambda s, _: key(s), ("create", "api_key"), ["api_key.created"]),
    "revoke_api_key": (
        key,
        lambda s, k: people.revoke_api_key(key_id=k.pk, actor=s.actor()),
        ("change", "api_key"),
        ["api_key.revoked"],
    ),
    "create_product": (lambda s: None, lambda s, _: product(s), ("create", "product"), ["product.created"]),
    "update_product": (
        product,
        lambda s, p: catalogue.update_product(p.pk, catalogue.ProductDraft(values={"name": "Newer"}), actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "create_price_list": (
        lambda s: None,
        lambda s, _: prices.create_price_list({"name": "Staff"}, actor=s.actor()),
        ("create", "price_list"),
        ["price_list.changed"],
    ),
    "update_price_list": (
        lambda s: prices.create_price_list({"name": "Staff"}, actor=s.actor()),
        lambda s, made: prices.update_price_list(made.pk, {"priority": 2}, actor=s.actor()),
        ("change", "price_list"),
        ["price_list.changed"],
    ),
    "set_prices": (
        lambda s: prices.create_price_list({"name": "Staff"}, actor=s.actor()),
        lambda s, made: prices.set_prices(
            made.pk, [prices.PriceLine(code="TEA", unit_price=Decimal(1))], actor=s.actor()
        ),
        ("change", "price_list"),
        ["price_list.changed"],
    ),
    "book_stock": (lambda s: None, lambda s, _: received(s), ("change", "stock"), ["stock.changed"]),
    "settle_exception": (
        lambda s: None,
        lambda s, _: settled(s),
        ("change", "stock_exception"),
        ["stock.exception_settled"],
    ),
    "place_order": (
        lambda s: None,
        lambda s, _: sale(s),
        ("create", "order"),
        ["order.created", "payment.received", "order.completed", "stock.changed"],
    ),
    "create_endpoint": (lambda s: None, lambda s, _: endpoint(s), ("create", "webhook_endpoint"), []),
    "update_endpoint": (
        endpoint,
        lambda s, e: endpoints.update_endpoint(
            endpoint_id=e.endpoint.pk, changes={"is_enabled": False}, actor=s.actor()
        ),
        ("change", "webhook_endpoint"),
        [],
    ),
    "rotate_secret": (
        endpoint,
        lambda s, e: endpoints.rotate_secret(endpoint_id=e.endpoint.pk, actor=s.actor()),
        ("change", "webhook_endpoint"),
        [],
    ),
    "delete_endpoint": (
        endpoint,
        lambda s, e: endpoints.delete_endpoint(endpoint_id=e.endpoint.pk, actor=s.actor()),
        ("delete", "webhook_endpoint"),
        [],
    ),
    "begin_epoch": (
        lambda s: None,
        lambda s, _: epochs.begin_epoch(uuid7(), reason="restored", actor=s.actor()),
        ("change", "stream"),
        ["stream.restarted"],
    ),
    "settle_flag": (
        away_and_back,
        lambda s, flag: flags.settle_flag(flag.pk, resolution="dismissed", note="seen", actor=s.actor()),
        ("change", "exception"),
        ["exception.resolved"],
    ),
    **after.TOLD,
    **shelves.TOLD,
    **places.TOLD,
    **stock_room.TOLD,
    **buyers.TOLD,
    **devices.TOLD,
    **money.TOLD,
    **reductions.TOLD,
    **later.TOLD,
}

# Services that write and tell no event, each with its reason.
QUIET = {
    **stock_room.QUIET,
    **money.QUIET,
    **places.QUIET,
    **devices.QUIET,
    "tell_price_list": "tells what a service that calls it did to a list",
    "locked_price_list": "is a part of services that change a list; they tell",
    "note_prices": "is a part of services that set prices; they tell",
    "check_credentials": "a visit, not a change of the shop: the audit log has it",
    "note_log_in": "likewise",
    "note_log_out": "likewise",
    **shelves.QUIET,
    "sync_built_in_roles": "brings the table up to the program; nobody decided anything",
    "book_again": "what it books tells; see tests/test_exceptions.py",
    "put_right": "what a remedy does tells; see tests/test_remedies.py",
    "rebook": "a part of these two",
    "retried": "likewise",
    "register_remedy": "a way to put exceptions right; no fact of the shop",
    "put_away": "what one person wants to see on their own pages; no fact of the shop",
    "create_owner": "is create_user, for the first person",
    "send_test_event": "what it sends is no fact of the shop; the audit log has it",
    "replay_delivery": "what it sends again was told before; the audit log has it",
    "replay_failed": "likewise",
    "replay_since": "likewise",
    "reseal_parked_cards": "the same codes under another key; nothing of the shop changes",
}
ASKS = {"live_secrets", "sealed_secrets", "opened", "asked", "may_do", "value_of", "remedies_of"} | shelves.ASKS
ASKS |= {"is_kept"}
PARTS = devices.PARTS | shelves.PARTS | after.PARTS | places.PARTS | reductions.PARTS | money.PARTS | later.PARTS
PARTS |= {"raise_flags", "locked_flag", "close", "write_sale"}
"""Parts of other services, told by those."""


def services() -> set[str]:
    """The public functions of the modules that hold services."""
    return {
        name
        for module in MODULES
        for name, found in vars(module).items()
        if inspect.isfunction(inspect.unwrap(found))
        and not name.startswith("_")
        and inspect.unwrap(found).__module__ == module.__name__
    }


def test_no_service_is_forgotten_here() -> None:
    assert services() - ASKS - PARTS == TOLD.keys() | QUIET.keys()
    known = {module.__name__ for module in MODULES}
    others = {
        "inventory.services.ledger",
        "inventory.services.history",
        "inventory.services.edits",
    }  # parts of services, told by their callers
    others |= after.OTHERS | places.OTHERS | stock_room.OTHERS
    others |= {"inventory.services.labels"}  # no fact of the shop; see tests/test_labels.py
    others |= {
        "inventory.services.bulk",
        "inventory.services.previewed",  # decides for these two, writes nothing
        "inventory.services.price_sheets",
        "inventory.services.closings",
    }  # see their own tests
    others |= buyers.OTHERS
    others |= {
        "orders.services.charged",
        "orders.services.taken_sales",
        "orders.services.taken_returns",
        "orders.services.taken_carts",
        "orders.services.away_limits",
        "orders.services.corrections",
        "inventory.services.late_work",
        "inventory.services.taken_documents",
    }  # see tests/test_sync*, tests/test_remedies.py
    others |= money.OTHERS
    others |= {
        "webhooks.services.deliveries",
        "webhooks.services.extra_headers",  # and telling: see tests/test_webhooks_owners.py
        "webhooks.services.parking",
        "webhooks.services.telling",
        "orders.services.basket",
        "orders.services.pricing",
    }
    others |= {"inventory.services.incoming"}  # a part of services that bring goods in; they tell
    others |= {"orders.services.labels"}  # reads labels, writes nothing
    others |= reductions.OTHERS | later.OTHERS
    others |= {
        "analytics.services.forecasts",
        "analytics.services.exports",
    }  # see tests/test_forecast.py, test_reports.py
    root = Path(settings.BASE_DIR)
    for app in ("inventory", "orders", "analytics", "webhooks"):
        folder = Path(apps.get_app_config(app).path) / "services"
        found = {".".join(path.relative_to(root).with_suffix("").parts) for path in folder.glob("[a-z]*.py")}
        assert found <= known | others, found - known - others


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_write_is_in_the_audit_log_and_in_the_stream(acme: Shop, globex: Shop, name: str) -> None:
    before, call, act, events = TOLD[name]
    stands = before(acme)
    audit, stream = AuditEntry.objects.count(), Event.objects.count()
    began = datetime.now(UTC)
    call(acme, stands)
    rows = list(AuditEntry.objects.order_by("id")[audit:])
    assert [(row.action, row.object_type) for row in rows] == [act]
    told = list(Event.objects.order_by("id")[stream:])
    assert [event.type for event in told] == events
    for row in rows:
        assert (row.actor_kind, row.actor_id, row.at >= began) == ("user", acme.actor().id, True)
    assert all(event.actor == acme.actor().as_json() for event in told)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name",
    ["set_active", "revoke_api_key", "settle_exception", "update_product", "release", "set_limits", "revoke_device"],
)
def test_repeating_a_change_that_changes_nothing_tells_nothing(acme: Shop, name: str) -> None:
    before, call, _, _ = TOLD[name]
    stands = before(acme)
    call(acme, stands)
    audit, stream = AuditEntry.objects.count(), Event.objects.count()
    if name == "settle_exception":
        assert exceptions.settle_exception(StockException.objects.get().pk, actor=acme.actor()) is False
    else:
        call(acme, stands)
    assert (AuditEntry.objects.count(), Event.objects.count()) == (audit, stream)
