"""Budgets: what the server keeps for its visitors is bounded for each person and for all together,
and nobody loses something because of somebody who keeps more."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple


class _Thing(NamedTuple):
    person: str
    size: float


class Shares:
    """The sizes of things that are kept, by key, each of which belongs to a person.

    Where a person has more than `per_person`, the things go that this person has not used for
    longest. Where all have more than `in_all`, they go from whoever has most; of several who have
    equally much it is the one who wants to add something. So somebody who has little loses nothing
    because of others. A person is named by the address of `people.Person`.
    """

    def __init__(self, per_person: float, in_all: float) -> None:
        """per_person, in_all: in the unit of the sizes."""
        self._per_person, self._in_all = per_person, in_all
        self._things: OrderedDict[Hashable, _Thing] = OrderedDict()  # last used last
        self._totals: dict[str, float] = {}  # of each person who has something
        self._lock = threading.Lock()

    def put(self, key: Hashable, person: str, size: float = 1) -> list[Hashable]:
        """Keep a thing, or give one that is kept another size.

        Returns the keys of the things that have to go; this one is among them where it has no
        room. They are not kept any more.
        """
        with self._lock:
            self._drop(key)
            self._things[key] = _Thing(person, size)
            self._totals[person] = self._totals.get(person, 0) + size
            gone = []
            while (loser := self._loser(person)) is not None:
                gone.append(next(k for k, thing in self._things.items() if thing.person == loser))
                self._drop(gone[-1])
            return gone

    def _loser(self, newcomer: str) -> str | None:
        """Who has to lose something next, or None where all is within the budgets."""
        if self._totals.get(newcomer, 0) > self._per_person:
            return newcomer
        if sum(self._totals.values()) <= self._in_all:
            return None
        return max(self._totals, key=lambda person: (self._totals[person], person == newcomer))

    def use(self, key: Hashable) -> None:
        """Let a thing be the one that goes last."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)

    def offer(self, key: Hashable) -> None:
        """Let a thing be the one that goes first."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key, last=False)

    def remove(self, key: Hashable) -> None:
        """Forget a thing; one that is not kept is no error."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        thing = self._things.pop(key, None)
        if thing is None:
            return
        self._totals[thing.person] -= thing.size
        if not any(other.person == thing.person for other in self._things.values()):
            del self._totals[thing.person]

    def keys(self) -> set[Hashable]:
        """The keys of all things that are kept."""
        with self._lock:
            return set(self._things)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._things

    def __len__(self) -> int:
        return len(self._things)

    def total(self, person: str | None = None) -> float:
        """The sizes of all things together, or of those of one person."""
        with self._lock:
            return sum(self._totals.values()) if person is None else self._totals.get(person, 0)
