"""What a job does: read, make sample after sample, save, and tell the page how far it is."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

import vgpnn
from vgpnn.explain import view
from vgpnn.pictures import film_strip
from vgpnn.service import executors, files, request
from vgpnn.service import explanation as explained
from vgpnn.service.executors import zero_gpu as zero
from vgpnn.service.jobs import Job
from vgpnn.service.request import Request
from vgpnn.settings import Shape
from vgpnn.synthesis import Pass
from vgpnn.tasks import analogies, cues, generation, inpainting, retargeting
from vgpnn.tasks.problem import Problem
from vgpnn.tasks.structure import as_video as structure_as_video
from vgpnn.tasks.structure import dynamic_structure, sketch_structure

PREVIEW_SECONDS = 60  # at most, for what is shown before a run
PREVIEW_PAUSE = 0.3  # [s] between two previews


def first_view(asked: Request) -> dict:
    """What the page shows before anything is computed."""
    return {
        "task": asked.task,
        "structure": asked.settings.structure,  # what an analogy compares before the colours
        "title": asked.clip.name,
        "size": list(request.output_shape(asked)),
        "source": {"video": asked.clip.shown, "size": list(request.working_shape(asked))},
        "takes": [{"number": k + 1, "seed": s} for k, s in enumerate(asked.seeds())],
        "left": request.expected_seconds(asked),
    }


def read(asked: Request) -> vgpnn.Video:
    """The working clip."""
    files.keep(asked.clip.path)
    return vgpnn.video.read(
        asked.clip.path, asked.start, asked.frames, fps=asked.fps, height=asked.height
    )


def read_style(asked: Request) -> vgpnn.Video:
    """The style of an analogy, at the clip's rate and working height."""
    style = asked.options["style"].path
    files.keep(style)
    return vgpnn.video.read(style, 0, asked.frames, fps=request.rate(asked), height=asked.height)


@dataclass
class Inputs:
    """What a job works on. style: of an analogy. region, cues: of inpainting."""

    video: vgpnn.Video
    style: vgpnn.Video | None = None
    region: torch.Tensor | None = None
    cues: torch.Tensor | None = None


def inputs(asked: Request, checkpoint=lambda: None) -> Inputs:
    """Read everything that a request names, once."""
    found = Inputs(read(asked))
    if "style" in asked.options:
        found.style = read_style(asked)
    if asked.task == "inpaint":
        found.region, found.cues = painted(asked, found.video, checkpoint)
    return found


def prepare(asked: Request) -> dict:
    """The working clip, encoded anew: an upload itself is never handed out again."""
    video = read(asked)
    path = files.new_folder() / "working.mp4"
    written = vgpnn.video.write(path, video)
    return {"video": files.url(path), "frames": written.frames, "fps": float(written.fps)}


def problem(asked: Request, given: Inputs, seeds: tuple[int, ...], checkpoint) -> Problem:
    """The task that was asked for, as data for the loop."""
    o, video = asked.options, given.video
    common = {"seed": seeds, "settings": asked.settings, "checkpoint": checkpoint}
    if request.PRESET[asked.task] == "retarget":
        scales = (o.get(f"{side}_scale", 1.0) for side in ("width", "height", "duration"))
        return retargeting.problem(video, *scales, o.get("loop", False), **common)
    if asked.task in ("analogy", "sketch"):
        return analogies.problem(video, given.style, asked.task == "sketch", **common)
    if asked.task == "inpaint":
        return inpainting.problem(video, given.region, given.cues, **common)
    return generation.problem(video, **common)


def painted(asked: Request, video: vgpnn.Video, checkpoint) -> tuple[torch.Tensor, torch.Tensor]:
    """Region and cues of an inpainting request: painted on the page, or in a file."""
    o, shape = asked.options, video.shape
    if "path" in o:
        pictures = cues.read(o["path"], shape, o["key"], asked.start, video.fps)
    else:
        pictures = {
            k: cv2.resize(picture, shape[:0:-1], interpolation=cv2.INTER_NEAREST)
            for k, picture in o["pictures"].items()
            if k < shape[0]
        }
    last = min(o["last"], shape[0] - 1)
    return cues.from_pictures(
        pictures, shape, o["first"], last, o["remove"], o["margin"], checkpoint
    )


def extras(asked: Request, given: Inputs) -> dict[str, vgpnn.Video]:
    """What is shown beside source and result, by title."""
    video = given.video
    if request.PRESET[asked.task] == "retarget":
        plain = retargeting.plainly_resized(video, request.output_shape(asked))
        (length, *_), (shown, *_) = video.shape, plain.shape
        if plain.shape == video.shape:  # a loop
            return {}
        faster = "Plain speed-up" if shown < length else "Plain slow-down"
        return {"Plain stretch" if shown == length else faster: plain}
    if asked.task in ("analogy", "sketch"):
        return {"Style": given.style}
    if asked.task == "inpaint":
        return {"With your paint": cues.painted_over(video, given.region, given.cues)}
    return {}


def structures(asked: Request) -> dict[str, vgpnn.Video]:
    """The dynamic structure of layout and style, as grey videos."""
    settings, checkpoint = asked.settings, deadline(PREVIEW_SECONDS)
    given = inputs(asked, checkpoint)
    if asked.task == "sketch":
        layout = sketch_structure(given.video.frames, settings)
    else:
        layout = dynamic_structure(given.video.frames, settings, checkpoint)
    style = dynamic_structure(given.style.frames, settings, checkpoint)
    return {
        "Motion of the layout": structure_as_video(layout, given.video.fps),
        "Motion of the style": structure_as_video(style, given.style.fps),
    }


