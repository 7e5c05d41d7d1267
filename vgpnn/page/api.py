"""The endpoints, one per task, for gradio_client and other programs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import gradio as gr
from gradio.context import LocalContext

import vgpnn
from vgpnn.checks import number
from vgpnn.limits import LIMITS
from vgpnn.presets import PRESETS
from vgpnn.service import files, request, work
from vgpnn.service.people import Person, person_of
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import TASK_PRESETS, Clip, new_request, paint_range, probed_clip
from vgpnn.tasks import cues

POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
PROBING = asyncio.Semaphore(2)  # as on the page: decoding must not hold up the job that runs
Answer = tuple[list[gr.FileData], dict]
# Arguments that every endpoint takes, and what they mean.
PART = {
    "start": (float, 0.0, "where the working clip begins in the file, in seconds"),
    "frames": (int, request.DEFAULT_FRAMES, "length of the working clip, in frames"),
    "height": (
        int,
        request.DEFAULT_HEIGHT,
        "height of the working clip in pixels; a smaller video keeps its size",
    ),
    "seed": (int, 0, "a whole number; the same seed and settings give the same bytes"),
    "fps": (float | None, None, "frames per second of the working clip; null keeps the file's"),
}
ABOUT = {
    "patch": "size of a patch in frames, rows and columns",
    "space_factor": "size of a pyramid level relative to the next finer one",
    "time_factor": "length of a pyramid level relative to the next finer one",
    "min_side": "smaller side of the coarsest level, in pixels",
    "min_frames": "length of the coarsest level, in frames",
    "passes": "search and vote passes per level (J)",
    "coarsest_passes": "the same at the coarsest level",
    "alpha": "completeness in squared error per element, smaller is stronger; null is off",
    "complete_levels": "share of the levels, from the coarsest, on which alpha acts",
    "sigma": "standard deviation of the noise on the coarsest level; null chooses it, 0 is none",
    "noise": "where sigma is null, times the noise that is chosen; more is more different",
    "vote": '"median", "mean" or "weighted" (by match quality) vote of overlapping patches',
    "last_levels": "number of finest levels that get last_passes",
    "last_passes": "passes there",
    "large_voxels": "levels above this many voxels use large_patch and large_passes",
    "large_patch": "size of a patch there",
    "large_passes": "passes there",
    "structure": 'what analogies compare before the colours: "quantised" motion, its '
    '"magnitude" or just "colours"',
    "bins": "k-means bins of the motion (analogies)",
    "structure_levels": "share of the levels on which motion is compared (analogies)",
    "flow": 'optical flow of analogies: "dis", or "raft" where it can be loaded',
}
TYPES = {
    "patch": list[int],
    "large_patch": list[int],
    "alpha": float | None,
    "sigma": float | None,
}


def endpoint(task: str, options: Callable[[dict], tuple[str, dict]]) -> Callable:
    """Decorator: a function whose signature and docstring name a task's own arguments becomes an
    endpoint that also takes `PART` and every setting of the method.

    options: own arguments to the task's name and its checked options.
    """

    def wrap(function: Callable) -> Callable:
        own = dict(inspect.signature(function, eval_str=True).parameters)
        parameters = [*own.values(), *_shared(TASK_PRESETS[task])]
        # Gradio fills this one in by its annotation; clients do not see it.
        sent = inspect.Parameter("sent", POSITIONAL, annotation=gr.Request)
        signature = inspect.Signature([sent, *parameters], return_annotation=Answer)

        async def call(*values, **named):
            given = signature.bind(*values, **named)
            given.apply_defaults()
            given = given.arguments
            asker = person_of(given.pop("sent"))
            mine = {k: given.pop(k) for k in own}
            return await _run(options, mine, given, asker)

        call.__name__ = function.__name__
        call.__signature__ = signature
        named = {p.name: p.annotation for p in signature.parameters.values()}
        call.__annotations__ = named | {"return": Answer}
        shared = [f"    {p.name}: {_about(p.name)}." for p in parameters[len(own) :]]
        returns = ["", "Returns:", "    The MP4 files, and the settings that make them again."]
        call.__doc__ = "\n".join([inspect.cleandoc(function.__doc__), *shared, *returns])
        return call

    return wrap


def _shared(preset: str) -> list[inspect.Parameter]:
    arguments = {name: (kind, default) for name, (kind, default, _) in PART.items()}
    for field in fields(PRESETS[preset]):
        default = getattr(PRESETS[preset], field.name)
        kind = TYPES.get(field.name, type(default))
        arguments[field.name] = kind, list(default) if isinstance(default, tuple) else default
    return [
        inspect.Parameter(name, POSITIONAL, default=default, annotation=kind)
        for name, (kind, default) in arguments.items()
    ]


def _about(name: str) -> str:
    return PART[name][2] if name in PART else ABOUT[name]


async def _run(options: Callable, mine: dict, given: dict, asker: Person) -> Answer:
    """Probe, check, queue, wait; every refusal is one sentence."""
    job = None
    try:
        QUEUE.check_room(asker)
        part = {name: given.pop(name) for name in PART}
        clip = await _clip("video", mine["video"])
        if "style" in mine:
            mine["style"] = await _clip("style", mine["style"])
        task, own = await asyncio.to_thread(options, mine)
        chosen = PRESETS[TASK_PRESETS[task]].with_changes(**given)
        asked = new_request(
            clip,
            **part,
            samples=mine.get("samples", 1),
            settings=chosen,
            task=task,
            options=own,
        )
        job = work.new_job(asked, asker)
        await asyncio.to_thread(QUEUE.submit, job)
        async for _ in job.watch():
            if _hung_up():
                break
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from None
    finally:
        if job is not None:  # a client that went away wants no more work done
            QUEUE.stop(job.token)
    if job.error or job.shown["phase"] != "done":
        raise gr.Error(job.error or "The job was stopped.", print_exception=False)
    return [gr.FileData(path=str(p), orig_name=p.name) for p in job.results], job.settings


def _hung_up() -> bool:
    """Whether the client of this request has closed its connection: only Gradio's queue knows."""
    queue = getattr(LocalContext.blocks.get(None), "_queue", None)
    if queue is None:
        return False
    event = queue.event_ids_to_events.get(LocalContext.event_id.get(None))
    return event is not None and not event.alive


