"""Real browsers: two people with the same file name and the same seed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path

from conftest import CHROMIUM, FLAGS
from helpers.clips import clip
from helpers.page import choose, upload
from helpers.server import Server
from playwright.sync_api import Page, sync_playwright

import vgpnn
from vgpnn.presets import PRESETS

from .report import Row, reported

SEED = 7
DONE = ".reel[data-phase=done] .take.done"


@contextmanager
def opened(server: Server, number: int):
    """The page in a new browser, which the server sees at an address with this number."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield new_page(browser, server, number)
        browser.close()


def new_page(browser, server: Server, number: int) -> Page:
    """The page in a browser that is open, at an address with this number."""
    context = browser.new_context(
        extra_http_headers={"x-forwarded-for": f"10.1.0.{number}"}, accept_downloads=True
    )
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector("#working video", timeout=60_000)
    return page


def choose_seed(page: Page, seed: int) -> None:
    """Use this seed instead of a new one."""
    if page.is_checked("#random input"):
        page.click("#random")
    page.fill("#seed input", str(seed))
    page.press("#seed input", "Tab")


def saved(page: Page, path: Path, number: int = 0) -> bytes:
    """The bytes of a take, as the browser downloads it to a path. number: of the take, from 0."""
    with page.expect_download() as download:
        page.click(f".take >> nth={number} >> text=MP4")
    download.value.save_as(path)
    return path.read_bytes()


def browsers(folder: Path) -> list[Row]:
    """Two people press Generate at the same moment, on clips that differ in content alone."""
    clips, expected = [], []
    for number in (1, 2):
        place = folder / str(number)
        place.mkdir()
        clips.append(place / "holiday.mp4")
        vgpnn.video.write(clips[-1], clip(5, 48, 64, seed=number))
        made = vgpnn.generate(vgpnn.video.read(clips[-1]), SEED, PRESETS["generate"])
        vgpnn.video.write(place / "expected.mp4", made.video)
        expected.append((place / "expected.mp4").read_bytes())
    server = Server(folder)
    got, addresses, seeds = [], [], []
    try:
        with sync_playwright() as playwright:
            opened_browsers = [
                playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) for _ in clips
            ]
            pages = [new_page(each, server, number) for number, each in enumerate(opened_browsers)]
            for page, path in zip(pages, clips):
                upload(page, path)
                choose(page, "samples", 1)
                choose_seed(page, SEED)
            for page in pages:
                page.click("#go")
            for page, path in zip(pages, clips):
                page.wait_for_selector(DONE, timeout=120_000)
                addresses.append(page.get_attribute(".take >> text=MP4", "href"))
                got.append(saved(page, path.with_name("got.mp4")))
                with page.expect_download() as download:
                    page.click("text=Settings (JSON)")
                seeds.append(json.loads(download.value.path().read_text())["seed"])
                page.reload()
                page.wait_for_selector(DONE, timeout=60_000)
                got.append(saved(page, path.with_name("again.mp4")))
            for each in opened_browsers:
                each.close()
    finally:
        server.stop()
    right = sum(data == expected[k // 2] for k, data in enumerate(got))
    ok = right == 4 and seeds == [SEED] * 2 and addresses[0] != addresses[1]
    return [
        reported(
            Row(
                "two browsers, the same file name and seed, other content",
                "each has its own result, at an address of its own, also after a reload",
                f"{right} of 4 downloads as the library makes them",
                ok and expected[0] != expected[1],
            )
        )
    ]
