"""The settings that a user can save and load again: a JSON object.

It holds the arguments of the endpoint that make the same results, so that a saved file can also be
used from a program, and the name of the task.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from vgpnn.checks import known, number, one_of, yes_or_no
from vgpnn.limits import LIMITS
from vgpnn.presets import EARLIER, PRESETS
from vgpnn.service.request import MAX_SEED, SIZES, TASK_PRESETS, Request
from vgpnn.settings import SETTINGS, Settings

# Options that change no result.
OF_THE_RUN = "offered", "skip", "videos", "finished", "like", "piece"
COLOURS = ("remove", "key")  # options that are colours
FRACTIONAL = ("start", "fps")  # may have decimals; the other numbers are whole


@dataclass(frozen=True)
class SavedSettings:
    """The content of a settings file.

    task: a key of TASK_PRESETS; what the endpoint calls "retarget" is "resize" or "retime" here.
    part: `start`, `frames`, `height`, `takes`, `seed`, `fps`, `size` and `sound`, checked; fps is
    0 for that of the file. options: the other entries, not checked. settings: of the method,
    checked.
    """

    task: str
    part: dict
    options: dict
    settings: Settings


def arguments(request: Request, seed: int, takes: int) -> dict:
    """The task, and the arguments of its endpoint that make the results of a request again.

    What was chosen automatically stays automatic: the noise differs from seed to seed.
    """
    part = {name: getattr(request, name) for name in ("start", "frames", "fps", "height")}
    count = {"takes": takes} if request.makes_takes or takes > 1 else {}
    options = {
        name: value
        for name, value in _plain(request.options).items()
        if isinstance(value, bool | int | float | str) and name not in OF_THE_RUN
    }
    size = {"size": request.size} if request.size != "working" else {}
    drafts = [*request.options.get("drafts", ())][:takes]
    finished = {"drafts": drafts} if drafts else {}
    silent = {} if request.sound else {"sound": False}
    chosen = {**count, **finished, **size, **silent, **options}
    settings = asdict(request.settings)
    return {"task": request.task, "seed": seed, **chosen, **part, "settings": settings}


def _plain(options: dict) -> dict:
    """Options of a request with their colours as endpoints take them."""
    colours = {
        name: "#" + bytes(options[name]).hex() for name in COLOURS if options.get(name) is not None
    }
    return options | colours


def parsed(text: str) -> SavedSettings:
    """The settings in the text of a file. Raises ValueError with one sentence."""
    try:
        entries = json.loads(text)
        if "settings" not in entries:  # earlier versions had no dictionary in a dictionary
            entries["settings"] = {name: entries.pop(name) for name in SETTINGS if name in entries}
        settings = {**EARLIER, **entries.pop("settings")}
        part = {name: entries.pop(name) for name in ("start", "frames", "height", "seed")}
        task = entries.pop("task", "generate")
        takes = entries.pop("takes", entries.pop("samples", 1))  # earlier versions had samples
        if "drafts" in entries:  # a run can hold more takes than one press of the button makes
            takes = min(number("takes", takes, 1, LIMITS.takes, True), LIMITS.samples)
        part |= {"takes": takes, "fps": entries.pop("fps", None) or 0}
        size = one_of("size", entries.pop("size", "working"), SIZES)
        sound = yes_or_no("sound", entries.pop("sound", True))
        preset = PRESETS[TASK_PRESETS[task]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError("These are not settings of this page: load a file saved here.") from None
    ranges = {
        "start": (0, LIMITS.source_seconds),
        "frames": (1, LIMITS.max_frames),
        "height": (1, LIMITS.max_height),
        "takes": (1, LIMITS.samples),
        "seed": (0, MAX_SEED),
        "fps": (0, LIMITS.frame_rate),
    }
    part = {
        name: number(name, part[name], low, high, name not in FRACTIONAL)
        for name, (low, high) in ranges.items()
    } | {"size": size, "sound": sound}
    if task == "retarget":
        task = "resize" if entries.get("duration_scale", 1.0) == 1.0 else "retime"
    for name in settings:
        known("setting", name, SETTINGS)
    return SavedSettings(task, part, entries, preset.with_changes(**settings))
