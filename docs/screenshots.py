"""The pictures of docs/page.md: `python docs/screenshots.py [STATE ...]` beside a running app.py.

Each state of the page is shown in a window of a desk, light, and in one of a phone, dark. The page
needs the bundled examples; this script needs what tests/requirements.txt lists.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent / "pictures"
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
WINDOWS = {  # name: width and height [px], and scheme
    "desk": (1280, 800, "light"),
    "phone": (390, 844, "dark"),
}
DONE = ".reel[data-phase=done] .take.done"
PATIENCE = 180_000  # [ms]
SETTLED = 1500  # [ms]; until what moves in has come to rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="STATE", help=f"default: {', '.join(STATES)}")
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = os.environ.get("VGPNN_CHROMIUM") or None
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        for window in WINDOWS:
            take_pictures(browser, options.url, window, options.names or list(STATES))
        browser.close()


def take_pictures(browser: Browser, url: str, window: str, names: list[str]) -> None:
    """Write STATE-WINDOW.jpg of each state, all in one visit of the page."""
    width, height, scheme = WINDOWS[window]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("#working video")
    for name in STATES:
        if name not in names:
            continue
        for _ in STATES[name](page):
            page.mouse.move(0, 0)
            page.wait_for_timeout(SETTLED)
            path = FOLDER / f"{name}-{window}.jpg"
            page.screenshot(path=path, type="jpeg", quality=72)
    context.close()


def first(page: Page) -> Iterator[None]:
    """The page as it opens."""
    page.wait_for_selector("#timeline img[src]")
    yield


def clip(page: Page) -> Iterator[None]:
    """A clip that was uploaded, and a part of it on the timeline."""
    uploaded(page, "lava.mp4")
    page.wait_for_selector("#timeline img[src]")
    page.focus("#timeline .end")
    for _ in range(3):
        page.keyboard.press("PageDown")
    yield


def drafts(page: Page) -> Iterator[None]:
    """Drafts, of which two are chosen, and the takes that were made of the best ones."""
    uploaded(page, "balloons.mp4")
    page.click("#go")
    page.wait_for_selector(DONE)
    page.wait_for_selector("#go", state="visible")
    for number in (4, 6):
        page.locator(".draft").nth(number).click()
    page.evaluate("scrollTo(0, 0)")
    yield


def take(page: Page) -> Iterator[None]:
    """A take beside its source."""
    page.locator(".cell.take .look").first.click()
    page.wait_for_selector(".viewer video")
    yield
    page.keyboard.press("Escape")


def marks(page: Page) -> Iterator[None]:
    """A balloon of which there is to be more."""
    opened(page, "Generate")
    page.click("#marking-generate > button")
    page.wait_for_selector("#marks-generate .swatch")
    page.wait_for_timeout(SETTLED)
    painted(page, "marks-generate", [(0.28, 0.42), (0.31, 0.36), (0.33, 0.46)])
    page.locator("#marking-generate").evaluate("each => each.scrollIntoView()")
    yield
    page.evaluate("document.querySelector('#marking-generate > button').click()")


def resize(page: Page) -> Iterator[None]:
    """Other proportions of the clip."""
    opened(page, "Resize")
    yield


def extend(page: Page) -> Iterator[None]:
    """A clip that stays as it is, and the picture around it."""
    opened(page, "Resize")
    page.click("#resize-kind label:has-text('stays')")
    page.wait_for_timeout(SETTLED)
    page.click("#go")
    page.wait_for_selector(DONE)
    page.wait_for_selector("#go", state="visible")
    page.locator(".film").evaluate("each => innerWidth < 981 && each.scrollIntoView()")
    yield
    page.click("#resize-kind label:has-text('new')")


def tile(page: Page) -> Iterator[None]:
    """The example of a seamless tile, as a wall."""
    opened(page, "Resize")
    page.click(".of-resize .examples .frame >> text=Lava without end")
    page.wait_for_selector(".take canvas.wall", state="visible")
    page.locator(".film").evaluate("each => innerWidth < 981 && each.scrollIntoView()")
    yield
    page.click("#resize-kind label:has-text('new')")


def retime(page: Page) -> Iterator[None]:
    """The tab Retime with its example."""
    opened(page, "Retime")
    yield


def analogy(page: Page) -> Iterator[None]:
    """The tab Analogy with its example."""
    opened(page, "Analogy")
    yield


def inpaint(page: Page) -> Iterator[None]:
    """A balloon that is painted over."""
    opened(page, "Inpaint")
    page.wait_for_selector("#paint-frame output")
    painted(page, "paint", [(0.40, 0.42), (0.46, 0.38), (0.44, 0.50)])
    page.wait_for_selector("#paint .marks button")
    yield


def explanation(page: Page) -> Iterator[None]:
    """How a take is made, pass by pass."""
    opened(page, "How it works")
    page.wait_for_selector("#explanation canvas, #explanation img, #explanation video")
    page.locator("#explanation").evaluate("each => each.scrollIntoView()")
    yield


def refusal(page: Page) -> Iterator[None]:
    """A file that is no video."""
    opened(page, "Generate")
    notes = {"name": "notes.mp4", "mimeType": "video/mp4", "buffer": b"not a video"}
    page.set_input_files("#upload input[type=file]", notes)
    page.wait_for_selector("#working .problem")
    yield


def uploaded(page: Page, name: str) -> None:
    """Upload a bundled clip."""
    page.set_input_files("#upload input[type=file]", str(EXAMPLES / name))
    page.wait_for_function(
        "name => document.querySelector('#working b')?.textContent === name", arg=name
    )
    page.wait_for_timeout(SETTLED)


def painted(page: Page, board: str, points: list[tuple[float, float]]) -> None:
    """Draw a line on a board; points are shares of its paper."""
    paper = page.locator(f"#{board} .paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=8)
    page.mouse.up()


def opened(page: Page, title: str) -> None:
    """Open a tab, also one that a narrow window hides behind a menu."""
    tab = page.locator(f"button[role=tab]:visible:has-text('{title}')")
    if not tab.count():
        page.click(".overflow-menu > button")
        tab = page.locator(f".overflow-dropdown button:has-text('{title}')")
    tab.first.click()
    page.wait_for_selector(f"button[role=tab][aria-selected=true]:has-text('{title}')")
    page.evaluate("scrollTo(0, 0)")


# Each brings the page into its state, waits while the picture is taken, and leaves the state.
STATES: dict[str, Callable[[Page], Iterator[None]]] = {
    each.__name__: each
    for each in (
        first,
        clip,
        drafts,
        take,
        marks,
        resize,
        extend,
        tile,
        retime,
        analogy,
        inpaint,
        explanation,
        refusal,
    )
}


if __name__ == "__main__":
    main()
