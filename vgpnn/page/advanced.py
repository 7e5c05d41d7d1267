"""The settings panel that all tabs share: every setting of the method, in plain words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import gradio as gr

from vgpnn.page.shared import MOST, STEP
from vgpnn.presets import (
    DEFAULT_DIFFERENCE,
    PRESETS,
    QUALITIES,
    difference_of,
    noise_of,
    preset,
    quality_of,
)
from vgpnn.settings import SETTINGS, Settings
from vgpnn.tasks.flow import raft_installed

NOISE = [3, 4, 5]  # places of auto_sigma, sigma and noise among the values of a `Method`
QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


@dataclass
class Method:
    """Every setting of the method; `values` are the components in the order of `read_method`."""

    values: list
    noise: list  # those that the slider from like the source to different sets
    load: gr.UploadButton


def settings_panel(name: str = "generate") -> Method:
    """Advanced: all settings, each with one plain sentence."""
    d = PRESETS[name]
    with gr.Accordion("Advanced", open=False, elem_id="advanced"):
        with gr.Group():
            use_alpha = gr.Checkbox(
                d.alpha is not None,
                label="Use the whole clip",
                info="Completeness: parts of the source that are still missing are preferred.",
            )
            alpha = gr.Number(
                d.alpha or 0.001,
                label="Alpha",
                minimum=1e-6,
                maximum=100,
                step=0.0001,
                info="Smaller asks harder for everything in the clip to appear.",
            )
            complete_levels = gr.Slider(
                0,
                1,
                d.complete_levels,
                step=0.05,
                label="Share of levels",
                info="From the coarsest on; what appears is decided there.",
                buttons=[],
            )
        with gr.Group():
            auto_sigma = gr.Checkbox(
                d.sigma is None,
                label="Noise chosen for the clip",
                info="As much as it takes for the layout to change.",
            )
            sigma = gr.Slider(
                0,
                SETTINGS["sigma"].high,
                d.sigma or 3.0,
                step=0.1,
                label="Noise (sigma)",
                interactive=d.sigma is not None,
                info="More noise, more different; 0 gives the clip back.",
                buttons=[],
            )
            noise = gr.Slider(
                0,
                SETTINGS["noise"].high,
                d.noise,
                step=0.05,
                label="Times what is chosen",
                interactive=d.sigma is None,
                elem_id="noise",
                info="What the slider from like the source to different moves.",
                buttons=[],
            )
        passes = gr.Slider(
            1,
            20,
            d.passes,
            step=1,
            label="Passes (J)",
            elem_id="passes",
            info="How often each level is searched and voted; more is slower and cleaner.",
            buttons=[],
        )
        coarsest_passes = gr.Slider(
            1,
            20,
            d.coarsest_passes,
            step=1,
            label="Passes at the coarsest level",
            info="More passes there calm the layout down.",
            buttons=[],
        )
        _group(
            "Patch", "What is copied as one piece: larger keeps things whole, smaller mixes more."
        )
        with gr.Row(elem_classes="triple"):
            patch = [
                gr.Number(n, label=f"{name}", minimum=1, maximum=15, precision=0, min_width=60)
                for n, name in zip(d.patch, ("Frames", "Height", "Width"))
            ]
        _group("Pyramid", "How the clip is shrunk from level to level.")
        space_factor = gr.Slider(
            0.5,
            0.95,
            d.space_factor,
            step=0.01,
            label="Space factor",
            info="Size of each level relative to the next finer one.",
            buttons=[],
        )
        time_factor = gr.Slider(
            0.5,
            0.95,
            d.time_factor,
            step=0.01,
            label="Time factor",
            info="Length of each level relative to the next finer one.",
            buttons=[],
        )
        min_side = gr.Slider(
            7,
            60,
            d.min_side,
            step=1,
            label="Coarsest side [px]",
            info="The shorter side at the coarsest level; smaller rearranges larger things.",
            buttons=[],
        )
        min_frames = gr.Slider(
            1,
            20,
            d.min_frames,
            step=1,
            label="Coarsest length [frames]",
            info="Smaller rearranges longer motions.",
            buttons=[],
        )
        vote = gr.Radio(
            [("Median", "median"), ("Mean", "mean"), ("Weighted", "weighted")],
            value=d.vote,
            label="Vote",
            info="How overlapping patches agree. Weighted: a mean in which good "
            "matches count more.",
        )
        _group("Large levels", "Above this size, smaller patches and fewer passes save time.")
        large_voxels = gr.Number(
            d.large_voxels,
            label="From how many voxels",
            minimum=1,
            maximum=10**9,
            precision=0,
            info="Frames times height times width of a level.",
        )
        large_passes = gr.Slider(
            1,
            20,
            d.large_passes,
            step=1,
            label="Passes at large levels",
            info="Instead of J.",
            buttons=[],
        )
        with gr.Row(elem_classes="triple"):
            large_patch = [
                gr.Number(n, label=f"{name}", minimum=1, maximum=15, precision=0, min_width=60)
                for n, name in zip(d.large_patch, ("Frames", "Height", "Width"))
            ]
        _group("Last levels", "The finest ones may get passes of their own.")
        with gr.Row(elem_classes="pair"):
            last_levels = gr.Number(
                d.last_levels,
                label="How many",
                minimum=0,
                maximum=50,
                precision=0,
                min_width=60,
                elem_id="last-levels",
            )
            last_passes = gr.Number(
                d.last_passes,
                label="Passes there",
                minimum=1,
                maximum=20,
                precision=0,
                min_width=60,
            )
        _group("Motion", "For analogies: what moves is compared before what it looks like.")
        with gr.Row(elem_classes="pair"):
            bins = gr.Number(
                d.bins,
                label="Bins",
                minimum=2,
                maximum=16,
                precision=0,
                min_width=60,
                elem_id="bins",
            )
            structure_levels = gr.Number(
                d.structure_levels,
                label="Share of levels",
                minimum=0,
                maximum=1,
                step=0.05,
                min_width=60,
            )
        structure = gr.Radio(
            [("Bins", "quantised"), ("Plain speed", "magnitude"), ("Colours", "colours")],
            value=d.structure,
            label="Compared first",
            info="Bins of speed work; the others show why.",
        )
        flow = gr.Radio(
            [("DIS", "dis"), ("RAFT", "raft")],
            value=d.flow,
            label="Optical flow",
            info="How motion is measured. RAFT is slower and fetches its weights once.",
            visible=raft_installed(),
        )
        load = gr.UploadButton("Load settings (JSON)", file_types=[".json"], size="sm")
    use_alpha.change(lambda on: gr.update(interactive=on), use_alpha, alpha, **QUIET)
    auto_sigma.change(
        lambda on: (gr.update(interactive=not on), gr.update(interactive=on)),
        auto_sigma,
        [sigma, noise],
        **QUIET,
    )
    return Method(
        [
            use_alpha,
            alpha,
            complete_levels,
            auto_sigma,
            sigma,
            noise,
            passes,
            coarsest_passes,
            *patch,
            space_factor,
            time_factor,
            min_side,
            min_frames,
            vote,
            large_voxels,
            large_passes,
            *large_patch,
            last_levels,
            last_passes,
            bins,
            structure_levels,
            structure,
            flow,
        ],
        [auto_sigma, noise],
        load,
    )


def _group(title: str, sentence: str) -> None:
    gr.HTML(f"<p class='group'>{title} <span>{sentence}</span></p>")


def read_method(values: list) -> dict:
    """The values of a `Method`'s components as raw settings by name."""
    (
        use_alpha,
        alpha,
        levels,
        auto_sigma,
        sigma,
        noise,
        passes,
        coarsest,
        pt,
        ph,
        pw,
        space,
        time,
        side,
        frames,
        vote,
        voxels,
        large_passes,
        lt,
        lh,
        lw,
        last_levels,
        last_passes,
        bins,
        structure_levels,
        structure,
        flow,
    ) = values
    return {
        "alpha": alpha if use_alpha else None,
        "complete_levels": levels,
        "sigma": None if auto_sigma else sigma,
        "noise": noise,
        "passes": passes,
        "coarsest_passes": coarsest,
        "patch": [pt, ph, pw],
        "space_factor": space,
        "time_factor": time,
        "min_side": side,
        "min_frames": frames,
        "vote": vote,
        "large_voxels": voxels,
        "large_passes": large_passes,
        "large_patch": [lt, lh, lw],
        "last_levels": last_levels,
        "last_passes": last_passes,
        "bins": bins,
        "structure_levels": structure_levels,
        "structure": structure,
        "flow": flow,
    }


