"""`make run` and `make test`: the databases, then everything that works on them, ended in order.

python -m retail_saas.supervisor run                      the whole product, until Ctrl-C
python -m retail_saas.supervisor test -- COMMAND ...      a command beside throw-away databases
"""

import argparse
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from retail_saas import startup
from retail_saas.data_folder import CHECKOUT, StackError, ensure_state, explain, home, read_environment
from retail_saas.embedded import Stack
from retail_saas.processes import RUN_MARK, listen_trouble, signal_group, spawn
from retail_saas.services import Child, Ended, Product, Service, product

STOP_SECONDS = 9.5
CRASHES, CRASH_SECONDS = 5, 60.0


def say(words: str) -> None:
    """Print a line at once, whole, from whatever thread."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


class Stopped(Exception):
    """Somebody asked us to end."""


@dataclass(frozen=True, slots=True)
class Signalled:
    """Ctrl-C, `kill`, or a closed terminal."""

    number: int


class Supervisor:
    """Runs the product on one data folder. It decides on the main thread; other threads only report to its queue.

    ``embedded=False`` uses the servers that ``DATABASE_URL`` and ``REDIS_URL`` name.
    """

    def __init__(self, home: Path, port: int, product: Product, embedded: bool = True) -> None:
        self.home, self.port, self.product, self.embedded = home, port, product, embedded
        self.stack = Stack(home)
        self.events: queue.SimpleQueue[Ended | Signalled] = queue.SimpleQueue()
        self.children: dict[str, Child] = {}
        self.crashes: dict[str, list[float]] = {}
        self.due: dict[str, float] = {}  # what is to be started again, and when
        self.jobs: dict[str, int | None] = {}  # commands that run once, and their exit code
        self.interrupts = 0

    def run(self) -> int:
        """Start everything, keep it running, end it in order; returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        code = 0
        try:
            self.start()
            self._until(lambda: False, look_seconds=3600)
        except Stopped:
            pass
        except (StackError, OSError) as problem:
            say(str(explain(problem, self.home) if isinstance(problem, OSError) else problem))
            code = 1
        finally:
            self.stop()
        return code

    # --- start

    def start(self) -> None:
        """Bring everything up, then say where it is. Raises ``StackError`` or ``Stopped``."""
        began = time.monotonic()
        address = f"http://demo.localhost:{self.port}/"
        self.lock = self.stack.claim(address)
        if trouble := listen_trouble(self.port):
            raise StackError(f"Port {self.port} {trouble}: choose another one, for example `make run PORT=8001`.")
        if self.embedded:
            say("Starting PostgreSQL and Valkey …")
            found = self.stack.start(self._beat)
            for name, server in self.stack.servers.items():
                self._watch_server(name, server.process)
        else:
            ensure_state(self.home)
            found = {k: v for k, v in read_environment(self.home).items() if k in ("SECRET_KEY", "FIELD_KEYS")}
        mine = {"DATA_DIR": str(self.home), "PORT": str(self.port), RUN_MARK: str(self.home)}
        self.env = found | {key: value for key, value in os.environ.items() if value} | mine
        self._prepare_and_serve()
        say(startup.announcement(self.children["prepare"].tail, self.port, self.home, time.monotonic() - began))

    def _prepare_and_serve(self) -> None:
        """The order that answers soonest: what is up to date already does not wait for the look that proves it."""
        statics, schema = startup.Stamp.of_static_files(self.home), startup.Stamp.of_schema(self.home)
        say("Looking after the database …" if schema.fresh else "Preparing the database and the demo shop …")
        self._launch(self.product.prepare, job=True)
        if not statics.fresh:
            say("Collecting style sheets and scripts …")
            self._launch(self.product.static, job=True)
            self._until(lambda: self.jobs["static"] is not None)
            statics.renew()
        if not schema.fresh:  # pages of the new program on the old tables would only fail
            self._until(lambda: self.jobs["prepare"] is not None)
        web, *others = self.product.services
        say("Starting the web server, the worker, the scheduler and the relay …")
        self._launch(web)
        self._until(lambda: self.jobs["prepare"] is not None)
        schema.renew()
        self._until(lambda: startup.answers(self.port))
        for service in others:
            self._launch(service)

    def _launch(self, service: Service, job: bool = False) -> None:
        log = self.home / "logs" / f"{service.name}.log"
        log.parent.mkdir(exist_ok=True, mode=0o700)
        child = self.children.setdefault(service.name, Child(service, log, say, talkative=job))
        if job:
            self.jobs[service.name] = None
        child.start(self.env, self.lock, self.events.put)

    def _watch_server(self, name: str, process: subprocess.Popen[bytes] | None) -> None:
        def watch() -> None:
            if process:
                process.wait()
                self.events.put(Ended(name, process))

        threading.Thread(target=watch, daemon=True).start()

    # --- while it runs

    def _until(self, done: Callable[[], bool], look_seconds: float = 0.05) -> None:
        """Deal with what happens until ``done`` says so; it is asked at least every ``look_seconds``."""
        while not done():
            pause = look_seconds
            if self.due:
                pause = min(pause, max(0.0, min(self.due.values()) - time.monotonic()))
            with suppress(queue.Empty):
                self._handle(self.events.get(timeout=pause))
            for name in [name for name, at in self.due.items() if at <= time.monotonic()]:
                del self.due[name]
                self._start_again(name)

    def _beat(self) -> None:
        if not self.events.empty():
            self._handle(self.events.get())

    def _handle(self, event: Ended | Signalled) -> None:
        if isinstance(event, Signalled):
            raise Stopped
        child, server = self.children.get(event.name), self.stack.servers.get(event.name)
        current = child.process if child else server and server.process
        if event.process is not current:
            return
        code = event.process.returncode
        signal_group(event.process, signal.SIGKILL)  # a pool without its master
        if event.name in self.jobs:
            self.jobs[event.name] = code
            if code:
                raise StackError(f"The step “{event.name}” failed: {self._last_words(event.name)}.")
            return
        now = time.monotonic()
        recent = [at for at in self.crashes.get(event.name, []) if at > now - CRASH_SECONDS] + [now]
        self.crashes[event.name] = recent
        if len(recent) >= CRASHES:
            raise StackError(
                f"{event.name} ended {CRASHES} times within a minute, so everything is stopped: "
                f"{self._last_words(event.name)}."
            )
        delay = 0.1 * 2 ** (len(recent) - 1)
        self.due[event.name] = now + delay
        say(f"{event.name} ended by itself (code {code}); it starts again in {delay:g} s.")

    def _start_again(self, name: str) -> None:
        if name in self.stack.servers:
            self.stack.restart(name)
            self._watch_server(name, self.stack.servers[name].process)
        else:
            self._launch(self.children[name].service)

    def _last_words(self, name: str) -> str:
        child = self.children.get(name)
        log = child.log if child else self.stack.servers[name].log
        tail = reversed(child.tail) if child else ()
        said = (line for line in tail if line[:1].strip() and not line.startswith("LINE "))
        last = next(said, "")  # indented lines and PostgreSQL's pointers belong to what stands above them
        return f"it said “{last.strip().rstrip('.')}”, see {log}" if last else f"see {log}"

    # --- end

    def stop(self) -> None:
        """End everything in order: the web first, so that no new work comes in, the databases last."""
        began = time.monotonic()
        if self.children:
            say("Stopping …")
        order = [*self.jobs, *(service.name for service in self.product.services)]
        for name in order:
            if child := self.children.get(name):
                child.stop(began + child.service.ends_by - time.monotonic())
        self.stack.stop(began + STOP_SECONDS - time.monotonic())
        if self.children:
            say(f"Stopped after {time.monotonic() - began:.1f} s.")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.interrupts += number == signal.SIGINT
        if self.interrupts > 1:
            self._kill()
        self.events.put(Signalled(number))

    def _kill(self) -> None:
        """The second Ctrl-C: nothing is waited for, nothing committed is lost."""
        for process, number in [
            *((child.process, signal.SIGKILL) for child in self.children.values()),
            *((server.process, server.hard_stop_signal) for server in self.stack.servers.values()),
        ]:
            if process and process.poll() is None:
                signal_group(process, number)
        os._exit(130)


