"""Getting in and out, and what each role may do."""

import pytest

from core.audit.models import AuditEntry
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.locations.models import Location
from core.people.models import Grant, Role, User
from core.people.permissions import PERMISSIONS
from core.people.selectors import actor_of_key
from core.people.services import create_api_key, create_user, revoke_api_key
from core.testing import PASSWORD, Shop


def test_the_right_password_opens_the_shop_and_is_in_the_audit_log(acme: Shop) -> None:
    browser = acme.client()
    response = browser.post(
        "/login/",
        {"email": f"Cashier@{acme.host}", "password": PASSWORD, "next": "/till/"},
        headers={"user-agent": "till 3"},
    )
    assert (response.status_code, response["Location"]) == (302, "/till/")
    entry = AuditEntry.objects.filter(action="log_in").get()
    assert (entry.actor_label, entry.address, entry.client) == ("Acme cashier", "127.0.0.1", "till 3")
    browser.post("/logout/")
    assert AuditEntry.objects.filter(action="log_out", actor_label="Acme cashier").count() == 1
    assert browser.get("/till/")["Location"].startswith("/login/")


@pytest.mark.parametrize("email", ["cashier@acme.localhost", "nobody@acme.localhost"])
def test_a_wrong_password_says_the_same_for_known_and_unknown_people(acme: Shop, email: str) -> None:
    response = acme.client().post("/login/", {"email": email, "password": "not this one"})
    assert response.status_code == 422
    assert "E-mail or password is wrong." in response.content.decode()
    assert AuditEntry.objects.filter(action="log_in_failed", object_label=email).count() == 1


def test_somebody_of_another_shop_is_a_stranger_here(acme: Shop, globex: Shop) -> None:
    response = acme.client().post("/login/", {"email": f"owner@{globex.host}", "password": PASSWORD})
    assert response.status_code == 422
    visitor = globex.client("owner")
    visitor.defaults["HTTP_HOST"] = acme.host
    assert visitor.get("/till/", headers={"host": acme.host})["Location"].startswith("/login/")


def test_guessing_is_slowed_down(acme: Shop) -> None:
    browser = acme.client()
    answers = [
        browser.post("/login/", {"email": "guess@acme.localhost", "password": "x" * 10}).status_code for _ in range(14)
    ]
    assert answers[:10] == [422] * 10 and set(answers[10:]) == {429}


def test_the_right_password_may_be_used_often(acme: Shop) -> None:
    form = {"email": f"viewer@{acme.host}", "password": PASSWORD}
    assert {acme.client().post("/login/", form).status_code for _ in range(15)} == {302}


def test_a_log_in_never_leads_to_another_site(acme: Shop) -> None:
    form = {"email": f"owner@{acme.host}", "password": PASSWORD, "next": "https://evil.test/"}
    assert acme.client().post("/login/", form)["Location"] == "/"


def test_the_owner_holds_everything_and_a_viewer_sells_nothing(acme: Shop) -> None:
    owner, viewer = acme.actor("owner"), acme.actor("viewer")
    assert all(owner.may(code) for code in PERMISSIONS)
    assert not viewer.may("orders.sell") and not viewer.may("inventory.view_cost")


def test_a_role_at_one_location_holds_nowhere_else(acme: Shop) -> None:
    second = Location.objects.create(code="TWO", name="Second shop")
    create_user(
        email="only@acme.localhost", password=PASSWORD, role="cashier", location=second, actor=acme.actor("owner")
    )
    from core.people.selectors import actor_of_user

    person = User.objects.get(email="only@acme.localhost")
    actor = actor_of_user(person)
    assert actor.may("orders.sell", at=second.pk) and not actor.may("orders.sell", at=acme.location.pk)
    assert actor.places("orders.sell") == frozenset({second.pk})
    Grant.objects.create(user=person, role=Role.objects.get(name="cashier"), location=None)
    assert actor_of_user(person).places("orders.sell") is None


def test_a_person_is_added_once_with_a_password_worth_the_name(acme: Shop) -> None:
    owner = acme.actor("owner")
    people = User.objects.count()
    with pytest.raises(Conflict):
        create_user(email=f"OWNER@{acme.host}", password=PASSWORD, role="viewer", actor=owner)
    with pytest.raises(Invalid):
        create_user(email="new@acme.localhost", password="short", role="viewer", actor=owner)
    with pytest.raises(NotFound):
        create_user(email="new@acme.localhost", password=PASSWORD, role="emperor", actor=owner)
    assert User.objects.count() == people


def test_a_key_opens_its_own_shop_until_it_is_revoked(acme: Shop, globex: Shop) -> None:
    owner = acme.actor("owner")
    key, token = create_api_key(name="stock sync", permissions=["inventory.view_stock"], actor=owner)
    actor = actor_of_key(token)
    assert actor is not None and actor.may("inventory.view_stock") and not actor.may("orders.sell")
    assert token not in str(AuditEntry.objects.filter(object_type="api_key").values())
    from core.tenancy.context import use_tenant

    with use_tenant(globex.tenant):
        assert actor_of_key(token) is None
    for wrong in (token + "x", token[:-1], "rsk_", "", "x" * 500, token.replace("rsk_", "pk_")):
        assert actor_of_key(wrong) is None
    revoke_api_key(key_id=key.pk, actor=owner)
    revoke_api_key(key_id=key.pk, actor=owner)
    assert actor_of_key(token) is None
    assert AuditEntry.objects.filter(object_type="api_key", action="change").count() == 1


def test_nobody_makes_a_key_that_can_do_more_than_they_can(acme: Shop) -> None:
    with pytest.raises(Forbidden):
        create_api_key(name="x", permissions=["inventory.view_cost"], actor=acme.actor("cashier"))
    with pytest.raises(Invalid):
        create_api_key(name="x", permissions=["no.such"], actor=acme.actor("owner"))
