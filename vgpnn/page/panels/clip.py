"""The panel of the clip: the upload, the part of it that is used, and its size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.decoding.sandbox.checks import READ_KINDS
from vgpnn.limits import LIMITS
from vgpnn.page import markup, scripts
from vgpnn.page.events import DECODING
from vgpnn.page.panels.found import found_in
from vgpnn.page.panels.numbers import Slider
from vgpnn.page.panels.rate import RATES, RateChoice, shown_rate
from vgpnn.page.panels.timeline import Timeline, value_of
from vgpnn.page.values import Unfinished, Unusable, UnusableValue, Values, usable
from vgpnn.service import files, previews
from vgpnn.service.request import (
    DEFAULT_FRAMES,
    DEFAULT_HEIGHT,
    Clip,
    Request,
    new_request,
)

# What can be chosen; pictures, too, because some move, and the others are refused with a sentence.
FILE_TYPES = ["video", "image", ".gif", ".png", ".webp", ".heic", ".heif", ".avif"]
FILE_TYPES += [".mkv", ".avi", ".mov", ".webm", ".m4v"]
FILE_TYPES += [".ts", ".mts", ".m2ts", ".mpg", ".vob", ".dv"]  # of camcorders

FORGOTTEN = "The server has forgotten what was chosen here: reload the page, and choose it again."


class ClipPanel:
    """upload: takes a file. clip: the `Clip` that is chosen, or None. preview: it plays.
    start [s], frames, fps (0: as in the file), height [px]: the part in use and its size.
    sizes: what goes in, what comes out, and how long it takes.
    full: whether results are finished at the clip's own size. sound: whether they have its sound;
    it is shown where there is some.

    The part and what follows it stand where `place_part` was called.
    """

    def __init__(self) -> None:
        """Create the panel in the layout that is open."""
        self.clip = gr.State(Unusable(FORGOTTEN))  # until the page has said that it is there
        self.upload = gr.File(
            label="Clip",
            show_label=False,
            file_types=FILE_TYPES,
            height=64,
            elem_id="upload",
            elem_classes="upload",
        )
        gr.HTML(f"<p class='hint'>{limits_sentence()}</p>", elem_id="limits")
        self.preview = gr.HTML(elem_id="working", js_on_load=scripts.on_load("spoken.js"))
        self.timeline = Timeline()
        place_later = {"render": False}
        options = {"buttons": [], **place_later}
        self.start = Slider(0, 10, 0, step=0.1, label="Start [s]", elem_id="start", **options)
        self.frames = Slider(
            LIMITS.min_frames,
            LIMITS.max_frames,
            DEFAULT_FRAMES,
            step=1,
            precision=0,
            label="Frames",
            elem_id="frames",
            **options,
        )
        self.height = Slider(
            LIMITS.min_height,
            LIMITS.max_height,
            DEFAULT_HEIGHT,
            step=2,
            precision=0,
            label="Height [px]",
            elem_id="height",
            **options,
        )
        self.fps = RateChoice(RATES, value=0, label="Frame rate", elem_id="fps", **place_later)
        asks = scripts.on_load("asking.js")
        self.sizes = gr.HTML(elem_id="sizes", js_on_load=asks, **place_later)
        self.full = gr.Checkbox(
            False,
            label="Finish in full",
            info="Takes go on to the clip's own size and frame rate, up to "
            f"{LIMITS.full_side} px on the smaller side.",
            elem_id="full",
            **place_later,
        )
        self.sound = gr.Checkbox(
            True,
            label="Keep the sound",
            info="Takes play the clip's sound. Where they are shorter, longer or loops, its pieces "
            "are joined as those of the picture are.",
            elem_id="sound",
            visible=False,
            **place_later,
        )

    def place_part(self) -> None:
        """Put the controls of the part in use, and what comes of it, into the layout that is
        open."""
        self.sizes.render()
        self.full.render()
        self.sound.render()
        with gr.Row(elem_classes="pair"):
            self.start.render()
            self.frames.render()
        with gr.Row(elem_classes="pair"):
            self.height.render()
            self.fps.render()

    @property
    def part(self) -> set[Component]:
        """The controls of the part in use."""
        return {self.start, self.frames, self.fps, self.height}

    @property
    def inputs(self) -> set[Component]:
        """What a request reads."""
        return {self.clip, *self.part, self.full, self.sound}

    @property
    def outputs(self) -> set[Component]:
        """What changes with the clip."""
        return {
            *(self.upload, self.clip, self.preview, self.timeline.strip, self.sound),
            *self.part,
        }

    def connect(self) -> None:
        """Play the part in use again whenever it has changed."""
        numbers = [self.start, self.frames, self.fps]
        moved = self.timeline.connect(self.clip, self.preview, numbers)
        chosen = [self.start.release, self.frames.release, self.height.release, self.fps.input]
        answer = (self.trimmed, self.inputs, self.preview)
        gr.on(chosen, *answer, trigger_mode="always_last", **DECODING)
        moved.then(*answer, trigger_mode="always_last", **DECODING)

    def chosen_clip(self, values: Values) -> Clip:
        """The clip. Raises Unfinished where there is none, and UnusableValue where the server has
        forgotten the whole page."""
        clip = usable(values[self.clip])
        if not isinstance(clip, Clip):
            raise Unfinished("Choose an example or upload a clip first.")
        return clip

    def chosen_part(self, values: Values) -> dict[str, Any]:
        """The part in use as arguments of `new_request`. Raises UnusableValue."""
        return {
            "start": usable(values[self.start]),
            "frames": usable(values[self.frames]),
            "fps": usable(values[self.fps]) or None,
            "height": usable(values[self.height]),
            "size": "full" if values[self.full] else "working",
            "sound": bool(values[self.sound]),
        }

    def working_request(self, values: Values) -> Request:
        """A request that stands for the working clip alone. Raises ValueError."""
        return new_request(self.chosen_clip(values), **self.chosen_part(values))

    def trimmed(self, values: Values):
        """The player of the working clip, after another part or size was chosen."""
        try:
            request = self.working_request(values)
            made = previews.encode_working_clip(request)
        except (Unfinished, UnusableValue):
            return gr.skip()
        except ValueError as error:
            return markup.problem(error)
        return player_of(request.clip, made["video"], made["notes"])

    def part_values(self, part: dict[str, Any]) -> Values:
        """A part, as `Request` and saved settings name its numbers, as values of the controls."""
        return {
            self.start: part["start"],
            self.frames: part["frames"],
            self.fps: shown_rate(part["fps"]),
            self.height: part["height"],
        }

    def highest(self, values: Values) -> dict[Component, float]:
        """The upper ends of ranges that depend on the clip, by control."""
        clip = values[self.clip]
        return {self.start: latest_start(clip)} if isinstance(clip, Clip) else {}

    def values_of(self, request: Request, address: str, notes: Sequence[str] = ()) -> Values:
        """The clip and the part in use of a request.

        address: of its working clip. notes: see `player_of`."""
        part = {name: getattr(request, name) for name in ("start", "frames", "fps", "height")}
        return {
            **self.part_values(part),
            self.start: gr.update(value=request.start, maximum=latest_start(request.clip)),
            self.clip: request.clip,
            self.sound: gr.update(visible=request.clip.info.sound),
            self.preview: player_of(request.clip, address, notes),
            self.timeline.strip: value_of(request.clip),
            self.upload: None,
        }

    def refusal(self, error: ValueError) -> Values:
        """After an upload that cannot be used: there is no clip, and the sentence says why."""
        return {
            self.clip: None,
            self.sound: gr.update(visible=False),
            self.preview: markup.problem(error),
            self.timeline.strip: {},
            self.upload: None,
        }


def latest_start(clip: Clip) -> float:
    """The latest start [s] that the slider offers: that of the last frame, a millisecond before."""
    last = clip.info.seconds - 1 / float(clip.info.fps)
    return max(0.1, math.floor(1000 * last + 1e-6) / 1000)


def player_of(
    clip: Clip, address: str, notes: Sequence[str] = (), label: str = "Working clip"
) -> str:
    """The player of a working clip; for a file that a visitor brought, what was found in it; and
    what was chosen or changed when it was read.

    notes: what was said when this part was read, besides what is known of the file."""
    is_brought = clip.path.is_relative_to(files.BASE)
    found = markup.spoken(found_in(clip.info)) if is_brought else ""
    sentences = "".join(map(markup.hint, dict.fromkeys([*clip.info.notes, *notes])))
    size = clip.info.height, clip.info.width
    return markup.player(clip.name, address, label, size) + found + sentences


def sizes_of(request: Request) -> str:
    """What is used of the clip and what comes out, in a sentence; size and length of what goes in,
    of what is worked on, and of the result; and the time."""
    length, tall, wide = request.working_shape
    after, height, width = request.output_shape
    info, takes, rate = request.clip.info, request.samples, float(request.frame_rate)
    output = f"{takes} take{'s' * (takes > 1)} of {width}×{height}, {after / rate:.1f} s"
    if request.grows:
        _, full_height, full_width = request.full_shape
        output += f"; then {full_width}×{full_height}, {float(request.full_part[1]):.4g} fps"
    used = length / rate
    sentence = (
        f"Uses {used:.1f} s of {info.seconds:.1f} s, from {request.start:.1f} s on, and makes "
        f"{takes} take{'s' * (takes > 1)} of {after / rate:.1f} s."
    )
    return markup.sentence(sentence) + markup.table(
        Input=f"{info.width}×{info.height}, {float(info.fps):.4g} fps, {info.seconds:.1f} s",
        Working=f"{length} frame{'s' * (length > 1)} of {wide}×{tall}, {rate:.4g} fps",
        Output=output,
        Time=f"about {max(1, round(request.expected_seconds()))} s",
    )


def limits_sentence() -> str:
    """What can be uploaded, and how much of it can be used."""
    return (
        f"{READ_KINDS}, up to {LIMITS.upload_bytes // 10**6} MB and "
        f"{LIMITS.source_seconds / 60:.0f} minutes; {LIMITS.min_frames} to {LIMITS.max_frames} "
        "frames of it."
    )
