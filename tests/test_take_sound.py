"""Which sound takes have, and that what cannot be read is said."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from helpers.clips import clip
from helpers.sounds import Track, click_times, clicks, flashes, write_clip

import vgpnn
from vgpnn import sound, source_map, take_sound
from vgpnn.decoding.messages import UnfinishedError
from vgpnn.limits import LIMITS
from vgpnn.sound import RATE
from vgpnn.take_sound import TakeSounds, changes_time


def result(frames: int, source_frames: int) -> vgpnn.Result:
    """A result of the last frames of its source, at 24 frames per second."""
    places = source_map.identity((frames, 16, 24))
    places[..., 0] += source_frames - frames
    made = vgpnn.Video(clip(frames, 16, 24).codes, Fraction(24))
    return vgpnn.Result(made, places, (source_frames, 16, 24), vgpnn.Settings(), 7, ())


@pytest.fixture
def path(tmp_path):
    return write_clip(tmp_path / "a.mp4", flashes(48, 12), 24, Track(clicks(2, 0.5)))


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({}, False),
        ({"width_scale": 0.5, "duration_scale": 1.0, "loop": False}, False),
        ({"duration_scale": 0.5}, True),
        ({"loop": True}, True),
    ],
)
def test_only_another_length_and_loops_have_another_time(options, changed):
    assert changes_time(options) is changed


def test_where_time_is_untouched_the_part_is_kept_whatever_the_map_says(path):
    sounds = TakeSounds(path, 0.25, 1.5, is_retimed=False)
    made = sounds.of(0, result(30, 36)).lasting(1.5).samples
    assert click_times(made) == pytest.approx([0.25, 0.75, 1.25], abs=0.01)
    assert sounds.of(1, result(36, 36)) is sounds.of(0)


def test_another_time_is_that_of_the_map(path):
    sounds = TakeSounds(path, 0, 2, is_retimed=True)
    made = sounds.of(0, result(20, 48)).samples
    assert len(made) == round(Fraction(20, 24) * RATE)
    assert click_times(made) == pytest.approx([8 / 24, 20 / 24][:1], abs=0.01)
    assert sounds.of(0) is not None  # it is known by then


def test_the_file_is_read_once_and_only_if_it_is_wanted(path, monkeypatch):
    read, calls = sound.read, []
    monkeypatch.setattr(sound, "read", lambda *a, **k: calls.append(a) or read(*a, **k))
    sounds = TakeSounds(path, 0, 1, is_retimed=False)
    assert calls == []
    for number in range(3):
        assert sounds.of(number, result(24, 24)) is not None
    assert len(calls) == 1
    assert TakeSounds(None, 0, 1, is_retimed=False).of(0, result(24, 24)) is None
    assert len(calls) == 1


def test_sound_that_cannot_be_read_is_said_once_and_takes_have_none(tmp_path):
    sounds = TakeSounds(tmp_path / "gone.mp4", 0, 1, is_retimed=True)
    assert sounds.of(0, result(24, 24)) is None and sounds.of(1, result(24, 24)) is None
    (note,) = sounds.notes
    assert note.startswith("Takes have no sound") and "no such file" in note


def test_whoever_stops_it_stops_it(path):
    class Over(Exception):
        pass

    def checkpoint():
        raise Over

    with pytest.raises(Over):
        TakeSounds(path, 0, 1, is_retimed=False).of(0, result(24, 24), checkpoint)


def test_silence_is_sound(tmp_path):
    track = Track(np.zeros((RATE, 2), np.float32))
    silent = write_clip(tmp_path / "b.mp4", flashes(24, 12), 24, track)
    assert TakeSounds(silent, 0, 1, is_retimed=False).of(0, result(24, 24)) is not None


def test_where_the_machine_was_busy_the_next_take_asks_again(path, monkeypatch):
    read, answers = sound.read, [UnfinishedError("It is busy.")]

    def busy_once(*arguments, **options):
        if answers:
            raise answers.pop()
        return read(*arguments, **options)

    monkeypatch.setattr(sound, "read", busy_once)
    sounds = TakeSounds(path, 0, 1, is_retimed=False)
    assert sounds.of(0, result(24, 24)) is None and len(sounds.notes) == 1
    assert sounds.of(1, result(24, 24)) is not None


def test_the_longest_part_has_its_sound(path, monkeypatch):
    monkeypatch.setattr(take_sound, "LIMITS", replace(LIMITS, sound_seconds=1.0))
    given = []
    monkeypatch.setattr(sound, "read", lambda path, start, seconds, **_: given.append(seconds))
    TakeSounds(path, 0, 1, is_retimed=False).of(0, result(24, 24))
    assert given == [1]
