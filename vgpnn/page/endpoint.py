"""What makes an endpoint for gradio_client and other programs out of a task's own arguments.

An endpoint takes the arguments of its task that matter most, then those that all endpoints share,
then the other arguments of its task, and at last the settings of the method in one dictionary; see
`vgpnn.page.arguments`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio.context import LocalContext

from vgpnn.page.arguments import (
    PART,
    Argument,
    common_arguments,
    described,
    docstring,
    parameter,
    settings_of,
    settings_schema,
)
from vgpnn.service import beside, files, wording, work
from vgpnn.service.clips import probed_clip
from vgpnn.service.event_queue import listener
from vgpnn.service.job import Job
from vgpnn.service.people import Person, person_of
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import TASK_PRESETS, Request, new_request

# What an endpoint returns, and /drafts, which says more of each file.
Answer = tuple[list[gr.FileData], dict]
Offer = tuple[list[gr.FileData], list[dict], dict]
Tell = Callable[[dict], Awaitable[None]]
_TELL: ContextVar[Tell | None] = ContextVar("tell", default=None)
# Two files are probed at once, and one of each person. The decoder has the same limits; whoever
# waits for it here holds no thread.
PROBING = asyncio.Semaphore(2)
WORDING = asyncio.Semaphore(2)  # the same of work with words
# Of each person one file, and one work with words.
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
_turns_with_words: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
NAME_LENGTH = 200  # characters of a clip's name that are kept
SETTINGS_RETURNED = "The arguments that make the same again; the files are not among them."
RETURNS = {
    Answer: ("The MP4 files.", SETTINGS_RETURNED),
    Offer: (
        "The drafts as small MP4 files.",
        "The draft (its name), the error and the change of each, in the same order.",
        SETTINGS_RETURNED,
    ),
}


def endpoint(
    task: str, options_of: Callable[[dict], dict], has_takes: bool = False
) -> Callable[[Callable], Callable]:
    """Decorator that makes an endpoint of a function without a body, whose signature and docstring
    name the arguments of one task, and whose return type is `Answer` or `Offer`. Arguments that
    are given by name only come after those that all endpoints share.

    options_of: checks these arguments and returns the options of a `Request`; clips among them are
    instances of `Clip` by then. has_takes: whether it makes several takes of one clip.
    """

    def decorate(function: Callable) -> Callable:
        written = inspect.signature(function, eval_str=True)
        description, helps = described(function.__doc__)
        shared = common_arguments(TASK_PRESETS[task], has_takes, "alike" in written.parameters)
        signature = _signature(written, shared)
        task_names = [*written.parameters]

        async def call(*values, **named):
            bound = signature.bind(*values, **named)
            bound.apply_defaults()
            arguments = bound.arguments
            sent = arguments.pop("gradio_request")
            person = person_of(sent)
            task_arguments = {name: arguments.pop(name) for name in task_names}
            words, sentence = arguments.pop("words", None), task_arguments.get("sorted_by")

            async def build() -> Request:
                said = wording.checked_words(words)
                await _probe_clips(task_arguments, person)
                request = await asyncio.to_thread(
                    _request_of, task, options_of, task_arguments, arguments
                )
                if not said:
                    return request
                return await _beside(partial(wording.with_words, request, said), person)

            job = await _done(build, person, listener(getattr(sent, "session_hash", None)))
            paths, *others = _outputs(job, signature)
            if sentence is not None:
                order = await _order(job, sentence, person)
                paths, others[0] = ([each[k] for k in order] for each in (paths, others[0]))
            if words:
                others[-1] |= {"words": words}
            return paths, *others

        call.__name__ = function.__name__
        call.__signature__ = signature
        call.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        call.__annotations__["return"] = signature.return_annotation
        helps |= {name: f"{about.help}." for name, about in shared.items()}
        names = [name for name in signature.parameters if name != "gradio_request"]
        helps_in_order = {name: helps[name] for name in names}
        preset_name, returns = TASK_PRESETS[task], RETURNS[signature.return_annotation]
        call.__doc__ = docstring(description, helps_in_order, preset_name, returns)
        call.settings_schema = settings_schema(preset_name)  # for whoever shows it to clients
        return call

    return decorate


@contextmanager
def on_progress(tell: Tell | None) -> Iterator[None]:
    """Let the endpoint that is called meanwhile tell how far its job is. tell: gets what the page
    would draw, `Job.shown`, now and whenever it has changed."""
    token = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(token)


def _signature(written: inspect.Signature, shared: dict[str, Argument]) -> inspect.Signature:
    """The signature of an endpoint. written: that of its function, with the arguments of its task;
    shared: those that all endpoints have, of which `settings` is the last one, after `words`."""
    of_task = [*written.parameters.values()]
    first = [each for each in of_task if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    later = [parameter(p.name, p.annotation, p.default) for p in of_task if p not in first]
    between = [parameter(name, each.kind, each.default) for name, each in shared.items()]
    last = [between.pop() for _ in range(1 + ("words" in shared))][::-1]
    # Gradio fills in a parameter of this type, and does not show it to clients.
    sender = parameter("gradio_request", gr.Request)
    parameters = [sender, *first, *between, *later, *last]
    return inspect.Signature(parameters, return_annotation=written.return_annotation)


def _request_of(task: str, options_of: Callable, task_arguments: dict, arguments: dict) -> Request:
    """The request that the arguments of an endpoint ask for. Raises ValueError."""
    options = options_of(task_arguments)
    samples = 0 if "offered" in options else {**task_arguments, **arguments}.get("takes", 1)
    return new_request(
        task_arguments["video"],
        **{name: arguments[name] for name in PART},
        samples=len(options.get("drafts", ())) or samples,
        settings=settings_of(TASK_PRESETS[task], arguments, task_arguments),
        task=task,
        options=options,
    )


async def _done(build: Callable, person: Person, is_heard: Callable[[], bool]) -> Job:
    """Queue the request that `await build()` returns, and wait until its job is over.

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
            async for view in job.watch(is_heard=is_heard, has_left=_has_hung_up):
                if (tell := _TELL.get()) is not None:
                    await tell(view)
        finally:  # a client that has gone away does not want the rest
            QUEUE.stop(job.token)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from None
    return job


