"""The pages of webhooks: set up, shown once, tried out, sent again, turned off, deleted."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from core.ids import uuid7
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop
from tests.webhook_receiver import receiving
from webhooks import bell
from webhooks.models import Delivery, Endpoint, SigningSecret
from webhooks.server import Server
from webhooks.services.endpoints import create_endpoint
from webhooks.services.replays import send_test_event

LIST = "/settings/webhooks/"
URL = "https://hooks.example.com/in"


@pytest.fixture(autouse=True)
def strict(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    monkeypatch.setattr(bell, "BELL", f"rs:webhooks:bell:test:{uuid7()}")


def made(shop: Shop, **more: Any) -> Endpoint:
    given = {"url": URL, "subscriptions": ["order.completed"], "description": "Books", **more}
    return create_endpoint(endpoint_id=uuid7(), actor=shop.actor(), **given).endpoint


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send of a form, unchanged."""
    page = client.get(path).content.decode()
    form = page[page.index('<form class="card form webhook-form"') :]
    found: dict[str, Any] = {"subscriptions": []}
    for tag in re.findall(r"<input[^>]+>", form[: form.index("</form>")]):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' in tag and name and value:
            found["subscriptions"] += [value[1]] if " checked" in tag else []
        elif name:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def test_an_endpoint_is_set_up_and_its_secret_is_shown_once(acme: Shop) -> None:
    owner = acme.client("owner")
    empty = owner.get(LIST).content.decode()
    assert "Nobody is told yet" in empty and "from standardwebhooks import Webhook" in empty
    blank = form_of(owner, LIST + "new/")
    assert blank["subscriptions"] == []  # nobody hears what nobody ticked
    given = {**blank, "url": URL, "description": "Books", "subscriptions": ["order.completed"]}

    answer = owner.post(LIST + "new/", given)
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    shown = re.search(r'id="secret">(whsec_[^<]+)<', answer.content.decode())
    assert shown is not None
    endpoint = Endpoint.objects.get()
    again = owner.post(LIST + "new/", given, follow=True)
    assert again.redirect_chain == [(f"{LIST}{endpoint.pk}/", 302)] and Endpoint.objects.count() == 1
    pages = [again, owner.get(LIST), owner.get(f"{LIST}{endpoint.pk}/"), owner.get(f"{LIST}{endpoint.pk}/edit/")]
    for page in pages:
        assert page.status_code == 200
        assert unescape(shown[1]) not in unescape(page.content.decode())
    assert "Nothing sent yet" in pages[1].content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "http://hooks.example.com/"}, "must begin with https://"),
        ({"url": "https://10.0.0.1/"}, "not a number"),
        ({"url": ""}, "This field is required"),
        ({"subscriptions": []}, "Choose at least one event"),
        ({"subscriptions": ["no.such"]}, "Select a valid choice"),
        ({"id": "x"}, "This form was damaged"),
        ({"url": "https://<script>alert(1)</script>.example.com/"}, "host name of this address is not valid"),
    ],
)
def test_wrong_input_is_said_beside_the_field_and_kept(acme: Shop, change: dict[str, Any], words: str) -> None:
    owner = acme.client("owner")
    given = {**form_of(owner, LIST + "new/"), "url": URL, "subscriptions": ["order.completed"], **change}
    answer = owner.post(LIST + "new/", given)
    page = answer.content.decode()
    assert answer.status_code == 422 and words in unescape(page)
    assert Endpoint.objects.count() == 0 and "<script>alert" not in page


def test_editing_keeps_what_was_not_touched_and_refuses_an_outdated_form(acme: Shop) -> None:
    endpoint = made(acme, subscriptions=["sale.*", "stock.low"])
    owner, path = acme.client("owner"), f"{LIST}{endpoint.pk}/edit/"
    given = form_of(owner, path)
    assert (given["url"], given["description"]) == (URL, "Books")
    assert sorted(given["subscriptions"]) == ["order.*", "stock.low"]
    assert owner.post(path, {**given, "description": "Shelves"}).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.description, endpoint.subscriptions) == ("Shelves", ["order.*", "stock.low"])
    outdated = owner.post(path, {**given, "description": "Lost"})
    assert outdated.status_code == 422 and "changed in the meantime" in outdated.content.decode()
    endpoint.refresh_from_db()
    assert endpoint.description == "Shelves"


