"""A till's machine loses its power right after a sale (``make chaos ARGS="power --rounds 5"``).

The browser's profile lies on a disk of its own: ext4 in a file, mounted by a loop device. When the till has said that a
sale is done the browser is stopped, and the file is copied as the disk has it at that moment: what was never flushed
is not in it. The copy is what a new browser starts on. Needs root and loop devices.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from retail_saas.data_folder import home
from retail_saas.processes import wait_for
from tests.chaos.till import Web, sold
from tests.chaos.world import World, free_port

NOT_HERE = 2
"""What the run ends with where it cannot be made."""
NAME = "power cut"
BEFORE = 0.25
"""So many of the cuts come before the till has said anything."""
# A store that is content once the system has what it was given, as in browsers where nothing else is asked for.
RELAXED = """(() => {
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (names, mode) {
    return transaction.call(this, names, mode, { durability: "relaxed" });
  };
})()"""


class NoDisk(Exception):
    """This machine gives us no disk of our own."""


class Disk:
    """An ext4 file system of so many megabytes in a file in ``folder``, mounted below it."""

    def __init__(self, folder: Path, megabytes: int = 768) -> None:
        self.folder, self.top, self.image = folder, folder / "disk", folder / "disk.img"
        self.top.mkdir()
        with self.image.open("wb") as file:
            file.truncate(megabytes * 2**20)
        # Nothing of the file system is to be written later by itself: the copy is taken while the disk is at rest.
        at_once = "lazy_itable_init=0,lazy_journal_init=0"
        _run("mkfs.ext4", "-q", "-F", "-E", at_once, str(self.image))
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self.image), str(self.top))

    def unmount(self) -> None:
        """Returns when nobody uses it any more; what was killed takes a moment to let go."""
        if not os.path.ismount(self.top):
            return
        command = ["umount", str(self.top)]
        if not wait_for(lambda: subprocess.run(command, check=False, capture_output=True).returncode == 0, seconds=30):
            raise NoDisk(f"{self.top} cannot be unmounted")

    def as_it_is(self) -> Path:
        """A copy of what the disk has at one moment; taken anew where something was written meanwhile."""
        copy = self.folder / "copy.img"
        for _ in range(20):
            before = self._written()
            _run("cp", "--sparse=always", str(self.image), str(copy))
            if before == self._written():
                return copy
        raise NoDisk("the disk does not come to rest")

    def become(self, copy: Path) -> None:
        """Go on with a copy: the journal is replayed, as when a machine starts after a power cut."""
        self.unmount()
        copy.replace(self.image)
        self.mount()

    def end(self) -> None:
        with suppress(NoDisk):
            self.unmount()

    def _written(self) -> tuple[str, ...]:
        """Writes that were done, sectors that were written, and what is under way."""
        device = Path(os.path.realpath(_run("findmnt", "-no", "SOURCE", str(self.top)))).name
        told = Path("/sys/block", device, "stat").read_text().split()
        return told[4], told[6], told[8]


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError as problem:
        raise NoDisk(f"there is no {command[0]}") from problem
    except subprocess.CalledProcessError as problem:
        raise NoDisk(f"{command[0]}: {' '.join(problem.stderr.split())}") from problem
    return done.stdout.strip()


def main(arguments: list[str]) -> int:
    """One run; answers 0 when every promise held, 2 where there is no disk to be had."""
    asked = _asked(arguments)
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    folder = Path(tempfile.mkdtemp(prefix="power-"))
    disk = None
    try:
        disk = Disk(folder)
        mode = "relaxed: the run is to fail" if asked.relaxed else "strict"
        print(f"seed {seed}, {asked.rounds} power cuts, {asked.sales} sales before each, durability {mode}", flush=True)
        return _with_databases(asked, random.Random(seed), disk)
    except NoDisk as problem:
        print(f"A power cut needs root and loop devices: {problem}", file=sys.stderr)
        return NOT_HERE
    finally:
        if disk is not None:
            disk.end()
        if not os.path.ismount(folder / "disk"):
            shutil.rmtree(folder, ignore_errors=True)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=power", description="Cut the power of a till.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sales", type=int, default=10, help="sales before each cut")
    parser.add_argument("--seed", type=int, help="of the baskets and the moments; drawn when not given")
    parser.add_argument("--relaxed", action="store_true", help="as if the store did not ask for durability: must fail")
    parser.add_argument("--home", default="", help="data folder; kept for the next run")
    return parser.parse_args(arguments)


def _with_databases(asked: argparse.Namespace, pick: random.Random, disk: Disk) -> int:
    world = World(Path(asked.home) if asked.home else home() / "chaos", free_port(), "tests.chaos.till_settings")

    def act(tills: list[Any]) -> tuple[Any, list[Any]]:
        return _cuts(asked, pick, disk, tills[0], world), []

    try:
        os.environ.update(world.start_databases())
        return sold(world, disk.top, act, tills=1, sales=asked.rounds * asked.sales)
    finally:
        world.stop()


def _cuts(asked: argparse.Namespace, pick: random.Random, disk: Disk, till: Any, world: World) -> Any:
    """Rounds of sales without a server, each ended by a power cut and then sent; answers the book of them."""
    from tests.chaos.accidents import Play

    play = Play([till], Web(world), pick)
    if asked.relaxed:
        till.habits.append(RELAXED)
        till.kill()
        till.start()
    for number in range(1, asked.rounds + 1):
        till.wire.cut()
        till.reopen()  # whatever the last cut left of the app's own files: it opens without a server
        for _ in range(asked.sales - 1):
            play.sell(till, NAME)
        is_said = _last(play, till, pick)
        till.stop()
        copy = disk.as_it_is()
        till.kill()
        disk.become(copy)
        till.wire.mend()
        till.start()
        play.book.accidents[NAME] += 1
        moment = "right after" if is_said else "during"
        print(f"round {number}: the power went {moment} the last of {asked.sales} sales", flush=True)
        play.end()
        till.settle_in()  # where the power took the store, too
    return play.book


def _last(play: Any, till: Any, pick: random.Random) -> bool:
    """The sale at which the power goes: as soon as the till has said that it is done, or before that."""
    sale = play.begin(till, NAME)
    play.pay(till, sale)
    if pick.random() < BEFORE:
        time.sleep(pick.uniform(0, 0.2))
        return False
    till.until_paid(till.page)
    sale.is_said = True
    return True
