"""The desk that all tasks share: a clip, a button, a stage; every tab adds its own controls."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from pathlib import Path

import cv2
import gradio as gr
import numpy as np
import torch

import vgpnn
from vgpnn import presets, settings
from vgpnn.checks import number
from vgpnn.codes import encode
from vgpnn.examples import Example
from vgpnn.limits import LIMITS
from vgpnn.page import advanced, controls
from vgpnn.page import shared as panels
from vgpnn.page.canvas import Canvas
from vgpnn.page.controls import TABS
from vgpnn.page.form import Form, Unfinished, part_of, with_editor
from vgpnn.pictures import enlarged, reduced
from vgpnn.presets import PRESETS
from vgpnn.service import clips, files, outputs, previews, settings_file, work
from vgpnn.service.examples import clip_of, style_clip_of, view_of
from vgpnn.service.people import Person, person_of
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import (
    DEFAULT_FRAMES,
    DEFAULT_HEIGHT,
    TASK_PRESETS,
    Clip,
    Request,
    new_request,
    probed_clip,
    random_seed,
)
from vgpnn.tasks import cues
from vgpnn.tasks import sketch as drawing

QUIET = advanced.QUIET
# In the queue, because only there the message of a gr.Error reaches the page.
FOLLOW = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
PROBE = {
    "concurrency_limit": 2,
    "concurrency_id": "probe",
    "api_visibility": "private",
    "show_progress": "hidden",
}
# What takes longer must not keep others from uploading.
PREVIEW = {**PROBE, "concurrency_limit": 1, "concurrency_id": "preview"}
PLAIN = gr.Slider | gr.Number | gr.Checkbox
CANVAS = 432  # [px] height, about, of a frame to paint on
SKETCH_PIXELS = 384 * 216  # of a drawing, at most
SKETCH_RATE = 10  # frames per second of a drawn sketch


def says(handler: Callable) -> Callable:
    """Decorator of what the page calls: the sentence of a ValueError is shown to the user."""

    @wraps(handler)
    def call(*values):
        try:
            return handler(*values)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from None

    return call


def build(examples: list[Example], token: gr.BrowserState, demo: gr.Blocks) -> None:
    """The panels and their events. token: of this browser's last job."""
    task = gr.State("generate")
    kept = gr.State({})  # settings that are not shown, by preset
    # Which preset is shown; in the browser, so that it always comes together with the values.
    preset = gr.Textbox("generate", visible=False)
    tabs, own, strips = {}, {}, {}
    with gr.Tabs(selected="generate") as bar:
        for name, (title, *_) in TABS.items():
            with gr.Tab(title, id=name) as tab:
                controls.blurb(name)
                mine = [(k, e) for k, e in enumerate(examples) if e.task == name]
                if mine:
                    strips[name] = panels.example_strip(mine)
                tabs[name] = tab
                own[name] = controls.BUILD[name]()
        with gr.Tab(controls.HOW[0], id="how") as how:
            gr.HTML(f"<p class='blurb'>{controls.HOW[1]}</p>")
    with gr.Row(elem_classes="desk"):
        with gr.Column(elem_classes="controls", min_width=300, scale=0):
            source = panels.input_panel()
            method = advanced.settings_panel()
        with gr.Column(elem_classes="results", min_width=300):
            run = panels.run_panel("Generate")
            first = next((e for e in examples if e.task == "generate"), None)
            stage = panels.result_panel(view_of(first) if first else None, TABS)
    form = Form(task, source, run, method, [c for c in own.values() if c.values])
    inputs = form.components
    shown = [
        source.clip,
        source.preview,
        source.start,
        stage.data,
        source.upload,
        source.frames,
        source.height,
        source.fps,
    ]
    options = [c for tab in form.tabs for c in tab.values]

    def line_of(*values):
        return line(form, values)

    def again_trimmed(*values):
        return retrimmed(form, values)

    source.upload.upload(
        uploaded,
        [source.upload, token],
        shown,
        **{**PROBE, "show_progress": "minimal"},
        show_progress_on=source.upload,
    )
    plain = [c for c in options if isinstance(c, gr.Slider | gr.Checkbox | gr.Radio)]
    # Changes of a gr.State are not always noticed; the player beside it always changes with it.
    players = source.preview, own["analogy"].more["shown"]
    for part in (*players, *source.part, run.samples, *method.values, *plain):
        part.change(line_of, inputs, source.line, trigger_mode="always_last", **QUIET)
    for part in source.part:
        event = part.input if isinstance(part, gr.Dropdown) else part.release
        event(
            again_trimmed,
            inputs,
            source.preview,
            **PROBE,
            trigger_mode="always_last",
        )

    # What explains the last run is below it, and is shown while that tab is open.
    for tab in (how, *tabs.values()):
        opens = "true" if tab is how else "false"
        tab.select(
            None, js=f"() => document.getElementById('explain').classList.toggle('open', {opens})"
        )
    kind = own["analogy"].values[0]
    look = [task, run.samples, run.seed, run.random, run.go]
    choice = [run.quality, run.difference]
    for name, tab in tabs.items():
        tab.select(
            lambda kept, kind, shown, quality, *values, name=name: [
                *opened(name),
                *switched(name, _preset(name, kind), kept, shown, quality, values),
            ],
            [kept, kind, preset, run.quality, *method.values],
            [*look, kept, preset, *choice, *method.values],
            **QUIET,
        ).then(line_of, inputs, source.line, **QUIET)
    kind.change(
        lambda task, kept, kind, shown, quality, *values: switched(
            task, _preset(task, kind), kept, shown, quality, values
        ),
        [task, kept, kind, preset, run.quality, *method.values],
        [kept, preset, *choice, *method.values],
        **QUIET,
    )
    run.quality.input(
        None,
        [run.quality, preset, *method.values],
        method.values,
        **QUIET,
        js=advanced.script(advanced.SETS_QUALITY),
    )
    run.difference.input(
        None, run.difference, method.noise, **QUIET, js=advanced.script(advanced.SETS_NOISE)
    )
    for part in method.values:
        part.input(
            None,
            [preset, *method.values],
            [run.quality, run.difference],
            **QUIET,
            js=advanced.script(advanced.SHOWS_CHOICE),
        )

    method.load.upload(
        lambda path, tab, kind: loaded(form, path, tab, kind),
        [method.load, task, kind],
        [*source.part, run.samples, run.seed, run.random, *choice, *method.values, *options],
        **FOLLOW,
    )
    buttons = [run.go, run.stop]

    def pressed(sent: gr.Request, seed, random, *values):
        return start(form, values, seed, random, person_of(sent))

    started = run.go.click(
        pressed, [run.seed, run.random, *inputs], [token, run.seed, stage.data, *buttons], **FOLLOW
    )
    started.success(watch, token, [stage.data, *buttons], **FOLLOW)
    run.stop.click(lambda t: QUEUE.stop(t), token, None, **QUIET)

    back = demo.load(
        lambda t: again(t, examples, form),
        token,
        [
            *shown,
            run.samples,
            run.seed,
            *buttons,
            bar,
            task,
            preset,
            *choice,
            *method.values,
            *options,
            own["analogy"].more["shown"],
            own["inpaint"].more["drawn_on"],
        ],
        **QUIET,
    )
    back.then(repainted, token, [own["inpaint"].values[0], own["inpaint"].more["frame"]], **PROBE)
    back.then(watch, token, [stage.data, *buttons], **FOLLOW)
    for name, strip in strips.items():

        @says
        def chosen(token, evt: gr.EventData, name=name):
            example = examples[told(evt, "index", len(examples))]
            values = [*show_example(example, token), *example_options(example, own[name])]
            if example.style is None:
                return values
            style = style_clip_of(example)
            return [*values, _player(style.name, {"video": style.working_url}, "Style")]

        more = [own[name].more["shown"]] if name == "analogy" else []
        strip.select(chosen, token, [*shown, *own[name].values, *more], **QUIET)

    @says
    def send(token, evt: gr.EventData):
        take = told(evt, "take", LIMITS.samples + 1)
        return sent(token, examples, take, str(told(evt, "to")), str(told(evt, "title")))

    stage.data.select(send, token, [*shown, bar], **PROBE)
    _resize_events(own["resize"], source)
    _analogy_events(own["analogy"], form, source, shown, token)
    _inpaint_events(own["inpaint"], tabs["inpaint"], form, source, task)


