"""What makes an endpoint for gradio_client and other programs out of a task's own arguments.

An endpoint takes the arguments of its task, then those of PART, then every setting of the method.
Names, types, defaults and help of the settings are those of `vgpnn.settings`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio.context import LocalContext

from vgpnn.checks import written
from vgpnn.presets import PRESETS
from vgpnn.service import files, work
from vgpnn.service.clips import probed_clip
from vgpnn.service.event_queue import listener
from vgpnn.service.job import Job
from vgpnn.service.people import Person, person_of
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import (
    DEFAULT_FRAMES,
    DEFAULT_HEIGHT,
    TASK_PRESETS,
    Request,
    new_request,
)
from vgpnn.setting import Setting
from vgpnn.settings import SETTINGS

Answer = tuple[list[gr.FileData], dict]
# Two files are probed at once, and one of each person. The decoder has the same limits; whoever
# waits for it here holds no thread.
PROBING = asyncio.Semaphore(2)
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # of each person, one file
NAME_LENGTH = 200  # characters of a clip's name that are kept
# Type, default and meaning of the arguments that choose the part of the clip, and the seed.
PART = {
    "start": (float, 0.0, "where the working clip begins in the file, in seconds"),
    "frames": (int, DEFAULT_FRAMES, "length of the working clip, in frames"),
    "height": (
        int,
        DEFAULT_HEIGHT,
        "height of the working clip in pixels; a smaller video keeps its size",
    ),
    "seed": (int, 0, "a whole number; the same seed and settings give the same bytes"),
    "fps": (float | None, None, "frames per second of the working clip; null keeps the file's"),
    "size": (
        str,
        "working",
        "working, or full for results that are finished at the video's own size and frame rate",
    ),
}
TYPES = {"whole": int, "number": float, "word": str, "patch": list[int]}  # by kind of a setting
RETURNS = "\nReturns:\n    The MP4 files, and the settings that make them again."


def endpoint(task: str, options_of: Callable[[dict], dict]) -> Callable[[Callable], Callable]:
    """Decorator that makes an endpoint of a function without a body, whose signature and docstring
    name the arguments of one task.

    options_of: checks these arguments and returns the options of a `Request`; clips among them are
    instances of `Clip` by then.
    """

    def decorate(function: Callable) -> Callable:
        task_parameters = list(inspect.signature(function, eval_str=True).parameters.values())
        common_parameters, common_lines = _common_arguments(TASK_PRESETS[task])
        # Gradio fills in a parameter of this type, and does not show it to clients.
        sender = _parameter("gradio_request", gr.Request)
        signature = inspect.Signature(
            [sender, *task_parameters, *common_parameters], return_annotation=Answer
        )

        async def call(*values, **named):
            bound = signature.bind(*values, **named)
            bound.apply_defaults()
            arguments = bound.arguments
            sent = arguments.pop("gradio_request")
            person = person_of(sent)
            task_arguments = {p.name: arguments.pop(p.name) for p in task_parameters}

            async def build() -> Request:
                await _probe_clips(task_arguments, person)
                return await asyncio.to_thread(
                    _request_of, task, options_of, task_arguments, arguments
                )

            return await _answer(build, person, listener(getattr(sent, "session_hash", None)))

        call.__name__ = function.__name__
        call.__signature__ = signature
        call.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        call.__annotations__["return"] = Answer
        call.__doc__ = "\n".join([inspect.cleandoc(function.__doc__), *common_lines, RETURNS])
        return call

    return decorate


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind
    )


def _common_arguments(preset: str) -> tuple[list[inspect.Parameter], list[str]]:
    """The arguments that all endpoints have, with the defaults of a preset, and a line of the
    docstring for each."""
    parameters = [_parameter(name, kind, default) for name, (kind, default, _) in PART.items()]
    lines = [f"    {name}: {meaning}." for name, (*_, meaning) in PART.items()]
    for name, about in SETTINGS.items():
        default = getattr(PRESETS[preset], name)
        default = list(default) if isinstance(default, tuple) else default
        parameters.append(_parameter(name, setting_type(about), default))
        lines.append(f"    {name}: {setting_help(about)}")
    return parameters, lines


def setting_type(about: Setting) -> Any:
    """The annotation of a setting's argument."""
    kind = TYPES[about.kind]
    return kind | None if about.optional else kind


def setting_help(about: Setting) -> str:
    """What the docstring says of a setting's argument."""
    parts = [f"{about.label}. {about.help}"]
    if about.words:
        parts.append(f"One of {', '.join(about.words)}.")
    else:
        parts.append(f"From {written(about.low)} to {written(about.high)}.")
    if about.optional:
        parts.append(f"null: {about.optional.word}.")
    return " ".join(parts)


def _request_of(task: str, options_of: Callable, task_arguments: dict, arguments: dict) -> Request:
    """The request that the arguments of an endpoint ask for. Raises ValueError."""
    options = options_of(task_arguments)
    part = {name: arguments[name] for name in PART}
    settings = {name: arguments[name] for name in SETTINGS}
    samples = 0 if "offered" in options else task_arguments.get("samples", 1)
    return new_request(
        task_arguments["video"],
        **part,
        samples=len(options.get("drafts", ())) or samples,
        settings=PRESETS[TASK_PRESETS[task]].with_changes(**settings),
        task=task,
        options=options,
    )


async def _answer(build: Callable, person: Person, is_heard: Callable[[], bool]) -> Answer:
    """Queue the request that `await build()` returns, and wait for its results.

    is_heard: whether the client listens; the job begins when it does, and is stopped where it has
    not for a while.
    Raises gr.Error with one sentence where it is refused or fails.
    """
    try:
        QUEUE.check_room(person)
        job = work.new_job(await build(), person)
        job.waits_for_listener = not is_heard()
        try:
            await asyncio.to_thread(QUEUE.submit, job)
            async for _ in job.watch(is_heard=is_heard, has_left=_has_hung_up):
                pass
        finally:  # a client that has gone away does not want the rest
            QUEUE.stop(job.token)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from None
    return _results(job)


def _results(job: Job) -> Answer:
    """The files and the settings of a job. Raises gr.Error where it failed or was stopped."""
    if job.error or job.shown["phase"] != "done":
        raise gr.Error(job.error or "The job was stopped.", print_exception=False)
    paths = [gr.FileData(path=str(path), orig_name=path.name) for path in job.results]
    return paths, job.settings


def _has_hung_up() -> bool:
    """Whether the client of this request has closed its connection. Only Gradio's queue knows."""
    queue = getattr(LocalContext.blocks.get(None), "_queue", None)
    if queue is None:
        return False
    event = queue.event_ids_to_events.get(LocalContext.event_id.get(None))
    return event is not None and not event.alive


async def _probe_clips(arguments: dict, person: Person) -> None:
    """Replace the files of the arguments `video` and `style` by clips. Raises ValueError."""
    for name in ("video", "style"):
        if name in arguments:
            path = upload_path(name, arguments[name])
            shown_name = str(arguments[name].get("orig_name") or path.name)[:NAME_LENGTH]
            turn = _turns.setdefault(person.address, asyncio.Lock())
            async with turn, PROBING:
                arguments[name] = await asyncio.to_thread(probed_clip, path, shown_name)


def upload_path(name: str, file: Any) -> Path:
    """The path of an argument that is an uploaded file. Raises ValueError for anything else, such
    as another file of the server."""
    path = file.get("path") if isinstance(file, dict) else None
    if not files.is_upload(path):
        raise ValueError(
            f"{name} must be an uploaded file: use handle_file(path) of gradio_client."
        )
    return Path(path)
