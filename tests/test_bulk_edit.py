"""Bulk edits: applied is what was previewed, what somebody changed meanwhile stays, and for a day all can be undone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Conflict
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import perform
from core.outbox.models import Event
from core.testing import Shop
from inventory.models import BulkEdit, BulkEditRow, Category, PriceChange, Product, Variant
from inventory.services.bulk import apply_bulk_edit, preview_bulk_edit, undo_bulk_edit
from tests.api import Api, pointers

DEARER = {"unit_price": {"how": "percent", "value": "10", "ending": "0.99"}}


def previewed(shop: Shop, changes: dict[str, Any], **matching: Any) -> BulkEdit:
    return preview_bulk_edit(uuid7(), matching=matching, changes=changes, actor=shop.actor(), reason="spring").edit


def worked(edit: BulkEdit) -> BulkEdit:
    edit.refresh_from_db()
    assert edit.job_id is not None
    perform(edit.job_id)
    assert Job.objects.get(pk=edit.job_id).state == Job.State.DONE, Job.objects.get(pk=edit.job_id).error
    edit.refresh_from_db()
    return edit


def prices() -> dict[str, Decimal]:
    return dict(Variant.objects.order_by("sku").values_list("sku", "unit_price"))


@pytest.mark.django_db(transaction=True)
def test_a_preview_changes_nothing_and_applying_changes_what_it_showed(acme: Shop) -> None:
    before = prices()
    edit = previewed(acme, DEARER)
    assert prices() == before and (edit.found, edit.changed) == (3, 3)
    shown = {row.variant.sku: (row.before, row.after) for row in edit.rows.select_related("variant")}
    assert shown == {"TEA": ("4.5000", "4.9900"), "CUP": ("12.0000", "13.9900"), "JAM": ("3.2500", "3.9900")}
    apply_bulk_edit(edit.pk, actor=acme.actor())
    worked(edit)
    assert edit.state == BulkEdit.State.APPLIED and edit.kept == 0
    assert prices() == {"CUP": Decimal("13.99"), "JAM": Decimal("3.99"), "TEA": Decimal("4.99")}
    assert PriceChange.objects.filter(reason="spring").count() == 3
    told = Event.objects.filter(type="product.updated").values_list("payload__fields", flat=True)
    assert sorted(told) == [["CUP.unit_price"], ["JAM.unit_price"], ["TEA.unit_price"]]


@pytest.mark.django_db(transaction=True)
def test_a_share_of_a_price_can_be_paid_or_is_as_fine_as_the_price_was(acme: Shop) -> None:
    Variant.objects.filter(sku="JAM").update(unit_price=Decimal("0.0125"))
    edit = previewed(acme, {"unit_price": {"how": "percent", "value": "-1.3"}})
    assert dict(edit.rows.values_list("variant__sku", "after")) == {"TEA": "4.4400", "CUP": "11.8400", "JAM": "0.0123"}


@pytest.mark.django_db(transaction=True)
def test_an_edit_whose_worker_gave_up_goes_on_when_it_is_asked_for_again(acme: Shop) -> None:
    edit = previewed(acme, DEARER)
    first = apply_bulk_edit(edit.pk, actor=acme.actor()).job_id
    assert apply_bulk_edit(edit.pk, actor=acme.actor()).job_id == first, "it is under way"
    Job.objects.filter(pk__in=[first]).update(state=Job.State.FAILED)
    assert apply_bulk_edit(edit.pk, actor=acme.actor()).job_id != first
    assert worked(edit).state == BulkEdit.State.APPLIED
    first = undo_bulk_edit(edit.pk, actor=acme.actor()).job_id
    Job.objects.filter(pk__in=[first]).update(state=Job.State.FAILED)
    assert undo_bulk_edit(edit.pk, actor=acme.actor()).job_id != first
    assert worked(edit).state == BulkEdit.State.UNDONE
    assert prices() == {"CUP": Decimal("12"), "JAM": Decimal("3.25"), "TEA": Decimal("4.5")}


@pytest.mark.django_db(transaction=True)
def test_an_undo_puts_everything_back_but_what_somebody_changed_since(acme: Shop) -> None:
    edit = previewed(acme, DEARER)
    apply_bulk_edit(edit.pk, actor=acme.actor())
    worked(edit)
    Variant.objects.filter(sku="CUP").update(unit_price=Decimal("15.00"))
    undo_bulk_edit(edit.pk, actor=acme.actor())
    worked(edit)
    assert (edit.state, edit.kept) == (BulkEdit.State.UNDONE, 1)
    assert prices() == {"CUP": Decimal(15), "JAM": Decimal("3.25"), "TEA": Decimal("4.50")}
    assert edit.rows.get(state=BulkEditRow.State.KEPT).variant.sku == "CUP"


@pytest.mark.django_db(transaction=True)
def test_what_changed_after_the_preview_is_skipped(acme: Shop) -> None:
    edit = previewed(acme, DEARER)
    Variant.objects.filter(sku="TEA").update(unit_price=Decimal("5.00"))
    apply_bulk_edit(edit.pk, actor=acme.actor())
    worked(edit)
    assert prices()["TEA"] == Decimal(5) and edit.kept == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_goes_on_where_the_first_ended(acme: Shop) -> None:
    edit = previewed(acme, DEARER)
    apply_bulk_edit(edit.pk, actor=acme.actor())
    edit.rows.filter(variant__sku="TEA").update(state=BulkEditRow.State.DONE)
    worked(edit)
    assert prices() == {"CUP": Decimal("13.99"), "JAM": Decimal("3.99"), "TEA": Decimal("4.50")}


@pytest.mark.django_db(transaction=True)
def test_what_belongs_to_the_product_changes_once_and_the_filter_reaches_below_a_category(acme: Shop) -> None:
    top = Category.objects.create(name="Drinks")
    below = Category.objects.create(name="Tea", parent=top)
    tea = acme.variant("TEA")
    Product.objects.filter(pk=tea.product_id).update(category=below)
    Variant.objects.create(product=tea.product, sku="TEA-2", unit_price=1)
    edit = previewed(acme, {"category": {"value": str(top.pk)}, "is_active": {"value": False}}, category=str(top.pk))
    assert sorted(edit.rows.values_list("field", flat=True)) == ["category", "is_active", "is_active"]
    apply_bulk_edit(edit.pk, actor=acme.actor())
    worked(edit)
    tea.product.refresh_from_db()
    assert tea.product.category_id == top.pk and tea.product.version == 2
    assert list(tea.product.variants.values_list("is_active", flat=True)) == [False, False]
    assert acme.variant("CUP").is_active


def test_only_within_a_day_and_only_what_was_applied_can_be_undone(acme: Shop) -> None:
    edit = previewed_inside(acme)
    with pytest.raises(Conflict):
        undo_bulk_edit(edit.pk, actor=acme.actor())
    BulkEdit.objects.filter(pk=edit.pk).update(state="applied", applied_at=datetime.now(UTC))
    with pytest.raises(Conflict):
        undo_bulk_edit(edit.pk, actor=acme.actor(), now=datetime.now(UTC) + timedelta(hours=25))
    assert not Job.objects.exists()


def previewed_inside(acme: Shop) -> BulkEdit:
    return BulkEdit.objects.create(id=uuid7(), request_hash=b"x", filter={}, changes=DEARER, changed=1)


@pytest.mark.django_db(transaction=True)
def test_the_same_preview_sent_twice_is_one_and_another_content_is_refused(acme: Shop) -> None:
    api = Api(acme.client("manager"))
    body = {"id": str(uuid7()), "filter": {"q": "unheard-of"}, "changes": DEARER}
    answers = [api.post("bulk-edits/", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json() and BulkEdit.objects.count() == 1
    assert api.post("bulk-edits/", {**body, "filter": {}}).status_code == 422
    assert not BulkEditRow.objects.exists()
    assert api.post(f"bulk-edits/{body['id']}/apply/", {}).status_code == 409


BAD: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "/changes"),
    ({}, {"sku": {"value": "x"}}, "/changes/sku"),
    ({}, {"unit_price": 5}, "/changes/unit_price"),
    ({}, {"unit_price": {"value": "NaN"}}, "/changes/unit_price"),
    ({}, {"unit_price": {"value": "1e30"}}, "/changes/unit_price"),
    ({}, {"unit_price": {"value": "5", "how": "magic"}}, "/changes/unit_price"),
    ({}, {"unit_price": {"value": "5", "ending": "1.5"}}, "/changes/unit_price"),
    ({}, {"category": {"value": str(uuid7())}}, "/changes/category"),
    ({}, {"category": {"value": [1]}}, "/changes/category"),
    ({}, {"is_active": {"value": "yes"}}, "/changes/is_active"),
    ({"colour": "red"}, DEARER, "/filter/colour"),
    ({"category": "x"}, DEARER, "/filter/category"),
    ({"price_from": "NaN"}, DEARER, "/filter/price_from"),
    ({"variants": ["x"]}, DEARER, "/filter/variants"),
    ({"variants": [str(uuid7())] * 10_000}, DEARER, "/filter/variants"),
]


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_is_refused_and_nothing_is_kept(acme: Shop) -> None:
    api = Api(acme.client("owner"))
    for matching, changes, pointer in BAD:
        answer = api.post("bulk-edits/", {"id": str(uuid7()), "filter": matching, "changes": changes})
        assert answer.status_code == 422 and pointer in pointers(answer), (matching, changes, answer.content[:300])
    below_zero = {"unit_price": {"how": "add", "value": "-100"}}
    assert api.post("bulk-edits/", {"id": str(uuid7()), "filter": {}, "changes": below_zero}).status_code == 422
    assert not BulkEdit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_person_previews_applies_and_undoes_on_pages(acme: Shop) -> None:
    browser = acme.client("manager")
    values = {"id": str(uuid7()), "q": "earl", "sold": "yes", "price_how": "percent", "price_value": "-10"}
    answer = browser.post("/products/bulk/", values)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    address = answer["Location"]
    page = browser.get(address).content.decode()
    assert "£4.50" in page and "£4.05" in page
    edit = BulkEdit.objects.get()
    for act, price in (("apply", "4.05"), ("undo", "4.50")):
        assert browser.post(address, {"act": act}).status_code == 302
        assert "progress-job" in browser.get(address).content.decode()
        worked(edit)
        assert acme.variant("TEA").unit_price == Decimal(price)