def _resize_events(own: controls.Controls, source: panels.Input) -> None:
    aspect = own.more["aspect"]

    def scales(clip, chosen):
        if clip is None or chosen not in controls.ASPECTS[1:]:
            return gr.skip(), gr.skip()
        return controls.scales_for(clip, chosen)

    for event in (aspect.input, source.preview.change):
        event(scales, [source.clip, aspect], own.values, **QUIET)
    for slider in own.values:
        slider.release(lambda: "Free", None, aspect, **QUIET)


def _analogy_events(own, form: Form, source, shown, token) -> None:
    kind, style = own.values
    more = own.more
    more["upload"].upload(
        style_uploaded, more["upload"], [style, more["shown"], more["upload"]], **PROBE
    )
    more["look"].click(
        lambda *v: structure_shown(form, v), form.components, more["structure"], **PREVIEW
    )
    more["add"].click(
        drawing_added,
        [more["canvas"], more["drawings"]],
        [more["drawings"], more["thumbs"], more["canvas"]],
        **FOLLOW,
    )
    more["clear"].click(
        lambda: ([], [], controls.blank_paper()),
        None,
        [more["drawings"], more["thumbs"], more["canvas"]],
        **QUIET,
    )
    more["sketch"].click(
        sketched,
        [more["canvas"], more["drawings"], source.frames, token],
        [*shown, kind],
        **{**FOLLOW, "concurrency_limit": 2},
    )


