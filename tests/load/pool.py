"""Requests with hashes of the results that they must bring, made beforehand with the library."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
from helpers.clips import clip
from PIL import Image

import vgpnn
from vgpnn.presets import PRESETS
from vgpnn.tasks import cues

from .report import digest

SIZES = (5, 48, 64), (7, 64, 80), (9, 72, 96)  # (T, H, W)
HEIGHT = 64  # [px], the lowest that the page allows: the largest clips are reduced to it
CLIPS = 6
TASKS = "generate", "retarget", "analogy", "sketch", "inpaint"
SCALES = 0.75, 1.0, 1.5


def write(folder: Path, each: int, seed: int = 0) -> Path:
    """Write clips that all have the same name, and pool.json with `each` requests of every task.

    Returns the path of pool.json.
    """
    rng = random.Random(seed)
    for number in range(CLIPS):
        place = folder / str(number)
        place.mkdir()
        frames, height, width = SIZES[number % len(SIZES)]
        vgpnn.video.write(place / "clip.mp4", clip(frames, height, width, seed=seed + number))
        paint = np.zeros((height, width, 4), np.uint8)
        paint[height // 2 - 5 : height // 2 + 5, width // 2 - 5 : width // 2 + 5] = 255
        Image.fromarray(paint).save(place / "cues.png")
    vgpnn.warm_up()
    pool = [_request(folder, task, rng) for task in TASKS for _ in range(each)]
    path = folder / "pool.json"
    path.write_text(json.dumps(pool))
    return path


def _request(folder: Path, task: str, rng: random.Random) -> dict:
    """A random request: `task`; `files` and `values`, which are the arguments of its endpoint; and
    `expected`, a hash of each result."""
    number, other = rng.sample(range(CLIPS), 2)
    files = {"video": str(folder / str(number) / "clip.mp4")}
    # Few seeds, so that many requests have the same seed and other clips.
    values = {
        "frames": SIZES[number % len(SIZES)][0],
        "height": HEIGHT,
        "seed": rng.randrange(3),
        "settings": {"passes": rng.choice((1, 2))},
    }
    if task == "generate":
        values["takes"] = rng.randint(1, 3)
    if task == "retarget":
        values |= {f"{side}_scale": rng.choice(SCALES) for side in ("width", "height")}
        values["loop"] = rng.random() < 0.3
    if task in ("analogy", "sketch"):
        files["style"] = str(folder / str(other) / "clip.mp4")
    if task == "inpaint":
        files["cues"] = str(folder / str(number) / "cues.png")
        values |= {"first": 1, "last": 3}
    expected = [digest(_bytes(folder, made)) for made in _results(task, files, values)]
    return {"task": task, "files": files, "values": values, "expected": expected}


def _results(task: str, files: dict, values: dict) -> list[vgpnn.Result]:
    part = {"frames": values["frames"], "height": values["height"]}
    video = vgpnn.video.read(files["video"], **part)
    common = {"settings": PRESETS[task].with_changes(**values["settings"])}
    seed = values["seed"]
    if task == "generate":
        seeds = range(seed, seed + values["takes"])
        return [vgpnn.generate(video, seed, **common) for seed in seeds]
    if task == "retarget":
        names = "width_scale", "height_scale", "loop"
        sizes = {name: values[name] for name in names}
        return [vgpnn.retarget(video, **sizes, seed=seed, **common)]
    if task == "inpaint":
        pictures = cues.read(files["cues"], video.shape, None, 0.0, video.fps)
        painted = cues.from_pictures(pictures, video.shape, values["first"], values["last"])
        return [vgpnn.inpaint(video, *painted, seed=seed, **common)]
    style = vgpnn.video.read(files["style"], fps=video.fps, **part)
    return [vgpnn.analogy(video, style, task == "sketch", seed=seed, **common)]


def _bytes(folder: Path, result: vgpnn.Result) -> bytes:
    path = folder / "made.mp4"
    vgpnn.video.write(path, result.video)
    return path.read_bytes()
