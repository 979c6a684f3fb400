"""What fills a new schema, kept from one test run to the next as long as no migration changes by a letter."""

import json
from hashlib import sha256
from pathlib import Path

import django
from django.conf import settings

from core.tenancy.context import use_public
from core.tenancy.models import SchemaScript
from core.tenancy.services import fingerprint


def _file() -> Path:
    root = Path(settings.BASE_DIR)
    content = sha256(django.__version__.encode())
    for folder in ("core", "inventory", "orders", "analytics", "webhooks", "realtime"):
        for path in sorted((root / folder).rglob("migrations/*.py")):
            content.update(path.read_bytes())
    content.update((root / "core" / "db" / "base.py").read_bytes())
    return root / ".pytest_cache" / f"schema-{content.hexdigest()[:24]}.json"


def recall() -> None:
    """Give the database what an earlier run wrote down about these very migrations, if there is any."""
    file = _file()
    if file.exists():
        with use_public():
            SchemaScript.objects.create(fingerprint=fingerprint(), statements=json.loads(file.read_text()))


def keep() -> None:
    """Write down what fills a schema for the next run; of several workers the last one wins with the same text."""
    file = _file()
    if file.exists():
        return
    file.parent.mkdir(exist_ok=True)
    with use_public():
        text = json.dumps(SchemaScript.objects.get().statements)
    fresh = file.with_suffix(f".{id(text)}")
    fresh.write_text(text)
    fresh.replace(file)