def _inpaint_events(own, tab, form: Form, source, task) -> None:
    editor, paint, at, first, last, _ = own.values
    frame, shown = own.more["frame"], own.more["shown"]
    fresh = [editor, paint, at, frame, first, last, shown]

    drawn_on = own.more["drawn_on"]

    def begin(task, known, *values):
        return canvas_for(form, task, known, values)

    def again(task, _, *values):
        return canvas_for(form, task, None, values)

    inpainting = gr.State("inpaint")
    for event, now, do in (
        (tab.select, inpainting, begin),
        (source.preview.change, task, begin),
        (own.more["clear"].click, inpainting, again),
    ):
        event(do, [now, drawn_on, *form.components], [*fresh, drawn_on], **PROBE)
    editor.input(
        lambda *v: line(form, v), form.components, source.line, trigger_mode="always_last", **QUIET
    )
    frame.release(
        lambda to, *v: turned_to(form, to, v),
        [frame, *form.components],
        [editor, paint, at],
        **PROBE,
        trigger_mode="always_last",
    )
    own.more["look"].click(lambda *v: paint_shown(form, v), form.components, shown, **PREVIEW)


def told(event: gr.EventData, name: str, below: int | None = None):
    """What the script of the page says about an event; a whole number from 0, if `below` is given.

    Raises ValueError where it was somebody else who sent the event."""
    said = event._data
    value = said.get(name) if isinstance(said, dict) else None
    if value is None or (below is not None and value not in range(below)):
        raise ValueError("This button is not on the page: reload it.")
    return value if below is None else int(value)


# --- the clip


def uploaded(path, token):
    """Probe, then show the working clip; an upload that cannot be used is removed at once."""
    if path is None:
        return [gr.skip()] * 8
    try:
        return as_clip(Path(path), Path(path).name, token)
    except ValueError as error:
        return None, _problem(error), gr.skip(), gr.skip(), None, *[gr.skip()] * 3


