"""Static files: the same answer whether a server gives requests threads or not, and nothing else is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client, override_settings

from core.web import static
from core.web.static import WORKER_POLICY, static_file, static_first

SCRIPT, STYLE, PACKED = "/static/js/main.js", "/static/css/main.css", "vendor/zxing-wasm/reader/zxing_reader.wasm"


@pytest.fixture(autouse=True)
def files() -> Iterator[None]:
    with override_settings(SERVESTATIC_USE_FINDERS=True):
        static._files.cache_clear()
        yield
    static._files.cache_clear()


async def by_asgi(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    async def django(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": [(b"x-asked", b"django")]})
        await send({"type": "http.response.body", "body": b""})

    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "method": method, "headers": sent}
    asked: Any = ApplicationCommunicator(static_first(django), scope)  # type: ignore[no-untyped-call]
    await asked.send_input({"type": "http.request", "body": b""})
    start, body = await asked.receive_output(), await asked.receive_output()
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


@pytest.mark.parametrize("path", [SCRIPT, STYLE])
async def test_a_file_is_the_same_with_threads_and_without(path: str) -> None:
    status, headers, body = await by_asgi(path)
    answer = Client(headers={"host": "localhost"}).get(path)
    assert (status, body) == (200, answer.content) and body
    assert headers.items() <= {name.lower(): value for name, value in answer.headers.items()}.items()
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_script_carries_the_policy_of_workers_and_a_style_sheet_does_not() -> None:
    assert (await by_asgi(SCRIPT))[1]["content-security-policy"] == WORKER_POLICY
    assert "content-security-policy" not in (await by_asgi(STYLE))[1]


async def test_what_was_packed_beforehand_is_sent_as_it_is() -> None:
    packed = Path(settings.BASE_DIR, "static", f"{PACKED}.br").read_bytes()
    _, headers, body = await by_asgi(f"/static/{PACKED}", accept_encoding="gzip, br")
    assert (headers["content-encoding"], headers["content-type"], body) == ("br", "application/wasm", packed)


async def test_what_a_browser_has_is_not_sent_again_and_a_part_is_sent_as_a_part() -> None:
    _, headers, body = await by_asgi(STYLE)
    assert (await by_asgi(STYLE, if_modified_since=headers["last-modified"]))[::2] == (304, b"")
    assert (await by_asgi(STYLE, range="bytes=2-5"))[::2] == (206, body[2:6])
    status, told, nothing = await by_asgi(STYLE, "HEAD")
    assert (status, told["content-length"], nothing) == (200, str(len(body)), b"")
    assert (await by_asgi(STYLE, "POST"))[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/till/",
        "/static/",
        "/static/nothing.js",
        "/static/../manage.py",
        "/static/%00",
        "/static/\x00",
        "/static/\udcff",
    ],
)
async def test_what_is_no_file_of_ours_is_for_the_product_to_answer(path: str) -> None:
    assert static_file(path, "GET", {}) is None
    status, headers, _ = await by_asgi(path)
    assert (status, headers["x-asked"]) == (404, "django")
