"""The flags that say what of a clip is wanted more, less, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from vgpnn import tasks, video
from vgpnn.tasks import marking

MARKS = "More of this, less of this, none of this"  # heading in the help
MASK_HELP = (
    "A mask of {}, of which the result is to have {}: paint on a see-through PNG, or white "
    "on black."
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


@dataclass(frozen=True)
class MarkFlags:
    """The values of the flags."""

    more: str | None
    less: str | None
    none: str | None
    marked_on: int
    only_marked: bool

    @property
    def paths(self) -> dict[str, str]:
        """The masks that are given, by name."""
        given = {"more": self.more, "less": self.less, "none": self.none}
        return {name: path for name, path in given.items() if path is not None}

    @property
    def files(self) -> Sequence[str]:
        """What no result may overwrite."""
        return [*self.paths.values()]

    def preference(self, source: video.Video, start: float = 0.0) -> tasks.Preference | None:
        """What is marked in a source, which was read from `start` [s] on; None without masks.

        Raises ValueError with one sentence."""
        if not self.paths:
            return None
        part = start, source.fps, self.marked_on
        pictures = marking.read(self.paths, source.shape, *part)
        return tasks.marked(source.codes, pictures, not self.only_marked)
