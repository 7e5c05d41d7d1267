"""What a user wants to have made, checked: every wrong value becomes one sentence that names the
fix."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import vgpnn
from vgpnn import full_size
from vgpnn.checks import number, one_of, yes_or_no
from vgpnn.limits import LIMITS
from vgpnn.presets import PRESETS, TASK_PRESETS
from vgpnn.service.expected_time import ExpectedTime
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import extending, going_on, retargeting, tiling
from vgpnn.tasks.around import TRIES
from vgpnn.tasks.inputs import frame_rate

MAX_SEED = 2**31 - 1
# What the page and the endpoints start with.
DEFAULT_HEIGHT = 144  # [px]
DEFAULT_FRAMES = 24
DEFAULT_SAMPLES = 3
SIZES = "working", "full"


@dataclass(frozen=True)
class Clip:
    """A video file that `vgpnn.video.probe` has accepted.

    name: the file's name as the user knows it. working_url: address of the working clip that the
    page plays for it, or "". sha256: of the file, in hexadecimal digits; "" before a run has read
    it.
    """

    path: Path
    name: str
    info: vgpnn.video.VideoInfo
    working_url: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Request(ExpectedTime):
    """Everything that a run is made from; `new_request` checks the values.

    start, frames: the part of the clip that is used, from `start` [s] on. height: of the working
    clip [px]. fps: frame rate of the working clip [frames/s], or None for that of the file.
    seed: of the first sample. task: a key of TASK_PRESETS.
    size: "working" for results of the size of the working clip, "full" for results that are
        finished at the clip's own size and frame rate, too.
    sound: whether takes have the sound of the clip, if it has some.
    options: what only this task has, already checked.
        generate: either `offered`, how many drafts are shown first, of which the first are
            finished; with `skip`, how many are left out before, `like`, the name of a draft whose
            variations they are, or None, and `videos`, whether each is an MP4, too. Or `drafts`,
            the names of those that are finished, with `finished`, how many of them are already.
        resize, retime, retarget: `width_scale`, `height_scale`, `duration_scale`, `loop`.
        extend: `left`, `right`, `top`, `bottom`, what is added, and `from_above`.
        go_on: `longer`, what is added.
        tile: `axes`, along which it repeats, and `time`, whether it is a loop, too.
        analogy, sketch: `style`, a Clip.
        all but inpaint: `marks` (`Paint`), what is painted on frames of what patches come from;
        `alike`, whether all like it is marked; `piece`, once known: `Preference.smallest_piece`.
        inpaint: `first`, `last` (frames), `margin`, `remove` (a colour), and `follow`, whether the
        paint follows what is under it; and the paint, either as `pictures` (`Paint`, by frame:
        (h, w, 4) uint8 RGBA) or as a file, `cues_path`, with `key` (a colour or None) and
        `painted_on`, the frame of its first picture.
    """

    clip: Clip
    start: float
    frames: int
    fps: float | None
    height: int
    samples: int
    seed: int
    settings: Settings
    task: str = "generate"
    options: dict = field(default_factory=dict)
    size: str = "working"
    sound: bool = True

    @property
    def preset(self) -> str:
        """The name of the engine's preset for this task."""
        return TASK_PRESETS[self.task]

    @property
    def seeds(self) -> list[int]:
        """The seed of each sample: that of its draft, or of sample k seed + k."""
        if self.offers_drafts or self.options.get("drafts"):
            return [self.seed] * self.samples
        return [self.seed + k for k in range(self.samples)]

    @property
    def offers_drafts(self) -> bool:
        """Whether drafts are shown before the samples are made."""
        return bool(self.options.get("offered")) and self.settings.has_drafts

    @property
    def new_samples(self) -> int:
        """How many of the samples have to be made."""
        return self.samples - self.options.get("finished", 0)

    @property
    def begun(self) -> bool:
        """Whether every sample goes on from a draft that is known when it is made."""
        return self.offers_drafts or bool(self.options.get("drafts"))

    @property
    def steered(self) -> bool:
        """Whether gains are found for every sample when it is made, and not for its draft."""
        return self.has_gains and not self.offers_drafts

    @property
    def input_paths(self) -> list[Path]:
        """The files that have to exist while the request waits and runs."""
        style, cues = self.options.get("style"), self.options.get("cues_path")
        return [self.clip.path, *([style.path] if style else []), *([cues] if cues else [])]

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second of the working clip."""
        return frame_rate(self.clip.info, self.fps)

    @property
    def working_shape(self) -> Shape:
        """(T, H, W) of the working clip."""
        info = replace(self.clip.info, fps=self.frame_rate)
        return vgpnn.working_shape(info, self.start, self.frames, self.height)

    @property
    def style_shape(self) -> Shape:
        """(T, H, W) of the style of an analogy, which is used from its first frame on, with the
        length, the frame rate and the height of the working clip."""
        info = replace(self.options["style"].info, fps=self.frame_rate)
        return vgpnn.working_shape(info, 0, self.frames, self.height)

    @property
    def sizes(self) -> full_size.Sizes | None:
        """How large a result is for a source of any size; None: as large as the working clip."""
        if self.preset == "extend":
            return extending.sizes_for(*extending.sides_of(self.options))
        if self.preset == "go_on":
            return going_on.sizes_for(self.options.get("longer", going_on.USUAL))
        if self.preset == "retarget":
            names = "width_scale", "height_scale", "duration_scale"
            return retargeting.sizes_for(*(self.options.get(name, 1.0) for name in names))
        return None

    @property
    def output_shape(self) -> Shape:
        """(T, H, W) of a result."""
        return self.working_shape if self.sizes is None else self.sizes(self.working_shape)[0]

    @property
    def tries(self) -> int:
        """How many first guesses are tried for each result."""
        return TRIES if self.preset == "extend" else 0

    @property
    def plays_time(self) -> bool:
        """Whether results play the clip for longer than it lasts, or in a loop."""
        if self.preset == "tile":
            return self.options.get("time", False)
        frames = self.working_shape[0], self.output_shape[0]
        return self.preset == "retarget" and retargeting.plays_time(
            *frames, self.options.get("loop", False)
        )

    @property
    def makes_takes(self) -> bool:
        """Whether results of several seeds differ by more than details."""
        if self.task == "tile":
            return False
        return self.task in ("generate", "extend") or self.plays_time

    @property
    def source_shape(self) -> Shape:
        """(T, H, W) of the video that patches are taken from."""
        return self.style_shape if "style" in self.options else self.working_shape

    @property
    def searched_shape(self) -> Shape:
        """(T, H, W) of what is searched: the source, and of a tile what lies beyond its edges."""
        if self.preset != "tile":
            return self.source_shape
        return tiling.searched_shape(self.working_shape, self.options.get("axes", "both"))

    @property
    def full_part(self) -> tuple[Shape, Fraction]:
        """(T, H, W) and rate [frames/s] of the video that patches are taken from, in full."""
        if "style" not in self.options:
            return full_size.full_part(
                self.clip.info, self.start, self.working_shape, self.frame_rate
            )
        # The style has the frame rate of the layout.
        info = replace(self.options["style"].info, fps=self.clip.info.fps)
        return full_size.full_part(info, 0, self.style_shape, self.frame_rate)

    @property
    def full_shape(self) -> Shape:
        """(T, H, W) of a result in full."""
        (full, rate), is_loop = self.full_part, self.options.get("loop", False)
        shapes = self.output_shape, self.source_shape, full
        return full_size.full_place(*shapes, rate / self.frame_rate, self.sizes, is_loop).shape

    @property
    def grows(self) -> bool:
        """Whether results are finished in full, and that is more than the working size."""
        return self.size == "full" and self.full_part[0] != self.source_shape

    @property
    def flow_shapes(self) -> tuple[Shape, ...]:
        """(T, H, W) of each video whose optical flow has to be computed."""
        if self.task not in ("analogy", "sketch") or self.settings.structure == "colours":
            return ()
        return (self.style_shape, *([self.working_shape] if self.task == "analogy" else []))


def new_request(
    clip: Clip,
    *,
    start=0.0,
    frames=DEFAULT_FRAMES,
    height=DEFAULT_HEIGHT,
    fps=None,
    samples=1,
    seed=0,
    settings: Settings | None = None,
    task: str = "generate",
    options: dict | None = None,
    size: str = "working",
    sound: bool = True,
) -> Request:
    """A request whose numbers are in their ranges and whose results are neither too large nor too
    slow for this server. Raises ValueError with one sentence.

    settings: those of the task's preset where there are none. options: already checked.
    """
    start = number("The start [s]", start, 0, LIMITS.source_seconds)
    if start >= clip.info.seconds:
        raise ValueError(
            f"The start is {start:g} s, but the clip ends at {clip.info.seconds:.1f} s: "
            "choose an earlier start."
        )
    settings = settings or PRESETS[TASK_PRESETS[task]]
    if samples == 0 and not settings.has_drafts:
        raise ValueError("Noise has no drafts: leave out sigma and the layout.")
    request = Request(
        clip=clip,
        start=start,
        frames=number("The number of frames", frames, 1, LIMITS.max_frames, True),
        fps=None if fps is None else number("The frame rate", fps, 1, LIMITS.frame_rate),
        height=number(
            "The working height [px]", height, LIMITS.min_height, LIMITS.max_height, True
        ),
        samples=number("The number of takes", samples, *_sample_range(options or {}), True),
        seed=number("The seed", seed, 0, MAX_SEED, True),
        settings=settings,
        task=task,
        options=options or {},
        size=one_of("size", size, SIZES),
        sound=yes_or_no("The sound", sound),
    )
    length, height, width = max(
        request.output_shape, request.working_shape, request.source_shape, key=math.prod
    )
    if length * height * width > LIMITS.output_voxels:
        raise ValueError(
            f"{length} frames of {width}x{height} are more than this page makes: "
            "choose fewer frames or a smaller working height."
        )
    if request.grows and math.prod(request.full_shape) > LIMITS.full_voxels(task):
        length, height, width = request.full_shape
        raise ValueError(
            f"{length} frames of {width}x{height} are more than this page finishes in full: choose "
            "fewer frames, or the working size."
        )
    if (seconds := request.expected_seconds()) > LIMITS.expected_seconds:
        raise ValueError(
            f"This would take about {seconds / 60:.0f} minutes: choose fewer frames, a smaller "
            "height or fewer passes."
        )
    return request


def _sample_range(options: dict) -> tuple[int, int]:
    """How many samples there may be: none beside drafts, and more where they are named."""
    return 0 if "offered" in options else 1, LIMITS.takes if "drafts" in options else LIMITS.samples


def random_seed() -> int:
    """A seed of at most six digits: enough to differ, short enough to read out."""
    return secrets.randbelow(1_000_000)
