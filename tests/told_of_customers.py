"""Walks of the services around customers, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from typing import Any

from core.testing import Shop
from orders.models import Customer
from orders.services import customer_groups, customers, forgetting

MODULES = (customers, customer_groups, forgetting)
OTHERS = {"orders.services.customer_rows"}


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
