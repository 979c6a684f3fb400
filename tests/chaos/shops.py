"""The two shops of a run, and the count afterwards. Everything here asks PostgreSQL, so it runs before and after."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from core.actors import SYSTEM
from core.errors import NotFound
from core.ids import uuid7
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.people.permissions import permissions_of_role
from core.people.services import create_api_key
from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant
from core.tenancy.selectors import find_tenant
from core.tenancy.services import create_tenant
from core.testing import Shop, furnish, stock
from inventory.models import StockLevel, Variant
from orders.auditor import audit_books
from orders.models import Order
from tests.chaos.people import Door, Heard, Mail, Sales
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import create_endpoint

PLENTY = Decimal(50_000)


@dataclass
class Stand:
    """One shop of the run, and where it stood when the run began."""

    shop: Shop
    door: Door
    epoch: str
    head: int
    orders: int
    on_hand: Decimal

    @property
    def tenant(self) -> Tenant:
        return self.shop.tenant


def found(host: str, currency: str) -> Shop:
    """A shop with its cast and goods; made if there is none yet."""
    name = host.split(".", 1)[0].title()
    try:
        tenant = find_tenant(host)
    except NotFound:
        tenant = create_tenant(name=name, host=host, currency=currency)
        furnish(Shop(tenant, host, name))
    return Shop(tenant, host, name)


def number_everything(shop: Shop) -> None:
    """Do the relay's work until there is none."""
    while number_events(shop.tenant):
        pass


def opened(name: str, currency: str, port: int, hook: str) -> Stand:
    """A shop with goods on the shelves, a key, and one endpoint that hears everything; made if there is none yet."""
    host = f"{name}.localhost"
    shop = found(host, currency)
    tenant = shop.tenant
    with use_tenant(tenant):
        for variant in Variant.objects.all():
            missing = PLENTY - _on_hand(variant)
            if missing > 0:
                stock(variant, shop.location, str(missing))
        Endpoint.objects.all().delete()
        create_endpoint(endpoint_id=uuid7(), url=hook, subscriptions=["*"], actor=shop.actor(), description="")
        _, token = create_api_key(name="till", permissions=permissions_of_role("owner"), actor=SYSTEM)
        number_everything(shop)
        Delivery.objects.all().delete()  # of making it: the run counts its own
        stream = Stream.objects.get()
        variants = tuple((str(one.pk), str(one.unit_price)) for one in Variant.objects.order_by("sku"))
        return Stand(
            shop,
            Door(port, host, token, str(shop.location.pk), variants),
            str(stream.epoch),
            stream.head,
            Order.objects.count(),
            _on_hand(),
        )


def _on_hand(variant: Variant | None = None) -> Decimal:
    rows = StockLevel.objects.all() if variant is None else StockLevel.objects.filter(variant=variant)
    return rows.aggregate(sum=Sum("on_hand"))["sum"] or Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: a promise, what was counted, and whether that is what was promised."""

    promise: str
    counted: object
    holds: bool


def is_quiet(stand: Stand) -> bool:
    """Whether everything that was committed is numbered and sent."""
    with use_tenant(stand.tenant):
        waits = Delivery.objects.filter(state__in=["pending", "sending"]).exists()
        return not waits and not Event.objects.filter(seq=None).exists()


def head_of(stand: Stand) -> int:
    with use_tenant(stand.tenant):
        return Stream.objects.get().head


def counted(
    stand: Stand, sales: Sales, mail: Mail, *, others: Mail, readers: Iterable[tuple[str, Heard]], kills: int
) -> list[Row]:
    """What became of one shop's sales, numbers, stock and messages; so many ``kills`` may have cut off a delivery."""
    with use_tenant(stand.tenant):
        booked = {str(pk) for pk in Order.objects.filter(pk__in=sales.acknowledged).values_list("pk", flat=True)}
        more = Order.objects.count() - stand.orders - len(sales.acknowledged)
        sold = sum(sales.acknowledged.values(), Decimal(0))
        left = stand.on_hand - sold - _on_hand()
        rows = list(Event.objects.filter(seq__gt=stand.head).order_by("seq").values_list("seq", "uuid"))
        head = Stream.objects.get().head
        findings = audit_books()
    seqs, names = [seq for seq, _ in rows], {str(name) for _, name in rows}
    expected = list(range(stand.head + 1, head + 1))
    doubles = sum(mail.times.values()) - len(mail.times)
    share = 100 * doubles / max(1, len(mail.times))
    found = [
        Row(
            "sales that were acknowledged and are lost",
            len(sales.acknowledged.keys() - booked),
            booked == sales.acknowledged.keys(),
        ),
        Row("sales that were booked twice, or without a word", more, more == 0),
        Row("sales that were refused", len(sales.refused), not sales.refused),
        Row("units that stock and sales differ by", f"{left:f}", left == 0),
        Row("laws of the books that are broken", len(findings), not findings),
        Row(
            "gaps and doubles in the numbers",
            len(set(expected) ^ set(seqs)) + len(seqs) - len(set(seqs)),
            seqs == expected,
        ),
        Row("events that webhooks were never told", len(names - mail.times.keys()), names <= mail.times.keys()),
        Row(
            "events that webhooks were told again, per cent",
            f"{share:.2f}",
            share <= 1 or doubles <= 4 * kills,  # in a short run one delivery that was under way counts for much
        ),
        Row("events of another shop that webhooks were told", *_none(mail.times.keys() - names)),
        Row("events of this shop that another was told", *_none(names & others.times.keys())),
    ]
    for who, heard in readers:
        missed = set(expected) - set(heard.seqs)
        again = len(heard.seqs) - len(set(heard.seqs))
        order = heard.seqs == sorted(heard.seqs)
        found.append(Row(f"events that {who} missed", len(missed), not missed))
        found.append(
            Row(f"events that {who} heard twice or out of order", again or int(not order), not again and order)
        )
        found.append(
            Row(f"refusals that {who} met", len(heard.wrong) + heard.resets, not heard.wrong and not heard.resets)
        )
    return found


def _none(names: set[str]) -> tuple[int, bool]:
    return len(names), not names


def let_go() -> None:
    """Leave no connection behind for somebody to kill."""
    connection.close()
