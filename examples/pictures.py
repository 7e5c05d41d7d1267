"""The README's pictures: `python examples/pictures.py [NAME ...]`; page.jpg needs a running app.py.

Writes one picture per task (generate.jpg, resize.jpg, ...: what went in, what is beside it, and the
result) and page.jpg (a screenshot). Needs what tests/requirements.txt lists.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]


from vgpnn import tasks, video  # noqa: E402
from vgpnn.codes import encode  # noqa: E402

WIDTH, EDGE, GAP, TITLE = 1200, 18, 10, 42  # [px]
FILM, INK = "#0b0c0c", "#e9ebe8"  # as on the page
SMALL = 162  # [px] height at which takes are made here
FONT = ImageFont.load_default(23)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a task, or page; default: all")
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    options = parser.parse_args()
    for task in (generate, resize, retime, analogy, inpaint):
        if not options.names or task.__name__ in options.names:
            sheet(task()).save(FOLDER / f"{task.__name__}.jpg", quality=85, optimize=True)
    if not options.names or "page" in options.names:
        page(options.url)


def generate() -> list[Image.Image]:
    snow, seeds = clip_of("snow", SMALL), (2, 3, 4)
    snows = [snow, *(tasks.generate(snow, seed).video for seed in seeds)]
    balloons = clip_of("balloons")
    small = tasks.generate(clip_of("balloons", SMALL), 3).video
    others = balloons, small, clip_of("balloons_result")
    return [
        row([at(one, 1.6) for one in others], ("Source", "Take with seed 3", "Take with seed 5")),
        row([at(one, 0.4) for one in snows], ("Source", *(f"Take with seed {k}" for k in seeds))),
        row([at(one, 1.6) for one in snows]),
    ]


def resize() -> list[Image.Image]:
    return [
        row(
            clips_at(1.0, "pitch", "pitch_narrow_beside", "pitch_narrow_result"),
            ("Source", "Plain stretch", "Result, 0.6 wide"),
        ),
        row(
            clips_at(0.2, "balloons", "balloons_wide_beside", "balloons_wide_result"),
            ("Source", "Plain stretch", "Result, 1.6 times as wide"),
        ),
    ]


def retime() -> list[Image.Image]:
    """Time runs to the right, over the length of the result."""
    titles = {
        "campfire": "Source: over after 2 seconds",
        "campfire_longer_beside": "Plain slow-down: the same flames, half as fast",
        "campfire_longer_result": "Result, twice as long: the flames go on, as fast as before",
    }
    seconds, rows = [k / 2 for k in range(8)], []
    for name, title in titles.items():
        clip = clip_of(name)
        pictures = [at(clip, t, (0.2, 0, 0.6, 1)) for t in seconds if t * clip.fps < clip.shape[0]]
        over = Image.new("RGB", pictures[0].size, "#17191a")
        pictures += [over] * (len(seconds) - len(pictures))
        rows.append(row(pictures, (title,)))
    times = row(pictures, tuple(f"{t:g} s" for t in seconds))  # its titles alone
    return [*rows, times.crop((0, 8, WIDTH, TITLE))]


def analogy() -> list[Image.Image]:
    names = "steam", "campfire", "steam_of_fire_result"
    titles = "Layout: it moves like this", "Style: it looks like this", "Result"
    flat = 0, 0.125, 1, 0.875  # 16:9 of 4:3
    ring, drawn = (at(clip_of(n), 0.8, flat) for n in ("ring", "ring_of_steam_result"))
    return [
        row(clips_at(0.3, *names), titles),
        row(clips_at(1.5, *names)),
        row(
            [ring, *clips_at(0.8, "steam"), drawn], ("Or the layout is a sketch", "Style", "Result")
        ),
    ]


def inpaint() -> list[Image.Image]:
    return [
        row(
            clips_at(1.8, "balloons", "balloons_fewer_beside", "balloons_fewer_result"),
            ("Source", "Magenta removes", "Result: a balloon fewer"),
        ),
        row(
            clips_at(1.0, "campfire", "campfire_more_beside", "campfire_more_result"),
            ("Source", "Orange asks for fire", "Result: more of it"),
        ),
    ]


def clip_of(name: str, height: int | None = None) -> video.Video:
    return video.read(FOLDER / f"{name}.mp4", height=height)


def clips_at(second: float, *names: str) -> list[Image.Image]:
    return [at(clip_of(name), second) for name in names]


def at(clip: video.Video, second: float, crop=(0, 0, 1, 1)) -> Image.Image:
    """A frame, or the part of it inside (left, top, right, bottom), in shares."""
    frame = clip.frames[min(len(clip.frames) - 1, round(second * float(clip.fps)))]
    picture = Image.fromarray(encode(frame).numpy())
    sides = picture.width, picture.height, picture.width, picture.height
    return picture.crop(tuple(round(share * n) for share, n in zip(crop, sides)))


def row(pictures: list[Image.Image], titles: tuple[str, ...] = ()) -> Image.Image:
    """Pictures side by side, as high as each other and as wide as the sheet, titles above them."""
    room = WIDTH - 2 * EDGE - GAP * (len(pictures) - 1)
    scale = room / sum(p.width / p.height for p in pictures)
    height = round(scale)
    top = TITLE if titles else 0
    whole = Image.new("RGB", (WIDTH, top + height), FILM)
    draw, x = ImageDraw.Draw(whole), EDGE
    for k, picture in enumerate(pictures):
        wide = round(scale * picture.width / picture.height)
        whole.paste(picture.resize((wide, height), Image.Resampling.LANCZOS), (x, top))
        if k < len(titles):
            draw.text((x, top - 11), titles[k], INK, FONT, "ls")
        x += wide + GAP
    return whole


def sheet(rows: list[Image.Image]) -> Image.Image:
    """Rows below each other."""
    whole = Image.new("RGB", (WIDTH, sum(r.height + GAP for r in rows) - GAP + EDGE), FILM)
    y = 0  # the first row begins with titles
    for one in rows:
        whole.paste(one, (0, y))
        y += one.height + GAP
    return whole


def page(url: str) -> None:
    """The page with drafts and takes of an example, at 1280 px."""
    flags = ["--no-sandbox", "--disable-gpu"]
    with sync_playwright() as playwright:
        chromium = os.environ.get("VGPNN_CHROMIUM") or None
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        tab = browser.new_page(viewport={"width": 1280, "height": 1240})
        tab.goto(url)
        tab.wait_for_selector("#working video", timeout=60_000)
        tab.click("[aria-label='Example: Balloons']")
        tab.wait_for_selector(".reel .title:text-is('Balloons')")
        tab.uncheck("#random input")
        tab.fill("#seed input", "5")
        tab.keyboard.press("Tab")
        tab.click("#go")
        tab.wait_for_selector(".reel[data-phase=done] .take.done >> nth=2", timeout=120_000)
        for draft in (4, 6):
            tab.locator(".draft").nth(draft).click()
        tab.mouse.move(0, 0)
        tab.wait_for_timeout(1500)
        tab.screenshot(path=FOLDER / "page.jpg", type="jpeg", quality=88)
        browser.close()


if __name__ == "__main__":
    main()
