"""The bundled examples as the page shows them: their clips, and the view of a finished job."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import vgpnn
from vgpnn import examples
from vgpnn.examples import Example
from vgpnn.service.files import url
from vgpnn.service.link import link_of_example
from vgpnn.service.request import Clip
from vgpnn.service.wall import wall_of


def clip_of(example: Example) -> Clip:
    """The source of an example."""
    return _clip(example.video, example.title)


def style_clip_of(example: Example) -> Clip | None:
    """The style of an analogy; None for examples of the other tasks."""
    return None if example.style is None else _clip(example.style, example.style.stem.title())


def view_of(example: Example) -> dict:
    """What the page shows at once when an example is chosen: the view of a job that is done."""
    return {
        "phase": "done",
        "example": True,
        "title": example.title,
        "note": example.note,
        "task": example.task,
        "size": size_of(example.result),
        "fps": float(clip_of(example).info.fps),
        "source": {"video": url(example.video), "size": size_of(example.video)},
        "extras": [
            {"title": title, "video": url(path), "size": size_of(path)}
            for title, path in example.beside
        ],
        "takes": [{"number": 1, "seed": example.seed, "video": url(example.result)}],
        "link": link_of_example(example),
        **wall_of(example.task, example.options),
    }


@cache
def explained_run() -> dict | None:
    """What the page draws of the run that was explained beforehand, as much as it needs of a job:
    None where there is none."""
    paths = {path.name: path for path in examples.explained_files()}
    if "run.json" not in paths:
        return None
    run = json.loads(paths["run.json"].read_text())
    for level in run["explained"]["levels"]:
        level |= {key: url(paths[name]) for key, name in level.items() if isinstance(name, str)}
    return run


@cache
def size_of(video: Path) -> list[int]:
    """[T, H, W] of a bundled file."""
    info = vgpnn.video.probe(video)
    return [info.frames, info.height, info.width]


@cache
def _clip(video: Path, title: str) -> Clip:
    return Clip(video, title, vgpnn.video.probe(video), url(video))
