"""python -m tests.chaos [--sales 5000] [--seed 7] [--away 60] [--kills 24]; of tills: … till, … power"""

import argparse
import io
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from retail_saas.data_folder import home
from retail_saas.processes import wait_for
from tests.chaos.world import MORTAL, World, free_port

TILLS = 6
STALLED_SECONDS = 90
"""Nothing arrived for so long while something was to be sent: it never will."""


def main(arguments: list[str]) -> int:
    """One run; answers 0 when every promise held."""
    asked = _asked(arguments)
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}, {asked.sales} sales, Valkey away for {asked.away:g} s", flush=True)
    world = World(Path(asked.home) if asked.home else home() / "chaos", free_port())
    try:
        os.environ.update(world.start_databases())
        return _run(world, asked, random.Random(seed))
    finally:
        world.stop()


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description="Kill everything at random, then count.")
    parser.add_argument("--sales", type=int, default=3000)
    parser.add_argument("--seed", type=int, help="of what is killed when; drawn when not given")
    parser.add_argument("--away", type=float, default=60.0, help="seconds without Valkey, in the middle of the run")
    parser.add_argument("--kills", type=int, default=24, help="how many processes are killed")
    parser.add_argument("--home", default="", help="data folder; kept for the next run")
    return parser.parse_args(arguments)


def _run(world: World, asked: argparse.Namespace, pick: random.Random) -> int:
    import django  # here, because the settings read the environment that was made just now

    django.setup()
    from django.core.management import call_command

    from tests.chaos import people, shops

    set_up = time.monotonic()
    call_command("prepare", "--no-demo", stdout=io.StringIO())
    with people.receiving() as mail, people.receiving() as their_mail:
        ours = shops.opened("chaos", "GBP", world.port, mail.url)
        theirs = shops.opened("calm", "USD", world.port, their_mail.url)
        shops.let_go()
        sales, their_sales = people.Sales(asked.sales), people.Sales(max(10, asked.sales // 20))
        feed = people.Heard(ours.epoch, ours.head)
        screen = people.Heard(ours.epoch, ours.head)
        stop = threading.Event()
        world.start("web", "relay 1", "relay 2", "worker", "scheduler")
        began = time.monotonic()
        print(f"two shops and all processes are up after {began - set_up:.0f} s", flush=True)
        work: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
            (people.read_feed, (ours.door, feed, stop)),
            (people.watch, (ours.door, screen, stop)),
            (people.sell, (theirs.door, their_sales, 0)),
            *((people.sell, (ours.door, sales, pick.randrange(10**9))) for _ in range(TILLS)),
        ]
        threads = [threading.Thread(target=call, args=args, daemon=True) for call, args in work]
        for thread in threads:
            thread.start()
        killed = Chaos(world, sales, pick, asked).reign()
        ended = sales.wait_for(sales.wanted, 300) and their_sales.wait_for(their_sales.wanted, 120)
        seconds = time.monotonic() - began
        quiet = _all_told([ours, theirs], [mail, their_mail])
        head = shops.head_of(ours)
        wait_for(lambda: min(feed.cursor, screen.cursor) >= head, seconds=60)
        stop.set()
        sales.stop.set()
        their_sales.stop.set()
        for thread in threads:
            thread.join(20)
        print(f"the last sale after {seconds:.0f} s, all told after {time.monotonic() - began:.0f} s", flush=True)
        kills = sum(killed[name] for name in ("worker", "PostgreSQL", "Valkey", "scheduler"))
        rows = [
            shops.Row("all sales came to an end", f"{sales.done} of {sales.wanted}", ended),
            shops.Row("everything was sent at last", quiet, quiet),
            *shops.counted(
                ours, sales, mail, others=their_mail, kills=kills, readers=[("the feed", feed), ("the socket", screen)]
            ),
        ]
        theirs_rows = shops.counted(theirs, their_sales, their_mail, others=mail, readers=[], kills=kills)
        rows += [shops.Row(f"the other shop: {row.promise}", row.counted, row.holds) for row in theirs_rows]
    _tell(rows, sales, feed, screen, killed, seconds)
    broken = [row for row in rows if not row.holds]
    if broken:
        print(sales.refused[:3], feed.wrong[:3], world.said(), sep="\n")
    return bool(broken)


def _all_told(stands: list[Any], boxes: list[Any]) -> bool:
    """Wait until nothing is left to send, as long as something is still arriving."""
    from tests.chaos.shops import is_quiet

    def told() -> int:
        return sum(box.count for box in boxes)

    def has_moved(before: int) -> bool:
        return told() != before or all(is_quiet(stand) for stand in stands)

    while not all(is_quiet(stand) for stand in stands):
        if not wait_for(partial(has_moved, told()), seconds=STALLED_SECONDS, pause=0.5):
            return False
    return True


class Chaos:
    """Kills something every few sales, and once takes Valkey away for long."""

    def __init__(self, world: World, sales: Any, pick: random.Random, asked: argparse.Namespace) -> None:
        self.world, self.sales, self.pick, self.asked = world, sales, pick, asked

    def reign(self) -> Counter[str]:
        """Until the last sale but a few is made; answers what was killed how often."""
        killed: Counter[str] = Counter()
        # Each of them once, then whatever comes.
        victims = [*MORTAL, *self.pick.choices(MORTAL, k=max(0, self.asked.kills - len(MORTAL)))][: self.asked.kills]
        self.pick.shuffle(victims)
        steps = [int(self.sales.wanted * 0.9 * (n + 1) / len(victims)) for n in range(len(victims))]
        middle = len(victims) // 2
        for n, (victim, step) in enumerate(zip(victims, steps, strict=True)):
            if not self.sales.wait_for(step, 240):
                break
            self._start_what_ended()
            self.world.kill(victim)
            killed[victim] += 1
            self.world.start(victim)
            if n == middle:
                self._without_valkey()
                killed["Valkey"] += 1
        return killed

    def _start_what_ended(self) -> None:
        """As the supervisor does: a program that gave up, because its database was away, comes back."""
        self.world.start(*self.world.dead())

    def _without_valkey(self) -> None:
        self.world.kill("Valkey")
        before, until = self.sales.done, time.monotonic() + self.asked.away
        while (left := until - time.monotonic()) > 0 and not self.sales.wait_for(self.sales.wanted, min(left, 1)):
            self._start_what_ended()
        print(f"without Valkey: {self.sales.done - before} sales in {self.asked.away:g} s", flush=True)
        self.world.start("Valkey")


def _tell(rows: Any, sales: Any, feed: Any, screen: Any, killed: Counter[str], seconds: float) -> None:
    wide = max(len(row.promise) for row in rows)
    for row in rows:
        print(f"{row.promise:<{wide}}  {row.counted!s:>12}  {'' if row.holds else '<-- BROKEN'}")
    waits = sorted(sales.waits)
    print(f"\nkilled: {', '.join(f'{name} {count}' for name, count in sorted(killed.items()))}")
    half = waits[len(waits) // 2]
    print(f"{sales.done} sales in {seconds:.0f} s; half of them within {half:.3f} s, the longest {waits[-1]:.1f} s")
    print(f"asked again: {dict(sales.retries)}; the feed came back {feed.returns} times, the screen {screen.returns}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["till"]:
        from tests.chaos.till import main as till

        sys.exit(till(sys.argv[2:]))
    if sys.argv[1:2] == ["power"]:
        from tests.chaos.power import main as power

        sys.exit(power(sys.argv[2:]))
    sys.exit(main(sys.argv[1:]))
