"""What a job does: read, make sample after sample, save, and tell the page how far it is."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path

import cv2
import torch
from PIL import Image

import vgpnn
from vgpnn import cues, pyramid
from vgpnn.codes import decode
from vgpnn.limits import LIMITS
from vgpnn.settings import Shape
from vgpnn.structure import dynamic_structure, sketch_structure
from vgpnn.tasks import analogies, generation, inpainting, retargeting
from vgpnn.tasks.problem import Problem

from . import files, request
from .jobs import Job
from .request import Request

PREVIEW_PAUSE = 0.3  # [s] between two previews
PREVIEW_FRAMES, PREVIEW_HEIGHT = 24, 180  # at most


def first_view(asked: Request) -> dict:
    """What the page shows before anything is computed."""
    return {
        "task": asked.task,
        "title": asked.clip.name,
        "size": list(request.output_shape(asked)),
        "source": {"video": asked.clip.shown, "size": list(request.working_shape(asked))},
        "takes": [{"number": k + 1, "seed": s} for k, s in enumerate(asked.seeds())],
        "left": request.expected_seconds(asked),
    }


def read(asked: Request) -> vgpnn.Video:
    """The working clip."""
    return vgpnn.video.read(
        asked.clip.path, asked.start, asked.frames, fps=asked.fps, height=asked.height
    )


def read_style(asked: Request) -> vgpnn.Video:
    """The style of an analogy, at the clip's rate and working height."""
    return vgpnn.video.read(
        asked.options["style"].path, 0, LIMITS.max_frames, height=asked.height
    )


def prepare(asked: Request) -> dict:
    """The working clip, encoded anew: an upload itself is never handed out again."""
    video = read(asked)
    path = files.new_folder() / "working.mp4"
    written = vgpnn.video.write(path, video)
    return {"video": files.url(path), "frames": written.frames, "fps": float(written.fps)}


def problem(asked: Request, video: vgpnn.Video, seed: int, checkpoint) -> Problem:
    """The task that was asked for, as data for the loop."""
    o = asked.options
    common = {"seed": seed, "settings": asked.settings, "checkpoint": checkpoint}
    if request.PRESET[asked.task] == "retarget":
        scales = (o.get(f"{side}_scale", 1.0) for side in ("width", "height", "duration"))
        return retargeting.problem(video, *scales, o.get("loop", False), **common)
    if asked.task in ("analogy", "sketch"):
        return analogies.problem(video, read_style(asked), asked.task == "sketch", **common)
    if asked.task == "inpaint":
        return inpainting.problem(video, *painted(asked, video), **common)
    return generation.problem(video, **common)


def painted(asked: Request, video: vgpnn.Video) -> tuple[torch.Tensor, torch.Tensor]:
    """Region and cues of an inpainting request."""
    o, shape = asked.options, tuple(video.frames.shape[:3])
    size = shape[2], shape[1]
    pictures = {
        k: cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
        for k, picture in o["pictures"].items()
        if k < shape[0]
    }
    last = min(o["last"], shape[0] - 1)
    return cues.from_pictures(pictures, shape, o["first"], last, o["remove"], o["margin"])


def extras(asked: Request, video: vgpnn.Video) -> dict[str, vgpnn.Video]:
    """What is shown beside source and result, by title."""
    if request.PRESET[asked.task] == "retarget":
        plain = plainly(video, request.output_shape(asked))
        length = len(video.frames)
        faster = "Plain speed-up" if len(plain.frames) < length else "Plain slow-down"
        return {"Plain stretch" if len(plain.frames) == length else faster: plain}
    if asked.task in ("analogy", "sketch"):
        return {"Style": read_style(asked)}
    if asked.task == "inpaint":
        return {"With your paint": with_paint(asked, video)}
    return {}


def plainly(video: vgpnn.Video, shape: Shape) -> vgpnn.Video:
    """A clip stretched to a shape, and shown faster or slower, as any player can."""
    nearest = torch.linspace(0, len(video.frames) - 1, shape[0]).round().long()
    return vgpnn.Video(pyramid.resize(video.frames[nearest], shape).clamp(-1, 1), video.fps)


