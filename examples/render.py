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

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402

from vgpnn import tasks, video  # noqa: E402
from vgpnn.codes import decode  # noqa: E402
from vgpnn.tasks import cues, extending, marking, retargeting  # noqa: E402
from vgpnn.tasks import sketch as drawing  # noqa: E402

POSTER_WIDTH = 272  # [px], twice that of a frame in the strip of examples
QUALITY = 19  # grain costs bytes: at this rate every clip stays under 400 kB

# Name, title, seed and sigma of the result (None: chosen automatically), what to look at in it.
EXAMPLES = (
    ("flock", "Flock at dusk", 4, 1.45, "Birds in other places, over other clouds."),
    ("campfire", "Campfire", 1, 3.06, "The flames burn in other places and shapes."),
    ("balloons", "Balloons", 5, 1.73, "Balloons come, go and change places."),
    ("sea", "Sea", 5, 1.45, "The sun is behind a cloud; the waves go on."),
    ("snow", "Snowfall", 3, 1.45, "Other flakes before other trees."),
    ("lava", "Lava", 1, 2.2, "The crust breaks along other lines."),
    ("pitch", "Football", 3, 1.45, "Players run elsewhere; rigid lines break in places."),
    ("steam", "Steam", 5, 3.2, "Plumes rise elsewhere and curl another way."),
)

# Task, name, title, clip, what the task is given, what to look at.
TASKS = (
    (
        "generate",
        "balloons_wished",
        "More of one, none of another",
        "balloons",
        {"marks": "balloons_marks", "seed": 3},
        "About twice as much of the striped balloon, and none of the green one.",
    ),
    (
        "resize",
        "pitch_narrow",
        "Half a pitch",
        "pitch",
        {"width_scale": 0.6},
        "Players and lines keep their size; the pitch has fewer of them.",
    ),
    (
        "resize",
        "balloons_wide",
        "A wider sky",
        "balloons",
        {"width_scale": 1.6},
        "More balloons, none of them wider.",
    ),
    (
        "extend",
        "lava_extended",
        "Lava to both sides",
        "lava",
        {"left": 0.4, "right": 0.4, "top": 0.0, "bottom": 0.0, "from_above": False},
        "The clip in the middle is as it was, to the bit.",
    ),
    (
        "tile",
        "lava_tile",
        "Lava without end",
        "lava",
        {"axes": "both", "time": True},
        "Side by side, one above the other and again and again, without a seam.",
    ),
    (
        "retime",
        "campfire_longer",
        "Fire goes on",
        "campfire",
        {"duration_scale": 2.0},
        "Twice as long, the flames as fast as before.",
    ),
    (
        "retime",
        "flock_loop",
        "Endless flock",
        "flock",
        {"loop": True, "duration_scale": 1.0},
        "The last frame leads into the first.",
    ),
    (
        "retime",
        "balloons_shorter",
        "Shorter, and without one",
        "balloons",
        {"duration_scale": 0.6, "marks": "balloons_unwanted"},
        "As fast as before, and none of the green balloon.",
    ),
    (
        "go_on",
        "flock_on",
        "The flock goes on",
        "flock",
        {"longer": 0.5},
        "The clip to its end as it was, and then it goes on.",
    ),
    (
        "analogy",
        "steam_of_fire",
        "Steam of fire",
        "steam",
        {"kind": "analogy", "style": "campfire"},
        "Where steam rose, flames rise.",
    ),
    (
        "analogy",
        "steam_of_pure_fire",
        "Flames alone",
        "steam",
        {"kind": "analogy", "style": "campfire", "marks": "campfire_marks"},
        "None of the logs and embers of the fire.",
    ),
    (
        "analogy",
        "ring_of_steam",
        "Ring of steam",
        "ring",
        {"kind": "sketch", "style": "steam"},
        "The stroke steams; the paper stays dark.",
    ),
    (
        "inpaint",
        "campfire_more",
        "One more flame",
        "campfire",
        {"paint": "campfire_paint"},
        "Where orange was painted, it burns.",
    ),
    (
        "inpaint",
        "balloons_fewer",
        "One balloon fewer",
        "balloons",
        {"paint": "balloons_paint"},
        "What was under magenta is gone.",
    ),
)


# Paint on frames: (frame, middle, radii, colour), middle and radii as shares of width and height.
PAINT = {
    "campfire_paint": (
        (0, (0.69, 0.62), (0.035, 0.2), "#e89020"),
        (27, (0.7, 0.62), (0.035, 0.2), "#e89020"),
    ),
    "balloons_paint": (
        (0, (0.37, 0.3), (0.035, 0.125), "#ff00ff"),
        (27, (0.475, 0.3), (0.035, 0.125), "#ff00ff"),
    ),
}
# Marks on a frame: middle and radii as before, and the kind of mark.
MARKS = {
    "balloons_marks": (
        ((0.65, 0.44), (0.1, 0.2), "more"),
        ((0.37, 0.27), (0.07, 0.15), "none"),
    ),
    "balloons_unwanted": (((0.37, 0.27), (0.07, 0.15), "none"),),
    "campfire_marks": (((0.5, 1.0), (0.9, 0.27), "none"),),
}


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
        result = tasks.generate(video.read(clip), seed, sigma=sigma).video
        video.write(FOLDER / f"{name}_result.mp4", result, quality=QUALITY)
        print(f"{name}: {clip.stat().st_size / 1000:.0f} kB, {time.perf_counter() - began:.0f} s")
    if not options.results_only or not (FOLDER / "ring.mp4").is_file():
        video.write(FOLDER / "ring.mp4", ring(), 10, quality=QUALITY)
    for task, name, _, clip, given, _ in TASKS:
        if options.names and name not in options.names:
            continue
        began = time.perf_counter()
        source = video.read(FOLDER / f"{clip}.mp4")
        result, beside = solved(task, source, given)
        video.write(FOLDER / f"{name}_result.mp4", result, quality=QUALITY)
        if beside is not None:
            video.write(FOLDER / f"{name}_beside.mp4", beside, quality=QUALITY)
        print(f"{name}: {time.perf_counter() - began:.0f} s")
    for clip in sorted({FOLDER / entry["video"] for entry in index()}):
        write_poster(clip)
    (FOLDER / "index.json").write_text(json.dumps(index(), indent=2) + "\n")


