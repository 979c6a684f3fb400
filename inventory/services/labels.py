"""Print labels and shelf tags, and remember with which price: what changed since wants a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid, fault, refuse
from core.locations.selectors import active_location
from core.money import plain_amount, round_money
from core.tenancy.context import current_tenant
from core.web.amounts import format_money
from inventory.label_sheets import SHEETS, Label, labels_pdf
from inventory.label_zpl import labels_zpl
from inventory.models import LabelPrint, ScanCode, Variant
from inventory.permissions import MANAGE_PRICES
from inventory.selectors import for_sale
from inventory.services.lines import articles_of, unknown_article

MOST_LABELS, MOST_LINES = 2000, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLine:
    """So many labels of a variant, or of what a code or SKU stands for."""

    copies: int
    variant_id: UUID | None = None
    code: str = ""


@transaction.atomic
def print_labels(
    lines: Sequence[LabelLine],
    *,
    sheet: str,
    actor: Actor,
    location_id: UUID | None = None,
    skip: int = 0,
    as_qr: bool = False,
    as_zpl: bool = False,
) -> bytes:
    """The labels with the prices that hold now (at the location, if one is named); remembers these prices.

    As PDF, or (``as_zpl``, for rolls) in the language of label printers.

    Raises:
        Forbidden: the actor may not print labels.
        NotFound: there is no such location.
        Invalid: the sheet, a line or a number is wrong; every wrong line is named.
    """
    actor.require(MANAGE_PRICES)
    place = active_location(location_id) if location_id else None
    if as_zpl and sheet in SHEETS and not SHEETS[sheet].is_roll:
        raise _wrong("/sheet", "no-roll", "ZPL is for label printers: choose a roll.")
    copies = _copies(lines, sheet, skip)
    now = datetime.now(UTC)
    goods = for_sale(copies.keys(), location_id=location_id)
    variants = {
        row.pk: row
        for row in Variant.objects.filter(pk__in=goods).prefetch_related(
            Prefetch("codes", ScanCode.objects.order_by("pack_quantity", "symbology", "code"))
        )
    }
    labels = []
    for variant_id, number in copies.items():
        if variant_id not in goods:
            raise _wrong("/lines", "inactive", "One of these is not for sale and has no price to print.")
        item = goods[variant_id]
        codes = [row.code for row in variants[variant_id].codes.all() if row.pack_quantity == 1]
        label = Label(item.title, item.sku, _price_text(item.unit_price), codes[0] if codes else item.sku)
        labels += [label] * number
    LabelPrint.objects.bulk_create(
        [
            LabelPrint(
                variant_id=pk,
                location=place,
                unit_price=goods[pk].unit_price,
                copies=number,
                printed_at=now,
                printed_by_label=actor.label[:200],
            )
            for pk, number in copies.items()
        ],
        update_conflicts=True,
        unique_fields=["variant", "location"],
        update_fields=["unit_price", "copies", "printed_at", "printed_by_label"],
    )
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="labels",
        object_label=f"{len(labels)} labels of {len(copies)} articles",
    )
    if as_zpl:
        return labels_zpl(labels, sheet=SHEETS[sheet])
    return labels_pdf(labels, sheet=SHEETS[sheet], skip=skip, as_qr=as_qr)


def _copies(lines: Sequence[LabelLine], sheet: str, skip: int) -> dict[UUID, int]:
    """Copies by variant. Raises `Invalid` with every wrong line."""
    if sheet not in SHEETS:
        raise _wrong("/sheet", "unknown", f"There is no such sheet. There are: {', '.join(SHEETS)}.")
    if not 0 <= skip < SHEETS[sheet].per_page:
        raise _wrong("/skip", "range", f"This sheet has {SHEETS[sheet].per_page} places.")
    if not lines or len(lines) > MOST_LINES:
        raise _wrong("/lines", "length", f"Between 1 and {MOST_LINES} lines.")
    copies: dict[UUID, int] = {}
    errors = []
    for place, (line, variant_id) in enumerate(zip(lines, articles_of(lines).variants, strict=True)):
        if variant_id is None:
            errors.append(unknown_article(f"/lines/{place}", line))
        elif line.copies < 1:
            errors.append(fault(f"/lines/{place}/copies", "range", "At least one."))
        else:
            copies[variant_id] = copies.get(variant_id, 0) + line.copies
    refuse(*errors)
    if sum(copies.values()) > MOST_LABELS:
        raise _wrong("/lines", "too-many", f"At most {MOST_LABELS} labels at once.")
    return copies


def _price_text(price: Decimal) -> str:
    """As people read it; with the currency's code where the label's font lacks the symbol."""
    tenant = current_tenant()
    text = format_money(price, currency=tenant.currency, locale=tenant.locale)
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return f"{plain_amount(round_money(price, tenant.currency), tenant.currency)} {tenant.currency}"
    return text


def whole(quantity: Decimal) -> int:
    """How many labels so many units take: one each, one at least."""
    return max(1, int(quantity.to_integral_value()))


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, details={"errors": [fault(pointer, code, detail)]})
