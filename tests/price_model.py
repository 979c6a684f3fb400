"""What a price is, told once more and as plainly as can be: the model that SQL and JavaScript are held against."""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent / "vectors" / "prices.json"
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
PLACES, GROUPS, CHANNELS = ("north", "south"), ("staff", "club"), ("counter", "online")
VARIANTS = ("tea", "cup", "jam")


def price_of(lists: list[dict[str, Any]], sale: dict[str, Any], own: str) -> str:
    """The unit price of ``sale`` ({variant, quantity, place, channel, groups, at}) under the lists, else ``own``."""
    offers = []
    for one in lists:
        if not _holds(one, sale):
            continue
        steps = [
            (Decimal(item["from"]), item["price"])
            for item in one["items"]
            if item["variant"] == sale["variant"] and Decimal(item["from"]) <= Decimal(sale["quantity"])
        ]
        if steps:
            offers.append((-one["priority"], Decimal(max(steps)[1]), one["name"]))
    return str(min(offers)[1]) if offers else own


def _holds(one: dict[str, Any], sale: dict[str, Any]) -> bool:
    return (
        one["is_active"]
        and one["place"] in (None, sale["place"])
        and one["channel"] in ("", sale["channel"])
        and (one["group"] is None or one["group"] in sale["groups"])
        and (one["starts_at"] is None or one["starts_at"] <= sale["at"])
        and (one["ends_at"] is None or one["ends_at"] > sale["at"])
    )


def vectors(count: int = 400, seed: int = 20) -> dict[str, Any]:
    """Lists and sales with what each costs; always the same."""
    pick = random.Random(seed)
    hours = [None, *((NOON + timedelta(hours=step)).isoformat() for step in (-48, -1, 0, 1, 48))]
    lists = []
    for number in range(14):
        starts, ends = pick.choice(hours), pick.choice(hours)
        if starts and ends and ends <= starts:
            starts = None
        lists.append(
            {
                "name": f"List {number:02}",
                "place": pick.choice([None, None, *PLACES]),
                "channel": pick.choice(["", "", *CHANNELS]),
                "group": pick.choice([None, None, *GROUPS]),
                "starts_at": starts,
                "ends_at": ends,
                "priority": pick.choice([0, 0, 5]),
                "is_active": pick.random() < 0.85,
                "items": [
                    {"variant": variant, "from": start, "price": f"{pick.randint(1, 900) / 100:.4f}"}
                    for variant in VARIANTS
                    for start in pick.sample(["0.500", "1", "3", "12"], pick.randint(0, 3))
                ],
            }
        )
    cases = []
    for _ in range(count):
        sale = {
            "variant": pick.choice(VARIANTS),
            "quantity": pick.choice(["0.250", "0.5", "1", "2.999", "3", "12", "1000"]),
            "place": pick.choice(PLACES),
            "channel": pick.choice(CHANNELS),
            "groups": pick.sample(GROUPS, pick.randint(0, 2)),
            "at": (NOON + timedelta(minutes=pick.choice([-3000, -60, -59, 0, 59, 60, 3000]))).isoformat(),
        }
        cases.append({"sale": sale, "price": price_of(lists, sale, "9.9900")})
    return {"own": "9.9900", "lists": lists, "cases": cases}


if __name__ == "__main__":
    VECTORS.parent.mkdir(exist_ok=True)
    VECTORS.write_text(json.dumps(vectors(), separators=(",", ":")) + "\n")
