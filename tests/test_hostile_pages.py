"""Whatever somebody writes into an address or a form: an answer in plain words, never an error of ours."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django import forms
from django.db import transaction

from core.audit.views import AuditFilter
from core.outbox.models import Event
from core.people import forms as people_forms
from core.testing import Shop, sale_body
from inventory.web import codes as code_forms
from inventory.web import forms as inventory_forms
from inventory.web import group_forms
from orders.models import Order
from orders.web import after_forms, customer_forms
from orders.web import forms as order_forms
from orders.web import imports as import_forms
from tests.api import machine
from tests.permissions.test_matrix import DOORS, Door, name_of
from webhooks.web import forms as webhook_forms

HOSTILE = {
    "nul": "%00",
    "nul inside": "TEA%00CUP",
    "huge number": "9" * 400,
    "huge exponent": "1e999999999",
    "negative": "-1",
    "not a number": "NaN",
    "infinity": "Infinity",
    "wrong uuid": "00000000-0000-0000-0000-00000000000g",
    "zero uuid": "00000000-0000-0000-0000-000000000000",
    "year one": "0001-01-01",
    "year one far east": "0001-01-01T00:00:00%2B14:00",
    "last year": "9999-12-31",
    "last moment": "9999-12-31T23:59:59-14:00",
    "no day": "2026-02-30",
    "lone surrogate": "%ED%A0%80",
    "broken utf-8": "%FF%FE",
    "right to left": quote("\u202e\u0600"),
    "quotes": quote("'\";--<script>"),
    "template": quote("{{ 7|add:7 }}{% debug %}"),
    "path": quote("../../etc/passwd"),
    "long": "a" * 100_000,
    "like": quote("%_%_\\"),
    "cursor of nothing": "bnVsbA",
    "cursor of a long ago": "WyIwMDAxLTAxLTAxIDAwOjAwOjAwKzE0OjAwIiwgIngiXQ",
    "cursor of a huge number": "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSJd",
    "deep": "%5B" * 5000,
}


def fields() -> set[str]:
    """Every name that a form or a page of the product reads, and some that it does not."""
    inventory = (inventory_forms, group_forms, code_forms)
    orders = (order_forms, after_forms, customer_forms, import_forms)
    modules = (people_forms, *inventory, *orders, webhook_forms)
    kinds = [kind for module in modules for kind in vars(module).values()]
    names = {"after", "before", "page", "cursor", "limit", "period", "date", "from", "to", "table", "metrics", "sort"}
    names |= {"next", "types", "epoch", "updated_since", "active", "nobody-reads-this", *AuditFilter.base_fields}
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, forms.Form):
            names |= kind.base_fields.keys()
    return names


NAMES = sorted(fields())
CHANCE = random.Random(20261121)
PAGES = [door for door in DOORS if door.method in ("GET", "POST") and door.path != "logout/"]


ALWAYS = ("nul inside", "huge number", "year one", "cursor of a long ago")
OTHERS = 4


def chosen(door: Door) -> dict[str, str]:
    """What is tried at a door: the worst, and a few others, the same at every run and different from door to door."""
    rest = sorted(HOSTILE.keys() - set(ALWAYS))
    return {title: HOSTILE[title] for title in (*ALWAYS, *random.Random(name_of(door)).sample(rest, OTHERS))}


def bodies(text: str) -> Iterator[str]:
    """A query or form with all fields at once, and one with a single field: what is wrong first hides the rest."""
    rows = ("variants-TOTAL_FORMS", "variants-INITIAL_FORMS", "variants-0-sku", "variants-0-codes")
    yield "&".join(f"{name}={text[:2000]}" for name in (*NAMES, *rows))
    yield f"{CHANCE.choice(NAMES)}={text}"


@pytest.fixture
def address_of(acme: Shop) -> Any:
    answer = machine(acme).post("orders/", sale_body(acme, {"TEA": "1"}))
    assert answer.status_code == 201
    return lambda door: door.address(acme)


@pytest.mark.parametrize("door", PAGES, ids=name_of)
def test_no_query_and_no_form_is_an_error_of_ours(door: Door, acme: Shop, address_of: Any) -> None:
    browser = acme.client("owner", raise_request_exception=False)
    address, orders = address_of(door), Order.objects.count()
    wrong: list[tuple[str, str, int]] = []
    for title, text in chosen(door).items():
        for body in bodies(text):
            before = transaction.savepoint()
            if door.method == "GET":
                answer = browser.get(f"{address}?{body}")
            else:
                answer = browser.post(address, body, content_type="application/x-www-form-urlencoded")
            transaction.savepoint_rollback(before)
            if answer.status_code >= 500:
                wrong.append((title, body[:60], answer.status_code))
    assert wrong == []
    assert Order.objects.count() == orders


@pytest.mark.parametrize("text", [text for text in HOSTILE.values() if "%5B" not in text], ids=lambda text: text[:20])
def test_no_address_is_an_error_of_ours(text: str, acme: Shop) -> None:
    browser = acme.client("owner", raise_request_exception=False)
    before = Event.objects.count()
    for path in ("", "orders/", "products/", "customers/", "imports/", "api/v1/scan/", "settings/team/", "forecasts/"):
        answer = browser.get(f"/{path}{text}/")
        assert answer.status_code in (301, 302, 400, 404, 422), (path, answer.status_code)
    assert Event.objects.count() == before


def test_a_form_with_as_many_variants_as_a_product_may_have_is_read(acme: Shop) -> None:
    names = ("id", "sku", "name", "unit_price", "unit_cost", "tax_class", "codes", "is_stocked", "is_active")
    form = {f"variants-{row}-{name}": "" for row in range(200) for name in names}
    form |= {f"variants-{row}-sku": f"V{row}" for row in range(200)}
    form |= {f"variants-{row}-unit_price": "1" for row in range(200)}
    form |= {"variants-TOTAL_FORMS": "200", "variants-INITIAL_FORMS": "0", "name": "Many", "is_active": "on"}
    answer = acme.client("owner").post("/products/new/", urlencode(form), "application/x-www-form-urlencoded")
    assert answer.status_code == 302
    assert acme.variant("V199").product.name == "Many"
