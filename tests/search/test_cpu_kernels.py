"""Propagation and random search, kernel by kernel, on one band at a time."""

import numpy as np
import pytest
import torch
from helpers.clips import codes

from vgpnn.patches import corners, grid
from vgpnn.query_grid import QueryGrid
from vgpnn.search import cpu
from vgpnn.search.cpu_kernels import DRAW_BITS, compiled, drawn, random_bits

PATCH, SHAPE = (2, 3, 3), (3, 10, 12)
GRID = grid(SHAPE, PATCH)
QUERIES = QueryGrid(SHAPE, PATCH)
ROWS = GRID[1]


def evaluate(state):
    """Run the kernel on all frames, each of which is one band."""
    for frame in range(GRID[0]):
        compiled(PATCH, 3, False).evaluate(*state, frame, 0, ROWS)


@pytest.fixture
def state():
    """A search of a random video in itself: all matches are wrong but that of the first patch."""
    video = codes(SHAPE, 0)
    field = torch.zeros(*GRID, 3, dtype=torch.int16)
    state = cpu.search_state(video, video, QUERIES, None, field, lambda: None)
    evaluate(state)
    return state


def sweep(state, frame, start=0, stop=ROWS, forward=True, reach=0, stream=0, borders=None):
    """Run the kernel on one band."""
    if borders is None:
        borders = state.field[:, :0].copy()  # none are read in a band of all rows
    compiled(PATCH, 3, False).sweep(
        *state, borders, forward, reach, np.uint64(stream), frame, start, stop
    )


def test_a_forward_sweep_spreads_a_match_to_all_that_comes_after(state):
    sweep(state, 0)
    assert not state.distance[0].any() and state.distance[1].all()
    assert np.array_equal(state.field[0], corners(SHAPE, PATCH)[0])
    sweep(state, 1)  # from the frame before
    assert not state.distance.any()


def test_a_backward_sweep_spreads_a_match_to_all_that_comes_before():
    video = codes(SHAPE, 0)
    last = torch.tensor([n - 1 for n in GRID])
    field = last.short().expand(*GRID, 3)
    state = cpu.search_state(video, video, QUERIES, None, field, lambda: None)
    evaluate(state)
    sweep(state, GRID[0] - 1, forward=False)
    assert not state.distance[-1].any() and state.distance[0].all()


def test_a_forward_sweep_does_not_spread_a_match_backward(state):
    state.field[0, 4, 5] = 0, 4, 5
    state.distance[0, 4, 5] = 0
    state.field[0, 0, 0] = 1, 2, 3
    evaluate(state)
    sweep(state, 0)
    assert not state.distance[0, 4:, 5:].any()
    assert state.distance[0, :4].all() and state.distance[0, 4, :5].all()


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
def test_beyond_a_band_only_copies_are_read(state, forward):
    """A band of four rows takes the match of the row beside it from the copy, not from the field.

    Bands of the kernel begin at multiples of ROWS_PER_BAND, so here the number of the band is 0 and
    the row beside it is the last (going forward) or the first one of the copies.
    """
    state.field[0, 0, 0] = 1, 2, 3
    evaluate(state)
    right = corners(SHAPE, PATCH).short().numpy()
    beside, start, stop = (3, 4, 8) if forward else (4, 0, 4)
    before = state.field.copy()
    state.field[0, beside] = right[0, beside]
    # The copy holds what the field held before.
    sweep(state, 0, start, stop, forward, borders=before[:, beside : beside + 1])
    assert state.distance[0, start:stop].all()
    sweep(state, 0, start, stop, forward, borders=right[:, beside : beside + 1])
    assert not state.distance[0, start:stop].any()


def test_matches_outside_of_the_key_are_not_taken(state):
    """Matches at the end of the key, moved by a step, would be outside of it."""
    state.field[...] = [n - 1 for n in GRID]
    evaluate(state)
    for frame in range(GRID[0]):
        sweep(state, frame)
    assert (state.field == [n - 1 for n in GRID]).all()


@pytest.fixture
def unrelated():
    """A search in another random video, where no match is perfect: all begin in its middle."""
    field = torch.tensor([n // 2 for n in GRID]).short().expand(*GRID, 3)
    state = cpu.search_state(codes(SHAPE, 0), codes(SHAPE, 1), QUERIES, None, field, lambda: None)
    evaluate(state)
    return state


def test_random_search_depends_on_the_stream_alone_and_improves(unrelated):
    fields = []
    for stream in (0, 0, 1):
        state = unrelated._replace(field=unrelated.field.copy(), distance=unrelated.distance.copy())
        sweep(state, 1, reach=12, stream=stream)
        assert (state.distance <= unrelated.distance).all()
        assert (state.distance[1] < unrelated.distance[1]).any()
        fields.append(state.field)
    assert np.array_equal(fields[0], fields[1])
    assert not np.array_equal(fields[0], fields[2])


@pytest.mark.parametrize(("reach", "farthest"), [(0, 0), (1, 1), (2, 3)])
def test_random_search_stays_within_its_reach(unrelated, reach, farthest):
    """Its boxes are centred at the best match so far, and each is half as large as the last one.

    Only the first column of the first frame is looked at, which has no neighbours along t and x.
    Every row is a band, and matches outside of the key lie beyond its border.
    """
    before = unrelated.field[0, :, 0].copy()
    outside = np.full((1, 1, GRID[2], 3), -9, np.int16)
    moved = set()
    for stream in range(50):
        state = unrelated._replace(field=unrelated.field.copy(), distance=unrelated.distance.copy())
        for y in range(ROWS):
            sweep(state, 0, y, y + 1, reach=reach, stream=stream, borders=outside)
        moved.add(int(abs(state.field[0, :, 0] - before).max()))
    assert max(moved) == farthest


@pytest.mark.parametrize("bit", range(64))
def test_every_random_bit_is_set_half_of_the_time(bit):
    with np.errstate(over="ignore"):
        bits = np.array([random_bits(np.uint64(7), np.uint64(n)) for n in range(2000)])
    share = ((bits >> np.uint64(bit)) & np.uint64(1)).mean()
    assert 0.45 < share < 0.55


def test_random_bits_differ_between_streams_and_numbers():
    with np.errstate(over="ignore"):
        bits = [random_bits(np.uint64(s), np.uint64(n)) for s in range(40) for n in range(40)]
    assert len(set(map(int, bits))) == 1600


@pytest.mark.parametrize(
    ("centre", "radius", "size", "low", "high"),
    [(5, 2, 20, 3, 7), (1, 4, 20, 0, 5), (18, 4, 20, 14, 19), (3, 50, 8, 0, 7), (0, 0, 1, 0, 0)],
)
def test_coordinates_are_uniform_in_the_box_inside_the_video(centre, radius, size, low, high):
    steps = 1000 * (high - low + 1)
    fractions = [np.uint64(n * 2**DRAW_BITS // steps) for n in range(steps)]
    coordinates = [int(drawn(bits, centre, radius, size)) for bits in fractions]
    values, counts = np.unique(coordinates, return_counts=True)
    assert values.tolist() == list(range(low, high + 1))
    assert (abs(counts - 1000) <= 1).all()


def test_only_the_lowest_bits_are_drawn_from():
    assert (
        drawn(np.uint64(2**64 - 1), 5, 2, 20) == drawn(np.uint64(2**DRAW_BITS - 1), 5, 2, 20) == 7
    )
