"""The panels that all tabs share: one definition each of input, settings and result."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from vgpnn.limits import LIMITS
from vgpnn.settings import PRESETS

from .examples import Example
from .files import url
from .request import FRAMES, HEIGHT, MAX_SEED, SAMPLES

FILE_TYPES = ["video", ".gif", ".mkv", ".avi", ".mov", ".webm", ".m4v"]
RATES = [("As in the file", 0), ("24 per second", 24), ("15 per second", 15), ("10 per second", 10)]
SCRIPT = (Path(__file__).parent / "stage.js").read_text()


def limits_sentence() -> str:
    return (
        f"MP4, MOV, WebM, MKV, AVI or GIF, up to {LIMITS.upload_bytes // 10**6} MB. "
        f"The part in use: {LIMITS.min_frames} to {LIMITS.max_frames} frames, "
        f"{LIMITS.min_height} to {LIMITS.max_height} px high."
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
        label="Clip", show_label=False, file_types=FILE_TYPES, height=120, elem_id="upload"
    )
    gr.HTML(f"<p class='hint'>{limits_sentence()}</p>")
    preview = gr.HTML(elem_id="working")
    with gr.Row(elem_classes="pair"):
        start = gr.Slider(0, 10, 0, step=0.1, label="Start [s]", elem_id="start", buttons=[])
        frames = gr.Slider(
            LIMITS.min_frames, LIMITS.max_frames, FRAMES, step=1, label="Frames", elem_id="frames",
            buttons=[],
        )  # fmt: skip
    with gr.Row(elem_classes="pair"):
        height = gr.Slider(
            LIMITS.min_height, LIMITS.max_height, HEIGHT, step=2, label="Height [px]",
            elem_id="height", buttons=[],
        )  # fmt: skip
        fps = gr.Dropdown(RATES, value=0, label="Frame rate", elem_id="fps")
    line = gr.HTML(elem_id="line")
    return Input(upload, clip, preview, start, frames, fps, height, line)


@dataclass
class Method:
    """Every setting of the method; `values` are the components in the order of `read_method`."""

    values: list


def settings_panel(preset: str = "generate") -> Method:
    """Advanced: all settings, each with one plain sentence."""
    d = PRESETS[preset]
    with gr.Accordion("Advanced", open=False, elem_id="advanced"):
        with gr.Group():
            use_alpha = gr.Checkbox(
                d.alpha is not None, label="Use the whole clip",
                info="Completeness: parts of the source that are still missing are preferred.",
            )  # fmt: skip
            alpha = gr.Number(
                d.alpha or 0.005, label="Alpha", minimum=1e-6, maximum=100, step=0.0001,
                info="Smaller asks harder for everything in the clip to appear.",
            )  # fmt: skip
            complete_levels = gr.Slider(
                0, 1, d.complete_levels, step=0.05, label="Share of levels",
                info="From the coarsest on; what appears is decided there.",
            )  # fmt: skip
        with gr.Group():
            auto_sigma = gr.Checkbox(
                d.sigma is None, label="Noise by the thumb rule",
                info="How much takes differ is chosen from the clip itself.",
            )  # fmt: skip
            sigma = gr.Slider(
                0, 20, d.sigma or 3.0, step=0.1, label="Noise (sigma)",
                interactive=d.sigma is not None,
                info="More noise, more different; 0 gives the clip back.",
            )  # fmt: skip
        passes = gr.Slider(
            1, 20, d.passes, step=1, label="Passes (J)",
            info="How often each level is searched and voted; more is slower and cleaner.",
        )  # fmt: skip
        coarsest_passes = gr.Slider(
            1, 20, d.coarsest_passes, step=1, label="Passes at the coarsest level",
            info="More passes there calm the layout down.",
        )  # fmt: skip
        _group("Patch", "What is copied as one piece: larger keeps things whole, smaller mixes more.")
        with gr.Row(elem_classes="triple"):
            patch = [
                gr.Number(n, label=f"{name}", minimum=1, maximum=15, precision=0, min_width=60)
                for n, name in zip(d.patch, ("Frames", "Height", "Width"))
            ]
        _group("Pyramid", "How the clip is shrunk from level to level.")
        space_factor = gr.Slider(
            0.5, 0.95, d.space_factor, step=0.01, label="Space factor",
            info="Size of each level relative to the next finer one.",
        )  # fmt: skip
        time_factor = gr.Slider(
            0.5, 0.95, d.time_factor, step=0.01, label="Time factor",
            info="Length of each level relative to the next finer one.",
        )  # fmt: skip
        min_side = gr.Slider(
            7, 60, d.min_side, step=1, label="Coarsest side [px]",
            info="The shorter side at the coarsest level; smaller rearranges larger things.",
        )  # fmt: skip
        min_frames = gr.Slider(
            1, 20, d.min_frames, step=1, label="Coarsest length [frames]",
            info="Smaller rearranges longer motions.",
        )  # fmt: skip
        vote = gr.Radio(
            [("Median", "median"), ("Mean", "mean")], value=d.vote, label="Vote",
            info="How overlapping patches agree; the median stays sharper.",
        )  # fmt: skip
        _group("Large levels", "Above this size, smaller patches and fewer passes save time.")
        large_voxels = gr.Number(
            d.large_voxels, label="From how many voxels", minimum=1, maximum=10**9, precision=0,
            info="Frames times height times width of a level.",
        )  # fmt: skip
        large_passes = gr.Slider(
            1, 20, d.large_passes, step=1, label="Passes at large levels", info="Instead of J."
        )
        with gr.Row(elem_classes="triple"):
            large_patch = [
                gr.Number(n, label=f"{name}", minimum=1, maximum=15, precision=0, min_width=60)
                for n, name in zip(d.large_patch, ("Frames", "Height", "Width"))
            ]
    use_alpha.change(lambda on: gr.update(interactive=on), use_alpha, alpha, **QUIET)
    auto_sigma.change(lambda on: gr.update(interactive=not on), auto_sigma, sigma, **QUIET)
    return Method(
        [use_alpha, alpha, complete_levels, auto_sigma, sigma, passes, coarsest_passes, *patch, space_factor,
         time_factor, min_side, min_frames, vote, large_voxels, large_passes, *large_patch]
    )  # fmt: skip


def _group(title: str, sentence: str) -> None:
    gr.HTML(f"<p class='group'>{title} <span>{sentence}</span></p>")


def read_method(values: list) -> dict:
    """The values of a `Method`'s components as raw settings by name."""
    (use_alpha, alpha, levels, auto_sigma, sigma, passes, coarsest, pt, ph, pw, space, time,
     side, frames, vote, voxels, large_passes, lt, lh, lw) = values  # fmt: skip
    return {
        "alpha": alpha if use_alpha else None, "complete_levels": levels,
        "sigma": None if auto_sigma else sigma,
        "passes": passes, "coarsest_passes": coarsest, "patch": [pt, ph, pw],
        "space_factor": space, "time_factor": time, "min_side": side, "min_frames": frames,
        "vote": vote, "large_voxels": voxels, "large_passes": large_passes,
        "large_patch": [lt, lh, lw],
    }  # fmt: skip


