"""The README's pictures: `python examples/pictures.py`, with app.py running at the address given.

Writes results.jpg (source and result of every example, the same frame) and page.jpg (a
screenshot). Needs what tests/requirements.txt lists.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from vgpnn import video  # noqa: E402
from vgpnn.codes import encode  # noqa: E402

WIDTH, GAP = 300, 6  # [px]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    options = parser.parse_args()
    results().save(FOLDER / "results.jpg", quality=88)
    page(options.url)


def results() -> Image.Image:
    """A sheet of all examples: source and result side by side, two examples a row."""
    entries = json.loads((FOLDER / "index.json").read_text())
    cells = [file for entry in entries for file in (entry["video"], entry["result"])]
    height = WIDTH * 9 // 16
    size = (4 * (WIDTH + GAP) - GAP, len(cells) // 4 * (height + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for n, file in enumerate(cells):
        frames = video.read(FOLDER / file).frames
        picture = Image.fromarray(encode(frames[len(frames) // 2]).numpy()).resize((WIDTH, height))
        sheet.paste(picture, (n % 4 * (WIDTH + GAP), n // 4 * (height + GAP)))
    return sheet


def page(url: str) -> None:
    """The page with its first example, at 1280 px."""
    flags = ["--no-sandbox", "--disable-gpu"]
    with sync_playwright() as playwright:
        chromium = os.environ.get("VGPNN_CHROMIUM") or None
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        tab = browser.new_page(viewport={"width": 1280, "height": 1000})
        tab.goto(url)
        tab.wait_for_selector("#working video", timeout=60_000)
        tab.wait_for_timeout(3000)
        tab.screenshot(path=FOLDER / "page.jpg", type="jpeg", quality=88)
        browser.close()


if __name__ == "__main__":
    main()
