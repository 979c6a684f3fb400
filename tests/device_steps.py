"""What keeps a catalogue, and what can happen to a shop meanwhile."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.ids import uuid7
from core.locations.models import Location
from core.testing import Shop, stock
from inventory.models import Category, Count, EmbeddedCodeRule, PriceList, Product, TaxClass, Variant
from inventory.services.catalogue import CodeDraft, ProductDraft, VariantDraft, create_product, update_product
from inventory.services.code_rules import create_rule
from inventory.services.counts import CountDraft, cancel_count, open_count
from inventory.services.groups import create_category, delete_category, update_category
from inventory.services.prices import PriceLine, create_price_list, set_prices, update_price_list
from inventory.services.retiring import retire_product
from inventory.services.tax_classes import create_tax_class, delete_tax_class, update_tax_class
from orders.models import Coupon
from orders.services.discounts import create_discount, update_coupon, update_discount
from tests.api import Api


@dataclass
class Device:
    """What keeps a catalogue: it does what the answers say and nothing else."""

    api: Api
    location: UUID
    articles: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    epoch: str | None = None
    seq: int = 0

    def fill(self, limit: int = 3, *, meanwhile: Callable[[], None] = lambda: None) -> "Device":
        """All of it; ``meanwhile`` is done after each page."""
        cursor: str | None = ""
        self.articles, self.tables = {}, {}
        while cursor is not None:
            page = self.ask("catalogue/", limit=limit, cursor=cursor)
            if not cursor:
                self.epoch, self.seq, self.tables = page["epoch"], page["seq"], page["tables"]
            self.articles |= {row["id"]: row for row in page["results"]}
            cursor = page["next"]
            meanwhile()
        return self

    def follow(self) -> int:
        """Answers how many articles it was told."""
        told, has_more = 0, True
        while has_more:
            marks = ",".join(f"{name}:{table['mark']}" for name, table in self.tables.items())
            epoch = {"epoch": self.epoch} if self.epoch else {}
            found = self.ask("catalogue/changes/", after=self.seq, tables=marks, **epoch)
            replaced = set(found["products"])
            self.articles = {
                pk: row
                for pk, row in self.articles.items()
                if row["product"] not in replaced and pk not in found["gone"]
            }
            self.articles |= {row["id"]: row for row in found["results"]}
            self.tables |= found["tables"]
            self.epoch, self.seq, has_more = found["epoch"], found["seq"], found["has_more"]
            told += len(found["results"])
        return told

    def ask(self, path: str, **query: Any) -> Any:
        answer = self.api.get(path, {"location": str(self.location), **query})
        assert answer.status_code == 200, answer.content
        return answer.json()


class Happenings:
    """Anything that changes what a device keeps, each by the service that does it."""

    def __init__(self, shop: Shop, dice: random.Random) -> None:
        self.shop, self.dice, self.owner, self.here = shop, dice, shop.actor(), shop.location.pk
        self.other = Location.objects.create(code="TWO", name="Second shop")

    def something(self) -> None:
        kinds = [name for name in vars(Happenings) if name.startswith("happens_")]
        getattr(self, self.dice.choice(kinds))()

    def word(self) -> str:
        return f"{self.dice.choice(['Tea', 'Cup', 'Jam', 'Bread'])} {self.dice.randrange(10**9)}"

    def money(self) -> Decimal:
        return Decimal(self.dice.randrange(1, 9999)) / 100

    def a(self, model: Any, **wanted: Any) -> Any:
        return self.dice.choice(list(model.objects.filter(**wanted).order_by("pk")))

    def happens_a_new_product(self) -> None:
        name = self.word()
        variants = [
            VariantDraft(
                values={"sku": f"{name}-{place}", "name": f"no. {place}" if place else "", "unit_price": self.money()},
                codes=[CodeDraft(code=f"{name}/{place}", pack_quantity=Decimal(self.dice.randrange(1, 12)))],
            )
            for place in range(self.dice.randrange(1, 4))
        ]
        create_product(ProductDraft(values={"name": name}, category="Old", variants=variants), actor=self.owner)

    def happens_another_product(self) -> None:
        variant = self.a(Variant)
        values = {
            "unit_price": self.money(),
            "is_active": self.dice.random() < 0.8,
            "is_stocked": variant.levels.exists() or self.dice.random() < 0.9,
        }
        draft = VariantDraft(id=variant.pk, values=values, tax_class=self.dice.choice([None, "reduced", ""]))
        shown = {"name": self.word(), "is_active": self.dice.random() < 0.9}
        update_product(variant.product_id, ProductDraft(values=shown, variants=[draft]), actor=self.owner)

    def happens_a_product_that_goes(self) -> None:
        retire_product(self.a(Product).pk, actor=self.owner)

    def happens_a_new_list(self) -> None:
        where = self.dice.choice([None, self.here, self.other.pk])
        create_price_list({"name": self.word(), "location_id": where}, actor=self.owner)

    def happens_another_list(self) -> None:
        where = self.dice.choice([None, self.here, self.other.pk])
        values = {"location_id": where, "is_active": self.dice.random() < 0.7}
        update_price_list(self.a(PriceList).pk, values, actor=self.owner)

    def happens_another_price(self) -> None:
        lines = [
            PriceLine(variant_id=one.pk, unit_price=None if self.dice.random() < 0.3 else self.money())
            for one in self.dice.sample(list(Variant.objects.order_by("pk")), 2)
        ]
        set_prices(self.a(PriceList).pk, lines, actor=self.owner)

    def happens_a_delivery(self) -> None:
        place = self.dice.choice([self.shop.location, self.other])
        stock(self.a(Variant, is_stocked=True), place, "3")

    def happens_a_category_that_goes(self) -> None:
        old = Category.objects.filter(name="Old").first()
        if old is not None:
            new = create_category(name=self.word(), actor=self.owner)
            delete_category(old.pk, move_to=new.pk, actor=self.owner)

    def happens_another_name(self) -> None:
        if Category.objects.exists():
            update_category(self.a(Category).pk, {"name": self.word()}, actor=self.owner)

    def happens_another_tax(self) -> None:
        update_tax_class(self.a(TaxClass).pk, {"rate": self.money() / 10}, actor=self.owner)

    def happens_a_tax_that_goes(self) -> None:
        old = TaxClass.objects.exclude(name="reduced").first()
        if old is not None:
            new = create_tax_class(name=self.word(), rate=self.money() / 10, actor=self.owner)
            delete_tax_class(old.pk, move_to=new.pk, actor=self.owner)

    def happens_a_blind_count(self) -> None:
        running = Count.objects.filter(state=Count.State.OPEN).first()
        if running is not None:
            cancel_count(running.pk, actor=self.owner)
            return
        scope = {"variants": [self.a(Variant, is_stocked=True).pk, self.a(Variant, is_stocked=True).pk]}
        draft = CountDraft(count_id=uuid7(), location_id=self.here, is_blind=True, scope=scope)
        open_count(draft, actor=self.owner)

    def happens_another_discount(self) -> None:
        code = f"CODE{self.dice.randrange(10**9)}"
        made = create_discount(
            name=self.word(), kind="percent", value=Decimal(10), needs_coupon=True, code=code, actor=self.owner
        )
        update_coupon(Coupon.objects.get(discount=made).pk, {"is_active": self.dice.random() < 0.5}, actor=self.owner)
        update_discount(made.pk, {"value": self.money() % 90 + 1}, actor=self.owner)

    def happens_a_rule(self) -> None:
        pattern = f"2{self.dice.randrange(9)}IIIIIPPPPPC"
        if not EmbeddedCodeRule.objects.filter(pattern=pattern).exists():
            create_rule({"name": self.word(), "pattern": pattern, "decimals": 2}, actor=self.owner)
