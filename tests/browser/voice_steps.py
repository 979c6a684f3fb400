"""A browser's recogniser that hears what a test says: the device of the browser, not ours."""

from playwright.sync_api import Page

FAKE = """() => {
  const all = [];
  window.SpeechRecognition = window.webkitSpeechRecognition = class {
    constructor() { all.push(this); }
    start() { this.isOn = true; }
    abort() { this.isOn = false; }
  };
  const mine = () => all.findLast(({ isOn }) => isOn);
  window.listens = () => Boolean(mine());
  window.say = (...guesses) => {
    const told = guesses.map(([transcript, confidence]) => ({ transcript, confidence }));
    const result = Object.assign(told, { isFinal: true });
    mine()?.onresult({ results: [result], resultIndex: 0 });
  };
  window.fail = (error) => mine().onerror({ error });
}"""


def ear(page: Page) -> None:
    """Give the pages of a window a recogniser."""
    page.add_init_script(f"({FAKE})()")


def say(page: Page, words: str, confidence: float = 0.9) -> None:
    page.evaluate("([words, confidence]) => window.say([words, confidence])", [words, confidence])


def listen(page: Page) -> None:
    """Switch voice on; the first time it is said where the sound goes."""
    page.get_by_role("button", name="Voice", exact=True).click()
    page.get_by_role("button", name="Listen", exact=True).click()
    page.locator(".voice-state").get_by_text("Listening").wait_for()


def swipe(page: Page, selector: str, x: int, y: int) -> None:
    """A finger on something, so many pixels to the right and down."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    begin = (box["x"] + min(box["width"] * 0.6, 180), box["y"] + min(box["height"] / 2, 24))
    device = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": across, "y": down} for across, down in points]
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", begin)
    for step in range(1, 9):
        touch("touchMove", (begin[0] + x * step / 8, begin[1] + y * step / 8))
    touch("touchEnd")
