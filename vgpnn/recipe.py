"""Recipes: all that makes the takes of a run again, to the byte on the same kind of device.

A recipe is a small JSON file. It holds everything but the clip itself and the style of an analogy,
which it knows by the SHA-256 of their files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vgpnn import video
from vgpnn.checks import number, one_of, shown, yes_or_no
from vgpnn.full_size import read_in_full
from vgpnn.limits import LIMITS
from vgpnn.presets import EARLIER, TASK_PRESETS
from vgpnn.settings import SETTINGS, Settings
from vgpnn.take_sound import TakeSounds, changes_time
from vgpnn.tasks.extending import SIDES
from vgpnn.tasks.inputs import Inputs, frame_rate, preference_of, problem_of, region_and_cues
from vgpnn.tasks.paint import Paint
from vgpnn.tasks.problem import Problem, checked_seeds

FORMAT = 1  # to be raised when the meaning of an entry changes
CHUNK_BYTES = 1 << 20  # [bytes] of a file that are read at once
STYLED = ("analogy", "sketch")  # the presets whose patches come from a style
# The options of a task that a recipe has, by preset.
OPTIONS = {
    "generate": ("alike",),
    "retarget": ("width_scale", "height_scale", "duration_scale", "loop", "alike"),
    "extend": (*SIDES, "from_above"),
    "go_on": ("longer",),
    "tile": ("axes", "time"),
    "analogy": ("alike",),
    "sketch": ("alike",),
    "inpaint": ("first", "last", "margin", "remove", "follow"),
}
MARKED_FORMAT = 2  # of recipes with marks, which earlier versions would leave out
NO_RECIPE = "This is no recipe: give the recipe.json of a zip that the page has made."
DAMAGED = "The recipe is damaged ({}): download the zip again."
NEWER = "The recipe was written by a newer version: install the newest vgpnn."
OTHER_SETTINGS = "The recipe has other settings than this version: install vgpnn {} to run it."

Checkpoint = Callable[[], None]  # called several times a second; may raise to cancel


@dataclass(frozen=True)
class Take:
    """One take of a run. draft: the name of the draft that it was made from; None where it was not
    chosen by name. full: whether it was finished at the clip's own size and frame rate."""

    seed: int
    draft: str | None = None
    full: bool = False


@dataclass(frozen=True)
class Recipe:
    """What the takes of a run are made from.

    version: of the package that made them. task: a key of `TASK_PRESETS`.
    clip: SHA-256 of the clip's file, in hexadecimal digits. style: of the style of an analogy, or
    None. start [s], frames, height [px]: the part of the clip, see `vgpnn.video.read`.
    fps: frame rate of the working clip [frames/s]; None: that of the file.
    takes: in their order. settings: of the method. options: those of `OPTIONS` that the task has.
    paint: of inpainting, the painted pictures by frame, (h, w, 4) uint8.
    marks: by frame, what is marked on the clip or the style (`marking.COLOURS`); None: nothing.
    sound: whether takes have the sound of the clip. Those of earlier versions had none.
    """

    version: str
    task: str
    clip: str
    start: float
    frames: int
    height: int
    fps: float | None
    takes: tuple[Take, ...]
    settings: Settings
    options: Mapping[str, Any] = field(default_factory=dict)
    style: str | None = None
    paint: Paint | None = None
    sound: bool = False
    marks: Paint | None = None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each take."""
        return tuple(take.seed for take in self.takes)

    @property
    def drafts(self) -> tuple[str, ...] | None:
        """The name of the draft of each take, or None where they were not chosen by name."""
        names = tuple(take.draft for take in self.takes)
        return None if None in names else names


def sha256_of(path: str | os.PathLike, checkpoint: Checkpoint = lambda: None) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises OSError where it cannot be read."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            checkpoint()
            digest.update(chunk)
    return digest.hexdigest()


def to_json(recipe: Recipe) -> str:
    """A recipe as the text of its file."""
    part = {name: getattr(recipe, name) for name in ("start", "frames", "height", "fps")}
    entries = {
        "vgpnn": FORMAT if recipe.marks is None else MARKED_FORMAT,
        "version": recipe.version,
        "task": recipe.task,
        "clip": {"sha256": recipe.clip, **part},
        **({"style": {"sha256": recipe.style}} if recipe.style else {}),
        "takes": [asdict(take) for take in recipe.takes],
        "sound": recipe.sound,
        "options": dict(recipe.options),
        "settings": asdict(recipe.settings),
        **({"paint": recipe.paint.texts} if recipe.paint is not None else {}),
        **({"marks": recipe.marks.texts} if recipe.marks is not None else {}),
    }
    return json.dumps(entries, indent=1) + "\n"


def from_json(text: str) -> Recipe:
    """The recipe in the text of a file. Raises ValueError with one sentence for anything else."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(NO_RECIPE) from None
    if not isinstance(entries, dict) or type(entries.get("vgpnn")) is not int:
        raise ValueError(NO_RECIPE)
    if entries["vgpnn"] > MARKED_FORMAT:
        raise ValueError(NEWER)
    try:
        return _recipe_of(entries)
    except KeyError as error:
        raise ValueError(DAMAGED.format(f"{shown(error.args[0])} is missing")) from None
    except (TypeError, AttributeError):
        raise ValueError(DAMAGED.format("an entry has another type")) from None


