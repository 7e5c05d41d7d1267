"""Shapes turn into each other without breaking."""

import time

import cv2
import numpy as np
import pytest

from vgpnn.tasks import morph


def square(y, x, side=6, shape=(40, 56)):
    drawn = np.zeros(shape, bool)
    drawn[y : y + side, x : x + side] = True
    return drawn


def pieces(shape):
    """The number of connected pieces of a shape."""
    return cv2.connectedComponents(shape.astype(np.uint8))[0] - 1  # the background is none


def centre(shape):
    return np.argwhere(shape).mean(0)


def test_a_morph_begins_and_ends_with_its_shapes():
    start, end = square(4, 4), square(24, 36)
    way = morph.Morph(start, end)
    assert np.array_equal(way.at(0), start) and np.array_equal(way.at(1), end)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_a_shape_that_only_moves_keeps_its_size(share):
    start, end = square(4, 4), square(24, 36)
    between = morph.Morph(start, end).at(share)
    assert between.dtype == bool and between.sum() == pytest.approx(36, abs=8)
    expected = centre(start) + share * (centre(end) - centre(start))
    assert np.abs(centre(between) - expected).max() < 1


def test_a_shape_that_fills_the_picture_shrinks_to_another():
    full, end = np.ones((40, 56), bool), square(24, 36)
    assert morph.Morph(full, full).at(0.5).all()
    sizes = [morph.Morph(full, end).at(share).sum() for share in (0, 0.3, 0.6, 0.9, 0.97, 1)]
    assert sizes == sorted(sizes, reverse=True) and sizes[-2] < full.size
    assert morph.Morph(end, full).at(0.03).sum() == sizes[-2]


def test_beside_an_empty_shape_the_other_stays():
    shape, empty = square(4, 4), np.zeros((40, 56), bool)
    assert np.array_equal(morph.Morph(shape, empty).at(0.5), shape)
    assert np.array_equal(morph.Morph(empty, shape).at(0.5), shape)
    assert not morph.Morph(empty, empty).at(0.5).any()


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_thin_strokes_stay_in_one_piece(share):
    """Between two strokes in other places there is one stroke of about their length."""
    drawn = np.zeros((2, 60, 100), np.uint8)
    cv2.line(drawn[0], (10, 10), (10, 50), 1, 3)
    cv2.line(drawn[1], (60, 15), (85, 50), 1, 3)
    between = morph.Morph(*(drawn > 0)).at(share)
    assert pieces(between) == 1
    assert 0.5 < between.sum() / drawn[0].sum() < 1.6


@pytest.mark.parametrize("place", [200, 203, 207])
def test_a_thin_stroke_beside_a_large_shape_moves_whole(place):
    drawn = np.zeros((2, 160, 260), np.uint8)
    for k in range(2):
        cv2.rectangle(drawn[k], (20 + 10 * k, 20), (120 + 10 * k, 120), 1, -1)
        cv2.line(drawn[k], (place + 10 * k, 20), (place + 10 * k, 140), 1, 2)
    between = morph.Morph(*(drawn > 0)).at(0.5)
    line, block = between[:, 180:].sum(), between[:, :180].sum()
    assert 0.8 < line / drawn[0, :, 180:].sum() < 1.4
    assert 0.9 < block / drawn[0, :, :180].sum() < 1.1
    assert pieces(between) == 2


def test_the_number_of_paired_points_is_bounded():
    """A nearly full frame turns into a bar: the time grows with the cube of the points."""
    full, bar = np.ones((240, 426), bool), np.zeros((240, 426), bool)
    bar[100:103] = True
    way = morph.Morph(full, bar)
    assert 0 < len(way.start_discs) == len(way.end_discs) <= morph.POINTS
    assert way.at(0.5).sum() > bar.sum()


@pytest.mark.parametrize("count", [501, 5000])
def test_many_separate_dots_are_paired_at_once(count):
    """There is at least one disc for each of them, however coarse the grid is."""
    dots = np.zeros((720, 1280), bool)
    dots[:: 720 // 60, :: 1280 // 100] = True
    dots &= dots.cumsum().reshape(dots.shape) <= count
    assert dots.sum() == count
    began = time.thread_time()
    way = morph.Morph(dots, np.roll(dots, 3, 1))
    assert time.thread_time() - began < 1
    assert len(way.start_discs) == len(way.end_discs) == morph.KEPT_PIECES
    assert way.at(0.5).sum() >= morph.KEPT_PIECES and np.array_equal(way.at(0), dots)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_noise_is_paired_within_bounds(share):
    noise = np.random.default_rng(0).random((2, 360, 640)) < share
    way = morph.Morph(*noise)
    assert 0 < len(way.start_discs) == len(way.end_discs) <= morph.POINTS


def test_of_too_many_pieces_the_thickest_are_seen_on_the_way():
    shape = np.zeros((200, 400), bool)
    shape[::5, ::5] = True  # 3200 dots
    shape[:, 300:] = False
    shape[50:150, 320:380] = True
    between = morph.Morph(shape, np.roll(shape, 1, 0)).at(0.5)
    assert between[50:150, 320:380].mean() > 0.9


def test_a_checkpoint_can_end_the_pairing():
    class Enough(Exception):
        pass

    def checkpoint():
        raise Enough

    with pytest.raises(Enough):
        morph.Morph(square(4, 4), square(24, 36), checkpoint)


def test_a_count_that_is_not_needed_exactly_is_never_too_small():
    noise = np.random.default_rng(1).random((60, 80)) < 0.6
    pieces = morph.Pieces(noise)
    for coarseness in (1.0, 1.5, 8.0, 60.0):
        exact = len(pieces.discs(coarseness))
        for enough in (1, exact - 1, exact, exact + 1):
            count = pieces.count_up_to(coarseness, enough)
            assert count == exact if exact <= enough else enough < count <= exact


def test_discs_fill_a_shape_and_do_not_leave_it():
    shape = square(4, 6, side=20)
    drawn = np.zeros(shape.shape, np.uint8)
    for y, x, radius in morph.Pieces(shape).discs():
        assert shape[int(y), int(x)]
        cv2.circle(drawn, (int(x), int(y)), int(radius), 1, cv2.FILLED)
    assert not (drawn.astype(bool) & ~shape).any()
    assert drawn.sum() > 0.9 * shape.sum()
    pieces = morph.Pieces(shape)
    assert len(pieces.discs(3.0)) < len(pieces.discs())