def as_clip(path: Path, name: str, token, whole: bool = False) -> tuple:
    """A file as the clip of the page, from the defaults: what was chosen for another clip does
    not fit this one. whole: all of it instead, at its own size.

    Raises ValueError for a file that cannot be read."""
    clip = probed_clip(path, name)
    frames, height = whole_size(clip)
    if not whole:
        frames, height = min(frames, DEFAULT_FRAMES), DEFAULT_HEIGHT
    asked = new_request(clip, frames=frames, height=height)
    made = previews.encode_working_clip(asked)
    clip = replace(clip, working_url=made["video"])
    view = {
        **work.initial_view(asked),
        "phase": "ready",
        "source": made,
        "fps": made["fps"],
        "takes": [{"number": 1, "seed": 0}],
    }
    return (
        clip,
        _player(clip.name, made),
        gr.update(value=0, maximum=_latest(clip)),
        _unless_busy(token, view),
        None,
        frames,
        height,
        0,
    )


def whole_size(clip: Clip) -> tuple[int, int]:
    """Frames and height [px] of all of a clip, as far as the sliders go."""
    frames = min(max(clip.info.frames, LIMITS.min_frames), LIMITS.max_frames)
    height = min(max(clip.info.height, LIMITS.min_height), LIMITS.max_height)
    return frames, height


def _unless_busy(token, view: dict):
    """A running job keeps the stage: another clip can be chosen meanwhile."""
    job = QUEUE.find(token)
    return gr.skip() if job is not None and not job.finished.is_set() else view


def _latest(clip: Clip) -> float:
    """The latest start [s] that the slider offers: a little before the end."""
    return max(0.1, round(clip.info.seconds - 0.05, 1))


def _problem(error) -> str:
    return f"<p class='problem' role='alert'>{html.escape(str(error))}</p>"


def _player(name: str, made: dict, label: str = "Working clip") -> str:
    return (
        f"<div class='gate'><video src='{html.escape(made['video'])}' autoplay loop muted "
        f"playsinline></video></div><p class='meta'><b>{html.escape(name)}</b>"
        f"<span>{label}</span></p>"
    )


def line(form: Form, values) -> str:
    """Input, working and output size, and the seconds it will take."""
    try:
        return sizes(form.request(values))
    except Unfinished as missing:
        (clip,) = form.read(values)["clip"]
        return "" if clip is None else f"<p class='hint'>{html.escape(str(missing))}</p>"
    except ValueError as error:
        return _problem(error)


def sizes(asked: Request) -> str:
    length, tall, wide = asked.working_shape
    after, height, width = asked.output_shape
    i, n = asked.clip.info, asked.samples
    rate = float(asked.frame_rate)
    return _table(
        Input=f"{i.width}×{i.height}, {float(i.fps):.4g} fps, {i.seconds:.1f} s",
        Working=f"{length} frame{'s' * (length > 1)} of {wide}×{tall}, {rate:.4g} fps",
        Output=f"{n} take{'s' * (n > 1)} of {width}×{height}, {after / rate:.1f} s",
        Time=f"about {max(1, round(asked.expected_seconds()))} s",
    )


def _table(**rows: str) -> str:
    cells = (f"<div><dt>{k}</dt><dd>{html.escape(v)}</dd></div>" for k, v in rows.items())
    return f"<dl class='sizes'>{''.join(cells)}</dl>"


def retrimmed(form: Form, values):
    """The player of the working clip, after another part or size was chosen."""
    found = form.read(values)
    (clip,) = found["clip"]
    if clip is None:
        return ""
    try:
        return _player(clip.name, previews.encode_working_clip(_plain(found)))
    except ValueError as error:
        return _problem(error)


# --- tabs and settings


def opened(name: str) -> list:
    """A tab was opened: the parts of the run panel that it needs."""
    several = gr.update(visible=name == "generate")
    return [name, several, several, several, gr.update(value=TABS[name][1])]


