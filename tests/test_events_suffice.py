"""Who knows the state of a shop and hears its events from then on knows its state ever after, without asking."""

import json
from decimal import Decimal
from functools import partial
from random import Random, SystemRandom

import pytest

from core.locations.models import Location
from core.outbox.models import Stream
from core.outbox.relay import number_events
from core.testing import Shop, stock
from inventory.models import Product
from inventory.services.catalogue import ProductDraft, VariantDraft, create_product, update_product
from inventory.services.retiring import retire_product
from orders.models import Customer
from orders.services.customers import create_customer, update_customer
from tests.api import Api, machine
from tests.projector import View, true_view
from tests.test_race_checkout import at_once
from tests.test_random_operations import SKUS, Notebook, Person

pytestmark = pytest.mark.django_db(transaction=True)


def told(shop: Shop, key: Api, after: int) -> list[dict[str, object]]:
    """Everything the feed tells from there on, as JSON."""
    events: list[dict[str, object]] = []
    while number_events(shop.tenant):
        pass
    while True:
        page = json.loads(key.get("events/", {"after": after, "limit": 50}).content)
        events += page["results"]
        after = page["next_after"]
        if not page["has_more"]:
            return events


def people_live(shop: Shop, seed: int, places: list[Location]) -> None:
    people = [Person(shop, seed + number, places) for number in range(2)]
    results = at_once(shop, [partial(person.live) for person in people], len(people))
    assert [type(result) for result in results] == [Notebook] * len(people), results


def catalogue_lives(shop: Shop, seed: int) -> None:
    """Products and customers come, change and go."""
    pick, actor = Random(seed), shop.actor()
    for number in range(16):
        name = f"Article {seed} {number}"
        variants = [
            VariantDraft(values={"sku": f"{seed}-{number}-{n}", "unit_price": Decimal(pick.randint(1, 999)) / 100})
            for n in range(pick.randint(1, 3))
        ]
        create_product(ProductDraft(values={"name": name}, variants=variants), actor=actor)
        chosen = pick.choice(list(Product.objects.all()))
        if pick.random() < 0.4:
            retire_product(chosen.pk, actor=actor)
        else:
            variant = pick.choice(list(chosen.variants.all()))
            draft = VariantDraft(id=variant.pk, values={"unit_price": Decimal(pick.randint(1, 999)) / 100})
            update_product(chosen.pk, ProductDraft(values={"name": f"{name} new"}, variants=[draft]), actor=actor)
        create_customer(actor=actor, values={"name": name})
        customer = pick.choice(list(Customer.objects.all()))
        update_customer(customer.pk, actor=actor, values={"name": f"{name} new"})


def same(left: View, right: View, seed: int) -> None:
    for view in (left, right):  # where nothing is and nothing ever was, there may be a row of zeros
        view.levels = {key: row for key, row in view.levels.items() if any(row.values())}
    for part in ("orders", "levels", "products", "customers"):
        mine, theirs = getattr(left, part), getattr(right, part)
        assert mine.keys() == theirs.keys(), (part, seed)
        for key, row in theirs.items():
            assert mine[key] == row, (part, key, seed)
    assert {key: sum_ for key, sum_ in left.money.items() if sum_} == {k: s for k, s in right.money.items() if s}


def test_the_events_lead_from_an_old_state_to_the_new_one(acme: Shop, globex: Shop) -> None:
    seed = SystemRandom().randrange(10**6)
    places = [acme.location, Location.objects.create(code="NORTH", name="North")]
    for sku in SKUS:
        for place in places:
            stock(acme.variant(sku), place, "60")
    key = machine(acme)
    people_live(acme, 10 * seed, places)
    told(acme, key, 0)
    head, old = Stream.objects.get().head, true_view()

    people_live(acme, 10 * seed + 5, places)
    catalogue_lives(acme, seed)
    events = told(acme, key, head)

    new = true_view()
    assert len(events) > 100 and new != old
    same(old.after(events), new, seed)
    # At least once: whoever hears the end of it twice ends where everybody does, but for money, which has names.
    again = old.after([*events, *(event for event in events[-100:] if not str(event["type"]).startswith("payment."))])
    same(again, new, seed)
