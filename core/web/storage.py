"""Static files as they are served: hashed, compressed, scripts small, and the stylesheet in one piece."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from servestatic.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

from core.web.small_scripts import small_form

STYLESHEET = "css/main.css"
PACKED = ".br"
_OF_A_PAGE = re.compile(r"css/pages/[\w-]+\.css")
_IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\)(?: layer\((?P<layer>[\w-]+)\))?;')
_COMMENT_OR_TEXT = re.compile(r"""/\*.*?\*/|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)


logger = logging.getLogger(__name__)


class PageStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Writes stylesheets with their imports inside, and the small form of scripts, before anything is hashed.

    In the source every element has a file of its own, and a page with much to style has several; over the air that
    would be one more round trip and thirty requests before the first paint.
    """

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """A form that set-up packed carries the name of what it is of, so that it is served in its place."""
        if name.endswith(PACKED):
            return f"{super().hashed_name(name.removesuffix(PACKED))}{PACKED}"
        return str(super().hashed_name(name, content, filename))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        for path in [] if dry_run else [path for path in paths if path == STYLESHEET or _OF_A_PAGE.fullmatch(path)]:
            storage, source = paths[path]
            Path(self.path(path)).write_text(flatten(Path(storage.path(source))), encoding="utf-8")
            paths[path] = (self, path)
        for path in [] if dry_run else [path for path in paths if path.startswith("js/")]:
            storage, source = paths[path]
            small = small_form(settings.BASE_DIR, path, Path(storage.path(source)).read_bytes())
            if small is None:
                logger.warning("a script is served as it was written; set-up makes them small", extra={"path": path})
                continue
            Path(self.path(path)).write_bytes(small)
            paths[path] = (self, path)
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