def switched(
    tab: str, preset: str, kept: dict, shown: str, quality: str | None, values: list
) -> list:
    """The settings of the task that is open now, of the same quality where they are its first;
    those of the one before are kept. How different takes are is for what is generated."""
    slider = {"visible": tab == "generate"}
    if preset == shown:
        return [gr.skip()] * 3 + [gr.update(**slider)] + [gr.skip()] * len(values)
    first = presets.preset(preset, quality if quality in presets.QUALITIES else "balanced")
    mine = kept.get(preset) or advanced.show_method(first)
    known = {shown: list(values)} if shown in PRESETS else {}  # the browser says which one it is
    quality, place = advanced.choice_of(preset, mine)
    return [{**kept, **known}, preset, quality, gr.update(**slider, value=place), *mine]


def _preset(tab: str, kind: str) -> str:
    return TASK_PRESETS[kind if tab == "analogy" else tab]


@says
def loaded(form: Form, path, tab, kind):
    """Settings from a file that this page saved, and the controls of the open tab."""
    if path is None:
        raise ValueError("There is no file: choose one that was saved here.")
    try:
        with open(path, "rb") as file:
            text = file.read(100_000).decode(errors="replace")
        saved = settings_file.parsed(text)
        task, part, given, chosen = saved.task, saved.part, saved.options, saved.settings
        if tab_of(task) != tab or (tab == "analogy" and task != kind):
            title = TABS[tab_of(task)][0]
            raise ValueError(f"These are settings of {title} ({task}): open that tab first.")
    finally:
        files.remove_upload(path)
    # Only what a user could choose as well: a file must not set what the server keeps to itself.
    own = [
        _number(name, given[name])
        if control.task == tab and isinstance(shown, PLAIN) and name in given
        else gr.skip()
        for control in form.tabs
        for name, shown in zip(control.names, control.values)
    ]
    return [
        part["start"],
        part["frames"],
        part["fps"],
        part["height"],
        part["samples"],
        part["seed"],
        False,
        *_choice(task, chosen),
        *advanced.show_method(chosen),
        *own,
    ]


def _choice(task: str, chosen: settings.Settings) -> tuple:
    """The quality and the difference of settings."""
    return advanced.choice_of(TASK_PRESETS[task], advanced.show_method(chosen))


def _number(name: str, value):
    return value if isinstance(value, bool) else number(name, value, -1e9, 1e9)


# --- a run


@says
def start(form: Form, values, seed, random, asker: Person):
    """Check everything and queue the job. (Not in a `validator` of Gradio's, which would write the
    sentence over the control that it belongs to.)"""
    QUEUE.check_room(asker)
    seed = random_seed() if random else seed
    asked = form.request(values, seed)
    job = QUEUE.submit(work.new_job(asked, asker))
    return job.token, asked.seed, job.shown, gr.update(visible=False), gr.update(visible=True)


async def watch(token):
    """Show a job's state, whenever it changes, until it is over."""
    job = QUEUE.find(token)
    if job is not None:
        async for shown in job.watch():
            busy = not job.finished.is_set()
            yield shown, gr.update(visible=not busy), gr.update(visible=busy)
    yield gr.skip(), gr.update(visible=True), gr.update(visible=False)


def show_example(example: Example, token=None) -> tuple:
    """The clip as input, and its precomputed result, at once."""
    clip = clip_of(example)
    frames, height = whole_size(clip)
    return (
        clip,
        _player(clip.name, {"video": clip.working_url}),
        gr.update(value=0, maximum=_latest(clip)),
        _unless_busy(token, view_of(example)),
        None,
        frames,
        height,
        0,
    )


def example_options(example: Example, own: controls.Controls) -> list:
    """Values of a tab's controls with which an example was made."""
    given = dict(example.options)
    if example.style is not None:
        given["style"] = style_clip_of(example)
    return [given.get(name, gr.skip()) for name in own.names]


