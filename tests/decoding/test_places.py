"""Places of decoders: how many there are, who is next, and nobody has all of them."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from helpers.server import PATIENCE, wait_for

from vgpnn.decoding.places import NoPlace, Places, first_in_line


class Room:
    """Places, and people who hold them until they are let go."""

    def __init__(self, places: int) -> None:
        self.places, self.limit, self.inside = Places(), places, []
        self.name = threading.local()
        self.places.caller_now = lambda: getattr(self.name, "caller", None)
        self._leave: dict[str, threading.Event] = {}

    def enter(self, name: str, caller: str | None = None, first: bool = False) -> None:
        """Let somebody wait for a place, on a thread."""
        self._leave[name] = threading.Event()
        waiting = len(self.places._waiting) + len(self.inside)

        def come() -> None:
            self.name.caller = caller
            with self._line(first), self.places.taken(self.limit, 60, lambda: None):
                self.inside.append(name)
                self._leave[name].wait(PATIENCE)
            self.inside.remove(name)

        threading.Thread(target=come, daemon=True).start()
        wait_for(lambda: len(self.places._waiting) + len(self.inside) > waiting, 5)

    @contextmanager
    def _line(self, first: bool):
        if first:
            with first_in_line():
                yield
        else:
            yield

    def leave(self, name: str) -> None:
        self._leave[name].set()

    def is_inside(self, *names: str) -> bool:
        """Whether these come in, and stay the only ones."""
        wait_for(lambda: sorted(self.inside) == sorted(names), 5)
        time.sleep(0.25)
        return sorted(self.inside) == sorted(names)


def test_no_more_than_there_are_places_and_in_the_order_of_arrival():
    room = Room(2)
    for name in "abcd":
        room.enter(name)
    assert room.is_inside("a", "b")
    room.leave("b")
    assert room.is_inside("a", "c")
    room.leave("a")
    assert room.is_inside("c", "d")
    room.leave("c")
    room.leave("d")
    assert room.is_inside()


def test_one_caller_never_has_the_last_place():
    room = Room(2)
    for name in "ab":
        room.enter(name, "ada")
    assert room.is_inside("a")
    room.enter("c", "bob")
    assert room.is_inside("a", "c")
    room.leave("a")
    assert room.is_inside("b", "c")


def test_where_there_is_one_place_everybody_may_have_it():
    room = Room(1)
    room.enter("a", "ada")
    assert room.is_inside("a")


def test_a_run_goes_before_all_previews_that_wait():
    room = Room(1)
    for name in "abc":
        room.enter(name)
    room.enter("run", first=True)
    room.leave("a")
    assert room.is_inside("run")
    room.leave("run")
    assert room.is_inside("b")


def test_waiting_has_an_end_and_checkpoints():
    places = Places()
    calls = []
    with places.taken(1, 1, lambda: None):
        with pytest.raises(NoPlace), places.taken(1, 0.3, lambda: calls.append(0)):
            pass
        assert len(calls) >= 2

        def stop():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), places.taken(1, 5, stop):
            pass
        assert not places._waiting
    with places.taken(1, 0.3, lambda: None):
        pass
    assert not places._holders
