"""Fill the demo shop: a past, and a present in which every page has something to show."""

from datetime import UTC, datetime

from core.errors import Conflict
from core.tenancy.context import current_tenant
from inventory.models import Product
from orders.demo.buyers import welcome_buyers
from orders.demo.history import fill_history
from orders.demo.places import Staff, open_places
from orders.demo.special import put_out, reduce
from orders.demo.stock_room import count_shelves, fill_shelves, move_goods
from orders.demo.today import run_the_day


def fill_demo_shop(*, now: datetime | None = None, staff: Staff | None = None) -> dict[str, int]:
    """Fill an empty shop that is marked as demo; answers what its past holds. Past sales end at ``now``.

    The past is written in bulk; everything of today goes through the services that a till or a page would call, and
    is done by ``staff``. Not one transaction: whoever calls it deletes a shop that was filled half.

    Raises:
        Conflict: the shop is no demo shop, or sells something already.
    """
    if not current_tenant().is_demo or Product.objects.exists():
        raise Conflict("Only an empty demo shop can be filled.")
    places, people = open_places(), staff or Staff()
    made = fill_history(places.stores, now=now or datetime.now(UTC))
    special = put_out()
    buyers = welcome_buyers()
    reduce(buyers.regulars)
    fill_shelves(places, special, people)
    move_goods(places, special, people)
    run_the_day(places, special, buyers, people)
    count_shelves(places, people)
    return made