def _outputs(job: Job, signature: inspect.Signature) -> Answer | Offer:
    """What an endpoint returns of a job. Raises gr.Error where it failed or was stopped."""
    if job.error or job.shown["phase"] != "done":
        raise gr.Error(job.error or "The job was stopped.", print_exception=False)
    paths = [gr.FileData(path=str(path), orig_name=path.name) for path in job.results]
    settings = {name: job.settings[name] for name in job.settings if name in signature.parameters}
    if signature.return_annotation == Offer:
        return paths, job.settings["scores"], settings
    return paths, settings


async def _order(job: Job, sentence: str, person: Person) -> list[int]:
    """The places of a job's drafts in the order in which they fit a sentence. Raises gr.Error."""
    try:
        names = await _beside(partial(wording.sorted_names, job, sentence), person)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from None
    places = [each["draft"] for each in job.settings["scores"]]
    return [places.index(name) for name in names]


async def _beside(work: Callable, person: Person) -> Any:
    """What work with words comes to, of which each person has one at a time, and all have two.

    work: as for `beside.told`. Raises what it raises, and ValueError once the client has gone."""
    turn = _turns_with_words.setdefault(person.address, asyncio.Lock())
    telling = beside.told(work, wording.SECONDS, wording.TOO_LONG, _has_hung_up)
    async with turn, WORDING, aclosing(telling):
        async for said in telling:
            if isinstance(said, beside.Done):
                return said.value
    raise ValueError("The client has gone.")


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