def _recipe_of(entries: dict) -> Recipe:
    """The recipe of the entries of a file; raises KeyError, TypeError and other errors, too."""
    task, clip = one_of("task", entries["task"], TASK_PRESETS), entries["clip"]
    preset = TASK_PRESETS[task]
    if not entries["takes"]:
        raise ValueError(DAMAGED.format("it has no takes"))
    version, fps, has_style = _text(entries["version"]), clip["fps"], preset in STYLED
    settings = {**EARLIER, **entries["settings"]}
    if settings.keys() != SETTINGS.keys():
        raise ValueError(OTHER_SETTINGS.format(version))
    return Recipe(
        version=version,
        task=task,
        clip=_text(clip["sha256"]),
        start=number("start", clip["start"], 0, LIMITS.source_seconds),
        frames=number("frames", clip["frames"], 1, LIMITS.decoded_frames, True),
        height=number("height", clip["height"], 2, LIMITS.source_pixels, True),
        fps=None if fps is None else number("fps", fps, 0, LIMITS.frame_rate),
        takes=_takes(entries["takes"]),
        settings=Settings(**settings),
        options=_options(preset, entries["options"]),
        style=_text(entries["style"]["sha256"]) if has_style else None,
        paint=_paint(entries["paint"]) if preset == "inpaint" else None,
        sound=yes_or_no("sound", entries.get("sound", False)),
        marks=_paint(entries["marks"]) if preset != "inpaint" and "marks" in entries else None,
    )


def _takes(entries: list[dict]) -> tuple[Take, ...]:
    takes = tuple(Take(**take) for take in entries)
    for take in takes:
        if not isinstance(take.draft, str | None) or not isinstance(take.full, bool):
            raise TypeError("a take has another type")
    checked_seeds([take.seed for take in takes])
    return takes


def _paint(texts: dict[str, str]) -> Paint:
    try:
        files = {int(frame): base64.b64decode(png, validate=True) for frame, png in texts.items()}
    except ValueError:
        raise TypeError("this is no paint") from None
    return Paint(files)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("this is no text")
    return value


def _options(preset: str, options: dict) -> dict:
    """The options of a task in the types that it wants. Their ranges are those of the task."""
    kept = {name: options[name] for name in OPTIONS[preset] if name in options}
    for name in kept.keys() & {"alike", "from_above", "follow", "time"}:
        kept[name] = yes_or_no(name, kept[name])
    if "longer" in kept:
        kept["longer"] = number("longer", kept["longer"], 0)
    if preset == "inpaint":
        kept["remove"] = tuple(number("remove", each, 0, 255, True) for each in options["remove"])
        for name in ("first", "last"):
            kept[name] = number(name, options[name], 0, 10**6, True)
        kept["margin"] = number("margin", options["margin"], 0)
    return kept


