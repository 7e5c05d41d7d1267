"""The tab Generate: validate, run, show."""

from __future__ import annotations

import html
from dataclasses import replace

import gradio as gr

import vgpnn

from . import files, panels, request, work
from .examples import Example
from .jobs import RUNNER, Job
from .request import Clip

QUIET = panels.QUIET


def build(examples: list[Example], token: gr.BrowserState, demo: gr.Blocks) -> None:
    """The tab's panels and events. token: of this browser's last job."""
    if examples:
        strip = panels.example_strip(examples)
    with gr.Row(elem_classes="desk"):
        with gr.Column(elem_classes="controls", min_width=300, scale=0):
            source = panels.input_panel()
            method = panels.settings_panel()
        with gr.Column(elem_classes="results", min_width=300):
            run = panels.run_panel("Generate")
            stage = panels.result_panel(examples[0].view() if examples else None)
    form = [source.clip, *source.part, run.samples, *method.values]
    shown = [source.clip, source.preview, source.start, source.line, stage.data, source.upload]

    source.upload.upload(
        uploaded, [source.upload, token, *form[1:]], shown, concurrency_limit=2, concurrency_id="probe",
        show_progress="minimal", show_progress_on=source.upload, api_visibility="private",
    )  # fmt: skip
    for part in (*source.part, run.samples, *method.values):
        part.change(line, form, source.line, trigger_mode="always_last", **QUIET)
    for part in source.part:
        event = part.input if isinstance(part, gr.Dropdown) else part.release
        event(
            retrimmed, form, [source.clip, source.preview], trigger_mode="always_last", concurrency_limit=2,
            concurrency_id="probe", show_progress="hidden", api_visibility="private",
        )  # fmt: skip

    buttons = [run.go, run.stop]
    started = run.go.click(
        start, [source.clip, *source.part, run.samples, run.seed, run.random, *method.values],
        [token, run.seed, stage.data, *buttons], **QUIET,
    )  # fmt: skip
    follow = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
    started.success(watch, token, [stage.data, *buttons], **follow)
    run.stop.click(lambda t: RUNNER.stop(t), token, None, **QUIET)
    back = demo.load(
        lambda t: again(t, examples), token, [*shown, source.frames, source.height, run.samples, run.seed, *buttons],
        **QUIET,
    )  # fmt: skip
    back.then(watch, token, [stage.data, *buttons], **follow)
    if examples:

        def chosen(token, evt: gr.EventData):
            return show_example(examples[int(evt.index)], token)

        strip.select(chosen, token, [*shown, source.frames, source.height], **QUIET)


def uploaded(path, token, *values):
    """Probe, then show the working clip; an upload that cannot be used is removed at once."""
    if path is None:
        return [gr.skip()] * 6
    try:
        clip = Clip(path, files.Path(path).name, vgpnn.video.probe(path))
        asked = _asked(clip, 0.0, *values[1:])
        made = work.prepare(asked)
    except ValueError as error:
        files.forget_upload(path)
        return None, _problem(error), gr.skip(), "", gr.skip(), None
    view = {**work.first_view(asked), "phase": "ready", "source": made, "fps": made["fps"]}
    latest = max(0.1, round(clip.info.seconds - 0.05, 1))
    clip = replace(clip, shown=made["video"])
    return clip, _player(clip.name, made), gr.update(value=0, maximum=latest), line(clip, 0.0, *values[1:]), _unless_busy(token, view), None


def _unless_busy(token, view: dict):
    """A running job keeps the stage: another clip can be chosen meanwhile."""
    job = RUNNER.find(token)
    return gr.skip() if job is not None and not job.finished.is_set() else view


def _asked(clip, start, frames, fps, height, samples, *method, seed=0):
    """A checked request from the raw values of the page's components."""
    chosen = request.settings(**panels.read_method(method) if method else {})
    return request.request(clip, start, frames, height, samples, seed, fps or None, chosen)


def _problem(error) -> str:
    return f"<p class='problem' role='alert'>{html.escape(str(error))}</p>"