def deadline(seconds: float) -> Callable[[], None]:
    """A checkpoint that raises ValueError when the time is over."""
    end = time.monotonic() + seconds

    def checkpoint() -> None:
        if time.monotonic() > end:
            raise ValueError("This preview takes too long: choose fewer frames.")

    return checkpoint


def saved(videos: dict[str, vgpnn.Video], folder: Path) -> list[dict]:
    """Videos to show, written to a folder: title, address and size of each."""
    cells = []
    for number, (title, video) in enumerate(videos.items()):
        path = folder / f"beside-{number}.mp4"
        vgpnn.video.write(path, video)
        cells.append({"title": title, "video": files.url(path), "size": list(video.shape)})
    return cells


@dataclass(frozen=True)
class State:
    """How far the samples are, as the page shows it.

    index: of a sample. done: share of all of them, in [0, 1]. progress, preview: see `Job.show`.
    passes: of the first sample, since the state before.
    result: of this sample, once it is there, and the seconds it took (its share of what was done
    for several).
    """

    index: int
    done: float
    progress: dict
    preview: dict
    passes: tuple[explained.Pass, ...]
    result: vgpnn.Result | None
    seconds: float


@zero.gpu(lambda asked, *_: request.gpu_seconds(asked))
def samples(
    asked: Request, given: Inputs, index: int, checkpoint: Callable[[], None]
) -> Iterator[State]:
    """All samples from number `index` on, with previews of the first of each batch; on ZeroGPU in
    another process."""
    began = time.monotonic()
    batches = problem(asked, given, asked.seeds()[index:], checkpoint).batches()
    prepared = (time.monotonic() - began) / (asked.samples - index)
    for batch in batches:
        started, last, passes = time.monotonic(), 0.0, ()

        def observe(state: Pass, first: bool = index == 0, settings=batch.settings[0]) -> None:
            nonlocal passes
            if first:
                picture = view(state, settings) if state.number == state.passes else None
                shown = explained.Pass(state.level, state.number, state.error[0], picture)
                passes = (*passes, shown)

        for step in batch.steps(observe):
            checkpoint()
            now = time.monotonic()
            if now - last < PREVIEW_PAUSE and not step.results:
                continue
            last = now
            done = (index + len(batch.seeds) * step.fraction) / asked.samples
            progress = {
                "take": index + 1,
                "takes": asked.samples,
                "level": step.level,
                "levels": step.levels,
                "number": step.number,
                "passes": step.passes,
                "fraction": done,
            }
            preview = _preview(index, step.guess[0])
            for number, result in enumerate(step.results or (None,)):
                each = prepared + (now - started) / len(batch.seeds)
                yield State(index + number, done, progress, preview, passes, result, each)
                passes = ()
        index += len(batch.seeds)


def make(job: Job) -> None:
    """All that was asked for: `job.asked.samples` takes of its task."""
    asked = job.asked
    given = inputs(asked, job.checkpoint)
    video = given.video
    source, beside = _save_source(job, video), saved(extras(asked, given), job.folder)
    # Patches come from the clip, or from the style beside it.
    origin = beside[0] if "style" in asked.options else source
    origin["map"] = _map_of_source(job, tuple(origin["size"]), video.fps)
    job.show(source=source, extras=beside, fps=float(video.fps))
    try:
        _make_samples(job, given)
    except executors.WorkerLost:  # once more, elsewhere; what is there already stays
        try:
            _make_samples(job, given)
        except executors.WorkerLost as loss:
            raise ValueError(executors.LOST_AGAIN) from loss


def _make_samples(job: Job, given: Inputs) -> None:
    """The samples that are not there yet."""
    asked, run = job.asked, executors.current().run
    if not job.results:
        job.show(explained=None)  # of a worker that was lost
    made = run(samples, asked, given, len(job.results), checkpoint=job.checkpoint)
    with closing(made) as states:
        for state in states:
            job.checkpoint()
            left = request.expected_seconds(asked) * (1 - state.done)
            told = explained.add(job.shown.get("explained"), state.passes, job.folder)
            job.show(progress=state.progress, preview=state.preview, left=left, explained=told)
            if state.result is not None:
                _keep(job, state)


def _keep(job: Job, state: State) -> None:
    """Save a finished sample; the cost model learns what it took."""
    asked, result = job.asked, state.result
    vgpnn.cost.learn(
        request.output_shape(asked),
        asked.settings,
        state.seconds,
        request.source_shape(asked),
        request.flow_of(asked),
    )
    take = _save_take(job, result, state.index)
    takes = [*job.shown["takes"]]
    takes[state.index] = {**takes[state.index], **take}
    job.settings = asked.as_json(asked.seed, state.index + 1)
    path = job.folder / f"{files.stem(asked.clip.name)}-settings.json"
    path.write_text(json.dumps(job.settings, indent=2))
    job.show(takes=takes, preview=None, settings=files.url(path), notices=list(result.notices))
    job.record()


def _preview(index: int, guess: torch.Tensor) -> dict:
    """The guess as one JPEG, frame below frame: the page plays it in step with the source."""
    jpeg, count, size = film_strip(guess)
    address = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    return {"take": index + 1, "strip": address, "count": count, "size": list(size)}


def _save_source(job: Job, video: vgpnn.Video) -> dict:
    path = job.folder / "source.mp4"
    vgpnn.video.write(path, video)
    return {"video": files.url(path), "size": list(video.shape)}


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
    places = explained.places(result.source_map, result.source, job.folder / f"{name}-places.bin")
    return {
        "video": files.url(path),
        "gif": files.url(gif),
        "map": files.url(colours),
        "places": places,
    }


def _save_colours(path, coordinates, source, fps) -> None:
    colours = torch.from_numpy(vgpnn.source_map.colours(coordinates, source))
    vgpnn.video.write(path, vgpnn.Video(colours, fps))
