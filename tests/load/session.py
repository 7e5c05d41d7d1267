"""Steps of a visitor in the browser while something breaks."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from helpers.page import choose, upload
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from .browsers import DONE, choose_seed
from .report import say

SEED = 3
STARTED = ".reel[data-phase=queued], .reel[data-phase=running]"


def start_takes(page: Page, clip: Path, takes: int = 6) -> None:
    """Press Generate, for takes slow enough that something can break meanwhile; return when the
    first take is there."""
    upload(page, clip)
    choose(page, "height", 96)
    choose(page, "frames", 12)
    choose(page, "samples", takes)
    choose_seed(page, SEED)
    page.click("#go")
    page.wait_for_selector(".take.done", timeout=120_000)


def count_takes(page: Page) -> int:
    """How many takes are there."""
    return page.locator(".take.done").count()


def takes_after_reload(page: Page) -> int:
    """Reload the page. Returns how many takes are there after a moment."""
    reload(page)
    page.wait_for_selector(".take", timeout=60_000)
    with suppress(BrowserError):
        page.wait_for_selector(".take.done", timeout=20_000)
    return count_takes(page)


def reload(page: Page) -> None:
    """Open the page again, also where Gradio, which has lost the server, does so by itself."""
    for _ in range(5):
        try:
            page.goto(page.url)
            page.wait_for_selector("#working video", timeout=60_000)
            return
        except BrowserError:
            page.wait_for_timeout(2000)
    raise BrowserError("The page cannot be opened again.")


def problems(page: Page) -> str:
    """All that the page says of what went wrong, or "nothing"."""
    found = page.locator(".problem, .message.error, .toast-text, .toast-body, .toast-title")
    texts = [text.strip() for text in found.all_inner_texts()]
    return " ".join(dict.fromkeys(text for text in texts if text)).replace("\n", " ") or "nothing"


def generate_again(page: Page) -> str:
    """Press Generate once more, for one take. Returns "" or what the page says went wrong."""
    choose(page, "samples", 1)
    page.click("#go")
    try:
        page.wait_for_selector(STARTED)
        page.wait_for_selector(DONE, timeout=120_000)
    except BrowserError:
        return problems(page)
    return ""


def works(page: Page, clip: Path) -> bool:
    """Whether a new clip and Generate bring a result."""
    try:
        upload(page, clip)
    except BrowserError as error:
        say(f"the clip cannot be uploaded: {error.message[:300]}; the page says {problems(page)}")
        return False
    if problem := generate_again(page):
        say(f"Generate does not work; the page says {problem}")
        return False
    return count_takes(page) == 1
