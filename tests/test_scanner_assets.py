"""What the camera's scanner fetches: one version, small, and served under the policy it needs."""

import gzip
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from core.web.modules import import_closure
from core.web.small_scripts import small_form
from core.web.storage import PageStorage

ROOT = Path(settings.BASE_DIR)
STATIC = ROOT / "static"
FOLDER = "vendor/zxing-wasm/reader"
WASM = f"{FOLDER}/zxing_reader.wasm"
MOST_OPENED_BYTES, MOST_READER_BYTES, MOST_WASM_BYTES = 12_000, 10_000, 350_000
WORKER = ("worker", "passes", "readers", "native", "zxing")
"""What runs in the camera's worker; its page names them all."""


def test_the_decoder_and_its_script_are_of_one_version() -> None:
    script = (STATIC / FOLDER / "index.js").read_text()
    assert sha256((STATIC / WASM).read_bytes()).hexdigest() in script


def test_the_scanner_is_small_enough_to_be_fetched_when_it_is_opened() -> None:
    modules = {*import_closure("js/lib/camera/viewfinder.js"), *(f"js/lib/camera/{name}.js" for name in WORKER)}
    modules -= set(import_closure("js/main.js"))
    opened = sum(_bytes_of(_served(name)) for name in modules)
    reader = _bytes_of((STATIC / FOLDER / "index.js").read_bytes())  # later or never, where the browser has one
    assert (opened <= MOST_OPENED_BYTES, reader <= MOST_READER_BYTES) == (True, True), (opened, reader)
    assert (STATIC / f"{WASM}.br").stat().st_size <= MOST_WASM_BYTES


def _served(name: str) -> bytes:
    """A script as it travels; of one that was changed since the set-up what comes near it."""
    source = (STATIC / name).read_bytes()
    return small_form(ROOT, name, source) or re.sub(rb"(?m)^\s*(//|/?\*).*\n|^ +", b"", source)


def _bytes_of(script: bytes) -> int:
    return len(gzip.compress(script, 9))


def test_the_packed_decoder_is_served_in_place_of_the_whole_one(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path
    names = [WASM, f"{WASM}.br"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(STATIC / name, tmp_path / name)
    source = FileSystemStorage(location=STATIC)
    storage = PageStorage(location=tmp_path, base_url="/static/")
    list(storage.post_process({name: (source, name) for name in names}))
    hashed = storage.hashed_files
    assert hashed[f"{WASM}.br"] == f"{hashed[WASM]}.br"
    assert (tmp_path / f"{hashed[WASM]}.br").read_bytes() == (STATIC / f"{WASM}.br").read_bytes()


def test_what_a_worker_imports_is_named_by_its_page() -> None:
    """No import map reaches a worker: an import of its own would fetch an address without a hash."""
    for name in WORKER:
        assert import_closure(f"js/lib/camera/{name}.js") == (f"js/lib/camera/{name}.js",)
