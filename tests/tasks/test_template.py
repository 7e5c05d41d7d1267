"""A thing is found where a frame looks most like it."""

import numpy as np
import pytest
from helpers.clips import codes

from vgpnn.tasks.template import best_move


@pytest.mark.parametrize("size", [(20, 30), (1, 100), (97, 3)], ids=str)
@pytest.mark.parametrize("move", [(0, 0), (6, -9)], ids=str)
def test_a_moved_picture_is_found(size, move):
    """Also one so long and thin that it would have no pixel at the size at which it is compared."""
    frame = codes((1, 160, 160), 0).numpy()[0].astype(np.float32)
    (x, y), (height, width) = move, size
    box = slice(30, 30 + height), slice(30, 30 + width)
    looks = [frame[30 + y : 30 + y + height, 30 + x : 30 + x + width]]
    weight = np.ones(size, np.float32)
    found, unlike, was, mean = best_move(looks, weight, frame, box, [np.zeros(2)], 16)
    factor = -(-max(size) // 48)
    assert np.abs(found - move).max() <= factor / 2 + (0 if factor == 1 else factor)
    if factor == 1:
        assert unlike < 1e-3 * mean and (was < 1e-3 * mean) == (move == (0, 0))
