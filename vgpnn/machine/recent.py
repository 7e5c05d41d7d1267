"""A dictionary for what is too much to remember all of, such as people and drafts."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K, V = TypeVar("K"), TypeVar("V")


class Recent(OrderedDict[K, V]):
    """A dictionary of the keys that were set last, the oldest first; others are forgotten."""

    def __init__(self, most: int) -> None:
        """most: how many keys are kept."""
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)
