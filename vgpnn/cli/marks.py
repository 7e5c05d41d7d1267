"""The flags that say what of a clip is wanted more, less, or not at all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Annotated, Any

import typer

from vgpnn import tasks, video, words
from vgpnn.cli.options import TaskOptions, parameters_of
from vgpnn.tasks import mask_files
from vgpnn.tasks.preference import joined

MARKS = "More of this, less of this, none of this"  # heading in the help
MASK_HELP = (
    "A mask of {}, of which the result is to have {}: paint on a see-through PNG, or white "
    "on black."
)

WORDS_HELP = (
    'What the result is to have {}, in words such as "balloons"; they need the extra '
    '"vgpnn\\[words]".'
)


def _mask(times: str, what: str = "a frame") -> typer.models.OptionInfo:
    help = MASK_HELP.format(what, times)
    return typer.Option(metavar="MASK.png", help=help, show_default=False, rich_help_panel=MARKS)


More = Annotated[str | None, _mask("about twice as much")]
Less = Annotated[str | None, _mask("about half as much")]
Nothing = Annotated[
    str | None,
    typer.Option(
        "--none",
        metavar="MASK.png",
        help=MASK_HELP.format("a frame", "nothing"),
        show_default=False,
        rich_help_panel=MARKS,
    ),
]
Keep = Annotated[
    str | None,
    typer.Option(
        metavar="MASK.png",
        help="A mask of a frame: what stays where it is in every frame, such as a logo. Nothing "
        "else is made of it.",
        show_default=False,
        rich_help_panel=MARKS,
    ),
]
MarkedOn = Annotated[
    int,
    typer.Option(metavar="FRAME", help="The frame that masks are of.", rich_help_panel=MARKS),
]
OnlyMarked = Annotated[
    bool,
    typer.Option(
        "--only-marked",
        help="Only the marked piece counts, and not all that is like it.",
        metavar="",
        rich_help_panel=MARKS,
    ),
]


def _words(times: str) -> typer.models.OptionInfo:
    help = WORDS_HELP.format(times)
    return typer.Option(metavar="WORDS", help=help, show_default=False, rich_help_panel=MARKS)


MoreWords = Annotated[str | None, _words("about twice as much of")]
LessWords = Annotated[str | None, _words("about half as much of")]
NoneWords = Annotated[str | None, _words("nothing of")]


def check_words(texts: Sequence[str]) -> None:
    """Raises ValueError with one sentence for words that cannot be used on this machine."""
    if texts and not words.is_installed():
        raise ValueError(words.NOT_INSTALLED)
    for text in texts:
        words.checked(text)


@dataclass(frozen=True)
class MarkFlags:
    """The values of the flags. more_words, less_words, none_words: what is marked in words."""

    more: More = None
    less: Less = None
    none: Nothing = None
    keep: Keep = field(default=None, kw_only=True)
    marked_on: MarkedOn = 0
    only_marked: OnlyMarked = False
    more_words: MoreWords = None
    less_words: LessWords = None
    none_words: NoneWords = None

    @property
    def paths(self) -> dict[str, str]:
        """The masks that are given, by name."""
        given = {"more": self.more, "less": self.less, "none": self.none, "keep": self.keep}
        return {name: path for name, path in given.items() if path is not None}

    @property
    def files(self) -> Sequence[str]:
        """What no result may overwrite."""
        return [*self.paths.values()]

    @property
    def words(self) -> dict[str, str]:
        """The words that are given, by name of the kind."""
        given = {"more": self.more_words, "less": self.less_words, "none": self.none_words}
        return {name: text for name, text in given.items() if text is not None}

    def check(self) -> None:
        """Raises ValueError with one sentence for words that cannot be used on this machine, before
        anything is read."""
        check_words([*self.words.values()])

    def preference(self, source: video.Video, start: float = 0.0) -> tasks.Preference | None:
        """What is marked in a source, which was read from `start` [s] on; None without marks.

        Raises ValueError with one sentence."""
        painted = named = None
        if self.paths:
            part = start, source.fps, self.marked_on
            pictures = mask_files.read(self.paths, source.shape, *part)
            painted = tasks.marked(source.codes, pictures, not self.only_marked)
        if self.words:
            named = words.preference(source, self.words)
        return joined(painted, named)


NO_MARKS = MarkFlags()


def with_marks(without: Sequence[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator, below `with_task_options`, that gives a command one flag for each field of
    `MarkFlags` in place of its parameter `marks`.

    without: fields that the command does not have. Raises ValueError, before anything is read, for
    words that cannot be used on this machine.
    """

    def decorator(function: Callable[..., None]) -> Callable[..., None]:
        flags = [each for each in parameters_of(MarkFlags) if each.name not in without]
        signature = inspect.signature(function, eval_str=True)
        parameters = [*signature.parameters.values()]
        place = [*signature.parameters].index("marks")
        parameters[place : place + 1] = flags

        @wraps(function)
        def command(options: TaskOptions, **given: Any) -> None:
            marks = MarkFlags(**{flag.name: given.pop(flag.name) for flag in flags})
            marks.check()
            function(options, marks=marks, **given)

        command.__signature__ = signature.replace(parameters=parameters)
        return command

    return decorator