def solved(task: str, source: video.Video, given: dict) -> tuple[video.Video, video.Video | None]:
    """The result of one of TASKS, and what is shown beside it, if that is not a clip itself."""
    if task == "analogy":
        style = video.read(FOLDER / f"{given['style']}.mp4", height=source.frames.shape[1])
        wanted = wished(style, given.get("marks"))
        result = tasks.analogy(source, style, given["kind"] == "sketch", preference=wanted).video
        return result, wanted and marking.shown(style, wanted)
    shape, wanted = tuple(source.frames.shape[:3]), wished(source, given.get("marks"))
    if task == "generate":
        result = tasks.generate(source, given["seed"], preference=wanted).video
        return result, marking.shown(source, wanted)
    if task == "tile":
        return tasks.tile(source, **given).video, None
    if task == "retime" and wanted is not None:
        scale = given["duration_scale"]
        result = tasks.retarget(source, duration_scale=scale, preference=wanted).video
        return result, marking.shown(source, wanted)
    if task == "inpaint":
        pictures = {frame: ellipse(shape[1:], *rest) for frame, *rest in PAINT[given["paint"]]}
        region, paint = cues.from_pictures(pictures, shape, 0, shape[0] - 1)
        return tasks.inpaint(source, region, paint).video, cues.painted_over(source, region, paint)
    if task == "extend":
        beside = extending.with_blurred_sides(source, *(given[side] for side in extending.SIDES))
        return tasks.extend(source, **given).video, beside
    if task == "go_on":
        return tasks.go_on(source, **given).video, None
    result = tasks.retarget(source, **given).video
    return result, retargeting.plainly_resized(source, tuple(result.frames.shape[:3]))


def write_poster(clip: Path) -> None:
    """Write NAME.webp, the first frame of a clip for the strip of examples."""
    frame = video.read(clip).codes[0].numpy()
    size = POSTER_WIDTH, round(POSTER_WIDTH * frame.shape[0] / frame.shape[1])
    Image.fromarray(frame).resize(size, Image.LANCZOS).save(clip.with_suffix(".webp"), quality=80)


def wished(source: video.Video, marks: str | None) -> tasks.Preference | None:
    """What MARKS say of a source; None without marks."""
    if marks is None:
        return None
    size = tuple(source.frames.shape[1:3])
    picture = np.zeros((*size, 4), np.uint8)
    for *place, kind in MARKS[marks]:
        colour = "#" + bytes(marking.COLOURS[kind]).hex()
        picture = np.maximum(picture, ellipse(size, *place, colour))
    return tasks.marked(source.codes, {0: picture}, alike=False)


def ellipse(size, middle, radii, colour) -> np.ndarray:
    """Paint of one stroke, (H, W, 4) uint8."""
    height, width = size
    picture = np.zeros((height, width, 4), np.uint8)
    at, axes = ((round(x * width), round(y * height)) for x, y in (middle, radii))
    cv2.ellipse(picture, at, axes, 0, 0, 360, (*cues.colour(colour), 255), -1)
    return picture


def ring() -> torch.Tensor:
    """A moving sketch: a ring that drifts to the right. (25, 144, 192, 3) in [-1, 1]."""
    shapes = []
    for x in (73, 120):
        paper = np.zeros((144, 192), np.uint8)
        cv2.circle(paper, (x, 72), 41, 255, 22)
        shapes.append(paper > 127)
    return drawing.morphed(shapes, 25)


def index() -> list[dict]:
    """What the page shows, in order."""
    entries = [
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
    titles = {
        "resize": "Plain stretch",
        "extend": "Blurred sides",
        "retime": "Plain slow-down",
        "inpaint": "With your paint",
    }
    for task, name, title, clip, given, note in TASKS:
        style = {"style": f"{given['style']}.mp4"} if "style" in given else {}
        shown = "What was marked" if "marks" in given else titles.get(task)
        beside = {shown: f"{name}_beside.mp4"} if shown else {}
        beside = {"Style": style["style"]} if style and "marks" not in given else beside
        options = {k: v for k, v in given.items() if k not in ("style", "paint", "marks", "seed")}
        entries.append(
            {
                "name": name,
                "task": task,
                "title": title,
                "video": f"{clip}.mp4",
                "result": f"{name}_result.mp4",
                **({"seed": given["seed"]} if "seed" in given else {}),
                **style,
                "beside": beside,
                "options": options,
                "note": note,
            }
        )
    return entries


if __name__ == "__main__":
    main()