def run_product(port: int) -> int:
    """`make run`."""
    folder, given = home(), [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    if len(given) == 1:
        raise StackError(f"Only {given[0]} is set: set DATABASE_URL and REDIS_URL both, or neither of them.")
    return Supervisor(folder, port, product(folder, port), embedded=not given).run()


def run_beside_databases(command: Sequence[str]) -> int:
    """`make test`: run a command with the addresses of fresh-enough databases; returns its exit code.

    The databases are kept apart from those of `make run`, are quick rather than safe, and are made anew when broken.
    """
    folder = home() / "test"
    stack = Stack(folder, durable=False)
    lock = stack.claim()
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        ensure_state(folder)
        found = {k: v for k, v in read_environment(folder).items() if k in ("SECRET_KEY", "FIELD_KEYS")}
    else:
        found = _start_throw_away(stack)
    env = {
        **found,
        **{key: value for key, value in os.environ.items() if value},
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "retail_saas.settings.test",
        RUN_MARK: str(folder),
    }
    try:
        process = spawn(
            command, env=env, cwd=CHECKOUT, output=None, death_signal=signal.SIGTERM, hold=lock, own_session=False
        )
        signal.signal(signal.SIGINT, lambda number, frame: None)  # the terminal tells the command as well
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: process.send_signal(signal.SIGTERM))
        code = process.wait()
    except OSError as problem:
        raise StackError(f"{command[0]} cannot be run ({problem.strerror}).") from problem
    finally:
        stack.stop()
    return code if code >= 0 else 128 - code


def _start_throw_away(stack: Stack) -> dict[str, str]:
    try:
        return stack.start()
    except StackError:
        stack.claim()
        try:
            for path in (stack.home / "databases").resolve().glob("*"):
                shutil.rmtree(path)
            (stack.home / "stack.json").unlink(missing_ok=True)
        except OSError as problem:
            raise explain(problem, stack.home) from problem
        return stack.start()


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m retail_saas.supervisor", description=__doc__)
    actions = parser.add_subparsers(required=True, dest="action")
    run = actions.add_parser("run", help="the whole product, until Ctrl-C")
    run.add_argument("--port", default=os.environ.get("PORT") or "8000")
    test = actions.add_parser("test", help="a command beside throw-away databases")
    test.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    try:
        if options.action == "test":
            return run_beside_databases(options.command)
        if not (options.port.isdigit() and 0 < int(options.port) < 65536):
            raise StackError(f"PORT must be a number from 1 to 65535, not {options.port!r}.")
        return run_product(int(options.port))
    except StackError as problem:
        say(str(problem))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
