"""The frame of the pages: navigation, tags and filters, colours, modules."""

import gzip
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from core.web import amounts, modules, navigation
from core.web.context_processors import shell
from core.web.navigation import NavItem, visible_for
from core.web.storage import flatten, squeeze
from core.web.templatetags import shell as tags

STATIC = Path(settings.BASE_DIR) / "static"
NBSP = "\u00a0"


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context)).strip()


@pytest.fixture
def british_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = SimpleNamespace(currency="GBP", locale="en-GB", time_zone="Europe/London")
    monkeypatch.setattr(tags, "current_tenant", lambda: shop)


# --- amounts: the same pairs stand in tests/js/format.test.js


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        ("1234.5", "GBP", "en-GB", "£1,234.50"),
        ("-12", "GBP", "en-GB", "-£12.00"),
        ("1234.5", "EUR", "de-DE", f"1.234,50{NBSP}€"),
        ("1234.5", "USD", "en-GB", "$1,234.50"),
        ("1234", "JPY", "en-GB", "¥1,234"),
        ("1.2345", "KWD", "en-GB", f"KWD{NBSP}1.235"),
        ("90071992547409.93", "GBP", "en-GB", "£90,071,992,547,409.93"),
        ("-0.001", "GBP", "en-GB", "£0.00"),
    ],
)
def test_money_stands_in_the_currencys_exponent_and_the_languages_order(
    amount: str, currency: str, locale: str, text: str
) -> None:
    assert amounts.format_money(Decimal(amount), currency=currency, locale=locale) == text


@pytest.mark.parametrize(
    ("value", "locale", "text"),
    [
        ("3.000", "en-GB", "3"),
        ("1.250", "en-GB", "1.25"),
        ("12000.000", "de-DE", "12.000"),
        ("0.125", "de-DE", "0,125"),
    ],
)
def test_a_quantity_drops_zeros_nobody_asked_for(value: str, locale: str, text: str) -> None:
    assert amounts.format_quantity(Decimal(value), locale=locale) == text


def test_what_is_weighed_says_its_unit_and_a_piece_none(british_shop: None) -> None:
    shown = "{{ x|quantity:kilogram }}, {{ x|quantity:piece }}"
    assert render(shown, x=Decimal("1.250"), kilogram="kg", piece="") == f"1.25{NBSP}kg, 1.25"


def test_shares_are_of_one() -> None:
    assert amounts.format_percent(Decimal("0.1241"), locale="en-GB") == "12.4%"
    assert amounts.format_percent(Decimal("-0.05"), locale="de-DE", places=0) == f"-5{NBSP}%"


def test_the_money_filter_uses_the_shops_currency_and_keeps_the_exact_value(british_shop: None) -> None:
    assert render("{{ x|money }}", x=Decimal("1234.5000")) == '<data class="money" value="1234.5000">£1,234.50</data>'
    assert render('{{ x|money:"JPY" }}', x=Decimal("1234")) == '<data class="money" value="1234">¥1,234</data>'


def test_a_unit_price_shows_the_places_it_has(british_shop: None) -> None:
    assert "£0.1225<" in render("{{ x|unit_price }}", x=Decimal("0.1225"))
    assert "£2.50<" in render("{{ x|unit_price }}", x=Decimal("2.5000"))
    assert "£100.00<" in render("{{ x|unit_price }}", x=Decimal("100.0000"))


@pytest.mark.parametrize("nothing", [None, "", "abc", Decimal("NaN")])
def test_nothing_is_a_dash(british_shop: None, nothing: object) -> None:
    assert render("{{ x|money }} {{ x|quantity }} {{ x|percent }}", x=nothing) == "– – –"


def test_money_without_a_shop_is_a_mistake_never_another_currency() -> None:
    with pytest.raises(RuntimeError, match="tenant"):
        render("{{ x|money }}", x=Decimal(1))


