"""What a job does: read, generate sample after sample, save, and tell the page how far it is."""

from __future__ import annotations

import base64
import io
import json
import time

import torch
from PIL import Image

import vgpnn
from vgpnn.codes import decode

from . import files
from .jobs import Job
from .request import Request, shape

PREVIEW_PAUSE = 0.3  # [s] between two previews
PREVIEW_FRAMES, PREVIEW_HEIGHT = 24, 180  # at most


def first_view(asked: Request) -> dict:
    """What the page shows before anything is computed."""
    length, tall, wide = shape(asked)
    return {
        "title": asked.clip.name,
        "size": [length, tall, wide],
        "source": {"video": asked.clip.shown},
        "takes": [{"number": k + 1, "seed": s} for k, s in enumerate(asked.seeds())],
        "left": vgpnn.cost.expected_seconds((length, tall, wide), asked.settings, asked.samples),
    }


def _read(asked: Request) -> vgpnn.Video:
    return vgpnn.video.read(
        asked.clip.path, asked.start, asked.frames, fps=asked.fps, height=asked.height
    )


def prepare(asked: Request) -> dict:
    """The working clip, encoded anew: an upload itself is never handed out again."""
    video = _read(asked)
    path = files.new_folder() / "working.mp4"
    written = vgpnn.video.write(path, video)
    return {"video": files.url(path), "frames": written.frames, "fps": float(written.fps)}


def generate(job: Job) -> None:
    """Diverse generation of `job.asked.samples` takes."""
    asked, began = job.asked, time.monotonic()
    video = _read(asked)
    size = tuple(video.frames.shape[:3])
    source = _save_source(job, video)
    job.show(source=source, size=list(size), fps=float(video.fps))
    for index, seed in enumerate(asked.seeds()):
        result = _one(job, video, size, index, seed, began)
        take = _save_take(job, result, index)
        takes = [*job.shown["takes"]]
        takes[index] = {**takes[index], **take}
        job.settings = asked.as_json(result.settings, asked.seed, index + 1)
        path = job.folder / f"{files.stem(asked.clip.name)}-settings.json"
        path.write_text(json.dumps(job.settings, indent=2))
        job.show(takes=takes, preview=None, settings=files.url(path), notices=list(result.notices))


def _one(job: Job, video, size, index: int, seed: int, began: float) -> vgpnn.Result:
    """One sample, with previews; the cost model learns what it took."""
    asked, started, last = job.asked, time.monotonic(), 0.0
    for step in vgpnn.generate_steps(video, seed, asked.settings, checkpoint=job.checkpoint):
        job.checkpoint()
        now = time.monotonic()
        if now - last < PREVIEW_PAUSE and step.result is None:
            continue
        last = now
        done = (index + step.fraction) / asked.samples
        expected = vgpnn.cost.expected_seconds(size, asked.settings, asked.samples)
        # The model at first, what was measured more and more.
        total = expected * (1 - done) + (now - began)
        progress = {
            "take": index + 1, "takes": asked.samples, "level": step.level, "levels": step.levels,
            "number": step.number, "passes": step.passes, "fraction": done,
        }  # fmt: skip
        job.show(progress=progress, preview=_preview(index, step.guess), left=total - (now - began))
    vgpnn.cost.learn(size, asked.settings, time.monotonic() - started)
    return step.result


def _preview(index: int, guess) -> dict:
    """The guess as one JPEG, frame below frame: the page plays it in step with the source."""
    frames = guess[:: -(-len(guess) // PREVIEW_FRAMES)]
    count, height, width = frames.shape[:3]
    strip = Image.fromarray(frames.reshape(count * height, width, 3).cpu().numpy())
    if height > PREVIEW_HEIGHT:
        scale = PREVIEW_HEIGHT / height
        height, width = PREVIEW_HEIGHT, round(width * scale)
        strip = strip.resize((width, count * height), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    strip.save(buffer, "JPEG", quality=80)
    address = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
    return {"take": index + 1, "strip": address, "count": count, "size": [width, height]}


def _save_source(job: Job, video: vgpnn.Video) -> dict:
    path, colours = job.folder / "source.mp4", job.folder / "source-map.mp4"
    vgpnn.video.write(path, video)
    size = tuple(video.frames.shape[:3])
    _save_colours(colours, vgpnn.source_map.identity(size), size, video.fps)
    return {"video": files.url(path), "map": files.url(colours)}


def _save_take(job: Job, result: vgpnn.Result, index: int) -> dict:
    """MP4 first: it counts as done when that is there."""
    name = f"{files.stem(job.asked.clip.name)}-take{index + 1}-seed{result.seed}"
    path, gif = job.folder / f"{name}.mp4", job.folder / f"{name}.gif"
    vgpnn.video.write(path, result.video)
    vgpnn.video.write_gif(gif, result.video)
    colours = job.folder / f"{name}-map.mp4"
    _save_colours(colours, result.source_map, result.source, result.video.fps)
    job.results.append(path)
    return {"video": files.url(path), "gif": files.url(gif), "map": files.url(colours)}


def _save_colours(path, coordinates, source, fps) -> None:
    colours = torch.from_numpy(vgpnn.source_map.colours(coordinates, source))
    vgpnn.video.write(path, vgpnn.Video(decode(colours), fps))
