"""The panels that all tabs share: one definition each of input, run and result."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from vgpnn.examples import Example
from vgpnn.limits import LIMITS
from vgpnn.presets import DEFAULT_DIFFERENCE, QUALITIES
from vgpnn.service.files import url
from vgpnn.service.request import DEFAULT_FRAMES, DEFAULT_HEIGHT, DEFAULT_SAMPLES, MAX_SEED

FILE_TYPES = ["video", ".gif", ".mkv", ".avi", ".mov", ".webm", ".m4v"]
RATES = [("As in the file", 0), ("24 per second", 24), ("15 per second", 15), ("10 per second", 10)]
MOST, STEP = 100, 5  # of the slider from like the source to different
SCRIPT = "".join(
    (Path(__file__).parent / "static" / name).read_text() for name in ("explain.js", "stage.js")
)


def limits_sentence() -> str:
    return (
        f"MP4, MOV, WebM, MKV, AVI or GIF, up to {LIMITS.upload_bytes // 10**6} MB, "
        f"{LIMITS.source_seconds / 60:.0f} minutes and {LIMITS.source_pixels / 1e6:.0f} "
        f"megapixels. The part in use: {LIMITS.min_frames} to {LIMITS.max_frames} frames, "
        f"{LIMITS.min_height} to {LIMITS.max_height} px high, "
        f"{LIMITS.output_voxels / 1e6:.0f} million pixels in all."
    )


@dataclass
class Input:
    """The clip, which part of it, and at what size."""

    upload: gr.File
    clip: gr.State  # Clip or None
    preview: gr.HTML
    start: gr.Slider
    frames: gr.Slider
    fps: gr.Dropdown
    height: gr.Slider
    line: gr.HTML

    @property
    def part(self) -> list:
        return [self.start, self.frames, self.fps, self.height]


def input_panel() -> Input:
    clip = gr.State(None)
    gr.HTML("<h2 class='step'>Clip</h2>")
    upload = gr.File(
        label="Clip",
        show_label=False,
        file_types=FILE_TYPES,
        height=120,
        elem_id="upload",
        elem_classes="upload",
    )
    gr.HTML(f"<p class='hint'>{limits_sentence()}</p>")
    preview = gr.HTML(elem_id="working")
    with gr.Row(elem_classes="pair"):
        start = gr.Slider(0, 10, 0, step=0.1, label="Start [s]", elem_id="start", buttons=[])
        frames = gr.Slider(
            LIMITS.min_frames,
            LIMITS.max_frames,
            DEFAULT_FRAMES,
            step=1,
            label="Frames",
            elem_id="frames",
            buttons=[],
        )
    with gr.Row(elem_classes="pair"):
        height = gr.Slider(
            LIMITS.min_height,
            LIMITS.max_height,
            DEFAULT_HEIGHT,
            step=2,
            label="Height [px]",
            elem_id="height",
            buttons=[],
        )
        fps = gr.Dropdown(RATES, value=0, label="Frame rate", elem_id="fps")
    line = gr.HTML(elem_id="line")
    return Input(upload, clip, preview, start, frames, fps, height, line)


@dataclass
class Run:
    """How good, how different, how many, which seed, go and stop."""

    quality: gr.Radio
    difference: gr.Slider
    samples: gr.Slider
    seed: gr.Number
    random: gr.Checkbox
    go: gr.Button
    stop: gr.Button


def run_panel(verb: str) -> Run:
    with gr.Row(elem_classes="choice"):
        quality = gr.Radio(
            [(name.capitalize(), name) for name in QUALITIES],
            value="balanced",
            label="Quality",
            elem_id="quality",
            min_width=220,
        )
        difference = gr.Slider(
            0,
            MOST,
            round(MOST * DEFAULT_DIFFERENCE),
            step=STEP,
            label="The takes are",
            elem_id="difference",
            min_width=220,
            buttons=[],
        )
    with gr.Row(elem_classes="run"):
        samples = gr.Slider(
            1,
            LIMITS.samples,
            DEFAULT_SAMPLES,
            step=1,
            label="Takes",
            elem_id="samples",
            min_width=120,
            buttons=[],
        )
        seed = gr.Number(
            0, label="Seed", minimum=0, maximum=MAX_SEED, precision=0, elem_id="seed", min_width=100
        )
        random = gr.Checkbox(True, label="New seed", elem_id="random", min_width=90)
        go = gr.Button(verb, variant="primary", size="lg", elem_id="go", min_width=130)
        stop = gr.Button(
            "Stop", variant="stop", size="lg", elem_id="stop", visible=False, min_width=130
        )
    return Run(quality, difference, samples, seed, random, go, stop)


@dataclass
class Stage:
    """Where source and takes play. `data` gets the state to draw; `reuse` fires with a seed."""

    data: gr.HTML


def result_panel(view: dict | None, tabs: dict[str, tuple]) -> Stage:
    """The drawing is in stage.js, which changes only what differs, so that nothing flickers.

    tabs: by name, with the title first; a take can be sent to any of them.
    """
    gr.HTML("<div id='stage' aria-live='polite'></div><div id='explain'></div>")
    script = f"const tabs = {json.dumps([[k, t[0]] for k, t in tabs.items()])};\n{SCRIPT}"
    data = gr.HTML(view, html_template="", js_on_load=script, elem_id="stage-data")
    return Stage(data)


def example_strip(examples: list[tuple[int, Example]]) -> gr.HTML:
    """Clickable frames of a film strip; fires `select` with the number of the example."""
    frames = "".join(
        f"<button class='frame' data-index='{k}' aria-label='Example: {html.escape(e.title)}'>"
        f"<video muted loop playsinline preload='auto' tabindex='-1' "
        f"src='{html.escape(url(e.video))}#t=0.05'></video>"
        f"<span>{html.escape(e.title)}</span></button>"
        for k, e in examples
    )
    script = """
    element.addEventListener('click', e => {
      const frame = e.target.closest('.frame');
      if (!frame) return;
      if (innerWidth < 980) document.getElementById('stage').scrollIntoView({behavior: 'smooth'});
      trigger('select', {index: Number(frame.dataset.index)});
    });
    for (const type of ['pointerover', 'pointerout']) element.addEventListener(type, e => {
      const video = e.target.closest('.frame')?.querySelector('video');
      if (video) type === 'pointerover' ? video.play().catch(() => {}) : video.pause();
    });
    """
    return gr.HTML(f"<div class='strip'>{frames}</div>", js_on_load=script, elem_classes="examples")
