"""A loop that can be paused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vgpnn.level import Pass


class Run:
    """The loop of one sample, which can be paused after any level and go on later.

    A paused loop is a generator, so nothing is computed twice.
    """

    def __init__(self, passes: Iterator[Pass]) -> None:
        """passes: of the loop, none of which was taken yet."""
        self._done: list[Pass] = []
        self._rest: Iterator[Pass] | None = passes

    @property
    def is_taken(self) -> bool:
        """Whether somebody has taken the passes, so that the loop cannot go on here."""
        return self._rest is None

    def to_level(self, level: int) -> Pass:
        """Go on until a level, counted from 1, is done; returns the state after its last pass."""
        while not self._done or self._done[-1].level < level or not _ends_level(self._done[-1]):
            state = next(self._rest)
            # The next pass overwrites the field of a pass.
            self._done.append(replace(state, field=state.field.clone()))
        return next(each for each in self._done if each.level == level and _ends_level(each))

    def taken(self) -> Iterator[Pass] | None:
        """All passes from the first on, the first time; None from then on."""
        rest, self._rest = self._rest, None
        return None if rest is None else self._passes(rest)

    def _passes(self, rest: Iterator[Pass]) -> Iterator[Pass]:
        while self._done:
            yield self._done.pop(0)
        yield from rest


def _ends_level(state: Pass) -> bool:
    return state.number == state.passes
