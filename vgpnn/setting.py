"""What is known about one setting of the method; `Settings` states it in the setting's field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from vgpnn import checks

GROUPS = {  # heading of each group on the page, and one sentence on what its settings are for
    "completeness": ("Completeness", "Parts of the source that are still missing are preferred."),
    "noise": ("Layout", "What the coarsest level starts from makes a take differ from the clip."),
    "camera": (
        "Camera",
        "A scene that is filmed by hand stays rigid where the camera is taken out.",
    ),
    "seams": ("Seams", "Pieces that come to lie side by side may have been lit by another light."),
    "overlays": ("Overlays", "Some things are not of the scene: they lie on the picture."),
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


@dataclass(frozen=True, kw_only=True)
class NoneChoice:
    """How a setting that may be None is shown and written.

    word: what stands for None on the command line.
    label, help: of the switch on the page that gives the setting a value.
    start: the value that the setting gets when the switch is turned on.
    """

    word: str
    label: str
    help: str
    start: float


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is known about one field of `Settings`.

    kind: "whole" (int), "number" (float), "word" (one of `words`) or "patch" (three ints).
    label: its name on the page. help: one sentence. group: a key of `GROUPS`.
    low, high: range of a number, or of each side of a patch; both ends are included.
    slider: lowest value, highest value and step of the slider on the page; None for a box.
    words: the values of a word, with the label of each on the page.
    optional: how None is shown and written; None where the setting always has a value.
    advanced: whether most users do not need it, so that it is shown last and under its heading.
    """

    kind: str
    label: str
    help: str
    group: str
    low: float = 0
    high: float = 0
    slider: tuple[float, float, float] | None = None
    words: dict[str, str] | None = None
    optional: NoneChoice | None = None
    advanced: bool = True

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
                    f"not {checks.shown(value)}."
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


def setting(default: Any, **about) -> Any:
    """A field of `Settings` that knows its `Setting`.

    default: the setting's value in `Settings()`. about: the fields of `Setting`.
    """
    return dataclasses.field(default=default, metadata={"setting": Setting(**about)})


whole, number, word = (partial(setting, kind=kind) for kind in ("whole", "number", "word"))


def names_by_group(settings: Mapping[str, Setting], advanced: bool) -> dict[str, list[str]]:
    """The names of the basic or of the advanced settings, by group in the order of `GROUPS`."""
    names = {group: [] for group in GROUPS}
    for name, about in settings.items():
        if about.advanced == advanced:
            names[about.group].append(name)
    return {group: members for group, members in names.items() if members}
