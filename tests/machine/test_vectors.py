"""Operations on vectors of bytes against NumPy."""

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from vgpnn.machine import vectors
from vgpnn.machine.vectors import LANES


def random_bytes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, count, np.uint8)


@pytest.mark.parametrize("count", [0, 1, 3, 21, 45, 64, 100])
@pytest.mark.parametrize("constant", [True, False])
def test_bytes_are_copied_and_no_others(count, constant):
    @njit
    def copy(source, target, given):
        vectors.copied(source, 5, target, 9, count if constant else given)

    source, target = random_bytes(120), np.zeros(120, np.uint8)
    copy(source, target, count)
    assert np.array_equal(target[9 : 9 + count], source[5 : 5 + count])
    target[9 : 9 + count] = 0
    assert not target.any()


@pytest.mark.parametrize("row_bytes", [1, 15, 16, 17, 45, 63, 64, 65, 130, 200])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_rows_are_compared(rows, row_bytes):
    @njit
    def compare(query, key):
        return vectors.rows_distance(query, 3, 301, key, 7, 205, rows, row_bytes)

    query, key = random_bytes(1000, 0), random_bytes(1000, 1)
    of_query = [query[3 + 301 * n :][:row_bytes].astype(int) for n in range(rows)]
    of_key = [key[7 + 205 * n :][:row_bytes].astype(int) for n in range(rows)]
    assert compare(query, key) == sum(((a - b) ** 2).sum() for a, b in zip(of_query, of_key))


def test_the_largest_differences_are_compared():
    @njit
    def compare(query, key):
        return vectors.rows_distance(query, 0, 200, key, 0, 200, 3, 200)

    black, white = np.zeros(700, np.uint8), np.full(700, 255, np.uint8)
    assert compare(black, white) == compare(white, black) == 600 * 255**2


@pytest.mark.parametrize(("count", "most"), [(1, 1), (6, 147), (147, 147), (255, 255), (700, 3375)])
def test_codes_of_a_rank_are_found(count, most):
    @njit
    def find(rows, ranks, found):
        vectors.ranked(rows, 3, 70, count, ranks, 2, found, 4, most)

    random = np.random.default_rng(0)
    rows = random_bytes(70 * count + 3)
    ranks = random.integers(1, min(count, 255) + 1, LANES + 2)
    found = np.zeros(LANES + 8, np.uint8)
    find(rows, ranks.astype(np.uint8 if most < 256 else np.uint16), found)
    lanes = np.sort(np.stack([rows[3 + 70 * n :][:LANES] for n in range(count)]), axis=0)
    assert np.array_equal(found[4 : 4 + LANES], lanes[ranks[2:] - 1, np.arange(LANES)])
    assert not found[:4].any() and not found[-4:].any()


def test_an_aligned_index_is_that_of_a_whole_vector():
    @njit
    def index(array):
        return vectors.aligned(array)

    array = np.empty(4 * LANES, np.uint8)
    for first in range(LANES):
        part = array[first:]
        assert 0 <= index(part) < LANES
        assert (part.ctypes.data + index(part)) % LANES == 0


def test_sizes_have_to_be_constant():
    @njit
    def compare(query, key, rows):
        return vectors.rows_distance(query, 0, 8, key, 0, 8, rows, 8)

    with pytest.raises(TypingError):
        compare(random_bytes(99), random_bytes(99), 2)
