"""Letting people and machines in: the pages, the command, and who may give what."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.selectors import changes_in_words, kinds_of_objects
from core.errors import Conflict, Forbidden, NotFound
from core.locations.models import Location
from core.people.models import ApiKey, Grant, Role, User
from core.people.permissions import MANAGE_TEAM, permissions_of_role
from core.people.selectors import actor_of_key, actor_of_user
from core.people.services import change_role, create_api_key, create_user, give_new_password, set_active
from core.testing import CANARY, PASSWORD, Shop

TOKEN = re.compile(r"rsk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")


def command(*words: str) -> str:
    out = StringIO()
    call_command("create_api_key", *words, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_command_prints_a_token_that_opens_what_was_said(acme: Shop) -> None:
    token = command("acme", "Web shop", "--permissions", "orders.sell, orders.view_orders", "--location", "main")
    actor = actor_of_key(token)
    assert TOKEN.fullmatch(token) and actor is not None
    assert actor.permissions == dict.fromkeys(("orders.sell", "orders.view_orders"), frozenset({acme.location.pk}))
    key = ApiKey.objects.get()
    assert key.expires_at is None and token.split("_", 2)[2] not in str(bytes(key.digest))
    entry = AuditEntry.objects.get(object_type="api_key")
    assert token not in str(entry.changes) and entry.changes["locations"] == [None, ["MAIN"]]


def test_the_command_takes_a_role_and_an_end(acme: Shop) -> None:
    actor = actor_of_key(command("acme", "Till", "--role", "cashier", "--expires-days", "30"))
    assert actor is not None and set(actor.permissions) == set(permissions_of_role("cashier"))
    key = ApiKey.objects.get()
    assert key.expires_at is not None and (key.expires_at - key.created_at).days in (29, 30)


@pytest.mark.parametrize(
    "words",
    [
        ("acme", "x"),
        ("acme", "x", "--permissions", "orders.nothing"),
        ("acme", "x", "--role", "emperor"),
        ("acme", "x", "--role", "cashier", "--location", "MOON"),
        ("acme", "x", "--role", "cashier", "--expires-days", "0"),
        ("acme", "", "--role", "cashier"),
        ("nobody", "x", "--role", "cashier"),
    ],
)
def test_the_command_refuses_in_one_sentence_and_makes_nothing(acme: Shop, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refusal:
        command(*words)
    assert "\n" not in str(refusal.value) and not ApiKey.objects.exists()


def test_nobody_gives_a_key_more_than_they_hold_nor_for_more_places(acme: Shop) -> None:
    with pytest.raises(Forbidden):
        create_api_key(name="x", permissions=["orders.sell"], actor=acme.actor("manager"))
    Role.objects.create(name="keeper", permissions=["orders.sell", "people.manage_keys"])
    north = Location.objects.create(code="NORTH", name="North")
    local = create_user(email="n@acme.test", password=PASSWORD, role="keeper", location=north, actor=acme.actor())
    with pytest.raises(Forbidden):
        create_api_key(name="x", permissions=["people.view_team"], actor=actor_of_user(local), locations=[north])
    with pytest.raises(Forbidden):
        create_api_key(name="x", permissions=["orders.sell"], actor=actor_of_user(local))
    with pytest.raises(Forbidden):
        create_api_key(name="x", permissions=["orders.sell"], actor=actor_of_user(local), locations=[acme.location])
    key, _ = create_api_key(name="x", permissions=["orders.sell"], actor=actor_of_user(local), locations=[north])
    assert list(key.locations.all()) == [north] and ApiKey.objects.count() == 1


def test_a_key_is_shown_once_on_the_page_and_revoked_there(acme: Shop, globex: Shop) -> None:
    owner = acme.client("owner")
    shown = owner.post("/settings/api-keys/new/", {"name": "Web", "permissions": ["orders.sell"]})
    (token,) = set(TOKEN.findall(shown.content.decode()))
    assert shown.status_code == 200 and shown["Cache-Control"] == "no-store" and actor_of_key(token)
    listed = owner.get("/settings/api-keys/").content.decode()
    assert "Ring up sales" in listed and token not in listed and CANARY not in listed
    key = ApiKey.objects.get()
    assert owner.post(f"/settings/api-keys/{key.pk}/revoke/").status_code == 302
    assert actor_of_key(token) is None
    assert "Revoked" in owner.get("/settings/api-keys/").content.decode()


@pytest.mark.parametrize(
    "form", [{}, {"name": "x"}, {"name": "x", "permissions": "x.y"}, {"name": "", "permissions": "orders.sell"}]
)
def test_a_wrong_key_form_says_so_and_makes_nothing(acme: Shop, form: dict[str, str]) -> None:
    answer = acme.client("owner").post("/settings/api-keys/new/", form)
    assert answer.status_code == 422 and "field__error" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_somebody_new_can_log_in_with_the_password_shown_once(acme: Shop) -> None:
    form = {"email": "New@acme.test", "name": "Nia", "role": "cashier", "location": str(acme.location.pk)}
    shown = acme.client("owner").post("/settings/team/new/", form)
    (password,) = re.findall(r'<code id="password">([^<]+)</code>', shown.content.decode())
    browser = acme.client()
    assert browser.post("/login/", {"email": "new@acme.test", "password": password})["Location"] == "/"
    grant = Grant.objects.get(user__email="new@acme.test")
    assert (grant.role.name, grant.location) == ("cashier", acme.location)
    again = acme.client("owner").post("/settings/team/new/", form)
    assert again.status_code == 422 and "is on the team already" in again.content.decode()


def test_a_changed_role_holds_at_once_and_stands_in_the_log(acme: Shop) -> None:
    cashier = acme.client("cashier")
    assert cashier.get("/settings/team/").status_code == 403
    person = acme.person("cashier")
    answer = acme.client("owner").post(f"/settings/team/{person.pk}/", {"role": "manager"})
    assert answer["Location"] == "/settings/team/"
    assert cashier.get("/settings/team/").status_code == 200
    entry = AuditEntry.objects.get(object_type="user", object_id=person.pk, action="change")
    assert entry.changes == {"role": [["cashier"], ["manager"]]}


def test_who_is_kept_out_is_out_at_once_and_may_be_let_in_again(acme: Shop) -> None:
    cashier, owner, person = acme.client("cashier"), acme.client("owner"), acme.person("cashier")
    assert cashier.get("/api/v1/").status_code == 200
    owner.post(f"/settings/team/{person.pk}/active/")
    assert cashier.get("/api/v1/").status_code == 401
    assert acme.client().post("/login/", {"email": person.email, "password": PASSWORD}).status_code == 422
    owner.post(f"/settings/team/{person.pk}/active/", {"active": "yes"})
    assert acme.client().post("/login/", {"email": person.email, "password": PASSWORD}).status_code == 302


def test_the_last_owner_stays(acme: Shop) -> None:
    owner, actor = acme.person("owner"), acme.actor("owner")
    with pytest.raises(Conflict):
        set_active(user_id=owner.pk, is_active=False, actor=actor)
    with pytest.raises(Conflict):
        change_role(user_id=owner.pk, role="manager", actor=actor)
    with pytest.raises(Conflict):
        change_role(user_id=owner.pk, role="owner", location=acme.location, actor=actor)
    User.objects.get(pk=owner.pk, is_active=True)
    assert [grant.role.name for grant in owner.grants.all()] == ["owner"]
    change_role(user_id=acme.person("manager").pk, role="owner", actor=actor)
    assert set_active(user_id=owner.pk, is_active=False, actor=actor).is_active is False


def test_nobody_lifts_themselves_or_touches_who_holds_more(acme: Shop) -> None:
    held = {code: None for code in (*permissions_of_role("manager"), MANAGE_TEAM)}
    deputy = Actor(kind="user", id=acme.person("manager").pk, label="deputy", permissions=held)
    for user, role in (("manager", "owner"), ("owner", "viewer"), ("cashier", "owner")):
        with pytest.raises(Forbidden):
            change_role(user_id=acme.person(user).pk, role=role, actor=deputy)
    with pytest.raises(Forbidden):
        set_active(user_id=acme.person("owner").pk, is_active=False, actor=deputy)
    change_role(user_id=acme.person("viewer").pk, role="cashier", actor=deputy)
    with pytest.raises(NotFound):
        change_role(user_id=acme.person("viewer").pk, role="emperor", actor=deputy)


def test_the_audit_log_is_narrowed_by_who_what_and_which_and_paged(acme: Shop, globex: Shop) -> None:
    owner, person = acme.client("owner"), acme.person("cashier")
    for role in ("viewer", "cashier") * 30:
        change_role(user_id=person.pk, role=role, actor=acme.actor("owner"))
    first = owner.get("/settings/audit/", {"action": "change", "object": "user"}).content.decode()
    assert first.count("<details") == 50 and CANARY not in first
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = owner.get("/settings/audit/" + following.replace("&amp;", "&")).content.decode()
    assert second.count("<details") == 10
    assert "Nothing like that" in owner.get("/settings/audit/", {"actor": str(person.pk)}).content.decode()
    assert "Nothing like that" in owner.get("/settings/audit/", {"id": "none"}).content.decode()
    assert {"user"} <= set(kinds_of_objects())
    entry = AuditEntry.objects.filter(object_id=person.pk, action="change").latest("id")
    (change,) = changes_in_words(entry)
    assert (change.name, change.before, change.after) == ("role", "viewer", "cashier")


@pytest.mark.parametrize("query", ["after=x", "before=%00", "actor=x", "action=x", "object=%00", "id=" + "x" * 999])
def test_a_damaged_address_of_the_log_is_no_server_error(acme: Shop, query: str) -> None:
    assert acme.client("owner").get(f"/settings/audit/?{query}").status_code in (200, 422)


def test_a_person_changes_their_own_name_and_password_and_other_sessions_end(acme: Shop, globex: Shop) -> None:
    mine, elsewhere, me = acme.client("cashier"), acme.client("cashier"), acme.person("cashier")
    sent = {"do": "password", "current": "wrong", "new": "a much longer one"}
    assert mine.post("/settings/account/", sent).status_code == 403
    assert mine.post("/settings/account/", sent | {"current": PASSWORD, "new": "short"}).status_code == 422
    assert elsewhere.get("/settings/account/").status_code == 200
    assert mine.post("/settings/account/", sent | {"current": PASSWORD}).status_code == 302
    assert mine.get("/settings/account/").status_code == 200
    assert elsewhere.get("/settings/account/").status_code == 302
    assert mine.post("/settings/account/", {"do": "name", "name": " Ada "}).status_code == 302
    assert User.objects.get(pk=me.pk).name == "Ada"
    kept = AuditEntry.objects.filter(object_type="user", object_id=str(me.pk), changes__has_key="password").get()
    assert kept.changes["password"] == ["***", "***"]


def test_who_manages_the_team_gives_a_new_first_password_once_but_not_to_who_holds_more(acme: Shop) -> None:
    owner, manager, cashier = acme.person("owner"), acme.client("manager"), acme.client("cashier")
    before = User.objects.get(pk=owner.pk).password
    with pytest.raises(Conflict):
        give_new_password(user_id=owner.pk, actor=actor_of_user(owner))
    for path in ("password", "name"):
        assert manager.post(f"/settings/team/{owner.pk}/{path}/", {"name": "Fool"}).status_code == 403
    assert (User.objects.get(pk=owner.pk).password, User.objects.get(pk=owner.pk).name) == (before, owner.name)
    person = acme.person("cashier")
    shown = acme.client("owner").post(f"/settings/team/{person.pk}/password/")
    found = re.search(r'id="password">([^<]+)<', shown.content.decode())
    assert found and shown["Cache-Control"] == "no-store"
    assert cashier.get("/settings/account/").status_code == 302
    assert acme.client().post("/login/", {"email": person.email, "password": found[1]}).status_code == 302
