"""What a user asks for, checked: every wrong value becomes one sentence that names the fix."""

from __future__ import annotations

import json
import math
import secrets
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import vgpnn
from vgpnn.checks import number
from vgpnn.limits import LIMITS
from vgpnn.presets import PRESETS
from vgpnn.service import files
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import retargeting

MAX_SEED = 2**31 - 1
HEIGHT, FRAMES, SAMPLES = 144, 24, 3  # what the page starts with
# Reading clips, writing MP4s, GIFs and source maps, measured.
FILE_SECONDS, FILE_SECONDS_PER_VOXEL = 0.9, 0.8e-6
GPU_MARGIN = 1.5  # what a GPU is borrowed for beyond the seconds expected, as a factor
# Which preset of the engine a task of the page starts from.
PRESET = {
    "generate": "generate",
    "resize": "retarget",
    "retime": "retarget",
    "retarget": "retarget",
    "analogy": "analogy",
    "sketch": "sketch",
    "inpaint": "inpaint",
}


@dataclass(frozen=True)
class Clip:
    """A file that passed `probe`, the name to show for it, and the address of its working clip."""

    path: Path
    name: str
    info: vgpnn.video.VideoInfo
    shown: str = ""


@dataclass(frozen=True)
class Request:
    """One press of the button. start [s], fps [frames/s] or None for the file's own, height [px].

    task: a key of PRESET. options: what only this task has, checked: scales, loop; style (a Clip);
    pictures (painted, by frame), first, last, margin.
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

    def files(self) -> list[Path]:
        """What has to be there when it is worked on."""
        style, cues = self.options.get("style"), self.options.get("path")
        return [self.clip.path, *([style.path] if style else []), *([cues] if cues else [])]

    def seeds(self) -> list[int]:
        """Sample k uses seed + k, so that any one of them can be made again on its own."""
        return [self.seed + k for k in range(self.samples)]

    def as_json(self, seed: int, samples: int) -> dict:
        """The arguments of the endpoint that make these results again, flat.

        What was chosen automatically stays automatic: the noise is another one for each seed.
        """
        part = {"start": self.start, "frames": self.frames, "fps": self.fps, "height": self.height}
        options = {k: v for k, v in self.options.items() if isinstance(v, bool | int | float)}
        count = {"samples": samples} if self.task == "generate" else {}
        chosen = asdict(self.settings)
        return {"task": self.task, **part, **count, **options, "seed": seed, **chosen}


def clip_of(path: Path, name: str) -> Clip:
    """An upload as a clip. Raises ValueError for one that cannot be read, which is removed."""
    try:
        return Clip(path, name, vgpnn.video.probe(path))
    except ValueError:
        files.forget_upload(path)
        raise


def settings(preset: str = "generate", **values) -> Settings:
    """Settings from raw values. Raises ValueError with one sentence."""
    return PRESETS[preset].with_changes(**values)


def request(
    clip: Clip,
    start,
    frames,
    height,
    samples,
    seed,
    fps=None,
    chosen: Settings | None = None,
    task: str = "generate",
    options: dict | None = None,
) -> Request:
    """Check everything that is not a setting of the method, and that the result is not too big."""
    start = number("The start [s]", start, 0, LIMITS.source_seconds)
    if start >= clip.info.seconds:
        raise ValueError(
            f"The start is {start:g} s, but the clip ends at {clip.info.seconds:.1f} s: "
            "choose an earlier start."
        )
    checked = Request(
        clip=clip,
        start=start,
        frames=number("The number of frames", frames, 1, LIMITS.max_frames, True),
        fps=None if fps is None else number("The frame rate", fps, 1, LIMITS.frame_rate),
        height=number(
            "The working height [px]", height, LIMITS.min_height, LIMITS.max_height, True
        ),
        samples=number("The number of samples", samples, 1, LIMITS.samples, True),
        seed=number("The seed", seed, 0, MAX_SEED, True),
        settings=chosen or PRESETS[PRESET[task]],
        task=task,
        options=options or {},
    )
    length, tall, wide = max(
        output_shape(checked), working_shape(checked), source_shape(checked), key=math.prod
    )
    if length * tall * wide > LIMITS.output_voxels:
        raise ValueError(
            f"{length} frames of {wide}x{tall} are more than this page makes: "
            "choose fewer frames or a smaller working height."
        )
    if (seconds := expected_seconds(checked)) > LIMITS.expected_seconds:
        raise ValueError(
            f"This would take about {seconds / 60:.0f} minutes: choose fewer frames, a smaller "
            "height or fewer passes."
        )
    return checked


def working_shape(asked: Request) -> Shape:
    """(T, H, W) of the working clip."""
    info = replace(asked.clip.info, fps=rate(asked))
    return vgpnn.working_shape(info, asked.start, asked.frames, asked.height)


def style_shape(asked: Request) -> Shape:
    """(T, H, W) of the style of an analogy: from its start, as many frames as of the clip, at the
    same rate and height."""
    info = replace(asked.options["style"].info, fps=rate(asked))
    return vgpnn.working_shape(info, 0, asked.frames, asked.height)


def rate(asked: Request) -> Fraction:
    """Frames per second of the working clip."""
    fps = asked.clip.info.fps
    return fps if asked.fps is None else Fraction(asked.fps).limit_denominator(1001)


def output_shape(asked: Request) -> Shape:
    """(T, H, W) of a result."""
    size, scales = working_shape(asked), asked.options
    if PRESET[asked.task] != "retarget":
        return size
    names = "width_scale", "height_scale", "duration_scale"
    return retargeting.output_shape(size, *(scales.get(name, 1.0) for name in names))


def source_shape(asked: Request) -> Shape:
    """(T, H, W) of the video that patches are taken from."""
    return style_shape(asked) if "style" in asked.options else working_shape(asked)


def expected_seconds(asked: Request) -> float:
    """What the cost model says about all samples together, and the files around them."""
    voxels = asked.samples * math.prod(output_shape(asked))
    return _making_seconds(asked) + FILE_SECONDS + voxels * FILE_SECONDS_PER_VOXEL


def gpu_seconds(asked: Request) -> int:
    """For how long to borrow a GPU where one is lent (ZeroGPU).

    The cost model counts with the cores here, which are slower than any GPU; it learns from what
    samples took on one. Who asks for more than needed waits longer, and may be refused.
    """
    wanted = math.ceil(GPU_MARGIN * _making_seconds(asked))
    return min(max(wanted, LIMITS.lent_least), LIMITS.lent_most)


def _making_seconds(asked: Request) -> float:
    return vgpnn.cost.expected_seconds(
        output_shape(asked), asked.settings, asked.samples, source_shape(asked), flow_of(asked)
    )


def flow_of(asked: Request) -> tuple[Shape, ...]:
    """(T, H, W) of the videos whose optical flow is computed."""
    if asked.task not in ("analogy", "sketch") or asked.settings.structure == "colours":
        return ()
    return (style_shape(asked), *([working_shape(asked)] if asked.task == "analogy" else []))


def from_json(text: str) -> tuple[str, dict, dict, Settings]:
    """What `as_json` wrote: task, the part in use and the seed, the task's options, settings.

    Raises ValueError."""
    try:
        given = json.loads(text)
        known = {k: given.pop(k) for k in asdict(PRESETS["generate"]) if k in given}
        part = {k: given.pop(k) for k in ("start", "frames", "height", "seed")}
        task = given.pop("task", "generate")
        part = {**part, "samples": given.pop("samples", 1), "fps": given.pop("fps", None) or 0}
        preset = PRESET[task]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError("These are not settings of this page: load a file saved here.") from None
    ranges = {
        "start": (0, LIMITS.source_seconds),
        "frames": (1, LIMITS.max_frames),
        "height": (1, LIMITS.max_height),
        "samples": (1, LIMITS.samples),
        "seed": (0, MAX_SEED),
        "fps": (0, LIMITS.frame_rate),
    }
    part = {
        name: number(name, part[name], *limits, name not in ("start", "fps"))
        for name, limits in ranges.items()
    }
    if task == "retarget":  # of the endpoint, which does both
        task = "resize" if given.get("duration_scale", 1.0) == 1.0 else "retime"
    return task, part, given, settings(preset, **known)


def random_seed() -> int:
    """Six digits: enough to differ, short enough to read out."""
    return secrets.randbelow(1_000_000)
