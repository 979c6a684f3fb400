"""Two tills sell while all breaks that can break at a counter (``make chaos ARGS="till --seed 7 --sales 200"``)."""

import argparse
import io
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from retail_saas.data_folder import CHECKOUT, home
from tests.chaos.world import World, free_port

HOST = "counter.localhost"
Acts = Callable[[list[Any]], tuple[Any, list[Any]]]


def main(arguments: list[str]) -> int:
    """One run; answers 0 when every promise held."""
    asked = _asked(arguments)
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}, {asked.sales} sales at {asked.tills} tills", flush=True)
    world = World(Path(asked.home) if asked.home else home() / "chaos", free_port(), "tests.chaos.till_settings")
    profiles = Path(tempfile.mkdtemp(prefix="tills-"))
    try:
        os.environ.update(world.start_databases())
        act = _accidents(world, asked, random.Random(seed))
        return sold(world, profiles, act, tills=asked.tills, sales=asked.sales)
    finally:
        world.stop()
        shutil.rmtree(profiles, ignore_errors=True)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=till", description="Sell at tills to which all happens.")
    parser.add_argument("--sales", type=int, default=200)
    parser.add_argument("--seed", type=int, help="of what happens when; drawn when not given")
    parser.add_argument("--tills", type=int, default=2)
    parser.add_argument("--only", default="", help="one accident by its name, again and again")
    parser.add_argument("--home", default="", help="data folder; kept for the next run")
    return parser.parse_args(arguments)


def _accidents(world: World, asked: argparse.Namespace, pick: random.Random) -> Acts:
    def act(tills: list[Any]) -> tuple[Any, list[Any]]:
        from tests.chaos import accidents, shops

        play = accidents.Play(tills, Web(world), pick)
        play.run(asked.sales, asked.only)
        full = play.book.accidents["no room left"]
        refused = f"{play.refused} of {full}"
        return play.book, [shops.Row("times a device without room refused", refused, play.refused == full)]

    return act


def sold(world: World, profiles: Path, act: Acts, *, tills: int, sales: int) -> int:
    """Open a shop with some tills, let ``act`` sell at them, and count; answers 0 when every promise held.

    ``act`` gets the tills and answers the book of what it sold, and promises of its own. ``sales`` is how many there
    will be, for the shelves.
    """
    sys.path.append(str(CHECKOUT / "tools"))  # as in a run of the tests
    import django  # here, because the settings read the environment that was made just now

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from playwright.sync_api import sync_playwright

    from core.tenancy.context import use_tenant
    from tests.chaos import shops, till_books
    from tests.chaos.tills import Till
    from tests.chaos.wire import Wire
    from tests.live_client import session_of

    call_command("prepare", "--no-demo", stdout=io.StringIO())
    shop = shops.found(HOST, "GBP")
    with use_tenant(shop.tenant):
        was = till_books.before(shop, at_least=10 * sales)
        parts = [till_books.enrolled(shop, prefix) for prefix in till_books.free_prefixes(tills)]
    world.start("web", "relay 1")
    began = time.monotonic()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        opened: list[Any] = []
        try:
            for part in parts:
                session = [one.partition("=") for one in session_of(shop, "cashier").split("; ")]
                till = Till(
                    playwright.chromium,
                    profiles / part.prefix,
                    host=HOST,
                    prefix=part.prefix,
                    wire=Wire(world.port),
                    cookies=[*((name, value) for name, _, value in session), (settings.DEVICE_COOKIE_NAME, part.token)],
                    register=part.register,
                )
                opened.append(till)
                till.start()
                till.settle_in()
            print(f"the shop and its tills are up after {time.monotonic() - began:.0f} s", flush=True)
            book, own = act(opened)
        finally:
            for till in opened:
                till.kill()
                till.wire.close()
    seconds = time.monotonic() - began
    with use_tenant(shop.tenant):
        shops.number_everything(shop)
    rows = [*till_books.counted(shop, book, parts, was), *own]
    return _tell(till_books.by_accident(shop, book), rows, seconds, world)


class Web:
    """The web process of the run."""

    def __init__(self, world: World) -> None:
        self.world = world

    def kill(self) -> None:
        self.world.kill("web")

    def start(self) -> None:
        self.world.start("web")


def _tell(tallies: Any, rows: Any, seconds: float, world: World) -> int:
    print(f"{'':<24}{'times':>6}{'sales':>6}{'said':>6}{'lost':>6}   and booked though broken off")
    for one in tallies:
        figures = f"{one.times:>6}{one.sales:>6}{one.said:>6}{one.lost:>6}{one.unsaid:>6}"
        print(f"{one.accident:<24}{figures}{'  <-- BROKEN' if one.lost else ''}")
    wide = max(len(row.promise) for row in rows)
    print()
    for row in rows:
        print(f"{row.promise:<{wide}}  {row.counted!s:>18}{'' if row.holds else '  <-- BROKEN'}")
    is_broken = any(one.lost for one in tallies) or not all(row.holds for row in rows)
    if is_broken:
        print(world.said())
    print(f"\n{'BROKEN' if is_broken else 'Nothing is lost and nothing is there twice'}, {seconds:.0f} s", flush=True)
    return int(is_broken)
