"""What is known about one setting of the method; `Settings` states it in the setting's field."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from vgpnn import checks

GROUPS = {  # heading of each group on the page, and one sentence on what its settings are for
    "completeness": ("Completeness", "Parts of the source that are still missing are preferred."),
    "noise": ("Noise", "Noise on the coarsest level makes the result different from the clip."),
    "passes": ("Passes", "How often a level is searched and voted."),
    "vote": ("Vote", "How overlapping patches agree."),
    "patch": (
        "Patch",
        "What is copied as one piece: larger keeps things whole, smaller mixes more.",
    ),
    "pyramid": ("Pyramid", "How the clip is shrunk from level to level."),
    "last": ("Last levels", "The finest levels may have a number of passes of their own."),
    "large": ("Large levels", "Above a size, smaller patches and fewer passes save time."),
    "motion": ("Motion", "Analogies compare what moves before they compare what it looks like."),
}
BASIC_GROUPS = ("completeness", "noise", "passes", "vote")  # the other groups are advanced


@dataclass(frozen=True)
class Optional:
    """How a setting that may be None is shown and written.

    word: what stands for None on the command line.
    label, help: of the switch on the page that gives the setting a value.
    start: the value that the setting gets when the switch is turned on.
    """

    word: str
    label: str
    help: str
    start: float


@dataclass(frozen=True)
class Setting:
    """What is known about one field of `Settings`.

    kind: "whole" (int), "number" (float), "word" (one of `words`) or "patch" (three ints).
    label: its name on the page. help: one sentence. group: a key of `GROUPS`.
    low, high: range of a number, or of each side of a patch; both ends are included.
    slider: lowest value, highest value and step of the slider on the page; None for a box.
    words: the values of a word, with the label of each on the page.
    optional: how None is shown and written; None where the setting always has a value.
    """

    kind: str
    label: str
    help: str
    group: str
    low: float = 0
    high: float = 0
    slider: tuple[float, float, float] | None = None
    words: dict[str, str] | None = None
    optional: Optional | None = None

    @property
    def advanced(self) -> bool:
        """Whether the setting belongs to a group that most users do not need."""
        return self.group not in BASIC_GROUPS

    def checked(self, name: str, value: Any) -> Any:
        """A value in the type that the engine uses: int, float, str, a tuple of three ints or None.

        name: how the sentence of the error calls the setting.
        Raises ValueError with one sentence for a value of another kind or out of range.
        """
        if value is None and self.optional:
            return None
        if self.kind == "word":
            return checks.one_of(name, value, self.words)
        if self.kind == "patch":
            if not isinstance(value, tuple | list) or len(value) != 3:
                raise ValueError(
                    f"{name} must be three whole numbers from {self.low} to {self.high}, "
                    f"not {value!r}."
                )
            return tuple(
                checks.number(f"each side of {name}", side, self.low, self.high, True)
                for side in value
            )
        return checks.number(name, value, self.low, self.high, self.kind == "whole")

    def parsed(self, name: str, text: str) -> Any:
        """A value that was written as text, such as 5, off, median or 3x7x7, checked.

        The other arguments and the errors are those of `checked`.
        """
        if self.optional and text == self.optional.word:
            return None
        try:
            if self.kind == "patch":
                value = [int(side) for side in text.split("x")]
            elif self.kind == "word":
                value = text
            else:
                value = float(text)
        except ValueError:
            value = text
        return self.checked(name, value)


def setting(default: Any, kind: str, label: str, help: str, group: str, **options) -> Any:
    """A field of `Settings` that knows its `Setting`.

    default: the setting's value in `Settings()`. The other arguments are the fields of `Setting`.
    """
    about = Setting(kind, label, help, group, **options)
    return dataclasses.field(default=default, metadata={"setting": about})
