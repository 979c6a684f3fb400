"""A device without the server answers as the server does: what a basket comes to, and what a scan means."""

import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from core.outbox.relay import number_events
from core.testing import Shop
from tests.api import Api, machine
from tests.device_shop import baskets, equip, scans
from tests.device_steps import Device
from tests.test_money_vectors import agree

BASKETS = 150
TERMS: list[dict[str, Any]] = [
    {},
    {"prices_include_tax": False, "tax_by_document": True, "rounding": "half_even"},
]


@pytest.mark.parametrize("terms", TERMS, ids=["usual", "other"])
def test_every_basket_and_every_scan_is_what_the_server_says(
    acme: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terms: dict[str, Any]
) -> None:
    for name, value in terms.items():
        monkeypatch.setattr(acme.tenant, name, value)
    dice = random.Random(20_261_121)
    equip(acme, dice)
    number_events(acme.tenant)
    key = machine(acme)
    device = Device(key, acme.location.pk).fill(limit=1000)
    kept = {"articles": list(device.articles.values()), "tables": device.tables, "location": str(acme.location.pk)}
    asked: list[dict[str, Any]] = [
        {"quote": body, "answer": answered(key.post("orders/quote/", body))} for body in baskets(acme, dice, BASKETS)
    ]
    assert sum(case["answer"]["status"] == 200 for case in asked) > BASKETS * 0.8
    read: list[dict[str, Any]] = [{"scan": text, "answer": answered(scanned(key, acme, text))} for text in scans()]
    assert sum(case["answer"]["status"] == 200 for case in read) > len(read) / 2
    agree(tmp_path, "device.test.js", "device", [kept, *asked, *read])


def scanned(key: Api, shop: Shop, text: str) -> Any:
    return key.get(f"scan/{quote(text, safe='')}/", {"location": str(shop.location.pk)})


def answered(response: Any) -> dict[str, Any]:
    return {"status": response.status_code, "body": json.loads(response.content)}
