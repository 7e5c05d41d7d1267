"""How the CPU kernels lay out and compare patches."""

import pytest
import torch
from helpers.searches import true_distances

from vgpnn.patches import corners, grid
from vgpnn.search import cpu
from vgpnn.search.counting import counted
from vgpnn.search.cpu_comparison import MARGIN

# Patches and channels by the length of a row; a vector has 16 bytes.
ROWS = {
    "1-byte": ((1, 1, 1), 1),
    "16-bytes": ((2, 3, 4), 2),
    "63-bytes": ((3, 7, 7), 3),
    "75-bytes": ((5, 3, 5), 3),
    "84-bytes": ((3, 7, 7), 4),
}


def random_video(shape, channels, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (*shape, channels), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("name", ROWS)
def test_interleaved_pixels_hold_the_frames_of_a_patch(name):
    patch, channels = ROWS[name]
    key = random_video((6, 30, 11), channels, 0)  # two bands of rows
    field = torch.zeros(*grid((6, 30, 11), patch), 3, dtype=torch.int16)
    state = cpu.search_state(key, key, patch, None, field, lambda: None)
    frames = key.unfold(0, patch[0], 1)  # (frames, 30, 11, channels, patch_t)
    expected = frames.transpose(3, 4).reshape(-1)
    assert torch.equal(torch.from_numpy(state.key[:-MARGIN]), expected)
    assert not state.key[-MARGIN:].any()


@pytest.mark.parametrize("name", ROWS)
def test_distances_are_true(name):
    """Of rows of any length, up to the last pixel of the videos."""
    patch, channels = ROWS[name]
    query, key = random_video((6, 30, 11), channels, 0), random_video((7, 12, 9), channels, 1)
    query[-1], key[-1] = 255, 0  # the largest differences
    size = grid((6, 30, 11), patch)
    ends = torch.tensor(grid((7, 12, 9), patch))
    field = (torch.rand(*size, 3, generator=torch.Generator().manual_seed(2)) * ends).short()
    field[-1, -1, -1] = ends - 1
    expected = true_distances(query, key, patch, field)
    same_field, distance = cpu.nearest(
        query, key, patch, None, (field.clone(),), 0, lambda: None, 0
    )
    assert torch.equal(same_field, field) and torch.equal(distance.long(), expected)


def test_a_candidate_is_given_up_after_the_row_that_decides(monkeypatch):
    """One row of the wrong match costs as much as all five rows of the right one."""
    monkeypatch.setenv("VGPNN_THREADS", "1")
    patch, shape = (3, 5, 5), (3, 7, 40)
    query = torch.tensor([1, 0, 0]).expand(*shape, 3).byte()
    right_key = torch.tensor([0, 0, 0]).expand(*shape, 3)  # 1 for each pixel
    wrong_key = torch.tensor([0, 2, 0]).expand(*shape, 3)  # 5 for each pixel
    key = torch.cat([right_key, wrong_key], dim=2).byte()
    right = corners(shape, patch).short()
    wrong = right.clone()
    wrong[..., 2] = 40
    patches = right[..., 0].numel()
    with counted() as tally:
        cpu.nearest(query, key, patch, None, (right, wrong), 0, lambda: None, 0)
    assert tally.distances == 2 * patches
    assert tally.elements == (5 + 1) * 3 * 5 * 3 * patches


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
