"""Customers who are one: found, merged with every row kept, taken back to the row, also when all happens at once."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.errors import DomainError
from core.ids import uuid7
from core.outbox.models import Event
from core.testing import CANARY, Shop, sale_body
from inventory.models import ScanCode
from orders.errors import NotEnoughCredit
from orders.models import (
    Consent,
    CreditAccount,
    CreditEntry,
    Customer,
    CustomerDistinction,
    CustomerGroup,
    CustomerMerge,
    Order,
)
from orders.selectors.duplicates import alike
from orders.selectors.people import timeline_of
from orders.services import credit
from orders.services.checkout import place_order
from orders.services.merging import Merged, merge_customers, undo_merge
from tests.api import Api, machine, person
from tests.test_race_checkout import at_once, sale


def make(**values: str) -> Customer:
    return Customer.objects.create(number=uuid7().hex[-8:], **values)


def holds(customer: Customer) -> dict[str, Any]:
    """All that hangs on a customer, and what stands in the row."""
    fields = ("name", "email", "phone", "note", "merged_into_id")
    return {
        **Customer.objects.values(*fields).get(pk=customer.pk),
        "orders": set(Order.objects.filter(customer=customer).values_list("pk", flat=True)),
        "consents": set(Consent.objects.filter(customer=customer).values_list("pk", flat=True)),
        "codes": set(ScanCode.objects.filter(target_id=customer.pk).values_list("code", flat=True)),
        "groups": set(customer.groups.values_list("name", flat=True)),
        "accounts": set(CreditAccount.objects.filter(customer=customer).values_list("pk", flat=True)),
    }


def sell(key: Api, shop: Shop, customer: Customer) -> None:
    answer = key.post("orders/", sale_body(shop, {"TEA": "1"}, customer=str(customer.pk)))
    assert answer.status_code == 201


def two(shop: Shop, key: Api) -> tuple[Customer, Customer]:
    """One with an e-mail and a group, the other with a phone, a card, another group, an agreement and a gift card."""
    club, trade = (CustomerGroup.objects.create(name=name) for name in ("Club", "Trade"))
    kept, gone = make(name="Ada Quill", email="ada@quill.example"), make(name="A. Quill", phone="07700 900123")
    kept.groups.add(club)
    gone.groups.add(club, trade)
    ScanCode.objects.create(code="CARD-2", kind="customer", target_id=gone.pk)
    said = {"purpose": "sms", "is_given": True, "wording": "May we?", "source": "web"}
    assert key.post(f"customers/{gone.pk}/consents/", said).status_code == 201
    CreditAccount.objects.create(kind="giftcard", customer=gone, currency="GBP", balance=Decimal(20))
    for customer in (kept, gone, gone):
        sell(key, shop, customer)
    return kept, gone


def test_a_merge_keeps_every_row_and_taking_it_back_is_exact(acme: Shop) -> None:
    key = machine(acme)
    kept, gone = two(acme, key)
    before, sums = (holds(kept), holds(gone)), Order.objects.order_by("pk").values_list("pk", "total")
    totals = list(sums)
    body = {"id": str(uuid7()), "gone": str(gone.pk)}
    first, again = (key.post(f"customers/{kept.pk}/merge/", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    after = holds(kept)
    for name in ("orders", "consents", "codes", "groups", "accounts"):
        assert after[name] == before[0][name] | before[1][name], name
        assert not holds(gone)[name]
    assert (after["phone"], after["name"]) == ("07700 900123", "Ada Quill")
    seen = key.get(f"customers/{gone.pk}/").json()
    assert seen["merged_into"] == str(kept.pk)
    for typed in (gone.number, "CARD-2", "900123"):
        assert [row["id"] for row in key.get("customers/", {"q": typed}).json()["results"]] == [str(kept.pk)]
    assert acme.client("manager").get(f"/customers/{gone.pk}/")["Location"] == f"/customers/{kept.pk}/"
    sell(key, acme, gone)  # a till that has not heard yet
    newest = Order.objects.latest("occurred_at")
    assert newest.customer_id == kept.pk
    refused = key.patch(f"customers/{gone.pk}/", {"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "customer-merged")

    undone = key.post(f"customers/{kept.pk}/unmerge/", {"merge": body["id"]})
    assert undone.status_code == 200 and undone.json()["undone_at"]
    assert holds(gone) == before[1]
    assert holds(kept) == before[0] | {"orders": before[0]["orders"] | {newest.pk}}
    assert [row for row in sums if row[0] != newest.pk] == totals
    assert key.post(f"customers/{kept.pk}/unmerge/", {"merge": body["id"]}).json() == undone.json()
    told = list(Event.objects.filter(type__startswith="customer.").order_by("id").values_list("type", flat=True))
    assert told == ["customer.updated", "customer.merged", "customer.unmerged"]


def test_what_cannot_be_merged_is_refused_and_nothing_moves(acme: Shop) -> None:
    key = machine(acme)
    kept, gone = two(acme, key)
    other = make(name="Otto")
    before = holds(kept), holds(gone)

    def refusal(customer: Customer, **body: Any) -> tuple[int, str]:
        answer = key.post(f"customers/{customer.pk}/merge/", {"id": str(uuid7()), **body})
        return answer.status_code, answer.json()["code"]

    assert refusal(kept, gone=str(kept.pk)) == (422, "invalid")
    assert refusal(kept, gone=str(uuid7())) == (404, "not-found")
    assert (holds(kept), holds(gone)) == before
    merge_id = uuid7()
    merge_customers(merge_id, kept_id=kept.pk, gone_id=gone.pk, actor=acme.actor())
    assert refusal(other, gone=str(gone.pk)) == (409, "customer-merged")
    assert refusal(gone, gone=str(other.pk)) == (409, "customer-merged")
    reused = key.post(f"customers/{other.pk}/merge/", {"id": str(merge_id), "gone": str(kept.pk)})
    assert (reused.status_code, reused.json()["code"]) == (422, "identifier-reused")
    assert key.post(f"customers/{other.pk}/unmerge/", {"merge": str(merge_id)}).status_code == 404


def give(customer: Customer, kind: str, amount: str, shop: Shop, expires_on: date | None = None) -> None:
    account = credit.account_for(customer.pk, kind)
    credit.give(
        account.pk,
        Decimal(amount),
        kind="issue",
        reference_type="test",
        reference_id=uuid7(),
        expires_on=expires_on,
        actor=shop.actor(),
    )


def owed(customer: Customer) -> dict[str, Any]:
    """Balances by kind, and what expires when."""
    rows = CreditAccount.objects.filter(customer=customer, kind__in=("credit", "points")).exclude(balance=0)
    lots = CreditEntry.objects.filter(account__customer=customer, remaining__gt=0)
    return {
        "balances": dict(rows.values_list("kind", "balance")),
        "lots": sorted(lots.values_list("expires_on", "remaining")),
    }


def test_credit_and_points_move_with_their_last_days_and_back(acme: Shop) -> None:
    kept, gone = make(name="Ada"), make(name="A. Quill")
    soon, late = date(2090, 1, 1), date(2091, 1, 1)
    give(kept, "credit", "5.00", acme)
    give(gone, "credit", "12.50", acme)
    give(gone, "points", "10", acme, soon)
    give(gone, "points", "20", acme)
    give(gone, "points", "30", acme, late)
    before, entries = (owed(kept), owed(gone)), list(CreditEntry.objects.order_by("pk").values_list("pk", "amount"))
    merge_id, actor = uuid7(), acme.actor()
    merge_customers(merge_id, kept_id=kept.pk, gone_id=gone.pk, actor=actor)
    assert owed(gone) == {"balances": {}, "lots": []}
    assert owed(kept) == {
        "balances": {"credit": Decimal("17.50"), "points": Decimal(60)},
        "lots": [(soon, Decimal(10)), (late, Decimal(30))],
    }
    assert list(CreditEntry.objects.order_by("pk").values_list("pk", "amount"))[: len(entries)] == entries
    timeline, _ = timeline_of(kept, actor=actor, limit=100)
    assert sum(one.kind == "credit" for one in timeline) == CreditEntry.objects.count()
    undo_merge(merge_id, actor=actor)
    assert (owed(kept), owed(gone)) == before
    for account in CreditAccount.objects.all():
        assert account.balance == sum(entry.amount for entry in account.entries.all())


def test_a_debt_of_points_moves_and_what_is_spent_is_not_taken_back_twice(acme: Shop) -> None:
    kept, gone, actor = make(name="Ada"), make(name="A. Quill"), acme.actor()
    give(kept, "points", "5", acme)
    give(gone, "points", "5", acme)
    give(gone, "credit", "12.00", acme)
    spent: dict[str, Any] = {"reference_type": "test", "actor": actor}
    debtor = credit.account_for(gone.pk, "points").pk
    credit.take(debtor, Decimal(9), kind="reverse", reference_id=uuid7(), may_refuse=False, **spent)
    merge_id = uuid7()
    merge_customers(merge_id, kept_id=kept.pk, gone_id=gone.pk, actor=actor)
    assert owed(kept)["balances"] == {"credit": Decimal(12), "points": Decimal(1)} and not owed(gone)["balances"]
    account = credit.account_for(kept.pk, "credit").pk
    credit.take(account, Decimal(3), reference_id=uuid7(), **spent)
    stands = owed(kept), holds(gone)
    with pytest.raises(NotEnoughCredit):
        undo_merge(merge_id, actor=actor)
    assert (owed(kept), holds(gone)) == stands
    give(kept, "credit", "3.00", acme)
    undo_merge(merge_id, actor=actor)
    assert owed(kept)["balances"] == {"points": Decimal(5)}
    assert owed(gone)["balances"] == {"credit": Decimal(12), "points": Decimal(-4)}


def test_merges_are_taken_back_the_last_one_first(acme: Shop) -> None:
    one, two_, three = make(name="One"), make(name="Two", phone="123456"), make(name="Three")
    actor, first, second = acme.actor(), uuid7(), uuid7()
    merge_customers(first, kept_id=one.pk, gone_id=two_.pk, actor=actor)
    merge_customers(second, kept_id=three.pk, gone_id=one.pk, actor=actor)
    key = machine(acme)
    assert [row["id"] for row in key.get("customers/", {"q": two_.number}).json()["results"]] == [str(three.pk)]
    sell(key, acme, two_)
    assert Order.objects.get().customer_id == three.pk
    with pytest.raises(DomainError, match="Take that back first"):
        undo_merge(first, actor=actor)
    undo_merge(second, actor=actor)
    undo_merge(first, actor=actor)
    assert not Customer.objects.filter(merged_into__isnull=False).exists()
    assert Customer.objects.get(pk=one.pk).phone == "" and Order.objects.get().customer_id == three.pk


def test_who_was_merged_is_forgotten_with_the_one_they_are(acme: Shop) -> None:
    key = machine(acme)
    kept, gone = two(acme, key)
    merge_id = uuid7()
    merge_customers(merge_id, kept_id=kept.pk, gone_id=gone.pk, actor=acme.actor())
    assert key.post(f"customers/{kept.pk}/anonymise/", {}).status_code == 200
    rows = str([list(table.objects.values()) for table in (Customer, CustomerMerge, AuditEntry)])  # type: ignore[attr-defined]
    assert "Quill" not in rows and "900123" not in rows
    answer = key.post(f"customers/{kept.pk}/unmerge/", {"merge": str(merge_id)})
    assert (answer.status_code, answer.json()["code"]) == (409, "customer-anonymised")


def test_who_may_be_one_is_suggested_with_the_reason(acme: Shop, globex: Shop) -> None:
    key = machine(acme)
    ada = make(name="Ada Quill", email="ada@quill.example", phone="+44 7700 900123", postcode="AB1 2CD")
    mail = make(name="Somebody", email="ADA@quill.example")
    phone = make(name="Else", phone="(07700) 900-123")
    name = make(name="quill, ada", postcode="ab12cd")
    make(name="Zoe Nobody", postcode="AB1 2CD")
    rows = key.get("customer-duplicates/").json()["results"]
    found = {(row["reason"], frozenset([row["kept"]["id"], row["other"]["id"]])) for row in rows}
    assert found == {
        ("email", frozenset([str(ada.pk), str(mail.pk)])),
        ("phone", frozenset([str(ada.pk), str(phone.pk)])),
        ("name", frozenset([str(ada.pk), str(name.pk)])),
    }
    seen, cursor = 0, ""
    while cursor is not None:
        page = key.get("customer-duplicates/", {"limit": "1", "cursor": cursor}).json()
        seen, cursor = seen + len(page["results"]), page["next"]
    assert seen == 3
    assert key.get("customer-duplicates/", {"cursor": "bnVsbA"}).status_code == 422
    shown = acme.client("manager").get("/customers/duplicates/").content.decode()
    assert "The same e-mail" in shown and CANARY not in shown
    assert acme.client("cashier").get("/customers/duplicates/").status_code == 403
    assert alike("Jon Smith", "John Smith") and not alike("Anna Smith", "Bert Smith")


def test_the_pages_compare_merge_and_take_back(acme: Shop) -> None:
    kept, gone = two(acme, machine(acme))
    browser = acme.client("manager")
    compare = browser.get(f"/customers/{kept.pk}/merge/{gone.pk}/").content.decode()
    assert "Filled in from the second: phone." in compare and "Moves" in compare
    form = {"id": str(uuid7())}
    for _ in range(2):
        assert browser.post(f"/customers/{kept.pk}/merge/{gone.pk}/", form)["Location"] == f"/customers/{kept.pk}/"
    merge = CustomerMerge.objects.get()
    assert f"/customers/merges/{merge.pk}/undo/" in browser.get(f"/customers/{kept.pk}/").content.decode()
    assert browser.post(f"/customers/merges/{merge.pk}/undo/")["Location"] == f"/customers/{gone.pk}/"
    assert Customer.objects.get(pk=gone.pk).merged_into_id is None


@pytest.mark.django_db(transaction=True)
def test_two_merges_of_the_same_people_and_a_sale_at_once_leave_one_merge_and_no_stray_row(acme: Shop) -> None:
    actor = acme.actor()
    for _ in range(6):
        one, other = make(name="One"), make(name="Other")
        sales = [sale(acme, [("TEA", 1)], "4.50") for _ in range(2)]
        for wanted in sales:
            object.__setattr__(wanted, "accept_shortage", True)
        object.__setattr__(sales[0], "customer_id", one.pk)
        object.__setattr__(sales[1], "customer_id", other.pk)
        results = at_once(
            acme,
            [
                partial(merge_customers, uuid7(), kept_id=one.pk, gone_id=other.pk, actor=actor),
                partial(place_order, sales[0], actor=actor),
                partial(merge_customers, uuid7(), kept_id=other.pk, gone_id=one.pk, actor=actor),
                partial(place_order, sales[1], actor=actor),
            ],
            4,
        )
        merged = [result for result in results if isinstance(result, Merged)]
        assert len(merged) == 1, results
        assert [getattr(r, "code", "") for r in results if isinstance(r, DomainError)] == ["customer-merged"], results
        kept = merged[0].merge.kept_id
        ids = [wanted.order_id for wanted in sales]
        assert set(Order.objects.filter(pk__in=ids).values_list("customer_id", flat=True)) == {kept}
        assert CustomerMerge.objects.filter(kept__in=[one.pk, other.pk]).count() == 1


def test_customers_who_are_not_the_same_are_never_suggested_again_until_it_is_taken_back(acme: Shop) -> None:
    key, browser = machine(acme), acme.client("manager")
    kept, other = make(name="Ada Quill", email="ada@quill.example"), make(name="Bert", email="ADA@quill.example")

    def suggested() -> list[str]:
        return [row["other"]["id"] for row in key.get("customer-duplicates/").json()["results"]]

    assert suggested() == [str(other.pk)]
    for one, two_ in ((kept, other), (other, kept)):  # whichever way round, and a repeat
        assert browser.post(f"/customers/{one.pk}/merge/{two_.pk}/apart/").status_code == 302
    row = CustomerDistinction.objects.get()
    assert suggested() == []
    for each in (kept, other):
        assert f"/customers/distinctions/{row.pk}/undo/" in browser.get(f"/customers/{each.pk}/").content.decode()
    audit = AuditEntry.objects.filter(object_type="customer", changes__has_key="not the same as")
    assert [entry.actor_label for entry in audit] == ["Acme manager"]
    assert acme.client("cashier").post(f"/customers/distinctions/{row.pk}/undo/").status_code == 403
    for _ in range(2):
        assert browser.post(f"/customers/distinctions/{row.pk}/undo/").status_code == 302
    assert suggested() == [str(other.pk)] and audit.all().count() == 2
    assert browser.post(f"/customers/{kept.pk}/merge/{kept.pk}/apart/").status_code == 302
    assert browser.post(f"/customers/{kept.pk}/merge/{uuid7()}/apart/").status_code == 404
    assert CustomerDistinction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_program_says_that_two_are_two_and_takes_it_back(acme: Shop, globex: Shop) -> None:
    one, other = make(name="Ada Quill", email="one@example.com"), make(name="Bert", email="one@example.com")
    api = person(acme, "manager")
    way = f"customers/{one.pk}/told-apart/"
    assert len(api.get("customer-duplicates/").json()["results"]) == 1
    told = [api.post(way, {"other": str(other.pk)}) for _ in range(2)]
    assert [answer.status_code for answer in told] == [200, 200] and told[0].json() == told[1].json()
    assert {told[0].json()["first"], told[0].json()["second"]} == {str(one.pk), str(other.pk)}
    assert api.get(f"customers/{other.pk}/told-apart/").json()["results"] == [told[0].json()]
    assert api.get("customer-duplicates/").json()["results"] == []
    for bad, status in (
        ({"other": str(one.pk)}, 422),
        ({"other": str(uuid7())}, 404),
        ({}, 422),
        ({"other": "x"}, 422),
    ):
        assert api.post(way, bad).status_code == status
    assert person(acme, "cashier").post(way, {"other": str(other.pk)}).status_code == 403
    undo = f"customer-distinctions/{told[0].json()['id']}/undo/"
    assert [api.post(undo, {}).status_code for _ in range(2)] == [204, 204]
    assert len(api.get("customer-duplicates/").json()["results"]) == 1
    assert api.post(f"customer-distinctions/{uuid7()}/undo/", {}).status_code == 404
    assert Event.objects.filter(type="customer.told_apart").count() == 2