def again(token, examples: list[Example], form: Form) -> list:
    """After a reload: the last job of this browser, with all that it was made from."""
    job = QUEUE.find(token)
    unknown = [gr.skip()] * (form.count("method") + sum(form.count(c.task) for c in form.tabs))
    if job is None:
        first = show_example(examples[0]) if examples else [gr.skip()] * 8
        return [*first, *[gr.skip()] * 9, *unknown, *[gr.skip()] * 2]
    asked, busy = job.request, not job.finished.is_set()
    clip, style = asked.clip, asked.options.get("style")
    made = {"video": job.shown["source"].get("video", "")}
    tab = tab_of(asked.task)
    own = form.options_of(tab, asked)
    return [
        clip,
        _player(clip.name, made),
        gr.update(value=asked.start, maximum=_latest(clip)),
        job.shown,
        None,
        asked.frames,
        asked.height,
        asked.fps or 0,
        asked.samples if tab == "generate" else gr.skip(),
        asked.seed,
        gr.update(visible=not busy, value=TABS[tab][1]),
        gr.update(visible=busy),
        gr.Tabs(selected=tab),
        tab,
        TASK_PRESETS[asked.task],
        *_choice(asked.task, asked.settings),
        *advanced.show_method(asked.settings),
        *(value for values in own.values() for value in values),
        _player(style.name, {"video": style.working_url}, "Style") if style else gr.skip(),
        _canvas_of(clip, part_of(asked)) if tab == "inpaint" else gr.skip(),
    ]


def tab_of(task: str) -> str:
    """The tab that a task belongs to."""
    return {"sketch": "analogy", "retarget": "resize"}.get(task, task)


def sent(token, examples: list[Example], take: int, to: str, title: str):
    """A finished take as the clip, in another tab."""
    job = QUEUE.find(token)
    if job is not None and job.request.clip.name == title and 1 <= take <= len(job.results):
        path, name = job.results[take - 1], f"{title}, take {take}"
    else:
        found = [e for e in examples if e.title == title]
        if not found:
            raise ValueError("This take is no longer kept: make it again.")
        path, name = found[0].result, f"{title}, take 1"
    if to not in TABS:
        raise ValueError("There is no such tab.")
    # A copy: the job's folder goes after a while, whatever became of the clip.
    copy = files.new_folder() / path.name
    copy.write_bytes(path.read_bytes())
    return [*as_clip(copy, name, token, whole=True), gr.Tabs(selected=to)]


# --- analogies


def style_uploaded(path):
    """Probe the style and show its working clip."""
    if path is None:
        return gr.skip(), gr.skip(), gr.skip()
    try:
        clip = probed_clip(Path(path), Path(path).name)
        made = previews.encode_working_clip(new_request(clip))
    except ValueError as error:
        return None, _problem(error), None
    return replace(clip, working_url=made["video"]), _player(clip.name, made, "Style"), None


def structure_shown(form: Form, values) -> str:
    """Videos of what moves in the layout and in the style."""
    try:
        cells = outputs.save_videos(
            previews.motion_videos(form.request(values)), files.new_folder()
        )
    except ValueError as error:
        return _problem(error)
    return "".join(_player(cell["title"], cell, "") for cell in cells)


@says
def drawing_added(canvas, drawn: list):
    """Keep a drawing and leave it on the canvas, to go on from it."""
    stroke = _stroke(canvas)
    if stroke is None:
        raise ValueError("Draw something first.")
    if len(drawn) >= 6:
        raise ValueError("Six drawings are the most: start again.")
    drawn = [*drawn, stroke]
    return drawn, [drawing.picture(d) for d in drawn], gr.skip()


def _stroke(canvas) -> np.ndarray | None:
    """(H, W) bool: where something is drawn."""
    layer = with_editor({}, canvas, 0).get(0)
    return None if layer is None else cues.painted(reduced(layer, SKETCH_PIXELS))


