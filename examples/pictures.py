"""The README's pictures: `python examples/pictures.py`, with app.py running at the address given.

Writes results.jpg (rows of source and two results, the same frame of each) and page.jpg (a
screenshot). Needs what tests/requirements.txt lists.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch
from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from vgpnn import generate, video  # noqa: E402
from vgpnn.codes import encode  # noqa: E402

ROWS = {"flock": (1, 4), "campfire": (1, 2), "pitch": (1, 2), "sea": (1, 2)}  # two seeds each
WIDTH, GAP = 320, 6  # [px]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    options = parser.parse_args()
    results().save(FOLDER / "results.jpg", quality=88)
    page(options.url)


def results() -> Image.Image:
    """A sheet with one row a clip."""
    rows = []
    for name, seeds in ROWS.items():
        clip = video.read(FOLDER / f"{name}.mp4")
        shown = [clip.frames, *(generate(clip, seed).video.frames for seed in seeds)]
        rows.append([encode(frames[len(frames) // 2]) for frames in shown])
    heights = [round(WIDTH * row[0].shape[0] / row[0].shape[1]) for row in rows]
    size = (3 * (WIDTH + GAP) - GAP, sum(heights) + GAP * (len(rows) - 1))
    sheet, top = Image.new("RGB", size, "white"), 0
    for row, height in zip(rows, heights):
        for column, picture in enumerate(row):
            image = Image.fromarray(torch.as_tensor(picture).numpy()).resize((WIDTH, height))
            sheet.paste(image, (column * (WIDTH + GAP), top))
        top += height + GAP
    return sheet


def page(url: str) -> None:
    """Three takes of the first example, at 1280 px."""
    flags = ["--no-sandbox", "--disable-gpu"]
    with sync_playwright() as playwright:
        chromium = os.environ.get("VGPNN_CHROMIUM") or None
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        tab = browser.new_page(viewport={"width": 1280, "height": 1180})
        tab.goto(url)
        tab.wait_for_selector("#working video", timeout=60_000)
        tab.click("#go")
        tab.wait_for_selector(".reel[data-phase=done] .take.done", timeout=180_000)
        tab.wait_for_timeout(2000)
        tab.screenshot(path=FOLDER / "page.jpg", type="jpeg", quality=88)
        browser.close()


if __name__ == "__main__":
    main()
