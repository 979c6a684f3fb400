"""The shop as an app of a device: manifest, worker, the pages that stand in when there is no network."""

import json
import re

from django.conf import settings
from django.contrib.staticfiles import finders
from PIL import Image

from core.testing import Shop
from core.web import install


def test_the_manifest_names_the_shop_and_leads_straight_to_the_work(acme: Shop, globex: Shop) -> None:
    for shop in (acme, globex):
        answer = shop.client(None).get("/app.webmanifest")
        assert answer["Content-Type"] == "application/manifest+json"
        document = answer.json()
        assert (document["name"], document["id"], document["scope"]) == (shop.tenant.name, "/", "/")
        assert (document["start_url"], document["display"]) == ("/till/?from=app", "standalone")
        assert [(way["name"], way["url"]) for way in document["shortcuts"]] == [
            ("Sell", "/till/?from=app"),
            ("Orders", "/orders/?from=app"),
            ("Scan", "/floor/?from=app#price"),
            ("Receive", "/floor/?from=app#receive"),
            ("Count", "/floor/?from=app#count"),
        ]
        for way in document["shortcuts"]:
            assert shop.client("owner").get(way["url"]).status_code == 200


def test_the_icons_are_as_large_as_the_manifest_says(acme: Shop) -> None:
    icons = acme.client(None).get("/app.webmanifest").json()["icons"]
    sizes = [int(icon["sizes"].split("x")[0]) for icon in icons if icon["purpose"] == "any"]
    assert sizes == [72, 96, 128, 144, 152, 192, 384, 512]
    for icon in icons:
        found = finders.find(icon["src"].removeprefix(settings.STATIC_URL))
        with Image.open(str(found)) as picture:
            assert (icon["sizes"], icon["type"]) == (
                f"{picture.width}x{picture.height}",
                f"image/{picture.format}".lower(),
            )


def test_the_worker_names_every_file_that_the_till_may_need_and_nothing_of_the_shop(acme: Shop) -> None:
    answer = acme.client(None).get("/service-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    text = answer.content.decode()
    setup = json.loads(re.search(r"begin\((.*)\);", text)[1])  # type: ignore[index]
    for path in ("js/elements/till-payment.js", "js/lib/store/queue.js", "css/main.css", "img/icons.svg"):
        assert f"{settings.STATIC_URL}{path}" in setup["files"]
    assert setup["pages"] == ["/till/", "/floor/"]
    assert acme.tenant.name not in text
    assert setup["version"] == install.version()


def test_what_stands_in_for_a_page_is_drawn_for_nobody(acme: Shop) -> None:
    for path in ("/offline/", "/waiting/"):
        page = acme.client(None).get(path).content.decode()
        assert 'name="person"' not in page
        assert "/till/" in page
    assert (
        f'name="person" content="{acme.person("cashier").pk}"' in acme.client("cashier").get("/till/").content.decode()
    )