@says
def sketched(canvas, drawn: list, frames, token):
    """The key drawings, one turning into the next, as the clip."""
    last = _stroke(canvas)
    if last is not None and not (drawn and (drawn[-1] == last).all()):
        drawn = [*drawn, last]
    if len(drawn) < 2:
        raise ValueError("A sketch needs two drawings: draw, add, draw another.")
    path = files.new_folder() / "sketch.mp4"
    vgpnn.video.write(path, drawing.morphed(drawn, int(frames)), Fraction(SKETCH_RATE))
    return [*as_clip(path, "Sketch", token, whole=True), "sketch"]


# --- inpainting


def canvas_for(form: Form, task: str, known: tuple | None, values):
    """The first frame of the clip to paint on; clean, unless only length or size have changed.

    known: what the canvas shows; nothing changes where that is still the clip."""
    found = form.read(values)
    (clip,) = found["clip"]
    wanted = clip and _canvas_of(clip, found["part"])
    if task != "inpaint" or clip is None or wanted == known:
        return [gr.skip()] * 8
    try:
        frames = clips.working_clip(_plain(found)).frames
    except ValueError:
        return [gr.skip()] * 8
    last = len(frames) - 1
    paint, held = {}, (0, last)
    if known and known[:3] == wanted[:3]:
        editor, paint, at, *held, _ = found["inpaint"]
        paint = {k: v for k, v in with_editor(paint, editor, at).items() if k <= last}
        held = [min(frame or 0, last) for frame in held] if paint else (0, last)
    return (
        _canvas(frames, paint.get(0)),
        paint,
        0,
        gr.update(value=0, maximum=max(1, last)),
        *held,
        "",
        wanted,
    )


def _canvas_of(clip: Clip, part) -> tuple:
    """What tells whether a canvas still shows the clip, its moments first; part: of the form."""
    start, frames, fps, height = (float(number or 0) for number in part)
    return str(clip.path), start, fps, frames, height


def _canvas(frames: torch.Tensor, layer: np.ndarray | None = None) -> Canvas:
    """The first frame to paint on, and brushes in the main colours of the clip."""
    colours = ["#000000", "#ffffff", *cues.palette(frames), "#ff00ff"]
    brush = gr.Brush(default_size=24, colors=list(dict.fromkeys(colours)), default_color="#000000")
    return Canvas(value=_background(frames[0], layer), brush=brush)


def repainted(token) -> tuple:
    """After a reload: the canvas with what was on its first frame, and the slider over all."""
    job = QUEUE.find(token)
    if job is None or job.request.task != "inpaint":
        return gr.skip(), gr.skip()
    asked = job.request
    try:
        frames = clips.working_clip(asked).frames
    except ValueError:
        return gr.skip(), gr.skip()
    layer = asked.options["pictures"].get(0)
    return _canvas(frames, layer), gr.update(value=0, maximum=max(1, len(frames) - 1))


def _plain(found: dict) -> Request:
    """A request for the working clip alone."""
    start, frames, fps, height = found["part"]
    return new_request(found["clip"][0], start=start, frames=frames, height=height, fps=fps or None)


def _background(frame: torch.Tensor, layer: np.ndarray | None = None) -> dict:
    picture = enlarged(encode(frame).numpy(), CANVAS)
    if layer is not None:
        layer = cv2.resize(layer, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return {
        "background": picture,
        "layers": [] if layer is None else [layer],
        "composite": picture,
    }


@says
def turned_to(form: Form, frame, values):
    """Another frame to paint on; what was painted on this one is kept."""
    found = form.read(values)
    if found["clip"][0] is None:
        return [gr.skip()] * 3
    editor, paint, at, *_ = found["inpaint"]
    paint = with_editor(paint, editor, at)
    frames = clips.working_clip(_plain(found)).frames
    frame = min(int(frame), len(frames) - 1)
    return _background(frames[frame], paint.get(frame)), paint, frame


def paint_shown(form: Form, values) -> str:
    """The cue video."""
    try:
        asked = form.request(values)
        painted = previews.paint_video(asked)
    except ValueError as error:
        return _problem(error)
    (cell,) = outputs.save_videos({"Paint": painted}, files.new_folder())
    return _player("What is made anew", cell, "magenta: without a cue")
