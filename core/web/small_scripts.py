"""Scripts as `tools/small_scripts.mjs` wrote them: without comments and long names."""

import json
from hashlib import sha256
from pathlib import Path


def small_form(root: Path, path: str, source: bytes) -> bytes | None:
    """The small form of ``static/<path>`` in the checkout ``root``; None when there is none of this very source."""
    if _made_of(root).get(path) != sha256(source).hexdigest():
        return None
    return (root / "build" / path).read_bytes()


def all_are_small(root: Path) -> bool:
    """Whether every script of the checkout has its small form."""
    made = _made_of(root)
    scripts = {path.relative_to(root / "static").as_posix(): path for path in (root / "static" / "js").rglob("*.js")}
    return made == {name: sha256(path.read_bytes()).hexdigest() for name, path in scripts.items()}


def _made_of(root: Path) -> dict[str, str]:
    noted = root / "build" / "js.json"
    return json.loads(noted.read_text()) if noted.exists() else {}