def check_files(
    recipe: Recipe,
    clip: str | os.PathLike,
    style: str | os.PathLike | None = None,
    is_any_allowed: bool = False,
) -> None:
    """Refuse files that are not those that a recipe was written for.

    is_any_allowed: whether other files than those may be used. Raises ValueError with one sentence.
    """
    if recipe.style and style is None:
        raise ValueError("The recipe is one of an analogy: give its style, too, with --style.")
    if style is not None and not recipe.style:
        raise ValueError("The recipe has no style: leave --style out.")
    wanted = [(clip, recipe.clip)] + ([(style, recipe.style)] if recipe.style else [])
    for path, sha256 in wanted if not is_any_allowed else ():
        name = shown(Path(path).name)
        try:
            is_same = sha256_of(path) == sha256
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ValueError(f"The file {name} cannot be read ({reason}): give another.") from None
        if not is_same:
            raise ValueError(
                f"The file {name} is another one than the recipe was made with: give that one, or "
                "--any-clip to use this one."
            )


def read_inputs(
    recipe: Recipe,
    clip: str | os.PathLike,
    style: str | os.PathLike | None = None,
    checkpoint: Checkpoint = lambda: None,
) -> Inputs:
    """What the run of a recipe works on, but for the source in full; see `read_full`.

    clip, style: paths. Raises ValueError with one sentence.
    """
    size = {"height": recipe.height, "checkpoint": checkpoint}
    working = video.read(clip, recipe.start, recipe.frames, fps=recipe.fps, **size)
    if recipe.style:
        fps = frame_rate(video.probe(clip, checkpoint=checkpoint), recipe.fps)
        looks = video.read(style, 0.0, recipe.frames, fps=fps, **size)
        wanted = preference_of(recipe.marks, looks, recipe.options, checkpoint)
        return Inputs(working, style=looks, preference=wanted)
    if recipe.paint is not None:
        painted = recipe.paint, working, recipe.options
        region, colours = region_and_cues(*painted, checkpoint)
        return Inputs(working, region=region, cues=colours)
    wanted = preference_of(recipe.marks, working, recipe.options, checkpoint)
    return Inputs(working, preference=wanted)


def read_full(
    recipe: Recipe,
    inputs: Inputs,
    clip: str | os.PathLike,
    style: str | os.PathLike | None = None,
    checkpoint: Checkpoint = lambda: None,
) -> video.Video:
    """What the patches of a recipe are taken from, at its own size and frame rate.

    inputs: those of `read_inputs`. clip, style: paths. Raises ValueError with one sentence."""
    if recipe.style is None:
        return read_in_full(clip, recipe.start, inputs.video, checkpoint=checkpoint)
    rate = video.probe(clip, checkpoint=checkpoint).fps
    return read_in_full(style, 0.0, inputs.style, rate, checkpoint=checkpoint)


def sounds(recipe: Recipe, inputs: Inputs, clip: str | os.PathLike) -> TakeSounds:
    """The sound of the takes of a recipe. inputs: those of `read_inputs`. clip: its path."""
    seconds, is_retimed = len(inputs.video.codes) / inputs.video.fps, changes_time(recipe.options)
    return TakeSounds(clip if recipe.sound else None, recipe.start, seconds, is_retimed)


def problem(
    recipe: Recipe, inputs: Inputs, device: str = "auto", checkpoint: Checkpoint = lambda: None
) -> Problem:
    """The takes of a recipe as data for the loop. inputs: those of `read_inputs`.

    Raises ValueError with one sentence."""
    known = recipe.seeds, recipe.settings, {**recipe.options, "drafts": recipe.drafts}
    return problem_of(recipe.task, inputs, *known, device, checkpoint)
