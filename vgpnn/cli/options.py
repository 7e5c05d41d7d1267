"""Options that several commands share, and the flags that all tasks have.

A task's command takes one parameter, `options: TaskOptions`; the decorator `with_task_options`
replaces it by one flag for each field of `TaskOptions` and one for each setting of the method.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from vgpnn import formats, video
from vgpnn.cli.settings_flags import changes_of, settings_parameters
from vgpnn.machine import memory
from vgpnn.machine.devices import DEVICES
from vgpnn.presets import DEFAULT_DIFFERENCE, QUALITIES, preset
from vgpnn.setting import Setting
from vgpnn.settings import SETTINGS, Settings
from vgpnn.take_sound import TakeSounds

INPUT_HELP = "A video file, or a folder of numbered images."
PART = "Part of the input"  # heading in the help
WORKING_SIDE = 360  # [px] the smaller side of what is worked on before it is finished in full


def count(text: str) -> int:
    """A whole number of at least 1. Raises BadParameter, to which Typer adds the flag."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise typer.BadParameter(f"it must be a whole number of at least 1, not {text!r}.")
    return number


def switch(flag: str, help: str) -> typer.models.OptionInfo:
    """A flag without a value."""
    return typer.Option(flag, help=help, metavar="")


def _memory(text: str) -> int:
    try:
        return memory.parse_size(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Start = Annotated[
    float, typer.Option(metavar="SEC", help="Begin at this second.", rich_help_panel=PART)
]
Frames = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        parser=count,
        help="Use this many frames.",
        show_default="all",
        rich_help_panel=PART,
    ),
]
Fps = Annotated[
    float | None,
    typer.Option(
        metavar="FPS",
        help="Read the input at this frame rate; for a folder, its rate.",
        show_default="its own; 24 for a folder",
        rich_help_panel=PART,
    ),
]
Height = Annotated[
    int | None,
    typer.Option(
        metavar="PX",
        parser=count,
        help="Shrink the input to this height.",
        show_default="its own",
        rich_help_panel=PART,
    ),
]
Device = Annotated[
    Literal[DEVICES],
    typer.Option(help="Where to compute; auto takes a GPU if there is one that fits."),
]


def read_input(path: str, **part: Any) -> video.Video:
    """Read a part of an input, as `vgpnn.video.read` does, and say what was chosen or changed."""
    clip = video.read(path, **part)
    for note in clip.notes:
        typer.echo(note, err=True)
    return clip


@dataclasses.dataclass(frozen=True)
class TaskOptions:
    """What the commands of all tasks take; each field but the last is an argument or a flag.

    out: path of the result. changes: the settings that were given, by name, as `Settings` has them.
    """

    out: Annotated[
        str,
        typer.Argument(
            metavar="OUT.mp4",
            help="Where to write the result: .mp4, .mov, .webm, .gif, or a folder for PNG images.",
        ),
    ]
    seed: Annotated[
        int,
        typer.Option(metavar="S", help="A whole number; the same one makes the same result."),
    ] = 0
    quality: Annotated[Literal[QUALITIES], typer.Option(help="How much time to spend.")] = (
        "balanced"
    )
    device: Device = "auto"
    memory: Annotated[
        int | None,
        typer.Option(
            metavar="SIZE",
            parser=_memory,
            help="Such as 500M or 2G: what does not fit lies in temporary files. The result is "
            "the same.",
            show_default="no limit",
        ),
    ] = None
    full: Annotated[
        bool,
        switch(
            "--full",
            "Finish at the input's own size and frame rate. Without --height the work is done at "
            f"{WORKING_SIDE} px on the smaller side.",
        ),
    ] = False
    sound: Annotated[
        bool,
        typer.Option(
            "--sound/--no-sound", help="Whether the result has the sound of the input.", metavar=""
        ),
    ] = True
    source_map: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Also save, as a NumPy array, where in the input each voxel came from.",
        ),
    ] = None
    start: Start = 0.0
    frames: Frames = None
    fps: Fps = None
    height: Height = None
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def read(self, path: str) -> video.Video:
        """The chosen part of an input. Raises ValueError where a result has no folder to go to."""
        for out in filter(None, (self.out, self.source_map)):
            if not Path(out).absolute().parent.is_dir():
                raise ValueError(f"There is no folder for {out}: make it first.")
        part = {"start": self.start, "frames": self.frames, "height": self.working_height(path)}
        return read_input(path, fps=self.fps, **part)

    def sounds(self, path: str, clip: video.Video, is_retimed: bool = False) -> TakeSounds:
        """The sound of the results of an input. clip: what was read of it. is_retimed: see
        `TakeSounds`."""
        is_heard = self.sound and formats.format_of(self.out).has_sound
        seconds = len(clip.codes) / clip.fps
        return TakeSounds(path if is_heard else None, self.start, seconds, is_retimed)

    def working_height(self, path: str) -> int | None:
        """The height [px] to which an input is reduced; None where it keeps its own."""
        if self.height is not None or not self.full:
            return self.height
        info = video.probe(path)
        return round(info.height * min(1.0, WORKING_SIDE / min(info.width, info.height)))

    def settings(self, task: str, difference: float = DEFAULT_DIFFERENCE) -> Settings:
        """The preset of a task at the chosen quality, with the settings that were given."""
        return preset(task, self.quality, difference).with_changes(**self.changes)


def with_task_options(
    task: str,
    settings: Mapping[str, Setting] = SETTINGS,
    out: typer.models.ArgumentInfo | None = None,
    without: Sequence[str] = (),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator that extends the signature of a task's command, from which Typer makes its flags.

    task: a key of `PRESETS`, whose values the help names as the defaults.
    settings: what is known about each setting, by name.
    out: what the help says of the result, where it is not one video. without: fields of
        `TaskOptions` that the command does not have.
    """

    def decorator(function: Callable[..., None]) -> Callable[..., None]:
        other = {} if out is None else {"out": Annotated[str, out]}
        shared = [p for p in parameters_of(TaskOptions, **other) if p.name not in without]
        signature = inspect.signature(function, eval_str=True)
        parameters = [p for p in signature.parameters.values() if p.annotation is not TaskOptions]
        parameters += [*shared, *settings_parameters(task, settings)]

        @wraps(function)
        def command(**given: Any) -> None:
            changes = changes_of({name: given.pop(name) for name in settings}, settings)
            values = {parameter.name: given.pop(parameter.name) for parameter in shared}
            function(TaskOptions(**values, changes=changes), **given)

        # Arguments come before flags; within each kind the order stays.
        parameters.sort(key=lambda parameter: parameter.default is not Parameter.empty)
        command.__signature__ = signature.replace(parameters=parameters)
        return command

    return decorator


def parameters_of(kind: type, **annotations: Any) -> list[Parameter]:
    """What stands for the fields of a dataclass in the signature of a command: Typer makes a flag
    of each. annotations: in place of those of some fields."""
    hints = get_type_hints(kind, include_extras=True) | annotations
    return [
        Parameter(
            field.name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(kind)
        if field.name != "changes"
    ]