def test_an_instant_is_shown_in_the_shops_zone_and_a_date_is_that_day(british_shop: None) -> None:
    late = datetime(2026, 6, 14, 23, 30, tzinfo=UTC)
    assert render("{{ x|moment }}", x=late) == '<time datetime="2026-06-15T00:30:00+01:00">15 Jun 2026, 00:30</time>'
    assert ">00:30<" in render("{{ x|clock }}", x=late)
    assert ">15 Jun 2026<" in render("{{ x|day }}", x=late)
    assert render("{{ x|day }}", x=date(2011, 6, 15)) == '<time datetime="2011-06-15">15 Jun 2011</time>'
    assert render("{{ x|moment }}", x=None) == "–"


# --- small tags


def test_an_icon_is_silent_beside_a_word_and_named_alone() -> None:
    silent = render('{% icon "till" %}')
    named = render('{% icon "alert" label class="icon--large" %}', label="Low <stock>")
    assert 'aria-hidden="true"' in silent
    assert 'img/icons.svg#till"' in silent
    assert 'class="icon icon--large" role="img" aria-label="Low &lt;stock&gt;"' in named


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'symbol id="([^"]+)"', (STATIC / "img/icons.svg").read_text()))
    sources = [*Path(settings.BASE_DIR, "templates").rglob("*.html"), *(STATIC / "js").rglob("*.js")]
    named = {
        name
        for source in sources
        for name in re.findall(r"""(?:\{%\s*icon\s+|[\s(]icon\()["']([a-z-]+)["']""", source.read_text())
    }
    assert named
    assert named <= drawn


def test_a_query_string_keeps_what_is_not_changed() -> None:
    request = RequestFactory().get("/orders/?q=a+b&page=3&state=paid")
    assert render("{% query_with page=4 %}", request=request) == "?q=a+b&amp;page=4&amp;state=paid"
    assert render("{% query_with page=None q='' state=None %}", request=request) == "?"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("ada.lovelace@acme.test", "AL"), ("owner@acme.test", "O"), ("Grace B. Hopper", "GH"), ("", "?")],
)
def test_initials_stand_for_a_person(name: str, letters: str) -> None:
    assert tags.initials(name) == letters


# --- navigation


class Reader:
    """May only read orders."""

    def may(self, permission: str) -> bool:
        return permission == "orders.view_order"


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_items", {})
    addresses = {"board": "/", "orders": "/orders/", "order-tasks": "/orders/tasks/", "team": "/team/", "lost": None}
    monkeypatch.setattr(navigation, "_address", lambda item: addresses[item.url_name])
    navigation.register(
        NavItem("Team", "team", "team", "people.view_user", "Shop", 1),
        NavItem("Tasks", "order-tasks", "orders", "orders.view_order", "Sell", 2),
        NavItem("Orders", "orders", "orders", "orders.view_order", "Sell", 1, in_bottom_bar=True),
        NavItem("Lost", "lost", "orders", "orders.view_order", "Sell", 3),
        NavItem("Board", "board", "board", "orders.view_order", "Today", 1, in_bottom_bar=True),
    )


def test_an_actor_sees_what_it_may_open_in_order(places: None) -> None:
    seen = visible_for(Reader(), "/orders/17/")
    assert [(group.title, [link.label for link in group.links]) for group in seen.groups] == [
        ("Today", ["Board"]),
        ("Sell", ["Orders", "Tasks"]),
    ]
    assert [link.url for link in seen.bottom_bar] == ["/", "/orders/"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", ["Board"]),
        ("/orders/", ["Orders"]),
        ("/orders/17/", ["Orders"]),
        ("/orders/tasks/", ["Tasks"]),
        ("/x/", []),
    ],
)
def test_the_deepest_place_above_the_page_is_current(places: None, path: str, current: list[str]) -> None:
    links = (link for group in visible_for(Reader(), path).groups for link in group.links)
    assert [link.label for link in links if link.is_current] == current


def test_a_stranger_sees_no_navigation(places: None) -> None:
    assert not visible_for(None, "/")


def test_a_name_is_taken_once_and_a_group_exists(places: None) -> None:
    board = navigation.registered()[0]
    navigation.register(board)
    with pytest.raises(ValueError, match="already"):
        navigation.register(NavItem("Other", "board", "board", "x", "Today", 1))
    with pytest.raises(ValueError, match="group"):
        navigation.register(NavItem("Other", "other", "board", "x", "Nowhere", 1))


