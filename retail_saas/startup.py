"""What a start can skip because nothing changed, and what it tells the person at its end."""

import hashlib
import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from retail_saas.data_folder import CHECKOUT

SHOPS = '{"shops":'  # how the last line of `manage.py prepare` begins
_NOT_OURS = (".venv", "node_modules", ".data", ".git")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Remembers, in a file of the data folder, for which inputs a slow step made its ``result`` last."""

    path: Path
    value: str
    result: Path

    @property
    def fresh(self) -> bool:
        return self.result.exists() and self.path.exists() and self.path.read_text() == self.value

    def renew(self) -> None:
        """Call it when the step is done."""
        self.path.write_text(self.value)

    @classmethod
    def of_static_files(cls, home: Path) -> Self:
        """Our own files, how they are stored, and the versions of the packages that bring some."""
        ours = sorted(path for path in (CHECKOUT / "static").rglob("*") if path.is_file())
        facts = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in ours]
        how = [path.read_text() for path in sorted(CHECKOUT.glob("retail_saas/settings/*.py"))]
        how.append((CHECKOUT / "core" / "web" / "storage.py").read_text())
        return cls(home / "static.stamp", _digest([*facts, *how, _lock()]), home / "static")

    @classmethod
    def of_schema(cls, home: Path) -> Self:
        """Every migration, ours and the packages'."""
        folders = [folder for folder in CHECKOUT.iterdir() if folder.is_dir() and folder.name not in _NOT_OURS]
        migrations = sorted(path for folder in folders for path in folder.rglob("migrations/*.py"))
        return cls(home / "schema.stamp", _digest([*(path.read_text() for path in migrations), _lock()]), home)


def _lock() -> str:
    return (CHECKOUT / "requirements" / "run.lock").read_text()


def _digest(facts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def answers(port: int) -> bool:
    """Whether the web server says that it lives."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        client.request("GET", "/livez", headers={"Host": f"localhost:{port}"})
        return client.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()


def announcement(prepared: Iterable[str], port: int, home: Path, seconds: float) -> str:
    """The last words of a start: where everything is and how to log in. ``prepared`` is what `prepare` printed."""
    lines = ["", f"Retail SaaS runs (after {seconds:.1f} s).", ""]
    for shop in _shops(prepared):
        site = f"http://{shop['url_host']}:{port}"
        lines += [
            f"  {shop['name']}",
            f"    Dashboard   {site}/",
            f"    Till        {site}/till/",
            f"    API         {site}/api/v1/docs/",
        ]
        lines += [f"    Log in as   {who['email']:<28} {who['password']:<18} {_told(who)}" for who in shop["logins"]]
        lines.append("")
    lines += [f"  Data and logs are in {home}; they stay for the next start.", "  Ctrl-C stops everything.", ""]
    return "\n".join(lines)


def _told(who: Mapping[str, str]) -> str:
    """The role of a log-in, where it holds, and the PIN it approves with."""
    place = f" of {who['place']}" if "place" in who else ""
    return f"{who['role']}{place}" + (f", PIN {who['pin']}" if "pin" in who else "")


def _shops(prepared: Iterable[str]) -> list[dict[str, Any]]:
    return next((list(json.loads(line)["shops"]) for line in prepared if line.startswith(SHOPS)), [])
