"""Static files as they are served: hashed, compressed, and the stylesheet in one piece."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servestatic.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

STYLESHEET = "css/main.css"
_IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\)(?: layer\((?P<layer>[\w-]+)\))?;')
_COMMENT_OR_TEXT = re.compile(r"""/\*.*?\*/|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)


class PageStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Writes ``css/main.css`` with its imports inside before anything is hashed.

    In the source every element has a file of its own; over the air that would be one more round trip and thirty
    requests before the first paint.
    """

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if STYLESHEET in paths and not dry_run:
            storage, source = paths[STYLESHEET]
            Path(self.path(STYLESHEET)).write_text(flatten(Path(storage.path(source))), encoding="utf-8")
            paths[STYLESHEET] = (self, STYLESHEET)
        yield from super().post_process(paths, dry_run, **options)


def flatten(path: Path) -> str:
    """The stylesheet with each import replaced by what it names, in its layer, without comments."""

    def inside(match: re.Match[str]) -> str:
        text = flatten(path.parent / match["path"])
        return f"@layer {match['layer']}{{{text}}}" if match["layer"] else text

    return _IMPORT.sub(inside, squeeze(path.read_text(encoding="utf-8")))


def squeeze(css: str) -> str:
    """CSS without comments, indentation and line ends; quoted text stays as it is."""
    text = _COMMENT_OR_TEXT.sub(lambda match: match[1] or "", css)
    text = re.sub(r"\s*\n\s*", "\n", text).strip()
    text = re.sub(r"\s*\{\n?", "{", text)
    text = re.sub(r";?\n?\}", "}", text)
    return re.sub(r"(?<=[;}{])\n|\n(?=[})])|(?<=\()\n", "", text).replace("\n", " ")
