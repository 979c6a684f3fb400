"""What a new shop needs before it can sell, read from its rows: the list ticks itself."""

from dataclasses import dataclass

from django.db.models import Exists, Q

from core.actors import Actor
from core.locations.models import Location, ShopDetails
from core.people.models import PutAway, User
from core.people.permissions import MANAGE_LOCATIONS, MANAGE_SHOP, MANAGE_TEAM
from inventory.models import Product, StockMovement, TaxClass
from inventory.permissions import ADJUST_STOCK, MANAGE_PRODUCTS
from orders.models import Order, Register, Shift
from orders.permissions import MANAGE_REGISTERS, RUN_SHIFT, SELL

NAME = "first-steps"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what, why, the page for it, and whether the shop's rows say that it was done."""

    title: str
    text: str
    url_name: str
    permission: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """The steps that the actor may take, in the order that makes sense; ``next`` is the first one left."""

    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def first_steps(actor: Actor) -> FirstSteps | None:
    """The list for somebody who sets a shop up; None when all is done or they put it away: one query."""
    if actor.kind != "user" or actor.id is None or not actor.may(MANAGE_PRODUCTS):
        return None
    rows = User.objects.filter(pk=actor.id).values_list(
        Exists(PutAway.objects.filter(user=actor.id, name=NAME)),
        Exists(ShopDetails.objects.exclude(address="", city="", tax_number="")),
        Exists(Location.objects.filter(~Q(code="MAIN") | Q(version__gt=1))),
        Exists(TaxClass.objects.all()),
        Exists(Product.objects.all()),
        Exists(StockMovement.objects.all()),
        Exists(Register.objects.all()),
        Exists(User.objects.exclude(pk=actor.id)),
        Exists(Shift.objects.all()),
        Exists(Order.objects.filter(kind=Order.Kind.SALE, state=Order.State.COMPLETED)),
    )
    is_away, *done = rows.first() or (True,)
    if is_away or all(done):
        return None
    steps = (Step(*told, bool(is_done)) for told, is_done in zip(STEPS, done, strict=True))
    return FirstSteps(tuple(step for step in steps if actor.may(step.permission)))


STEPS = (
    ("Say who you are", "Address and tax number, as receipts say them.", "shop-details", MANAGE_SHOP),
    (
        "Name your places",
        "Each store and stock room has a stock of its own. One is there already: give it its name, add the others.",
        "locations",
        MANAGE_LOCATIONS,
    ),
    ("Say how goods are taxed", "A tax class for each rate you charge.", "catalogue-tax-classes", MANAGE_PRODUCTS),
    ("Add your products", "Name, price and the code that is scanned.", "product-new", MANAGE_PRODUCTS),
    ("Put goods on the shelf", "Book what is there, or what is delivered.", "stock-book", ADJUST_STOCK),
    ("Set up your tills", "A register for each drawer of money.", "registers", MANAGE_REGISTERS),
    ("Let your people in", "Everybody with a log-in of their own and the role they need.", "team", MANAGE_TEAM),
    ("Open a drawer", "Count the float; from then on every coin is accounted for.", "registers", RUN_SHIFT),
    ("Sell something", "Scan, take the money, print the receipt.", "till", SELL),
)
