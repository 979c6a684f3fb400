"""`make run` under bad conditions: real processes and real databases on data folders of their own."""

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis

from retail_saas.data_folder import CHECKOUT, read_state
from retail_saas.embedded import Stack, StackError, read_environment
from retail_saas.processes import RUN_MARK, listen_trouble, try_lock, wait_for
from retail_saas.services import worth_showing

pytestmark = pytest.mark.live
NAMES = ["web", "scheduler", "relay", "worker"]


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that root's database user can reach, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="retail-test-"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree((folder / "data" / "databases").resolve(), ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Run:
    """One supervisor process and what it said."""

    def __init__(self, *command: object, **env: str) -> None:
        self.output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", *(str(part) for part in command)],
            cwd=CHECKOUT,
            # Not ours: this test itself runs beside databases.
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env},
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def said(self) -> str:
        self.output.seek(0)
        return self.output.read()

    def says(self, words: str) -> None:
        until(lambda: words in self.said or self.process.poll() is not None)
        assert words in self.said

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


Start = Callable[..., Run]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts supervisors with stand-ins for the product; whatever is left afterwards is killed."""
    runs: list[Run] = []

    def begin(data: Path, port: int, mode: str = "", up: bool = True) -> Run:
        runs.append(Run("tests.stand_ins", data, port, mode))
        if up:
            runs[-1].says("Ctrl-C stops everything.")
            until(lambda: all((data / f"{name}.ready").exists() for name in NAMES))
        return runs[-1]

    yield begin
    for run in runs:
        run.process.kill()
        run.process.wait()
        run.output.close()


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    assert wait_for(condition, seconds=seconds), "it did not happen in time"


def processes_of(data: Path) -> list[int]:
    """Everything that works for a data folder, the supervisor not included."""
    mark, found = f"{RUN_MARK}={data}".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            below = (entry / "cwd").resolve(strict=True).is_relative_to((data / "databases").resolve())
            if below or mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    return ""


def kill(processes: Iterable[int]) -> None:
    """As `kill -9`; some end on their own because others did."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_free(data: Path) -> bool:
    lock = try_lock(data / "stack.lock")
    if lock:
        lock.close()
    return lock is not None


def write_down(data: Path, value: int) -> None:
    where = read_environment(data)
    with psycopg.connect(where["DATABASE_URL"]) as database:
        database.execute("CREATE TABLE IF NOT EXISTS sale (amount int)")
        database.execute("INSERT INTO sale VALUES (%s)", [value])
    with redis.Redis.from_url(where["REDIS_URL"]) as broker:
        broker.rpush("hints", value)


def written(data: Path) -> tuple[list[int], list[int]]:
    where = read_environment(data)
    with psycopg.connect(where["DATABASE_URL"]) as database:
        rows = [row[0] for row in database.execute("SELECT amount FROM sale ORDER BY amount").fetchall()]
    with redis.Redis.from_url(where["REDIS_URL"]) as broker:
        return rows, [int(hint) for hint in broker.lrange("hints", 0, -1)]


# --- a second start


def test_a_second_start_on_the_same_data_is_refused_and_told_where_the_first_is(
    data: Path, port: int, start: Start
) -> None:
    start(data, port)
    second = start(data, port + 1, up=False)

    assert second.process.wait(10) == 1
    assert second.said == f"Already running for the data in {data}, see http://demo.localhost:{port}/.\n"


