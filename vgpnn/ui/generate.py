"""The tab Generate: validate, run, show."""

from __future__ import annotations

import html
from dataclasses import replace

import gradio as gr

import vgpnn
from vgpnn.limits import LIMITS

from . import advanced, files, panels, request, work
from .examples import Example
from .jobs import RUNNER, Job
from .request import Clip

QUIET = advanced.QUIET
# In the queue, because only there the message of a gr.Error reaches the page.
FOLLOW = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
PROBE = {"concurrency_limit": 2, "concurrency_id": "probe", "api_visibility": "private"}


def build(examples: list[Example], token: gr.BrowserState, demo: gr.Blocks) -> None:
    """The tab's panels and events. token: of this browser's last job."""
    if examples:
        strip = panels.example_strip(examples)
    with gr.Row(elem_classes="desk"):
        with gr.Column(elem_classes="controls", min_width=300, scale=0):
            source = panels.input_panel()
            method = advanced.settings_panel()
        with gr.Column(elem_classes="results", min_width=300):
            run = panels.run_panel("Generate")
            stage = panels.result_panel(examples[0].view() if examples else None)
    form = [source.clip, *source.part, run.samples, *method.values]
    shown = [source.clip, source.preview, source.start, source.line, stage.data, source.upload]

    source.upload.upload(
        uploaded, [source.upload, token, run.samples, *method.values],
        [*shown, source.frames, source.height, source.fps], **PROBE,
        show_progress="minimal", show_progress_on=source.upload,
    )  # fmt: skip
    for part in (*source.part, run.samples, *method.values):
        part.change(line, form, source.line, trigger_mode="always_last", **QUIET)
    for part in source.part:
        event = part.input if isinstance(part, gr.Dropdown) else part.release
        event(
            retrimmed, form, [source.clip, source.preview], **PROBE,
            trigger_mode="always_last", show_progress="hidden",
        )  # fmt: skip

    method.load.upload(
        loaded, method.load,
        [source.start, source.frames, source.height, run.samples, run.seed, run.random,
         *method.values], **FOLLOW,
    )  # fmt: skip
    buttons = [run.go, run.stop]
    started = run.go.click(
        start, [source.clip, *source.part, run.samples, run.seed, run.random, *method.values],
        [token, run.seed, stage.data, *buttons], **FOLLOW,
    )  # fmt: skip
    started.success(watch, token, [stage.data, *buttons], **FOLLOW)
    run.stop.click(lambda t: RUNNER.stop(t), token, None, **QUIET)
    back = demo.load(
        lambda t: again(t, examples), token,
        [*shown, source.frames, source.height, run.samples, run.seed, *buttons], **QUIET,
    )  # fmt: skip
    back.then(watch, token, [stage.data, *buttons], **FOLLOW)
    if examples:

        def chosen(token, samples, evt: gr.EventData):
            return show_example(examples[int(evt.index)], token, samples)

        strip.select(chosen, [token, run.samples], [*shown, source.frames, source.height], **QUIET)


def uploaded(path, token, samples, *method):
    """Probe, then show the working clip; an upload that cannot be used is removed at once."""
    if path is None:
        return [gr.skip()] * 9
    try:
        clip = Clip(path, files.Path(path).name, vgpnn.video.probe(path))
        # What was chosen for another clip does not fit this one: start from the defaults.
        frames = max(LIMITS.min_frames, min(request.FRAMES, clip.info.frames))
        part = (0.0, frames, 0, request.HEIGHT, samples, *method)
        asked = _asked(clip, *part)
        made = work.prepare(asked)
    except ValueError as error:
        files.forget_upload(path)
        return None, _problem(error), gr.skip(), "", gr.skip(), None, *[gr.skip()] * 3
    view = {**work.first_view(asked), "phase": "ready", "source": made, "fps": made["fps"]}
    clip = replace(clip, shown=made["video"])
    return (
        clip, _player(clip.name, made), gr.update(value=0, maximum=_latest(clip)),
        line(clip, *part), _unless_busy(token, view), None, frames, request.HEIGHT, 0,
    )  # fmt: skip


def _unless_busy(token, view: dict):
    """A running job keeps the stage: another clip can be chosen meanwhile."""
    job = RUNNER.find(token)
    return gr.skip() if job is not None and not job.finished.is_set() else view


def _asked(clip, start, frames, fps, height, samples, *method, seed=0):
    """A checked request from the raw values of the page's components."""
    chosen = request.settings(**advanced.read_method(method) if method else {})
    return request.request(clip, start, frames, height, samples, seed, fps or None, chosen)


def _latest(clip: Clip) -> float:
    """The latest start [s] that the slider offers: a little before the end."""
    return max(0.1, round(clip.info.seconds - 0.05, 1))


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
    return _table(
        Input=f"{i.width}×{i.height}, {float(i.fps):.4g} fps, {i.seconds:.1f} s",
        Working=f"{length} frame{'s' * (length > 1)} of {wide}×{tall}, {rate:.4g} fps",
        Output=f"{n} take{'s' * (n > 1)} of {wide}×{tall}, {length / rate:.1f} s",
        Time=f"about {max(1, round(took))} s",
    )


def _table(**rows: str) -> str:
    cells = (f"<div><dt>{k}</dt><dd>{html.escape(v)}</dd></div>" for k, v in rows.items())
    return f"<dl class='sizes'>{''.join(cells)}</dl>"


def retrimmed(clip: Clip | None, *values):
    """The working clip again, after another part or size was chosen."""
    if clip is None:
        return None, ""
    try:
        made = work.prepare(_asked(clip, *values))
    except ValueError as error:
        return clip, _problem(error)
    return replace(clip, shown=made["video"]), _player(clip.name, made)


def loaded(path):
    """Settings from a file that this page saved."""
    try:
        text = files.Path(path).read_bytes()[:100_000].decode(errors="replace")
        part, chosen = request.from_json(text)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from None
    finally:
        files.forget_upload(path)
    return [*part.values(), False, *advanced.show_method(chosen)]


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


def show_example(example: Example, token=None, samples=request.SAMPLES) -> tuple:
    """The clip as input, and its precomputed result, at once."""
    clip = example.clip()
    made = {"video": clip.shown}
    frames = min(max(clip.info.frames, LIMITS.min_frames), LIMITS.max_frames)
    height = min(max(clip.info.height, LIMITS.min_height), LIMITS.max_height)
    sizes = line(clip, 0.0, frames, None, height, samples)
    return (
        clip, _player(clip.name, made), gr.update(value=0, maximum=_latest(clip)), sizes,
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
        clip, _player(clip.name, made), gr.update(value=asked.start, maximum=_latest(clip)), sizes,
        job.shown, None, asked.frames, asked.height, asked.samples, asked.seed,
        gr.update(visible=not busy), gr.update(visible=busy),
    )  # fmt: skip
