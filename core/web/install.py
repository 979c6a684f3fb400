"""The product as an app of a device: what it is called there, and the worker that opens it without a network."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from core.people.permissions import PUBLIC
from core.tenancy.context import current_tenant
from core.web.modules import CLASSIC_SCRIPTS, all_modules, asset_url
from core.web.navigation import NavItem, registered
from core.web.views import Page

WORKER = "js/worker/begin.js"
PICTURES = ("img/icons.svg", "img/logo.svg", "img/favicon.svg")
VENDOR = (
    "vendor/idb/idb.js",
    "vendor/uqr/uqr.js",
    "vendor/zxing-wasm/reader/index.js",
    "vendor/zxing-wasm/reader/zxing_reader.wasm",
)
"""What the store, the slips and the camera scanner are made of."""
ICONS = (
    *((f"img/app-{size}.png", size, "any") for size in (72, 96, 128, 144, 152, 192, 384, 512)),
    *((f"img/app-maskable-{size}.png", size, "maskable") for size in (192, 512)),
)
LIGHT = "#f4f6f5"
"""The canvas of the light theme, as the meta tag `theme-color` of the frame names it too."""


class Manifest(Page):
    """/app.webmanifest: the shop's name and icon on a home screen, and the ways that lead straight to some work."""

    required_permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        shop = current_tenant().name
        first = _pages()[0]
        icon = {"src": asset_url("img/app-192.png"), "sizes": "192x192", "type": "image/png"}
        document = {
            "id": "/",
            "name": shop,
            "short_name": shop[:24],
            "description": f"Till, stock and board of {shop}.",
            "lang": "en",
            "start_url": f"{reverse(first.url_name)}?from=app",
            "scope": "/",
            "display": "standalone",
            "background_color": LIGHT,
            "theme_color": LIGHT,
            "categories": ["business", "shopping"],
            "icons": [
                {"src": asset_url(path), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
                for path, size, purpose in ICONS
            ],
            "shortcuts": [
                {"name": name, "url": f"{reverse(item.url_name)}?from=app{part}", "icons": [icon]}
                for item in registered()
                for name, part in ((item.shortcut, ""), *item.shortcuts)
                if name
            ],
        }
        response = JsonResponse(document, content_type="application/manifest+json")
        response["Cache-Control"] = "public, max-age=3600"
        return response


class Worker(Page):
    """/service-worker.js: which files this version keeps on the device; the work itself is `static/js/worker/`."""

    required_permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        setup = {
            "version": version(),
            "files": shell_files(),
            "statics": settings.STATIC_URL,
            "pages": [reverse(item.url_name) for item in _pages()],
            "offline": reverse("offline"),
            "waiting": reverse("waiting"),
            "log_in": reverse("login"),
            "log_out": reverse("logout"),
            "account": reverse("account"),
            "icon": asset_url(ICONS[0][0]),
        }
        script = f'import {{ begin }} from "{settings.STATIC_URL}{WORKER}";\nbegin({_script_json(setup)});\n'
        response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
        response["Cache-Control"] = "no-cache"
        return response


class Offline(Page):
    """/offline/: what stands in the place of a page while there is no network."""

    required_permission: ClassVar = PUBLIC
    template_name = "offline.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"pages": _pages()})


class Waiting(Page):
    """/waiting/: what this device has not sent yet; the device alone knows it."""

    required_permission: ClassVar = PUBLIC
    template_name = "waiting.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"pages": _pages()})


def _pages() -> list[NavItem]:
    """The places that open without a network."""
    return [item for item in registered() if item.opens_offline]


@cache
def shell_files() -> tuple[str, ...]:
    """The addresses of all that a page needs to come alive without a network: scripts, styles, drawings."""
    return tuple(dict.fromkeys(asset_url(path) for path in _shell_paths()))


@cache
def version() -> str:
    """One word for exactly these files: another one as soon as any of them differs."""
    return sha256("".join(map(_token, _shell_paths())).encode()).hexdigest()[:16]


@cache
def _shell_paths() -> tuple[str, ...]:
    classic = tuple(f"js/{name}" for name in CLASSIC_SCRIPTS)
    styles = finders.find("css/pages")
    pages = sorted(path.name for path in Path(styles).glob("*.css")) if isinstance(styles, str) else []
    return (*all_modules(), *classic, "css/main.css", *(f"css/pages/{name}" for name in pages), *PICTURES, *VENDOR)


def _token(path: str) -> str:
    """What changes with the file: its hashed address, or where nothing was hashed what stands in it."""
    address = asset_url(path)
    source = finders.find(path)
    if address != f"{settings.STATIC_URL}{path}" or not isinstance(source, str):
        return address
    return f"{address} {sha256(Path(source).read_bytes()).hexdigest()}"


def _script_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
