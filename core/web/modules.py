"""The JavaScript modules of the pages: their addresses and what imports what."""

import json
import re
from functools import cache
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

MAIN = "js/main.js"
CLASSIC_SCRIPTS = ("theme-boot.js", "early-keys.js")
"""Scripts that are no modules, because they must run before the page does."""

VENDOR = {
    "idb": "vendor/idb/idb.js",
    "uplot": "vendor/uplot/uPlot.esm.js",
    "uqr": "vendor/uqr/uqr.js",
    "zxing-wasm": "vendor/zxing-wasm/reader/index.js",
}
"""Bare names of packages, and where set-up puts their ES modules below ``static/``.

A module that a worker runs too imports the file itself, because workers know no import map.
"""

_STATIC_IMPORT = re.compile(
    r"""(?:^|;)\s*(?:import|export)\b(?:[^'"();]*?\bfrom)?\s*["'](?P<path>\.{1,2}/[^"']+)["']""", re.MULTILINE
)


def asset_url(path: str) -> str:
    """The address of a static file; the plain one if it was never collected, so that error pages still render."""
    try:
        return staticfiles_storage.url(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


@cache
def icon_names() -> tuple[str, ...]:
    """Every symbol of the sprite, as drawn."""
    sprite = finders.find("img/icons.svg")
    if not isinstance(sprite, str):
        return ()
    return tuple(re.findall(r'<symbol id="([^"]+)"', Path(sprite).read_text(encoding="utf-8")))


@cache
def all_modules() -> tuple[str, ...]:
    """Every module below ``static/js``, except the scripts that are no modules."""
    folder = finders.find("js")
    if not isinstance(folder, str):
        return ()
    root = Path(folder)
    names = (path.relative_to(root).as_posix() for path in root.rglob("*.js"))
    return tuple(sorted(f"js/{name}" for name in names if name not in CLASSIC_SCRIPTS))


@cache
def import_map() -> str:
    """The import map as JSON: plain module addresses to hashed ones, and names of packages to their files."""
    imports = {name: asset_url(path) for name, path in VENDOR.items() if finders.find(path)}
    for module in (*all_modules(), *(path for name, path in VENDOR.items() if name in imports)):
        plain, hashed = f"{settings.STATIC_URL}{module}", asset_url(module)
        if plain != hashed:
            imports[plain] = hashed
    text = json.dumps({"imports": imports}, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c")


@cache
def import_closure(*entries: str) -> tuple[str, ...]:
    """``entries`` and all that they import statically, each once, importers first."""
    found: dict[str, None] = {}
    queue = list(entries)
    while queue:
        module = queue.pop(0)
        if module in found:
            continue
        found[module] = None
        queue.extend(_imports_of(module))
    return tuple(found)


def _imports_of(module: str) -> list[str]:
    path = finders.find(module)
    if not isinstance(path, str):
        raise FileNotFoundError(f"static/{module} does not exist")
    source = Path(path).read_text(encoding="utf-8")
    return [_beside(module, match["path"]) for match in _STATIC_IMPORT.finditer(source)]


def _beside(module: str, relative: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(module).parent / relative).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