def test_a_taken_port_is_told_before_anything_is_started(data: Path, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        run = start(data, taken, up=False)

        assert run.process.wait(10) == 1
        assert run.said == f"Port {taken} is taken: choose another one, for example `make run PORT=8001`.\n"
        assert not (data / "databases").exists()


# --- the end


def test_ctrl_c_ends_everything_in_order_and_leaves_nothing_behind(data: Path, port: int, start: Start) -> None:
    run = start(data, port)
    assert "http://demo.localhost" in run.said
    began = time.monotonic()

    assert run.end(signal.SIGINT) == 0

    assert time.monotonic() - began < 10
    assert (data / "ended.txt").read_text().split() == NAMES
    assert processes_of(data) == []
    assert is_free(data)
    assert not (data / "databases" / "postgresql" / "postmaster.pid").exists()
    assert all(not listen_trouble(read_state(data)[name]) for name in ("postgres_port", "valkey_port"))


def test_a_stubborn_process_does_not_keep_the_rest_from_ending_within_ten_seconds(
    data: Path, port: int, start: Start
) -> None:
    run = start(data, port, "stubborn")
    began = time.monotonic()

    assert run.end(signal.SIGTERM) == 0

    assert time.monotonic() - began < 10
    assert (data / "ended.txt").read_text().split() == ["scheduler", "relay", "worker"]
    assert processes_of(data) == []


def test_a_second_ctrl_c_does_not_wait(data: Path, port: int, start: Start) -> None:
    run = start(data, port, "stubborn")
    run.process.send_signal(signal.SIGINT)
    run.says("Stopping")
    began = time.monotonic()

    assert run.end(signal.SIGINT) == 130

    assert time.monotonic() - began < 2
    until(lambda: not processes_of(data))


# --- kill -9


def test_after_kill_9_of_everything_the_next_start_has_all_that_was_committed(
    data: Path, port: int, start: Start
) -> None:
    run = start(data, port)
    write_down(data, 1)
    kill([run.process.pid, *processes_of(data)])
    run.process.wait()

    again = start(data, port)

    assert written(data) == ([1], [1])
    assert again.end() == 0


def test_after_kill_9_of_the_supervisor_its_children_end_and_the_next_start_has_the_data(
    data: Path, port: int, start: Start
) -> None:
    run = start(data, port)
    write_down(data, 1)
    run.process.kill()

    again = start(data, port)

    assert written(data) == ([1], [1])
    assert again.end() == 0
    assert processes_of(data) == []


def test_an_orphan_of_an_earlier_run_is_ended_by_the_next_start(data: Path, port: int, start: Start) -> None:
    start(data, port).end()
    lock = try_lock(data / "stack.lock")
    assert lock
    # As a pool process whose master was killed: it still has the lock it was born with.
    orphan = subprocess.Popen(
        ["tail", "-f", "/dev/null"],
        env={"PATH": os.environ["PATH"], RUN_MARK: str(data)},
        pass_fds=[lock.fileno()],
    )
    lock.close()
    assert not is_free(data)

    again = start(data, port)

    assert orphan.wait(1) == -signal.SIGKILL
    assert again.end() == 0


def test_killed_databases_and_workers_come_back(data: Path, port: int, start: Start) -> None:
    run = start(data, port)
    write_down(data, 1)
    postmaster = int((data / "databases" / "postgresql" / "postmaster.pid").read_text().split()[0])

    commands = {pid: command_of(pid) for pid in processes_of(data)}
    kill(
        pid
        for pid, command in commands.items()
        if pid == postmaster or "valkey" in command or command.endswith(" worker")
    )

    for name in ("PostgreSQL", "Valkey", "worker"):
        run.says(f"{name} ended by itself")

    def back() -> bool:
        try:
            return written(data) == ([1], [1])
        except (psycopg.OperationalError, redis.ConnectionError):
            return False

    until(back)
    until(lambda: any(command_of(pid).endswith(" worker") for pid in processes_of(data)))
    assert run.end() == 0


def test_a_process_that_cannot_live_stops_everything_with_one_sentence(data: Path, port: int, start: Start) -> None:
    run = start(data, port, "hopeless", up=False)

    assert run.process.wait(20) == 1

    assert (
        "relay ended 5 times within a minute, so everything is stopped: "
        f"it said “no work today”, see {data / 'logs' / 'relay.log'}.\n" in run.said
    )
    assert "Traceback" not in run.said
    assert processes_of(data) == []


# --- folders and disks


def broken(data: Path) -> str:
    with pytest.raises(StackError) as refusal:
        Stack(data).start()
    return str(refusal.value)


def test_a_broken_data_folder_gives_one_sentence(data: Path) -> None:
    stack = Stack(data)
    stack.start()
    stack.stop()
    databases, state = data / "databases", (data / "stack.json").read_text()
    assert (data / "stack.json").stat().st_mode & 0o777 == 0o600

    control = databases / "postgresql" / "global" / "pg_control"
    good = control.read_bytes()
    control.write_bytes(bytes(len(good)))
    assert broken(data).startswith(f"PostgreSQL did not start on {databases / 'postgresql'} (")
    control.write_bytes(good)

    append_only = next((databases / "valkey" / "appendonlydir").glob("*.incr.aof"))
    append_only.write_bytes(b"*1\r\n$nonsense" * 9)
    assert broken(data).startswith(f"Valkey did not start on {databases / 'valkey'} (")
    append_only.write_bytes(b"")

    version = databases / "postgresql" / "PG_VERSION"
    version.write_text("17\n")
    assert broken(data).startswith(f"{databases / 'postgresql'} was written by PostgreSQL 17 and this is 18:")
    version.unlink()
    assert broken(data).startswith(f"{databases / 'postgresql'} is not a PostgreSQL data folder:")

    (data / "stack.json").write_text(state[:-30])
    assert broken(data).startswith(f"{data / 'stack.json'} is damaged:")
    (data / "stack.json").unlink()
    assert broken(data).startswith(f"{data} holds a database but its stack.json is missing:")


def test_a_file_in_the_place_of_the_data_folder_is_told(data: Path) -> None:
    data.write_text("mine")
    assert broken(data) == f"{data} cannot be used (File exists)."


def test_a_half_made_cluster_is_made_anew(data: Path) -> None:
    half = data / "databases" / "postgresql.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    stack = Stack(data, durable=False)
    stack.start()
    stack.stop()

    assert not half.exists()


def test_a_full_disk_is_told_before_anything_is_written(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=50 * 2**20))

    assert broken(data) == (
        f"The disk of {data / 'databases'} has 50 MB left and the databases need 300 MB: "
        "free some space, then start again."
    )


