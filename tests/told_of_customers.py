"""Walks of the services around customers, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from typing import Any

from core.ids import uuid7
from core.testing import Shop
from orders.models import Customer
from orders.services import customer_groups, customers, distinguishing, forgetting, merging

MODULES = (customers, customer_groups, distinguishing, forgetting, merging)
OTHERS = {"orders.services.buyers", "orders.services.customer_rows", "orders.services.customer_data"}


def people(shop: Shop) -> list[Any]:
    return [customers.create_customer(values={"name": name}, actor=shop.actor()).customer.pk for name in ("A", "B")]


def merged(shop: Shop) -> merging.Merged:
    kept, gone = people(shop)
    return merging.merge_customers(uuid7(), kept_id=kept, gone_id=gone, actor=shop.actor())


def group(shop: Shop) -> Any:
    return customer_groups.create_group(name="Wholesale", actor=shop.actor())


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "create_customer": (
        lambda s: None,
        lambda s, _: customers.create_customer(values={"name": "Ada"}, actor=s.actor()),
        ("create", "customer"),
        ["customer.created"],
    ),
    "update_customer": (
        lambda s: Customer.objects.get(),
        lambda s, c: customers.update_customer(c.pk, values={"name": "Ada"}, actor=s.actor()),
        ("change", "customer"),
        ["customer.updated"],
    ),
    "record_consent": (
        lambda s: Customer.objects.get(),
        lambda s, c: customers.record_consent(
            c.pk, purpose="email", is_given=True, wording="May we write?", source="counter", actor=s.actor()
        ),
        ("change", "customer"),
        ["customer.updated"],
    ),
    "anonymise_customer": (
        lambda s: Customer.objects.get(),
        lambda s, c: forgetting.anonymise_customer(c.pk, actor=s.actor()),
        ("change", "customer"),
        ["customer.anonymised"],
    ),
    "tell_apart": (
        people,
        lambda s, two: distinguishing.tell_apart(two[0], two[1], actor=s.actor()),
        ("change", "customer"),
        ["customer.told_apart"],
    ),
    "take_back_distinction": (
        lambda s: distinguishing.tell_apart(*people(s), actor=s.actor()),
        lambda s, row: distinguishing.take_back_distinction(row.pk, actor=s.actor()),
        ("change", "customer"),
        ["customer.told_apart"],
    ),
    "merge_customers": (
        people,
        lambda s, two: merging.merge_customers(uuid7(), kept_id=two[0], gone_id=two[1], actor=s.actor()),
        ("change", "customer"),
        ["customer.merged"],
    ),
    "undo_merge": (
        merged,
        lambda s, done: merging.undo_merge(done.merge.pk, actor=s.actor()),
        ("change", "customer"),
        ["customer.unmerged"],
    ),
    "create_group": (lambda s: None, lambda s, _: group(s), ("create", "customer_group"), []),
    "rename_group": (
        group,
        lambda s, g: customer_groups.rename_group(g.pk, name="Club", actor=s.actor()),
        ("change", "customer_group"),
        [],
    ),
    "delete_group": (
        group,
        lambda s, g: customer_groups.delete_group(g.pk, actor=s.actor()),
        ("delete", "customer_group"),
        [],
    ),
}
