"""The arguments that endpoints share: their names, types, defaults and help, and what they mean.

What matters most comes first: how much time is spent, how different the result is, the seed, and
the part of the clip. All settings of the method are in one dictionary, `settings`, whose names,
types, ranges and help are those of `vgpnn.settings`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from vgpnn.checks import known, shown, written
from vgpnn.limits import LIMITS
from vgpnn.presets import DEFAULT_DIFFERENCE, PRESETS, QUALITIES, preset
from vgpnn.service.request import DEFAULT_FRAMES, DEFAULT_HEIGHT, MAX_SEED, SIZES
from vgpnn.setting import Setting
from vgpnn.settings import SETTINGS, Settings
from vgpnn.words import MOST_CHARACTERS

# As `new_request` calls them, too.
PART = ("start", "frames", "height", "fps", "size", "sound", "seed")
TYPES = {"whole": int, "number": float, "word": str, "patch": list[int]}  # by kind of a setting
SETTINGS_HELP = (
    'single settings of the method by name, such as {"passes": 8}, which are changed after '
    "quality and difference"
)
WORDS_HELP = (
    'what is wanted more, less or none of in words, such as {"more": "balloons"}, of at most '
    f'{MOST_CHARACTERS} characters each; it needs the extra "words" on the server'
)


@dataclass(frozen=True)
class Argument:
    """An argument of an endpoint. kind: its type. help: half a sentence, with units and range."""

    kind: Any
    default: Any
    help: str


def common_arguments(
    preset_name: str, has_takes: bool, has_marks: bool = False
) -> dict[str, Argument]:
    """The arguments of an endpoint that starts from a preset, by name, but for those of its task.
    The last one is `settings`.

    has_takes: whether it makes several takes of one clip. has_marks: whether pieces of a clip can
    be wanted more, less, or not at all.
    """
    arguments = {
        "quality": Argument(
            Literal[QUALITIES], "balanced", f"how much time is spent: {', '.join(QUALITIES)}"
        ),
        "difference": Argument(
            float | None,
            None,
            "how different takes are from the clip, from 0 (most like it) to 1; null: as the "
            f"quality has it, which is {DEFAULT_DIFFERENCE:g}",
        ),
        "seed": Argument(
            int,
            0,
            f"a whole number from 0 to {MAX_SEED}; the same seed and settings give the same bytes",
        ),
        "takes": Argument(
            int,
            1,
            f"how many different results, 1 to {LIMITS.samples}; take k (from 0) has seed + k, and "
            "is chosen to differ from those before it",
        ),
        "start": Argument(float, 0.0, "where the working clip begins in the file, in seconds"),
        "frames": Argument(
            int, DEFAULT_FRAMES, f"length of the working clip, 1 to {LIMITS.max_frames} frames"
        ),
        "height": Argument(
            int,
            DEFAULT_HEIGHT,
            f"height of the working clip, {LIMITS.min_height} to {LIMITS.max_height} pixels; a "
            "smaller video keeps its size",
        ),
        "fps": Argument(
            float | None,
            None,
            f"frames per second of the working clip, 1 to {LIMITS.frame_rate:g}; null keeps the "
            "file's",
        ),
        "size": Argument(
            Literal[SIZES],
            "working",
            "working, or full for results that are finished at the video's own size and frame rate",
        ),
        "sound": Argument(
            bool, True, "whether results have the sound of the video, if it has some"
        ),
        "words": Argument(dict[str, str] | None, None, WORDS_HELP),
        "settings": settings_argument(),
    }
    left_out = [] if has_takes else ["takes"]
    left_out += [] if has_marks else ["words"]
    # Elsewhere there is no automatic noise, and no drafts, so that the difference has no effect.
    left_out += [] if PRESETS[preset_name].has_drafts else ["difference"]
    return {name: about for name, about in arguments.items() if name not in left_out}


def settings_argument() -> Argument:
    """The argument that holds the settings of the method."""
    types = {name: setting_type(about) for name, about in SETTINGS.items()}
    return Argument(TypedDict("SettingsByName", types, total=False) | None, None, SETTINGS_HELP)


def setting_type(about: Setting) -> Any:
    """The type of a setting's value in the dictionary."""
    kind = TYPES[about.kind]
    return kind | None if about.optional else kind