@dataclass
class Run:
    """How many, which seed, go and stop."""

    samples: gr.Slider
    seed: gr.Number
    random: gr.Checkbox
    go: gr.Button
    stop: gr.Button


def run_panel(verb: str) -> Run:
    with gr.Row(elem_classes="run"):
        samples = gr.Slider(
            1, LIMITS.samples, SAMPLES, step=1, label="Takes", elem_id="samples", min_width=120,
            buttons=[],
        )  # fmt: skip
        seed = gr.Number(
            0, label="Seed", minimum=0, maximum=MAX_SEED, precision=0, elem_id="seed", min_width=100
        )
        random = gr.Checkbox(True, label="New seed", elem_id="random", min_width=90)
        go = gr.Button(verb, variant="primary", size="lg", elem_id="go", min_width=130)
        stop = gr.Button(
            "Stop", variant="stop", size="lg", elem_id="stop", visible=False, min_width=130
        )
    return Run(samples, seed, random, go, stop)


@dataclass
class Stage:
    """Where source and takes play. `data` gets the state to draw; `reuse` fires with a seed."""

    data: gr.HTML


def result_panel(view: dict | None) -> Stage:
    """The drawing is in stage.js, which changes only what differs, so that nothing flickers."""
    gr.HTML("<div id='stage' aria-live='polite'></div>")
    data = gr.HTML(view, html_template="", js_on_load=SCRIPT, elem_id="stage-data")
    return Stage(data)


def example_strip(examples: list[Example]) -> gr.HTML:
    """Clickable frames of a film strip; fires `select` with the index."""
    frames = "".join(
        f"<button class='frame' data-index='{k}' aria-label='Example: {html.escape(e.title)}'>"
        f"<video muted loop playsinline preload='auto' tabindex='-1' "
        f"src='{html.escape(url(e.video))}#t=0.05'></video>"
        f"<span>{html.escape(e.title)}</span></button>"
        for k, e in enumerate(examples)
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
    return gr.HTML(f"<div class='strip'>{frames}</div>", js_on_load=script, elem_id="examples")


QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