def show_method(s: Settings) -> list:
    """Settings as values of a `Method`'s components: the inverse of `read_method`."""
    return [
        s.alpha is not None,
        s.alpha or 0.001,
        s.complete_levels,
        s.sigma is None,
        s.sigma or 0,
        s.noise,
        s.passes,
        s.coarsest_passes,
        *s.patch,
        s.space_factor,
        s.time_factor,
        s.min_side,
        s.min_frames,
        s.vote,
        s.large_voxels,
        s.large_passes,
        *s.large_patch,
        s.last_levels,
        s.last_passes,
        s.bins,
        s.structure_levels,
        s.structure,
        s.flow,
    ]


# The quality and the slider stand for values of Advanced, and show what is set there. All that is
# looked up, in the browser: what is pressed next always sees it.
SETS_QUALITY = """(quality, preset, ...values) => {
  const own = [...TABLE[preset][quality]];
  return values.map((value, k) => NOISE.includes(k) ? value : own.shift());
}"""
SETS_NOISE = "place => [true, NOISES[Math.round(place / STEP)]]"
SHOWS_CHOICE = """(preset, ...values) => {
  const own = JSON.stringify(values.filter((_, k) => !NOISE.includes(k)));
  const found = Object.entries(TABLE[preset]).find(([, one]) => JSON.stringify(one) === own);
  const noise = values[NOISE.at(-1)];
  const far = NOISES.map(one => Math.abs(one - noise));
  return [found ? found[0] : null, STEP * far.indexOf(Math.min(...far))];
}"""


def script(function: str) -> str:
    """One of the functions above with what it looks up: by preset and quality the values that are
    not about noise, the places of those that are, and the noises along the slider."""
    table = {
        name: {
            quality: [v for k, v in enumerate(show_method(preset(name, quality))) if k not in NOISE]
            for quality in QUALITIES
        }
        for name in PRESETS
    }
    noises = [noise_of(k * STEP / MOST) for k in range(MOST // STEP + 1)]
    for name, value in {"TABLE": table, "NOISES": noises, "NOISE": NOISE, "STEP": STEP}.items():
        function = re.sub(rf"\b{name}\b", lambda _, v=value: json.dumps(v), function)
    return function


def choice_of(name: str, values: list) -> tuple[str | None, int]:
    """The quality, if it is one, and the place of the slider that a `Method`'s values stand for."""
    try:
        chosen = PRESETS[name].with_changes(**read_method(values))
    except ValueError:  # of values that are being typed
        return None, round(MOST * DEFAULT_DIFFERENCE)
    return quality_of(name, chosen), round(MOST * difference_of(chosen))