def test_a_platform_without_binaries_is_told_what_to_set(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "pdp11")

    assert broken(data).endswith("(linux pdp11): set DATABASE_URL and REDIS_URL to servers of your own.")


def test_a_port_that_a_stranger_took_meanwhile_is_given_up(data: Path) -> None:
    stack = Stack(data, durable=False)
    stack.start()
    stack.stop()
    before = read_state(data)["postgres_port"]

    with socket.create_server(("127.0.0.1", before)):
        where = stack.start()
        psycopg.connect(where["DATABASE_URL"]).close()
        stack.stop()

    assert read_state(data)["postgres_port"] != before


def test_a_folder_that_the_database_user_cannot_enter_is_no_obstacle(data: Path) -> None:
    data.parent.chmod(0o700)
    stack = Stack(data, durable=False)
    where = stack.start()
    psycopg.connect(where["DATABASE_URL"]).close()
    stack.stop()

    assert (data / "databases").is_symlink() == (os.geteuid() == 0)
    assert data.parent.stat().st_mode & 0o777 == 0o700


def test_the_program_is_no_superuser_of_its_database(data: Path) -> None:
    stack = Stack(data, durable=False)
    where = stack.start()
    with psycopg.connect(where["DATABASE_URL"]) as database:
        row = database.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        wrong = where["DATABASE_URL"].replace(
            ":" + json.loads((data / "stack.json").read_text())["postgres_password"], ""
        )
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong, password="guess")
    stack.stop()

    assert row == (False, True)


# --- the command line


def test_only_one_of_two_addresses_is_refused() -> None:
    run = Run("retail_saas.supervisor", "run", DATABASE_URL="postgresql://localhost/x")

    assert run.process.wait(10) == 1
    assert run.said == "Only DATABASE_URL is set: set DATABASE_URL and REDIS_URL both, or neither of them.\n"


def test_a_command_beside_the_databases_gets_their_addresses_and_its_exit_code_counts(data: Path) -> None:
    words = "import os, sys; print(*sorted(os.environ)); sys.exit(7 if os.environ['DATABASE_URL'] else 0)"
    run = Run("retail_saas.supervisor", "test", "--", sys.executable, "-c", words, DATA_DIR=str(data))

    assert run.process.wait(20) == 7
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS", "DJANGO_SETTINGS_MODULE"} < set(run.said.split())
    assert processes_of(data / "test") == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level": "INFO", "logger": "core", "message": "fine"}', ""),
        ('{"level": "ERROR", "logger": "core", "message": "late", "trace": "a\\nB: c"}', "ERROR core: late B: c"),
        ("[2026-11-20 10:00:00,000: WARNING/MainProcess] broker gone", None),
        ("INFO:     Started server process [1]", ""),
        ("Traceback (most recent call last):", None),
        ("{not json", ""),
    ],
)
def test_only_what_is_wrong_is_shown(line: str, shown: str | None) -> None:
    assert worth_showing(line) == (line if shown is None else shown)
