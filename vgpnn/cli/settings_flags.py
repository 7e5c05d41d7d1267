"""One flag for each setting of the method, made by name from what `SETTINGS` knows about it."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter
from typing import Annotated, Any

import typer

from vgpnn.cli.errors import UsageError
from vgpnn.presets import PRESETS
from vgpnn.setting import GROUPS, Setting
from vgpnn.settings import Settings


def settings_parameters(task: str, settings: Mapping[str, Setting]) -> list[Parameter]:
    """A parameter for each setting, whose value is the text that was given, or None.

    The help of a flag names the value that the task's preset has. Advanced settings come last.
    """
    ordered = sorted(settings.items(), key=lambda item: item[1].advanced)
    return [_parameter(name, about, PRESETS[task]) for name, about in ordered]


def changes_of(given: Mapping[str, str | None], settings: Mapping[str, Setting]) -> dict[str, Any]:
    """The settings that were given, by name, checked.

    given: the text of each flag; None for those that were not given, which stay what the preset
    has. Raises UsageError with one sentence that names the flag.
    """
    changes = {}
    for name, text in given.items():
        if text is not None:
            try:
                changes[name] = settings[name].parsed(flag_of(name), text)
            except ValueError as error:
                raise UsageError(str(error)) from None
    return changes


def flag_of(name: str) -> str:
    """The flag of a setting: --space-factor for space_factor."""
    return "--" + name.replace("_", "-")


def _parameter(name: str, about: Setting, preset: Settings) -> Parameter:
    heading, _ = GROUPS[about.group]
    option = typer.Option(
        flag_of(name),
        metavar=_metavar(about),
        help=_help(about, getattr(preset, name, None)),
        rich_help_panel=f"Advanced: {heading}" if about.advanced else heading,
    )
    return Parameter(
        name,
        Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[str | None, option],
    )


def _metavar(about: Setting) -> str:
    """What the help shows in place of a value: N, X|off, WORD or TxHxW."""
    kinds = {"whole": "N", "number": "X", "word": "WORD", "patch": "TxHxW"}
    return kinds[about.kind] + (f"|{about.optional.word}" if about.optional else "")


def _help(about: Setting, default: Any) -> str:
    """The help of a flag. default: what the preset has; None for "off" and the like."""
    words = f" One of {', '.join(about.words)}." if about.words else ""
    if default is None:
        default = about.optional.word if about.optional else ""
    elif about.kind == "patch":
        default = "x".join(map(str, default))
    # Typer shows a default in these brackets, too; it does not know this one.
    return _escaped(f"{about.label}. {about.help}{words} [default: {default}]")


def _escaped(text: str) -> str:
    """Text that Rich shows as it is, though it has square brackets."""
    return text.replace("[", r"\[")
