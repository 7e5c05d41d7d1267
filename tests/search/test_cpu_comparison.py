"""How the CPU kernels lay out and compare patches."""

import numpy as np
import pytest
import torch
from helpers.guarded import guarded
from helpers.searches import true_distances
from helpers.slow import slow_but

from vgpnn.patches import corners, grid
from vgpnn.search import cpu
from vgpnn.search.counting import counted
from vgpnn.search.cpu_comparison import MARGIN
from vgpnn.search.cpu_kernels import compiled

# Patches and channels by the length of a row; a vector has 16, 32 or 64 bytes. Most are patches
# of other tests too: compiling them takes more time than the tests do.
ROWS = {
    "3-bytes": ((1, 1, 1), 3),  # a part of a vector
    "16-bytes": ((2, 3, 4), 2),  # a whole one
    "30-bytes": ((2, 5, 3), 5),
    "63-bytes": ((3, 7, 7), 3),
    "72-bytes": ((2, 2, 6), 6),  # vectors of two lengths
    "165-bytes": ((5, 9, 11), 3),  # several of one length
}
QUICK = "63-bytes", "72-bytes"


def random_video(shape, channels, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (*shape, channels), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("name", ROWS)
def test_interleaved_pixels_hold_the_frames_of_a_patch(name):
    patch, channels = ROWS[name]
    video = random_video((6, 30, 11), channels, 0)  # two bands of rows
    pixels = cpu.interleaved(video, patch, lambda: None)
    frames = video.unfold(0, patch[0], 1)  # (frames, 30, 11, channels, patch_t)
    expected = frames.transpose(3, 4).reshape(-1)
    assert torch.equal(torch.from_numpy(pixels[:-MARGIN]), expected)
    assert not pixels[-MARGIN:].any()


def test_a_band_is_interleaved_without_touching_the_next_one():
    """Another thread may be writing it already."""
    video = random_video((3, 4, 5), 3, 0)
    whole = cpu.interleaved(video, (3, 1, 1), lambda: None)
    part = np.full_like(whole, 7)
    compiled((3, 1, 1), 3, False).interleave(video.numpy(), part, 0, 1, 3)
    row = 5 * 9
    assert np.array_equal(part[row : 3 * row], whole[row : 3 * row])
    assert (part[:row] == 7).all() and (part[3 * row :] == 7).all()


@pytest.mark.parametrize("name", slow_but(QUICK, ROWS))
def test_nothing_is_read_or_written_beyond_the_arrays(name, monkeypatch):
    """They end where the memory of the process ends; all query patches match the last key."""
    patch, channels = ROWS[name]
    query = guarded(random_video((5, 12, 13), channels, 0))
    key = guarded(random_video((6, 11, 12), channels, 1))
    monkeypatch.setattr(cpu, "empty", lambda shape, kind: guarded(torch.empty(shape, dtype=kind)))
    last = torch.tensor(grid((6, 11, 12), patch)) - 1
    guess = guarded(last.short().expand(*grid((5, 12, 13), patch), 3))
    slack = guarded(torch.ones(grid((6, 11, 12), patch), dtype=torch.float64))
    for weights in (None, slack):
        match = cpu.nearest(query, key, patch, weights, (guess,) * 2, 0, lambda: None, 2)
        assert torch.equal(match[1].long(), true_distances(query, key, patch, match[0]))
        exact = cpu.exact(query, key, patch, weights, lambda: None)
        assert (exact[1] <= match[1]).all()


@pytest.mark.parametrize("name", slow_but(QUICK, ROWS))
def test_distances_are_true(name):
    """Of rows of any length, up to the last pixel of the videos."""
    patch, channels = ROWS[name]
    query, key = random_video((6, 30, 11), channels, 0), random_video((7, 12, 13), channels, 1)
    query[-1], key[-1] = 255, 0  # the largest differences
    size = grid((6, 30, 11), patch)
    ends = torch.tensor(grid((7, 12, 13), patch))
    field = (torch.rand(*size, 3, generator=torch.Generator().manual_seed(2)) * ends).short()
    field[-1, -1, -1] = ends - 1
    expected = true_distances(query, key, patch, field)
    same_field, distance = cpu.nearest(
        query, key, patch, None, (field.clone(),), 0, lambda: None, 0
    )
    assert torch.equal(same_field, field) and torch.equal(distance.long(), expected)


@pytest.mark.parametrize(("rows", "read"), [(1, 1), (3, 3), (4, 2), (7, 2)])
def test_a_candidate_is_given_up_at_the_first_test_of_the_limit(rows, read, monkeypatch):
    """One row of the wrong match costs as much as all rows of the right one."""
    monkeypatch.setenv("VGPNN_THREADS", "1")
    patch, shape = (3, rows, 5), (3, rows + 2, 40)
    query = torch.tensor([1, 0, 0]).expand(*shape, 3).byte()
    right_key = torch.tensor([0, 0, 0]).expand(*shape, 3)  # 1 for each pixel
    wrong_key = torch.tensor([0, 6, 0]).expand(*shape, 3)  # 37 for each pixel
    key = torch.cat([right_key, wrong_key], dim=2).byte()
    right = corners(shape, patch).short()
    wrong = right.clone()
    wrong[..., 2] = 40
    patches = right[..., 0].numel()
    with counted() as tally:
        cpu.nearest(query, key, patch, None, (right, wrong), 0, lambda: None, 0)
    assert tally.distances == 2 * patches
    assert tally.elements == (rows + read) * 3 * 5 * 3 * patches


def test_the_limit_is_tested_after_rows_2_4_and_7(monkeypatch):
    """The wrong match differs from one row on only, and is given up at the next test."""
    monkeypatch.setenv("VGPNN_THREADS", "1")
    patch = shape = (3, 7, 5)
    query = torch.zeros(*shape, 3, dtype=torch.uint8)
    first = torch.zeros(1, 1, 1, 3, dtype=torch.int16)
    read = []
    for row in range(7):
        key = torch.zeros(3, 7, 10, 3, dtype=torch.uint8)
        key[:, 0, 0] = 1  # the distance of the right match
        key[:, row, 5:] = 9
        second = torch.tensor([0, 0, 5]).short().view(1, 1, 1, 3)
        with counted() as tally:
            cpu.nearest(query, key, patch, None, (first.clone(), second), 0, lambda: None, 0)
        read.append(tally.elements // (3 * 5 * 3) - 7)
    assert read == [2, 2, 4, 4, 7, 7, 7]


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.0], ids=["same", "half", "none"])
def test_a_candidate_wins_if_its_distance_over_its_slack_is_less(factor):
    """Two keys at the distances 100 and 64, of which the second has another slack."""
    patch = (1, 1, 1)
    query = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    key = torch.tensor([10, 8], dtype=torch.uint8).view(1, 1, 2, 1)  # distances 100 and 64
    slack = torch.tensor([1.0, factor], dtype=torch.float64).view(1, 1, 2)
    first, second = torch.tensor([0, 0, 0]), torch.tensor([0, 0, 1])
    guesses = tuple(place.short().view(1, 1, 1, 3) for place in (first, second))
    field, distance = cpu.nearest(query, key, patch, slack, guesses, 0, lambda: None, 0)
    wins = factor == 1.0  # 64 is less than 100, 64 / 0.5 is not, and a slack of 0 is never used
    assert field.reshape(-1).tolist() == [0, 0, int(wins)]
    assert distance.item() == (64 if wins else 100)


@pytest.mark.parametrize("slack", [0.6401, 0.64, 0.6399])
def test_the_limit_of_a_candidate_is_exact(slack):
    """A distance of 64 at a cost of 100: only a slack above 0.64 makes it cheaper."""
    query = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    key = torch.tensor([10, 8], dtype=torch.uint8).view(1, 1, 2, 1)
    slacks = torch.tensor([1.0, slack], dtype=torch.float64).view(1, 1, 2)
    guesses = tuple(torch.tensor([0, 0, x]).short().view(1, 1, 1, 3) for x in (0, 1))
    field, _ = cpu.nearest(query, key, (1, 1, 1), slacks, guesses, 0, lambda: None, 0)
    assert field[..., 2].item() == int(slack > 0.64)
