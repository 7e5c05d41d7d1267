"""Links that open the page with an example, a task, a seed and settings: what stands after the ?.

    ?task=inpaint&example=flock&seed=7&quality=best&passes=8

The names are those of the arguments of endpoints and of the settings, and `example`, the name of a
bundled clip. All are optional; names of others, such as those that trackers add, do not count.
Settings are written as on the command line: off, 3x7x7.
"""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import parse_qsl

from vgpnn.checks import known, one_of
from vgpnn.examples import Example
from vgpnn.presets import DEFAULT_DIFFERENCE, preset
from vgpnn.service import settings_file
from vgpnn.service.request import SIZES, TASK_PRESETS
from vgpnn.service.settings_file import SavedSettings
from vgpnn.settings import SETTINGS
from vgpnn.tasks.extending import SIDES
from vgpnn.tasks.tiling import AXES

LONGEST = 4000  # characters of what is read
PART = ("seed", "takes", "start", "frames", "height", "fps")
SCALES = ("width_scale", "height_scale", "duration_scale")
ADDED = (*SIDES, "longer")
PAINTED = ("first", "last", "margin")
SWITCHES = ("loop", "follow", "sound", "from_above", "time")
WORDS = ("task", "example", "quality", "difference", "size", "axes", *SWITCHES)
NAMES = {*WORDS, *PART, *SCALES, *ADDED, *PAINTED, *SETTINGS}
TOO_LONG = "This link is too long: leave out what is as usual."


def read(query: str) -> dict[str, str]:
    """What a link says, by name; empty where it says nothing that counts.

    query: of the address, with or without its ?. Raises ValueError with one sentence.
    """
    if len(query) > LONGEST:
        raise ValueError(TOO_LONG)
    return {name: text for name, text in parse_qsl(query.removeprefix("?")) if name in NAMES}


def example_of(link: dict[str, str], bundled: list[Example]) -> Example | None:
    """The example that a link names, or else the first one of its task, or else the first one;
    None where there are none. Raises ValueError for a name that is none."""
    if "example" in link:
        known("example", link["example"], [each.name for each in bundled])
        return next(each for each in bundled if each.name == link["example"])
    fitting = [each for each in bundled if each.task == link.get("task")]
    return next(iter([*fitting, *bundled]), None)


def settings_in(link: dict[str, str], usual: dict) -> SavedSettings:
    """What a link says as a settings file would, checked in the same way.

    usual: the task, the seed and the part of the clip where it does not name them.
    Raises ValueError with one sentence.
    """
    task = one_of("task", link.get("task", usual["task"]), TASK_PRESETS)
    quality, difference = link.get("quality", "balanced"), _number(link.get("difference"))
    chosen = preset(
        TASK_PRESETS[task], quality, DEFAULT_DIFFERENCE if difference is None else difference
    )
    settings = {name: getattr(chosen, name) for name in SETTINGS}
    settings |= {
        name: about.parsed(name, link[name]) for name, about in SETTINGS.items() if name in link
    }
    numbers = {
        name: _number(link[name]) for name in (*PART, *SCALES, *ADDED, *PAINTED) if name in link
    }
    size = one_of("size", link.get("size", "working"), SIZES)
    axes = {"axes": one_of("axes", link["axes"], AXES)} if "axes" in link else {}
    switches = {
        name: one_of(name, link[name], ("true", "false")) == "true"
        for name in SWITCHES
        if name in link
    }
    chosen_values = {"task": task, "size": size, "settings": settings}
    entries = {**usual, **numbers, **switches, **axes, **chosen_values}
    return settings_file.parsed(json.dumps(entries))


def _number(text: str | None) -> float | int | str | None:
    """A text as the number that it is, or else as it is, which no check of a number takes."""
    if text is not None:
        for kind in (int, float):
            with suppress(ValueError):
                return kind(text)
    return text
