"""What is asked of a page that somebody looks at: nothing fails, nothing is hidden, everybody can use it."""

import gzip
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zlib import crc32

from django.conf import settings
from playwright.sync_api import ConsoleMessage, Frame, Page, Request, Response

BLOCKED_BY_PLAYWRIGHT = "Service Worker registration blocked by Playwright"
AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OF_THE_LOOK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""The rules whose answer depends on width and theme; names, roles and order are the same in every look."""
PHONE, DESK = 360, 1440
SMALLEST_TARGET, SMALLEST_TILL_TARGET = 24, 44
"""CSS pixels; WCAG 2.2 (2.5.8) asks for 24, and a till is used in a hurry."""

# Every element has come alive. A frame at a time from inside, because the policy forbids a poll from outside.
SETTLED = """async () => {
  const isReady = () => document.readyState === "complete" && !document.querySelector(":not(:defined)");
  const end = performance.now() + 15000;
  while (!isReady() && performance.now() < end) await new Promise(requestAnimationFrame);
  return isReady();
}"""

NAVIGATION = ["#shell-nav", ".bottom-bar"]
"""Four fifths of the elements of a page, the same on every one: looked at on one page, in all four looks."""

RUN_AXE = """async ({ tags, rules, without }) => {
  const options = rules
    ? { runOnly: { type: "rule", values: rules } }
    : { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } } };
  // One row of a table is like the next.
  const context = { exclude: ["tbody > tr:nth-child(n+6)", ...without].map((part) => [part]) };
  const found = await axe.run(context, { ...options, resultTypes: ["violations"], preload: false });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`));
}"""

# What fades or slides is at its end. (Asking for the motions makes the browser work out the styles, with new motions.)
ARRIVE = """
  const moving = () => document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity);
  for (let left = moving(); left.length; left = moving()) for (const motion of left) motion.finish();
"""
ARRIVED = f"() => {{ {ARRIVE} }}"

# Controls that can be seen and are smaller than they may be; a label counts as part of its control.
SMALL_TARGETS = """({ within, least }) => {
  const controls = `${within} :is(a[href], button, input, select, textarea, summary)`;
  const small = [];
  for (const control of document.querySelectorAll(controls)) {
    const isSeen = control.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (!isSeen || control.type === "hidden") continue;
    const target = control.closest("label") ?? control;
    const { width, height } = target.getBoundingClientRect();
    if (width < least || height < least) small.push(`${control.outerHTML.slice(0, 90)}: ${width} x ${height}`);
  }
  return small;
}"""

# Where the focus is, whether its ring is drawn, and whether something lies on top of it.
FOCUS = """() => {
  ARRIVE
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const name = element.outerHTML.slice(0, 110);
  const drawn = [element, ...(element.labels ?? []), element.parentElement].some((part) => {
    const style = getComputedStyle(part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  });
  const { left, top, width, height } = element.getBoundingClientRect();
  const above = document.elementFromPoint(left + width / 2, top + Math.min(height, 40) / 2);
  const seen = above && (element.contains(above) || above.contains(element));
  return { name, drawn, above: seen ? "" : (above?.outerHTML.slice(0, 60) ?? "out of sight") };
}""".replace("ARRIVE", ARRIVE)

WATCH_POLICY = """
  window.__refused = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.__refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile ?? ""}`));
