"""The pages where shop people work: who sees what, how many questions a list asks, and hostile input."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.ids import uuid7
from core.locations.models import Location
from core.people.models import Grant, Role, User
from core.testing import CANARY, Shop, make_variant, stock
from core.web.cursors import Window, window_of
from inventory.models import Category, StockException
from orders.models import Customer, Order
from orders.selectors import visible_orders
from orders.services.checkout import BasketLine, Sale, Tender, place_order

PAGES = ("/till/", "/orders/", "/products/", "/stock/", "/stock/book/", "/products/new/", "/customers/")


def sell(shop: Shop, *, place: Location | None = None, sku: str = "TEA", **more: Any) -> Order:
    variant = shop.variant(sku)
    location = place or shop.location
    return place_order(
        Sale(
            order_id=uuid7(),
            location_id=location.pk,
            lines=[BasketLine(variant_id=variant.pk, quantity=Decimal(1))],
            payments=[Tender(method="cash", amount=variant.unit_price.quantize(Decimal("0.01")), tendered=Decimal(50))],
            **more,
        ),
        actor=shop.actor("owner"),
    ).order


@pytest.fixture
def annex(acme: Shop) -> Location:
    """A second location with stock, and a cashier who sells there alone."""
    place = Location.objects.create(code="ANNEX", name="Acme annex")
    stock(acme.variant("TEA"), place, "5")
    user = User.objects.create(email="annex@acme.localhost", name="Acme annex cashier")
    Grant.objects.create(user=user, role=Role.objects.get(name="cashier"), location=place)
    return place


def browser_of(shop: Shop, email: str) -> Any:
    browser = shop.client()
    browser.force_login(User.objects.get(email=email), backend="core.people.backends.EmailBackend")
    return browser


ALLOWED = {
    "owner": set(PAGES),
    "manager": set(PAGES),
    "cashier": {"/till/", "/orders/", "/products/", "/stock/", "/customers/"},
    "stock clerk": {"/products/", "/stock/", "/stock/book/"},
    "accountant": {"/orders/", "/products/", "/stock/", "/customers/"},
    "viewer": {"/orders/", "/products/", "/stock/"},
}


@pytest.mark.parametrize("role", ALLOWED)
def test_every_role_opens_its_pages_and_no_other(acme: Shop, globex: Shop, role: str) -> None:
    browser = acme.client(role)
    for page in PAGES:
        answer = browser.get(page)
        assert answer.status_code == (200 if page in ALLOWED[role] else 403), (role, page)
        assert CANARY not in answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_log_in(acme: Shop, page: str) -> None:
    answer = acme.client().get(page)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?{urlencode({'next': page})}")


def test_an_order_page_shows_lines_payment_change_and_history(acme: Shop, globex: Shop) -> None:
    order = sell(acme, customer_id=Customer.objects.get().pk)
    page = acme.client("cashier").get(f"/orders/{order.pk}/").content.decode()
    for text in (order.number, "Acme Earl Grey", "£50.00", "£45.50", "Paid and handed over", "Acme customer"):
        assert text in page
    slip = acme.client("cashier").get(f"/orders/{order.pk}/receipt/").content.decode()
    assert '<article class="receipt"' in slip and "£45.50" in slip and "Tax 20% in it" in slip
    assert CANARY not in page + slip


def test_orders_are_found_by_number_day_kind_and_channel(acme: Shop) -> None:
    first = sell(acme, occurred_at=datetime.now(UTC) - timedelta(days=10))
    second = sell(acme, channel=Order.Channel.PHONE)
    browser = acme.client("owner")

    def found(query: str) -> set[str]:
        text = browser.get(f"/orders/?{query}").content.decode()
        return {order.number for order in (first, second) if f"#{order.number}" in text}

    assert found("") == {first.number, second.number}
    assert found(f"q={first.number[:6].lower()}") == {first.number}
    assert found("channel=phone") == {second.number}
    assert found("kind=refund") == set()
    assert found(f"since={second.business_date}") == {second.number}
    assert found(f"until={first.business_date}") == {first.number}


def test_who_works_at_one_location_sees_its_orders_and_stock_only(acme: Shop, annex: Location) -> None:
    here, there = sell(acme, place=annex), sell(acme)
    browser = browser_of(acme, "annex@acme.localhost")

    orders = browser.get("/orders/").content.decode()
    assert here.number in orders and there.number not in orders
    assert browser.get(f"/orders/{here.pk}/").status_code == 200
    assert browser.get(f"/orders/{there.pk}/").status_code == 404
    assert browser.get(f"/orders/{there.pk}/receipt/").status_code == 404
    levels = browser.get("/stock/").content.decode()
    assert "Acme annex" in levels and "Acme main shop" not in levels
    product = browser.get(f"/products/{acme.variant('TEA').product_id}/").content.decode()
    assert here.number in product and there.number not in product and "Acme main shop" not in product
    assert browser.get(f"/till/articles/?location={acme.location.pk}").status_code == 403
    till = browser.get("/till/").content.decode()
    assert str(annex.pk) in till and str(acme.location.pk) not in till
    assert browser.get(f"/stock/?location={acme.location.pk}").status_code == 422


def test_costs_are_seen_with_the_permission_only(acme: Shop) -> None:
    path = f"/products/{acme.variant('CUP').product_id}/"
    assert "£6.00" in acme.client("manager").get(path).content.decode()
    assert "£6.00" not in acme.client("cashier").get(path).content.decode()


def test_customers_of_the_shop_are_not_shown_to_who_may_not_see_them(acme: Shop) -> None:
    order = sell(acme, customer_id=Customer.objects.get().pk)
    browser = acme.client("viewer")
    assert "Acme customer" not in browser.get("/orders/").content.decode()
    assert "Acme customer" not in browser.get(f"/orders/{order.pk}/").content.decode()
    assert browser.get(f"/customers/{order.customer_id}/").status_code == 403


def test_products_are_found_by_name_sku_code_and_category(acme: Shop) -> None:
    category = Category.objects.create(name="Crockery")
    product = acme.variant("CUP").product
    product.category = category
    product.save()
    browser = acme.client("owner")

    def found(query: str) -> set[str]:
        text = browser.get(f"/products/?{query}").content.decode()
        return {sku for sku in ("TEA", "CUP", "JAM") if f">{sku}<" in text.replace("\n", "")}

    assert found("") == {"TEA", "CUP", "JAM"}
    assert found("q=blue+cup") == {"CUP"}
    assert found("q=te") == {"TEA"}
    assert found("q=5012345678900") == {"TEA"}
    assert found(f"category={category.pk}") == {"CUP"}
    assert found("q=nothing+at+all") == set()


def test_stock_is_narrowed_to_low_out_and_below_zero_and_exceptions_are_shown(acme: Shop) -> None:
    acme.variant("TEA").levels.update(low_at=Decimal(12))
    acme.variant("CUP").levels.update(on_hand=0)
    acme.variant("JAM").levels.update(on_hand=-2)
    StockException.objects.create(
        kind="oversold", variant=acme.variant("JAM"), location=acme.location, quantity=2, reference_type="test",
        reference_id=uuid7(),
    )  # fmt: skip
    browser = acme.client("owner")

    def found(query: str) -> set[str]:
        text = browser.get(f"/stock/?{query}").content.decode()
        return {sku for sku in ("TEA", "CUP", "JAM") if f'class="mono">{sku}<' in text}

    assert found("") == {"TEA", "CUP", "JAM"}
    assert found("state=low") == {"TEA"}
    assert found("state=out") == {"CUP", "JAM"}
    assert found("state=negative") == {"JAM"}
    assert "2 more sold than recorded" in browser.get("/stock/").content.decode()


def test_an_exception_is_settled_once_by_who_may_adjust_stock_there(acme: Shop, annex: Location) -> None:
    row = StockException.objects.create(
        kind="oversold", variant=acme.variant("JAM"), location=acme.location, quantity=2, reference_type="test",
        reference_id=uuid7(),
    )  # fmt: skip
    path = f"/stock/exceptions/{row.pk}/settled/"
    Grant.objects.update_or_create(
        user=User.objects.get(email="annex@acme.localhost"),
        role=Role.objects.get(name="stock clerk"),
        location=annex,
    )
    assert acme.client("cashier").post(path).status_code == 403
    assert browser_of(acme, "annex@acme.localhost").post(path).status_code == 404
    assert not StockException.objects.filter(resolved_at__isnull=False).exists()

    clerk = acme.client("stock clerk")
    assert "Settled." in clerk.post(path, follow=True).content.decode()
    assert "Somebody had settled it before." in clerk.post(path, follow=True).content.decode()
    row.refresh_from_db()
    assert row.resolved_by == acme.person("stock clerk").pk
    assert AuditEntry.objects.filter(object_type="stock_exception", object_id=str(row.pk)).count() == 1
    assert clerk.get(path).status_code == 405


HOSTILE = (
    "/orders/?since=yesterday",
    "/orders/?since=2026-05-02&until=2026-05-01",
    "/orders/?kind=theft",
    "/orders/?after=!!!",
    "/orders/?before=bm90aGluZw",
    "/orders/?q=%00",
    "/products/?category=7",
    "/products/?after=WyJhIl0",
    "/products/?q=" + "x" * 200,
    "/stock/?location=00000000-0000-0000-0000-000000000000",
    "/stock/?state=odd",
    "/customers/?q=%00",
    "/till/articles/",
    "/till/articles/?location=x",
)


@pytest.mark.parametrize("path", HOSTILE)
def test_a_question_that_makes_no_sense_is_refused_in_words(acme: Shop, path: str) -> None:
    assert acme.client("owner").get(path).status_code == 422


@pytest.mark.parametrize("path", ["/orders/%s/", "/orders/%s/receipt/", "/products/%s/", "/customers/%s/"])
def test_what_does_not_exist_is_not_found(acme: Shop, globex: Shop, path: str) -> None:
    assert acme.client("owner").get(path % uuid7()).status_code == 404


def test_names_full_of_markup_stay_text(acme: Shop) -> None:
    nasty = '<script>alert("x")</script>'
    make_variant("EVIL", name=nasty, price="1.00")
    browser = acme.client("owner")
    for path in ("/products/", f"/products/{acme.variant('EVIL').product_id}/", "/till/"):
        assert nasty not in browser.get(path).content.decode()


def test_the_till_lists_best_sellers_first_and_finds_by_words(acme: Shop) -> None:
    for _ in range(3):
        sell(acme, sku="JAM")
    sell(acme, sku="CUP")
    browser, place = acme.client("cashier"), acme.location.pk

    def skus(query: str) -> list[str]:
        return [row["sku"] for row in browser.get(f"/till/articles/?location={place}&{query}").json()["articles"]]

    assert skus("")[:2] == ["JAM", "CUP"]
    assert "TEA" in skus("")[2:] and len(skus("")) == len(set(skus("")))  # what was not sold yet is in reach too
    assert skus("q=earl") == ["TEA"]
    assert skus(f"ids={acme.variant('TEA').pk},{acme.variant('JAM').pk},x") == ["TEA", "JAM"]
    tea = browser.get(f"/till/articles/?location={place}&q=TEA").json()["articles"][0]
    assert (tea["unit_price"], tea["tax_rate"], tea["on_hand"]) == ("4.5000", "20.0000", "10.000")


def furnish_more(shop: Shop, name: str, count: int) -> None:
    """Products with stock, customers, and a sale to each of them."""
    for number in range(count):
        make_variant(f"{name}{number}", name=f"Acme {name} {number}", price="2.00")
        stock(shop.variant(f"{name}{number}"), shop.location, "3")
        sell(shop, sku="JAM", customer_id=Customer.objects.create(number=f"{name}{number}").pk)


LISTS = {
    "/orders/": 5,
    "/products/": 9,
    "/stock/": 8,
    "/customers/": 7,
    "/till/": 6,
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_the_same_few_questions_however_long_it_is(acme: Shop, path: str) -> None:
    browser = acme.client("owner")
    browser.get(path)  # the session and the caches are warm

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        asked = [query["sql"] for query in queries if "tenancy_domain" not in query["sql"]]  # kept for half a minute
        return sum(not sql.startswith(("SAVEPOINT", "RELEASE", "SET ")) for sql in asked)

    acme.variant("JAM").levels.update(on_hand=1000)
    furnish_more(acme, "FEW", 2)
    few = asked()
    furnish_more(acme, "MANY", 10)
    assert asked() == few
    assert few <= LISTS[path], f"{path} asks {few} questions"


def test_long_lists_are_walked_to_the_end_and_back(acme: Shop) -> None:
    acme.variant("JAM").levels.update(on_hand=1000)
    orders = [sell(acme, sku="JAM") for _ in range(7)]
    rows, query = visible_orders(actor=SYSTEM), dict[str, str]()
    seen, windows = list[UUID](), list[Window]()
    for _ in range(4):
        window = window_of(rows, by=("-occurred_at", "-id"), query=query, size=3)
        seen += [row.pk for row in window.rows]
        windows.append(window)
        if window.next_url is None:
            break
        query = dict(parse_qsl(window.next_url[1:]))
    assert sorted(seen) == sorted(order.pk for order in orders) and len(windows) == 3
    back = dict(parse_qsl(str(windows[2].previous_url)[1:]))
    assert [row.pk for row in window_of(rows, by=("-occurred_at", "-id"), query=back, size=3).rows] == seen[3:6]
    assert windows[0].previous_url is None