def test_the_shell_is_empty_on_the_public_host_and_before_the_host_was_read() -> None:
    request = RequestFactory().get("/")
    bare = shell(request)
    assert (bare["shop"], bare["actor"], bool(bare["navigation"])) == (None, None, False)
    request.tenant = SimpleNamespace(schema_name="public")  # type: ignore[attr-defined]
    request.actor = Reader()  # type: ignore[attr-defined]
    assert shell(request)["shop"] is None
    assert not shell(request)["navigation"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 429, 500, 503])
def test_an_error_page_needs_no_request_no_tenant_and_no_database(status: int) -> None:
    problem = {"title": "Not <so>", "detail": "Because.", "request_id": "0199e0aa", "instance": "/orders/"}
    page = render_to_string("errors/error.html", {"status": status, "problem": problem})
    assert f">{status}<" in page
    assert "Not &lt;so&gt;" in page
    assert "0199e0aa" in page
    assert "Something went wrong" in render_to_string("errors/error.html", {})


# --- modules


def _imports_as_read_by_hand(module: str) -> set[str]:
    """A second reading of the static import graph, line by line and without the code under test."""
    seen: set[Path] = set()
    waiting = [STATIC / module]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        lines = (line for line in path.read_text().splitlines() if line.startswith(("import ", "} from ")))
        waiting += [(path.parent / line.split('"')[1]).resolve() for line in lines if '"./' in line or '"../' in line]
    return {str(path.relative_to(STATIC)) for path in seen}


def test_the_preload_list_is_the_import_graph_of_the_main_module() -> None:
    preloaded = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', render("{% module_preloads %}"))
    assert len(preloaded) == len(set(preloaded))
    assert set(preloaded) == _imports_as_read_by_hand("js/main.js")


@pytest.mark.parametrize("path", sorted((STATIC / "js/elements").glob("*.js")), ids=lambda path: path.stem)
def test_an_element_is_named_like_its_file_and_can_be_preloaded(path: Path) -> None:
    name = f"elements/{path.name}"
    assert f'customElements.define("{path.stem}"' in path.read_text()
    preloaded = render(f'{{% module_preloads "{name}" %}}')
    assert set(re.findall(r'href="/static/([^"]+)"', preloaded)) == _imports_as_read_by_hand(
        "js/main.js"
    ) | _imports_as_read_by_hand(f"js/{name}")


def test_the_import_map_sends_plain_addresses_to_hashed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "asset_url", lambda path: f"/static/{path.removesuffix('.js')}.0a1b2c.js")
    modules.import_map.cache_clear()
    try:
        request = SimpleNamespace(csp_nonce="n0nce")
        text = render("{% import_map %}", request=request)
    finally:
        modules.import_map.cache_clear()
    assert text.startswith('<script type="importmap" nonce="n0nce">')
    assert '"/static/js/lib/api.js":"/static/js/lib/api.0a1b2c.js"' in text
    assert '"/static/vendor/idb/idb.js":"/static/vendor/idb/idb.0a1b2c.js"' in text
    assert "theme-boot" not in text


def test_no_template_of_ours_has_inline_styles_or_handlers() -> None:
    for source in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        text = source.read_text()
        assert not re.search(r"\sstyle\s*=|<style|\son(?!e\s*=)[a-z]+\s*=\s*[\"']|javascript:", text), source
        for script in re.findall(r"<script\b[^>]*>", text):
            assert "src=" in script or "nonce=" in script or 'type="application/json"' in script, (source, script)


def test_every_stylesheet_is_imported_once() -> None:
    main = (STATIC / "css/main.css").read_text()
    imported = re.findall(r'url\("([^"]+)"\)', main)
    folder = STATIC / "css"
    own = {path.relative_to(folder).as_posix() for path in folder.rglob("*.css") if "pages" not in path.parts}
    assert sorted(imported) == sorted(own - {"main.css"})
    assert all(finders.find(f"css/{name}") for name in imported)