"""


class Look(NamedTuple):
    """A screen and a theme."""

    width: int
    theme: Any


LOOKS = (
    (Look(PHONE, "light"), Look(DESK, "dark")),
    (Look(PHONE, "dark"), Look(DESK, "light")),
)
EVERY_LOOK = (*LOOKS[0], *LOOKS[1])
"""Each width and each theme once. Pages take turns, so what they have in common is seen in all four."""


def looks_at(page: Page) -> tuple[Look, ...]:
    """Which looks a page is given, by its address without its ids and numbers: the same at every run."""
    path = re.sub(r"[0-9a-f-]{36}|\d+", "", urlsplit(page.url).path)
    return LOOKS[crc32(path.encode()) % len(LOOKS)]


@cache
def axe() -> str:
    """The source of axe-core, which the set-up installs."""
    return AXE.read_text() + "; undefined"


class Ears:
    """Hears everything a page complains of, and weighs its scripts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._document = 0
        self._weights: dict[str, int] = {}
        self.forget()
        page.add_init_script(WATCH_POLICY)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._said.append(f"exception: {error}"))
        page.on("request", self._begins)
        page.on("framenavigated", self._navigated)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def forget(self, expected_status: int = 200) -> None:
        self._said: list[str] = []
        self._begun: dict[Request, int] = {}
        self._aborted: list[Request] = []
        self.scripts: list[Response] = []
        self.expected_status = expected_status

    @property
    def said(self) -> list[str]:
        """What there was to complain of. An aborted request counts while its page is open and did not ask again."""
        cut = [request for request in self._aborted if self._begun.get(request) == self._document]
        return self._said + [f"aborted: {one.method} {one.url}" for one in cut if not self._was_asked_again(one)]

    def _was_asked_again(self, request: Request) -> bool:
        """Whether the same address was asked for after it: of two searches only the answer of the last one counts."""
        asked = list(self._begun)
        later = asked[asked.index(request) + 1 :]
        return any(urlsplit(one.url).path == urlsplit(request.url).path for one in later)

    def eager_kilobytes(self) -> float:
        """Weight of all scripts that came with the page, as they travel compressed."""
        return sum(map(self._weight, self.scripts)) / 1000

    def _weight(self, script: Response) -> int:
        """A file is weighed once: it is the same for every page."""
        if script.url not in self._weights:
            self._weights[script.url] = len(gzip.compress(script.body(), 9))
        return self._weights[script.url]

    def _console(self, message: ConsoleMessage) -> None:
        is_own_status = self.expected_status >= 400 and f"status of {self.expected_status}" in message.text
        if message.text == BLOCKED_BY_PLAYWRIGHT:
            return
        if message.type in ("error", "warning") and not is_own_status:
            self._said.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            self._said.append(f"failed: {request.method} {request.url} {request.failure}")
        elif not request.is_navigation_request():  # that one became a file, or gave way to another page
            self._aborted.append(request)

    def _begins(self, request: Request) -> None:
        self._begun[request] = self._document

    def _navigated(self, frame: Frame) -> None:
        if frame == self.page.main_frame:
            self._document += 1

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.scripts.clear()  # what the page before was still fetching
        if response.request.resource_type == "script" and response.status < 300:
            self.scripts.append(response)
        if response.status >= 400 and response.status != self.expected_status:
            self._said.append(f"status {response.status}: {response.url}")


def open_page(page: Page, ears: Ears, address: str, *, status: int = 200) -> None:
    """Open an address as a phone in the light would, and wait until every element of it has come alive."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": PHONE, "height": 760})
    ears.forget(status)
    answer = page.goto(address)
    assert answer is not None and answer.status == status, f"{address} answered {answer and answer.status}"
    assert page.evaluate(SETTLED), f"{address}: an element stays as the server drew it"


def flaws(
    page: Page,
    ears: Ears,
    *,
    checks_by_axe: bool = True,
    least: int = SMALLEST_TARGET,
    looks: Sequence[Look] | None = None,
    with_navigation: bool = False,
) -> list[str]:
    """Everything that is wrong with the page that is open, in each look it is given: ``looks``, or those it takes turns
    for. ``with_navigation``: axe looks at the navigation too, which is the same on every page.
    """
    found: list[str] = []
    page.locator("h1").first.wait_for(state="attached")
    if page.locator("h1").count() != 1:
        found.append(f"headings of the first order: {page.locator('h1').all_inner_texts()}")
    if len(page.title()) < 4:
        found.append(f"title: {page.title()!r}")
    if least > SMALLEST_TARGET:
        found += [
            f"small target {target}" for target in page.evaluate(SMALL_TARGETS, {"within": "main", "least": least})
        ]
    found += [f"focus: {fault}" for fault in _focus_faults(page)]
    found += [f"policy: {refusal}" for refusal in page.evaluate("window.__refused")]
    if checks_by_axe:
        page.evaluate(axe())
    for number, look in enumerate(looks or looks_at(page)):
        page.set_viewport_size({"width": look.width, "height": 760 if look.width == PHONE else 900})
        page.emulate_media(color_scheme=look.theme, reduced_motion="reduce")
        page.evaluate(ARRIVED)
        name = f"{look.width} {look.theme}"
        if checks_by_axe:
            rules = OF_THE_LOOK if number else None
            without = [] if with_navigation else NAVIGATION
            violations = page.evaluate(RUN_AXE, {"tags": STANDARD, "rules": rules, "without": without})
            found += [f"{name}: {violation}" for violation in violations]
        if (width := page.evaluate("document.documentElement.scrollWidth")) > look.width:
            found.append(f"{name}: scrolls sideways to {width} px")
    # axe tries styles that our policy refuses; what a page itself was refused is in __refused already.
    return found + [text for text in ears.said if "Content Security Policy" not in text]


def _focus_faults(page: Page, steps: int = 6) -> list[str]:
    """Tab through the first stops of a page: each is seen, and shows that it has the focus."""
    faults: list[str] = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        if not stop["drawn"]:
            faults.append(f"no ring at {stop['name']}")
        if stop["above"]:
            faults.append(f"{stop['name']} is covered by {stop['above']}")
    return faults
