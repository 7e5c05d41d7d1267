"""The sound of a part, cut to a length or repeated."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from helpers.sounds import Track, click_times, clicks, flashes, write_clip
from helpers.videos import counter, encode, error_of

from vgpnn import sound
from vgpnn.sound import RATE, Sound


def test_a_part_is_read_with_its_sound(tmp_path):
    path = write_clip(tmp_path / "a.mp4", flashes(48, 12), 24, Track(clicks(2, 0.5)))
    read = sound.read(path, 0.75, Fraction(1, 2))
    assert read.samples.shape == (RATE // 2, 2)
    assert click_times(read.samples) == pytest.approx([0.25], abs=0.01)


def test_a_file_without_sound_has_none_and_one_that_is_gone_is_said(tmp_path):
    assert sound.read(encode(tmp_path / "a.mp4", counter(5), 10), 0, 1) is None
    assert "no such file" in error_of(sound.read, tmp_path / "b.mp4", 0, 1)


def test_a_length_is_exact_and_silence_follows():
    samples = np.arange(1, 101, dtype=np.int16)[:, None]
    shorter = Sound(samples).lasting(Fraction(40, RATE)).samples
    longer = Sound(samples).lasting(Fraction(150, RATE)).samples
    assert np.array_equal(shorter, samples[:40]) and longer.dtype == np.int16
    assert np.array_equal(longer[:100], samples) and longer.shape == (150, 1)
    assert not longer[100:].any()


def test_sound_is_repeated_from_its_beginning():
    samples = np.arange(20, dtype=np.int16).reshape(10, 2)
    again = Sound(samples).repeated(Fraction(25, RATE)).samples
    assert np.array_equal(again, np.concatenate([samples, samples, samples[:5]]))


def test_a_loop_that_is_played_longer_begins_again():
    samples = np.arange(1, 101, dtype=np.int16)[:, None]
    longer = Sound(samples, is_loop=True).lasting(Fraction(150, RATE)).samples
    assert (longer[:100] == samples).all() and (longer[100:] == samples[:50]).all()
