"""Render the bundled examples: `python examples/render.py [NAME ...] [--results-only]`.

Each scene of `scenes/` is simulated with fixed seeds and written as NAME.mp4, then one result is
generated from that file and written as NAME_result.mp4; index.json says what the page shows.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import torch  # noqa: E402

from vgpnn import generate, video  # noqa: E402
from vgpnn.codes import decode  # noqa: E402

QUALITY = 19  # grain costs bytes: at this rate every clip stays under 400 kB

# Name, title, seed and sigma of the result (None: chosen automatically), what to look at in it.
EXAMPLES = (
    ("flock", "Flock at dusk", 4, 1.45, "Birds in other places, over other clouds."),
    ("campfire", "Campfire", 1, 3.06, "The flames burn in other places and shapes."),
    ("balloons", "Balloons", 5, 1.73, "Balloons come, go and change places."),
    ("sea", "Sea", 2, 1.45, "Other waves under another sky."),
    ("snow", "Snowfall", 1, 1.45, "Other flakes before other trees."),
    ("lava", "Lava", 1, 2.2, "The crust breaks along other lines."),
    ("pitch", "Football", 4, None, "Players run elsewhere on the pitch."),
    ("steam", "Steam", 0, 2.5, "Plumes rise elsewhere and curl another way."),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--results-only", action="store_true", help="keep the clips as they are")
    options = parser.parse_args()
    for name, _, seed, sigma, _ in EXAMPLES:
        if options.names and name not in options.names:
            continue
        clip = FOLDER / f"{name}.mp4"
        began = time.perf_counter()
        if not options.results_only:
            frames, fps = importlib.import_module(f"scenes.{name}").render()
            video.write(clip, decode(torch.from_numpy(frames)), fps, quality=QUALITY)
        result = generate(video.read(clip), seed, sigma=sigma).video
        video.write(FOLDER / f"{name}_result.mp4", result, quality=QUALITY)
        print(f"{name}: {clip.stat().st_size / 1000:.0f} kB, {time.perf_counter() - began:.0f} s")
    (FOLDER / "index.json").write_text(json.dumps(index(), indent=2) + "\n")


def index() -> list[dict]:
    """What the page shows, in order."""
    return [
        {
            "name": name,
            "title": title,
            "video": f"{name}.mp4",
            "result": f"{name}_result.mp4",
            "seed": seed,
            "sigma": sigma,
            "note": note,
        }
        for name, title, seed, sigma, note in EXAMPLES
    ]


if __name__ == "__main__":
    main()
