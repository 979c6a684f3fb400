"""A shop's history by the command: lines a second and peak memory, with and without stock, beside a bare COPY."""

import contextlib
import csv
import gzip
import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import django

from benchmarks.harness import ROOT, table

FILE = ROOT.parent / "shared" / "data" / "uci_online_retail" / "shared_2010-12-01_2011-08-31.csv.gz"
MADE_LINES = 100_000


def main() -> None:
    """Import into fresh shops, which are deleted afterwards; the reference copies the same file into a bare table."""
    django.setup()
    packed, lines = the_file()
    rows = [["COPY into one bare table", *reference(packed, lines), "-"]]
    for name, options in (("import, --no-stock", ["--no-stock"]), ("import with stock movements", [])):
        with imported_shop(packed, options) as (_, seconds, megabytes):
            rows.append([name, f"{seconds:.1f}", f"{lines / seconds:,.0f}", f"{megabytes:.0f}"])
    packed.unlink()
    table(["what", "seconds", "lines/s", "peak MB of the process"], rows)
    print(f"{lines:,} lines; CPU of PostgreSQL is in the wall time, its memory is not in the peak.")


def the_file() -> tuple[Path, int]:
    """A packed file to import and its number of lines: the real one where it lies beside the project, else a made one."""
    target = Path(os.environ["DATA_DIR"]) / "bench-import.csv.gz"
    if FILE.exists():
        target.write_bytes(FILE.read_bytes())
        with gzip.open(target, "rt") as file:
            return target, sum(1 for _ in csv.reader(file)) - 1
    with gzip.open(target, "wt") as file:
        file.write("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
        for line in range(MADE_LINES):
            minute = line // 20 % 60
            file.write(
                f"{100000 + line // 20},{20000 + line % 3000},ARTICLE {line % 3000},{1 + line % 12},"
                f"2011-03-{1 + line // 20 // 60 % 28:02d} 10:{minute:02d}:00,{1 + line % 900 / 100:.2f},{12000 + line % 900}.0,"
                "United Kingdom\n"
            )
    return target, MADE_LINES


def reference(packed: Path, lines: int) -> tuple[str, str]:
    """Seconds and lines/s of copying the same text into a table without keys."""
    from django.db import connection

    from core.tenancy.context import use_public

    text = io.TextIOWrapper(gzip.open(packed, "rb"), encoding="utf-8")
    with use_public(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (a text, b text, c text, d int, e timestamp, f numeric, g text, h text)")
        began = time.monotonic()
        with cursor.cursor.copy("COPY bare FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
            while part := text.read(1 << 20):
                copy.write(part)
        seconds = time.monotonic() - began
        cursor.execute("DROP TABLE bare")
    return f"{seconds:.1f}", f"{lines / seconds:,.0f}"


@contextlib.contextmanager
def imported_shop(packed: Path, options: list[str]) -> Iterator[tuple[str, float, float]]:
    """A new shop with the history: its host, the seconds of the command and its peak MB. Deleted afterwards."""
    from core.people.services import create_owner
    from core.tenancy.context import use_tenant
    from core.tenancy.services import create_tenant, delete_tenant

    host = f"import-{uuid4().hex[:8]}.localhost"
    tenant = create_tenant(name="Import", host=host, currency="GBP", time_zone="Europe/London")
    try:
        with use_tenant(tenant):
            create_owner(email="bench@import.localhost")
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "manage.py", "import_sales", host, str(packed), "--format", "uci-online-retail", *options],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - began
        yield host, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    finally:
        delete_tenant(tenant)


if __name__ == "__main__":
    main()
