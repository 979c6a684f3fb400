"""What Lighthouse says of the pages, on the slowed-down phone that it stands in for.

`make bench ARGS=pages`, or some of them: ``pages:/till/,/``. The reference is the same judge over a page of plain HTML by the same server.
"""

import json
import subprocess
import sys
from statistics import median

import django
from django.conf import settings

from benchmarks.browsing import session
from benchmarks.harness import machine, table, web
from benchmarks.reference import install
from benchmarks.shop import bench_shop

ROUNDS = 3
PAGES = ("/till/", "/floor/", "/", "/products/", "/orders/", "/stock/")
REFERENCE = "/offline/"
BARS = {"/till/": (95, 100, 100)}


def main() -> None:
    """Judge each page some times; the median of each mark, and what was found fault with in the last round."""
    django.setup()
    from tests.browsers import ARGUMENTS, chromium_path

    folder = install("lighthouse")
    if folder is None:
        print("Without Node and its registry there is no judge.")
        return
    shop = bench_shop()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session(shop)}
    rows = []
    with web("uvicorn", STATIC_ROOT=str(settings.STATIC_ROOT)) as (port, _):  # which also answers sockets
        for path in (*(sys.argv[1:] or PAGES), REFERENCE):
            addresses = [f"http://{shop.host}:{port}{path}"] * ROUNDS
            asked = {"addresses": addresses, "cookie": cookie, "program": chromium_path(), "flags": ARGUMENTS}
            told = subprocess.run(
                ["node", "audit.mjs", json.dumps(asked)], cwd=folder, capture_output=True, check=True, text=True
            )
            rounds = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
            marks = [round(100 * median(found["scores"][place] for found in rounds)) for place in range(3)]
            bars = BARS.get(path)
            rows.append(
                [path, *marks, "/".join(map(str, bars)) if bars else "-", "; ".join(rounds[-1]["faults"]) or "-"]
            )
    table(("page", "performance", "accessibility", "best practices", "bar", "found fault with"), rows)
    print(f"Medians of {ROUNDS}; the last page is the reference.\n{machine()}")


if __name__ == "__main__":
    main()