def test_a_test_is_sent_and_the_answer_is_on_the_page(acme: Shop, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    owner = acme.client("owner")
    with receiving((500, {}, b"<b>out of order</b>")) as receiver:
        endpoint = made(acme, url=receiver.url)
        path = f"{LIST}{endpoint.pk}/"
        page = owner.post(f"{path}test/", {"type": "stock.low"}, follow=True).content.decode()
        assert "An example of stock.low is on its way." in page and "data-busy" in page
        Server().serve(acme.tenant.schema_name)
    page = owner.get(path).content.decode()
    assert "Given up" in page and "data-busy" not in page and ">500<" in page
    log = owner.get(f"{LIST}deliveries/{Delivery.objects.get().pk}/").content.decode()
    assert "&lt;b&gt;out of order&lt;/b&gt;" in log and "The receiver answered 500." in log
    assert "v1,***" in log and "&quot;test&quot;:true" in log
    assert owner.get(f"{path}?state=done").content.decode().count("No delivery in this state") == 1
    assert owner.get(f"{path}?state=nonsense&page=99").status_code == 200


def test_sending_again_turning_off_rotating_and_deleting_by_button(acme: Shop) -> None:
    endpoint = made(acme)
    owner, path = acme.client("owner"), f"{LIST}{endpoint.pk}/"

    def press(action: str, **data: str) -> str:
        return str(owner.post(f"{path}{action}/", data, follow=True).content.decode())

    assert "There is nothing to send again." in press("replay", what="failed")
    for since in ("", "yesterday", "2026-13-45T99:99", "1999-01-01T00:00"):
        assert "Choose " in press("replay", since=since)
    send_test_event(endpoint_id=endpoint.pk, actor=acme.actor())
    delivery = Delivery.objects.get()
    Delivery.objects.update(state="dead")
    again = owner.post(f"{LIST}deliveries/{delivery.pk}/replay/", follow=True).content.decode()
    assert "order.completed is on its way again." in again and Delivery.objects.count() == 2

    assert "The new signing secret" in press("rotate")
    assert "rotated less than a day ago" in press("rotate")
    assert SigningSecret.objects.count() == 2
    assert "The new signing secret" in press("rotate", force="1")

    assert "Deliveries are off." in press("toggle", enabled="0")
    assert "turned off" in press("test")
    assert "Deliveries are on." in press("toggle", enabled="1")
    assert "Books was deleted." in press("delete")
    assert Endpoint.objects.count() == 0
    assert owner.post(f"{path}delete/").status_code == 404


def test_managers_look_and_only_the_owner_has_buttons(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        theirs = made(globex, description=CANARY)
    endpoint = made(acme)
    manager, path = acme.client("manager"), f"{LIST}{endpoint.pk}/"
    send_test_event(endpoint_id=endpoint.pk, actor=acme.actor())
    for page in (LIST, path, f"{LIST}deliveries/{Delivery.objects.get().pk}/"):
        text = manager.get(page).content.decode()
        assert "Books" in text and CANARY not in text
        assert text.count("<form") == text.count("/logout/")
        assert acme.client("cashier").get(page).status_code == 403
        assert acme.client().get(page).status_code == 302
    for action in ("edit", "toggle", "test", "replay", "rotate", "delete"):
        assert manager.post(f"{path}{action}/").status_code == 403
    assert manager.get(f"{LIST}new/").status_code == manager.get(f"{path}edit/").status_code == 403
    assert acme.client("owner").get(f"{LIST}{theirs.pk}/").status_code == 404
    assert Endpoint.objects.get().version == 1 and Delivery.objects.count() == 1


def test_an_endpoint_that_was_turned_off_says_why_and_what_to_do(acme: Shop) -> None:
    endpoint = made(acme)
    Endpoint.objects.update(is_enabled=False, disabled_reason="The receiver answered 410 Gone.")
    owner = acme.client("owner")
    page = owner.get(f"{LIST}{endpoint.pk}/").content.decode()
    assert "We turned this endpoint off" in page and "410 Gone" in page and "Turn on" in page
    assert "Turned off by us" in owner.get(LIST).content.decode()
