"""The product's own processes beside a test: web with sockets, relay, worker, on the test database."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connection

from core.outbox.doorbell import ring
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import Shop
from retail_saas.processes import spawn
from tests.waiting import wait_until

COMMANDS = {
    "web": [
        *("-m", "uvicorn", "retail_saas.asgi:application", "--host", "127.0.0.1", "--port", "{port}"),
        *("--lifespan", "off", "--ws", "wsproto", "--ws-per-message-deflate", "false", "--no-access-log"),
    ],
    "relay": ["manage.py", "relay"],
    "worker": ["-m", "celery", "-A", "retail_saas", "worker", "-Q", "fast,slow,webhooks", "-c", "2", "-l", "WARNING"],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Product:
    """Running processes by name, all for the database of this test run."""

    port: int
    settings: str
    extra: dict[str, str] = field(default_factory=dict)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def url(self, shop: Shop, path: str = "/") -> str:
        return f"http://{shop.host}:{self.port}{path}"

    def start(self, *names: str) -> None:
        for name in names:
            command = [sys.executable, *(part.format(port=self.port) for part in COMMANDS[name])]
            self.processes[name] = spawn(
                command,
                env=self._environment(name),
                cwd=settings.BASE_DIR,
                output=None,
                death_signal=signal.SIGKILL,  # a test run that is killed leaves nobody at its database
                own_session=False,
            )
        if "web" in names:
            wait_until(self._answers, seconds=90)

    def stop(self, *names: str) -> None:
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def quiet(self, *shops: Shop) -> None:
        """Wait until the relay has nothing to do, so that the tables may be emptied."""
        for shop in shops:
            ring(shop.tenant.schema_name)  # what a shop is furnished with was never rung for, and a sweep takes seconds
            with use_tenant(shop.tenant):
                wait_until(lambda: not Event.objects.filter(seq__isnull=True).exists(), seconds=20)

    def _answers(self) -> bool:
        if self.processes["web"].poll() is not None:
            raise AssertionError("the web process ended instead of serving")
        try:
            http = HTTPConnection("127.0.0.1", self.port, timeout=5)
            http.request("GET", "/", headers={"Host": "localhost"})
            return http.getresponse().status < 600
        except OSError:
            return False

    def _environment(self, name: str) -> dict[str, str]:
        database = urlsplit(os.environ["DATABASE_URL"])
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "DATABASE_URL": database._replace(path="/" + quote(connection.settings_dict["NAME"])).geturl(),
            "PROCESS_ROLE": name,
            "PORT": str(self.port),
            "WEBHOOK_ALLOW_PRIVATE": "1",
            **self.extra,
        }


@contextmanager
def running(*names: str, settings_module: str = "retail_saas.settings.test", **extra: str) -> Iterator[Product]:
    """Start processes of the product (``web``, ``relay``, ``worker``) and end them afterwards."""
    product = Product(free_port(), settings_module, extra)
    try:
        product.start(*names)
        yield product
    finally:
        product.stop()
