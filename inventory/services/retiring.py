"""Take products out of the catalogue: what never had a history goes, what had one is not for sale any more."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, StaleVersion
from core.outbox.services import emit
from inventory.events import ProductDeleted
from inventory.models import Product, ScanCode, Tombstone
from inventory.permissions import MANAGE_PRODUCTS
from inventory.services.catalogue import note_change


@dataclass(frozen=True, slots=True)
class Retired:
    """What became of a product: ``is_deleted`` False means that it stays, not for sale."""

    product_id: UUID
    is_deleted: bool


@transaction.atomic
def retire_product(product_id: UUID, *, actor: Actor, expected_version: int | None = None) -> Retired:
    """Delete a product that was never sold, stocked or ordered; end the sale of any other. Its codes are free then.

    A deleted product leaves a `Tombstone`, so that tills that were away forget it. Repeating it for a product that is
    not for sale changes nothing.

    Raises:
        NotFound: there is no such product.
        StaleVersion: the product is not at ``expected_version`` any more.
        Forbidden: the actor may not manage products.
    """
    actor.require(MANAGE_PRODUCTS)
    product = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    if expected_version is not None and product.version != expected_version:
        raise StaleVersion
    name, version = product.name, product.version + 1
    skus = list(product.variants.values_list("sku", flat=True))
    try:
        with transaction.atomic():
            ScanCode.objects.filter(variant__product=product).delete()
            product.delete()
    except ProtectedError:  # something of its past points to it, in this app or in one above
        if product.is_active:
            product = Product.objects.get(pk=product_id)
            product.is_active = False
            note_change(product, {"is_active": (True, False)}, actor=actor)
        return Retired(product_id, is_deleted=False)
    Tombstone.objects.create(kind="product", object_id=product_id, version=version)
    record(AuditEntry.Action.DELETE, actor=actor, object_type="product", object_id=product_id, object_label=name)
    emit(ProductDeleted(product_id=product_id, version=version, name=name, skus=skus), actor=actor)
    return Retired(product_id, is_deleted=True)