def test_collected_the_stylesheet_is_one_file_with_every_rule(tmp_path: Path) -> None:
    text = flatten(STATIC / "css/main.css")
    assert "@import" not in text
    assert "/*" not in text
    assert text.index("@layer base, elements, shell, pages, utilities;") < text.index(":root{")
    layers = re.findall(r"@layer (\w+)\{", text)
    assert list(dict.fromkeys(layers)) == ["base", "elements", "shell", "utilities"]
    assert text.count("{") == text.count("}")
    for name in ("--canvas:", ".skip-link{", ".product-tile{", ".visually-hidden"):
        assert name in text
    assert len(gzip.compress(text.encode(), 9)) < 15_000, "the budget of a page's styles (PWA J1)"


def test_a_page_with_several_stylesheets_fetches_one() -> None:
    pages = STATIC / "css/pages"
    rooms = {path.relative_to(pages).as_posix() for path in pages.glob("*/*.css")}
    imported = [
        name for path in pages.glob("*.css") for name in re.findall(r'@import url\("([^"]+)"\);', path.read_text())
    ]
    assert rooms and sorted(imported) == sorted(rooms)
    text = flatten(pages / "till.css")
    assert "@import" not in text and text.count("{") == text.count("}")
    assert text.index(".till-notice{") < text.index(".till-due{") < text.index(".till-choice{")
    assert all(rule.startswith("pages{") for rule in text.split("@layer ")[1:])
    page = Path(settings.BASE_DIR, "templates/orders/till.html").read_text()
    assert page.count('rel="stylesheet"') == 1, "the till waits for the shell's styles and its own before it is drawn"


def test_squeezed_css_means_the_same() -> None:
    source = """
    /* a { comment } */
    a > b:not(.c , .d) {
      content: "/  b" / "";
      margin: calc(1px + 2px) -1px;
      background: linear-gradient(90deg, red, blue) 0 0 / 2px;
    }
    """
    assert squeeze(source) == (
        'a > b:not(.c , .d){content: "/  b" / "";margin: calc(1px + 2px) -1px;'
        "background: linear-gradient(90deg, red, blue) 0 0 / 2px}"
    )


# --- colours

PAPERS = ("canvas", "surface", "surface-raised", "surface-hover")
SOFT_PAPERS = ("accent-soft", "good-soft", "warn-soft", "bad-soft", "info-soft")
TEXT = [
    *product(("ink", "ink-soft", "ink-faint"), (*PAPERS, "surface-sunken")),
    *product(("ink", "ink-soft"), (*SOFT_PAPERS, "surface-selected")),
    *product(("accent", "good", "warn", "bad"), PAPERS),
    *product(("accent",), (*SOFT_PAPERS, "surface-sunken", "surface-selected")),
    *product(("on-accent",), ("accent-fill", "accent-fill-hover", "accent-fill-active")),
    *product(("on-bad",), ("bad-fill", "bad-fill-hover")),
    *((state, f"{state}-soft") for state in ("good", "warn", "bad", "info")),
    ("on-accent-soft", "accent-soft"),
    ("bad", "surface-selected"),
]
DRAWING = [
    *product(("focus", "line-control", "accent-fill"), PAPERS),
    *product(("accent-fill", "bad-fill"), ("surface-sunken",)),
    *product((f"chart-{number}" for number in (1, 2, 3, 4, 5, "muted")), ("surface",)),
]


def _tokens(theme: int) -> dict[str, str]:
    css = (STATIC / "css/tokens.css").read_text()
    pairs = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    return {name: (light, dark)[theme] for name, light, dark in pairs}


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2 between two hex colours."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_and_drawings_stand_out_from_their_paper(theme: int) -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    colours = _tokens(theme)
    weak = [
        f"{ink} on {paper}: {ratio:.2f} of {least}"
        for least, pairs in ((4.5, TEXT), (3.0, DRAWING))
        for ink, paper in pairs
        if (ratio := contrast(colours[ink], colours[paper])) < least
    ]
    assert not weak