async def _clip(name: str, file) -> Clip:
    path = _path(name, file)
    async with PROBING:
        called = str(file.get("orig_name") or path.name)
        return await asyncio.to_thread(probed_clip, path, called)


def _path(name: str, file) -> Path:
    """The uploaded file, and no other file of the server."""
    path = file.get("path") if isinstance(file, dict) else None
    if not files.is_upload(path):
        raise ValueError(
            f"{name} must be an uploaded file: use handle_file(path) of gradio_client."
        )
    return Path(path)


@endpoint("generate", lambda mine: ("generate", {}))
def generate(video: gr.FileData, samples: int = 1):
    """New versions of one short video (diverse generation), without training.

    Args:
        video: the file; `handle_file(path)` in gradio_client.
        samples: how many different results; sample k (from 0) uses seed + k.
    """


def _retarget_options(mine: dict) -> tuple[str, dict]:
    width, height, duration = (
        number(name, mine[name], *vgpnn.tasks.retargeting.SCALES)
        for name in ("width_scale", "height_scale", "duration_scale")
    )
    return "retarget", {
        "width_scale": width,
        "height_scale": height,
        "duration_scale": duration,
        "loop": bool(mine["loop"]),
    }


@endpoint("retarget", _retarget_options)
def retarget(
    video: gr.FileData,
    width_scale: float = 1.0,
    height_scale: float = 1.0,
    duration_scale: float = 1.0,
    loop: bool = False,
):
    """The same scene at another size or length, without stretching and at the same pace.

    Args:
        video: the file; `handle_file(path)` in gradio_client.
        width_scale: width of the result in widths of the clip, 0.4 to 3.
        height_scale: its height in heights of the clip, 0.4 to 3.
        duration_scale: its length in lengths of the clip, 0.4 to 3.
        loop: whether the last frame leads into the first.
    """


@endpoint("analogy", lambda mine: ("analogy", {"style": mine["style"]}))
def analogy(video: gr.FileData, style: gr.FileData):
    """A video that moves where one clip moves and looks like another.

    Args:
        video: the layout, which has to move; `handle_file(path)` in gradio_client.
        style: the clip whose looks the result takes.
    """


@endpoint("sketch", lambda mine: ("sketch", {"style": mine["style"]}))
def sketch(video: gr.FileData, style: gr.FileData):
    """A moving sketch whose strokes are filled from a clip.

    Args:
        video: the moving sketch, dark strokes on light paper or the other way round.
        style: the clip whose moving parts fill the strokes.
    """


def _inpaint_options(mine: dict) -> tuple[str, dict]:
    last = LIMITS.max_frames - 1 if mine["last"] is None else mine["last"]
    checked = paint_range(mine["first"], last, mine["margin"])
    key = None if mine["key"] is None else cues.colour(mine["key"])
    return "inpaint", {
        **checked,
        "remove": cues.colour(mine["remove"]),
        "key": key,
        "cues_path": _path("cues", mine["cues"]),
    }


@endpoint("inpaint", _inpaint_options)
def inpaint(
    video: gr.FileData,
    cues: gr.FileData,
    first: int = 0,
    last: int | None = None,
    key: str | None = None,
    remove: str = "#ff00ff",
    margin: float = 0.5,
):
    """Fill a region of a clip from the rest of it, steered by colour cues.

    Args:
        video: the file; `handle_file(path)` in gradio_client.
        cues: a PNG, or a video that runs beside the clip, with paint where something is to be
            made anew.
        first: first frame on which the paint holds.
        last: last one; null is the last of the clip.
        key: colour of cues that is not paint, "#rrggbb"; null: what is see-through is not.
        remove: colour of paint that is no cue: what is under it goes.
        margin: how much more than the paint is made anew, in sizes of a painted piece.
    """


ENDPOINTS = {
    "generate": generate,
    "retarget": retarget,
    "analogy": analogy,
    "sketch": sketch,
    "inpaint": inpaint,
}