def _player(name: str, made: dict) -> str:
    return (
        f"<div class='gate'><video src='{html.escape(made['video'])}' autoplay loop muted "
        f"playsinline></video></div><p class='meta'><b>{html.escape(name)}</b>"
        "<span>Working clip</span></p>"
    )


def line(clip: Clip | None, *values) -> str:
    """Input, working and output size, and the seconds it will take."""
    if clip is None:
        return ""
    try:
        asked = _asked(clip, *values)
        length, tall, wide = request.shape(asked)
        took = vgpnn.cost.expected_seconds((length, tall, wide), asked.settings, asked.samples)
    except ValueError as error:
        return _problem(error)
    i, n = clip.info, asked.samples
    rate = float(asked.fps or i.fps)
    return (
        "<dl class='sizes'>"
        f"<div><dt>Input</dt><dd>{i.width}×{i.height}, {float(i.fps):.4g} fps, {i.seconds:.1f} s</dd></div>"
        f"<div><dt>Working</dt><dd>{length} frames of {wide}×{tall}, {rate:.4g} fps</dd></div>"
        f"<div><dt>Output</dt><dd>{n} take{'s' * (n > 1)} of {wide}×{tall}, {length / rate:.1f} s</dd></div>"
        f"<div><dt>Time</dt><dd>about {max(1, round(took))} s</dd></div></dl>"
    )


def retrimmed(clip: Clip | None, *values):
    """The working clip again, after another part or size was chosen."""
    if clip is None:
        return None, ""
    try:
        made = work.prepare(_asked(clip, *values))
    except ValueError as error:
        return clip, _problem(error)
    return replace(clip, shown=made["video"]), _player(clip.name, made)


def start(clip, start, frames, fps, height, samples, seed, random, *method):
    """Check everything and queue the job."""
    if clip is None:
        raise gr.Error("Choose an example or upload a clip first.", print_exception=False)
    try:
        seed = request.random_seed() if random else seed
        asked = _asked(clip, start, frames, fps, height, samples, *method, seed=seed)
        job = RUNNER.submit(Job(asked, work.generate, work.first_view(asked)))
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from None
    return job.token, asked.seed, job.shown, gr.update(visible=False), gr.update(visible=True)


async def watch(token):
    """Show a job's state, whenever it changes, until it is over."""
    job = RUNNER.find(token)
    if job is not None:
        async for shown in job.watch():
            busy = not job.finished.is_set()
            yield shown, gr.update(visible=not busy), gr.update(visible=busy)
    yield gr.skip(), gr.update(visible=True), gr.update(visible=False)


def show_example(example: Example, token=None) -> tuple:
    """The clip as input, and its precomputed result, at once."""
    clip = example.clip()
    made = {"video": clip.shown}
    frames, height = clip.info.frames, clip.info.height
    sizes = (
        f"<dl class='sizes'><div><dt>Example</dt><dd>{html.escape(example.title)}, "
        f"{frames} frames of {clip.info.width}×{height}</dd></div></dl>"
    )
    return (
        clip, _player(clip.name, made), gr.update(value=0, maximum=max(0.1, clip.info.seconds)), sizes,
        _unless_busy(token, example.view()), None, frames, height,
    )  # fmt: skip


def again(token, examples: list[Example]):
    """After a reload: the last job of this browser, with what it was made from."""
    job = RUNNER.find(token)
    if job is None:
        first = show_example(examples[0]) if examples else [gr.skip()] * 8
        return [*first, *[gr.skip()] * 4]
    asked, busy = job.asked, not job.finished.is_set()
    clip = asked.clip
    made = {"video": job.shown["source"].get("video", "")}
    sizes = line(clip, asked.start, asked.frames, asked.fps, asked.height, asked.samples)
    return (
        clip, _player(clip.name, made), gr.update(value=asked.start, maximum=clip.info.seconds), sizes,
        job.shown, None, asked.frames, asked.height, asked.samples, asked.seed,
        gr.update(visible=not busy), gr.update(visible=busy),
    )  # fmt: skip