def with_paint(asked: Request, video: vgpnn.Video) -> vgpnn.Video:
    """The clip with its cues painted over, and the rest of the region tinted."""
    return painted_over(video, *painted(asked, video))


def painted_over(video: vgpnn.Video, region: torch.Tensor, paint: torch.Tensor) -> vgpnn.Video:
    """A clip with a region, (T, H, W) bool, in magenta and its cues, (T, H, W, 4), on top."""
    tint = torch.tensor([1.0, -1.0, 1.0])
    frames = video.frames.where(~region[..., None], 0.65 * video.frames + 0.35 * tint)
    return vgpnn.Video(paint[..., :3].where(paint[..., 3:] > 0, frames), video.fps)


def structures(asked: Request) -> dict[str, vgpnn.Video]:
    """The dynamic structure of layout and style, as grey videos."""
    video, style = read(asked), read_style(asked)
    bins = asked.settings.bins
    of = sketch_structure if asked.task == "sketch" else dynamic_structure
    return {
        "Motion of the layout": _grey(of(video.frames, bins), video.fps),
        "Motion of the style": _grey(dynamic_structure(style.frames, bins), style.fps),
    }


def _grey(structure: torch.Tensor, fps) -> vgpnn.Video:
    return vgpnn.Video((structure * 2 - 1).expand(-1, -1, -1, 3).contiguous(), fps)


def saved(videos: dict[str, vgpnn.Video], folder: Path) -> list[dict]:
    """Videos to show, written to a folder: title, address and size of each."""
    cells = []
    for number, (title, video) in enumerate(videos.items()):
        path = folder / f"beside-{number}.mp4"
        vgpnn.video.write(path, video)
        cells.append(
            {"title": title, "video": files.url(path), "size": list(video.frames.shape[:3])}
        )
    return cells


def make(job: Job) -> None:
    """All that was asked for: `job.asked.samples` takes of its task."""
    asked, began = job.asked, time.monotonic()
    video = read(asked)
    source, beside = _save_source(job, video), saved(extras(asked, video), job.folder)
    # Patches come from the clip, or from the style beside it.
    origin = beside[0] if "style" in asked.options else source
    origin["map"] = _map_of_source(job, tuple(origin["size"]), video.fps)
    job.show(source=source, extras=beside, fps=float(video.fps))
    for index, seed in enumerate(asked.seeds()):
        result = _one(job, video, index, seed, began)
        take = _save_take(job, result, index)
        takes = [*job.shown["takes"]]
        takes[index] = {**takes[index], **take}
        job.settings = asked.as_json(result.settings, asked.seed, index + 1)
        path = job.folder / f"{files.stem(asked.clip.name)}-settings.json"
        path.write_text(json.dumps(job.settings, indent=2))
        job.show(takes=takes, preview=None, settings=files.url(path), notices=list(result.notices))


def _one(job: Job, video: vgpnn.Video, index: int, seed: int, began: float) -> vgpnn.Result:
    """One sample, with previews; the cost model learns what it took."""
    asked, started, last = job.asked, time.monotonic(), 0.0
    for step in problem(asked, video, seed, job.checkpoint).steps():
        job.checkpoint()
        now = time.monotonic()
        if now - last < PREVIEW_PAUSE and step.result is None:
            continue
        last = now
        done = (index + step.fraction) / asked.samples
        # The model at first, what was measured more and more.
        total = request.expected_seconds(asked) * (1 - done) + (now - began)
        progress = {
            "take": index + 1, "takes": asked.samples, "level": step.level, "levels": step.levels,
            "number": step.number, "passes": step.passes, "fraction": done,
        }  # fmt: skip
        job.show(progress=progress, preview=_preview(index, step.guess), left=total - (now - began))
    vgpnn.cost.learn(
        request.output_shape(asked), asked.settings, time.monotonic() - started,
        request.source_shape(asked),
    )  # fmt: skip
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
    path = job.folder / "source.mp4"
    vgpnn.video.write(path, video)
    return {"video": files.url(path), "size": list(video.frames.shape[:3])}


def _map_of_source(job: Job, source: Shape, fps) -> str:
    """Address of the colours that stand for the places of a source."""
    path = job.folder / "source-map.mp4"
    _save_colours(path, vgpnn.source_map.identity(source), source, fps)
    return files.url(path)


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
