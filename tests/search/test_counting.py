"""Counting what the searches compare."""

import threading

import torch
from helpers.clips import codes

from vgpnn.patches import grid
from vgpnn.search import cpu
from vgpnn.search.counting import Tally, counted, current_tally

SHAPE, PATCH = (3, 20, 24), (3, 5, 5)


def search(sweeps=0, guesses=1):
    video = codes(SHAPE, 0)
    guess = torch.zeros(*grid(SHAPE, PATCH), 3, dtype=torch.int16)
    fields = tuple(guess + number for number in range(guesses))
    return cpu.nearest(video, codes((6, 20, 24), 1), PATCH, None, fields, 0, lambda: None, sweeps)


def test_the_distances_of_a_field_are_counted_whole(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "1")
    with counted() as tally:
        search()
        search()
    patches = 1 * 16 * 20
    assert tally == Tally(2 * patches, 2 * patches * 3 * 5 * 5 * 3)


def test_counting_does_not_change_the_result(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "1")
    field, distance = search(sweeps=2)
    with counted() as tally:
        counted_field, counted_distance = search(sweeps=2)
    assert torch.equal(field, counted_field) and torch.equal(distance, counted_distance)
    # Every query patch, then at least one random candidate in each sweep.
    assert tally.distances > 3 * 16 * 20
    # At least the first two rows of each distance, and at most all five.
    assert 2 * 45 * tally.distances <= tally.elements <= 5 * 45 * tally.distances


def test_nothing_is_counted_outside_or_on_other_threads(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "1")
    assert current_tally() is None
    with counted() as tally:
        thread = threading.Thread(target=search)
        thread.start()
        thread.join()
    assert tally == Tally() and current_tally() is None
    search()
    assert tally == Tally()


def test_the_inner_of_two_counts_gets_all(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "1")
    with counted() as outer:
        with counted() as inner:
            search()
        assert current_tally() is outer
    assert inner.distances == 320 and outer == Tally()
