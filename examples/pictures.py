"""The README's pictures: `python examples/pictures.py`, with app.py running at the address given.

Writes results.jpg and tasks.jpg (source and result of every example, the same frame) and page.jpg
(a screenshot). Needs what tests/requirements.txt lists.
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

HEIGHT, GAP = 168, 6  # [px]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    options = parser.parse_args()
    entries = json.loads((FOLDER / "index.json").read_text())
    takes = [[e["video"], e["result"]] for e in entries if "task" not in e]
    pairs = [[*a, *b] for a, b in zip(takes[::2], takes[1::2])]
    sheet(pairs).save(FOLDER / "results.jpg", quality=88)
    others = [[e["video"], *e["beside"].values(), e["result"]] for e in entries if "task" in e]
    sheet(others).save(FOLDER / "tasks.jpg", quality=86)
    page(options.url)


def sheet(rows: list[list[str]]) -> Image.Image:
    """The middle frames of rows of files, all as high."""
    made = []
    for row in rows:
        pictures = []
        for file in row:
            frames = video.read(FOLDER / file).frames
            picture = Image.fromarray(encode(frames[len(frames) // 2]).numpy())
            width = round(picture.width * HEIGHT / picture.height)
            pictures.append(picture.resize((width, HEIGHT)))
        made.append(pictures)
    width = max(sum(p.width + GAP for p in row) - GAP for row in made)
    whole = Image.new("RGB", (width, len(made) * (HEIGHT + GAP) - GAP), "white")
    for y, row in enumerate(made):
        x = 0
        for picture in row:
            whole.paste(picture, (x, y * (HEIGHT + GAP)))
            x += picture.width + GAP
    return whole


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