def setting_help(about: Setting, default: Any) -> str:
    """What the docstring says of a setting whose preset has a default."""
    parts = [f"{about.label}. {about.help}"]
    if about.words:
        parts.append(f"One of {', '.join(about.words)}.")
    elif about.kind == "patch":
        parts.append(f"Three whole numbers from {written(about.low)} to {written(about.high)}.")
    else:
        parts.append(f"From {written(about.low)} to {written(about.high)}.")
    if about.optional:
        parts.append(f"null: {about.optional.word}.")
    return " ".join([*parts, f"Default: {default_text(default)}."])


def default_text(default: Any) -> str:
    """A default as JSON writes it."""
    if default is None:
        return "null"
    if isinstance(default, tuple):
        return str([*default])
    return str(default) if isinstance(default, str) else written(default)


def settings_schema(preset_name: str) -> dict:
    """The JSON schema of the argument `settings` of an endpoint that starts from a preset."""
    properties = {}
    for name, about in SETTINGS.items():
        default = getattr(PRESETS[preset_name], name)
        kind = {"word": "string", "patch": "array", "whole": "integer", "number": "number"}
        schema: dict[str, Any] = {"type": kind[about.kind]}
        if about.kind == "word":
            schema["enum"] = [*about.words]
        elif about.kind == "patch":
            side = {"type": "integer", "minimum": about.low, "maximum": about.high}
            schema |= {"items": side, "minItems": 3, "maxItems": 3}
        else:
            schema |= {"minimum": about.low, "maximum": about.high}
        if about.optional:
            schema["type"] = [schema["type"], "null"]
        description = setting_help(about, default)
        properties[name] = {**schema, "description": description}
    return {
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        "description": SETTINGS_HELP,
    }


def parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    """A parameter of a signature that takes positions and names."""
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind
    )


def described(docstring: str) -> tuple[str, dict[str, str]]:
    """What a docstring says of a function, and of each argument under "Args:", in one line each."""
    description, _, lines = inspect.cleandoc(docstring).partition("\nArgs:\n")
    joined = re.sub(r"\n {5,}", " ", lines)  # a line that is indented more goes on with another
    pairs = [line.strip().partition(": ") for line in joined.splitlines() if line.strip()]
    return description.strip(), {name: text for name, _, text in pairs}


def docstring(
    description: str, helps: dict[str, str], preset_name: str, returns: Sequence[str]
) -> str:
    """The docstring of an endpoint. helps: of its arguments, of which `settings` is the last; the
    settings of a preset stand below it."""
    lines = [f"    {name}: {text}" for name, text in helps.items()]
    for name, about in SETTINGS.items():
        default = getattr(PRESETS[preset_name], name)
        lines.append(f"        {name}: {setting_help(about, default)}")
    returned = [f"    {each}" for each in returns]
    return "\n".join([description, "", "Args:", *lines, "", "Returns:", *returned])


def settings_of(preset_name: str, arguments: dict[str, Any], others: Iterable[str]) -> Settings:
    """The settings that the arguments of an endpoint ask for: those of the quality and of the
    difference, with single ones changed. others: names of the endpoint's other arguments.

    Raises ValueError with one sentence.
    """
    difference = arguments.get("difference")
    if difference is None:
        difference = DEFAULT_DIFFERENCE
    chosen = preset(preset_name, arguments["quality"], difference)
    changes = arguments["settings"]
    if changes is None:
        return chosen
    if not isinstance(changes, dict):
        raise ValueError(
            f'settings must be a dictionary such as {{"passes": 8}}, not {shown(changes)}.'
        )
    for name in changes:
        if name in (*arguments, *others):
            raise ValueError(f"{name} is an argument of its own: give it beside settings.")
        known("setting", name, SETTINGS)
    return chosen.with_changes(**changes)
