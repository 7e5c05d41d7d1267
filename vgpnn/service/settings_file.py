"""The settings that a user can save and load again: a flat JSON object.

It holds the arguments of the endpoint that make the same results, so that a saved file can also be
used from a program.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from vgpnn.checks import number, one_of
from vgpnn.limits import LIMITS
from vgpnn.presets import PRESETS
from vgpnn.service.request import MAX_SEED, SIZES, TASK_PRESETS, Request
from vgpnn.settings import SETTINGS, Settings

OF_THE_RUN = ("offered", "skip", "videos", "finished")  # options that change no result
FRACTIONAL = ("start", "fps")  # may have decimals; the other numbers are whole


@dataclass(frozen=True)
class SavedSettings:
    """The content of a settings file.

    task: a key of TASK_PRESETS; what the endpoint calls "retarget" is "resize" or "retime" here.
    part: `start`, `frames`, `height`, `samples`, `seed`, `fps` and `size`, checked; fps is 0 for
    that of the file. options: the other entries, not checked. settings: of the method, checked.
    """

    task: str
    part: dict
    options: dict
    settings: Settings


def arguments(request: Request, seed: int, samples: int) -> dict:
    """The arguments of the endpoint that make the results of a request again, flat.

    What was chosen automatically stays automatic: the noise differs from seed to seed.
    """
    part = {name: getattr(request, name) for name in ("start", "frames", "fps", "height")}
    count = {"samples": samples} if request.task == "generate" else {}
    options = {
        name: value
        for name, value in request.options.items()
        if isinstance(value, bool | int | float) and name not in OF_THE_RUN
    }
    settings = asdict(request.settings)
    size = {"size": request.size} if request.size != "working" else {}
    drafts = [*request.options.get("drafts", ())][:samples]
    finished = {"drafts": drafts} if drafts else {}
    chosen = {**count, **finished, **size, **options}
    return {"task": request.task, **part, **chosen, "seed": seed, **settings}


def parsed(text: str) -> SavedSettings:
    """The settings in the text of a file. Raises ValueError with one sentence."""
    try:
        entries = json.loads(text)
        chosen = {name: entries.pop(name) for name in SETTINGS if name in entries}
        part = {name: entries.pop(name) for name in ("start", "frames", "height", "seed")}
        task = entries.pop("task", "generate")
        samples = entries.pop("samples", 1)
        if "drafts" in entries:  # a run can hold more takes than one press of the button makes
            samples = min(number("samples", samples, 1, LIMITS.takes, True), LIMITS.samples)
        part |= {"samples": samples, "fps": entries.pop("fps", None) or 0}
        size = one_of("size", entries.pop("size", "working"), SIZES)
        preset = PRESETS[TASK_PRESETS[task]]
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
        name: number(name, part[name], low, high, name not in FRACTIONAL)
        for name, (low, high) in ranges.items()
    } | {"size": size}
    if task == "retarget":
        task = "resize" if entries.get("duration_scale", 1.0) == 1.0 else "retime"
    return SavedSettings(task, part, entries, preset.with_changes(**chosen))
