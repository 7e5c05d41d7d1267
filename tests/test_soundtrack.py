"""Sound is joined where the time of the source jumps: exactly as long, without a step, in pitch."""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
from helpers.sounds import click_times, clicks, largest_step, pitch, tone

from vgpnn import soundtrack
from vgpnn.sound import RATE, Sound
from vgpnn.soundtrack import FADE, Run, joined, moments_of, runs_of

FPS, SOURCE = Fraction(24), 48  # [frames/s] and frames of a source of two seconds
SHAPE = (6, 8)  # of the maps


def codes(samples: np.ndarray) -> Sound:
    return Sound((samples * (2**15 - 1)).astype(np.int16))


def map_of(moments, noise: float = 0.0) -> torch.Tensor:
    """A source map, (T, H, W, 3), whose frames come from some moments, but for a share of noise."""
    places = torch.zeros((len(moments), *SHAPE, 3), dtype=torch.int16)
    places[..., 0] = torch.tensor(moments, dtype=torch.int16)[:, None, None]
    random = np.random.default_rng(3)
    other = torch.from_numpy(random.random(places.shape[:3]) < noise)
    places[..., 0][other] = torch.from_numpy(random.integers(0, SOURCE, int(other.sum()))).short()
    return places


def sound_of(moments, sound: Sound, circular: bool = False, noise: float = 0.0) -> np.ndarray:
    """(N, channels) in [-1, 1]: the sound of a result of these moments."""
    made = joined(sound, map_of(moments, noise), SOURCE, FPS, circular)
    assert len(made.samples) == round(len(moments) / FPS * RATE)
    return made.samples / 2**15


LONGER = [*range(0, 40), *range(12, 44)]
SHORTER = [*range(0, 14), *range(30, 48)]
# By name: moments, and whether the end leads into the beginning.
TIMES = {
    "longer": (LONGER, False),
    "shorter": (SHORTER, False),
    "loop": ([*range(20, 48), *range(0, 20)], True),
    "longer loop": ([*range(5, 48), *range(3, 30)], True),
}


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_moments_follow_most_voxels(noise):
    assert moments_of(map_of(LONGER, noise), SOURCE, FPS).tolist() == LONGER
    assert moments_of(map_of(SHORTER, noise), SOURCE, FPS).tolist() == SHORTER


def test_a_few_frames_that_differ_are_no_joins():
    moments = [*range(0, 20), 22, 21, *range(22, 40)]
    assert runs_of(moments_of(map_of(moments), SOURCE, FPS)) == [Run(0, 40, 0)]


def test_a_squeezed_time_becomes_runs_that_can_be_heard():
    """Two frames for each one: every frame is a jump, and no run is shorter than 0.1 s."""
    squeezed = [*range(0, SOURCE, 2)]
    moments = moments_of(map_of(squeezed), SOURCE, FPS)
    runs = runs_of(moments)
    assert len(runs) > 1 and min(run.end - run.first for run in runs) / FPS >= 0.1
    assert np.abs(moments - squeezed).max() / FPS <= 0.25


def test_runs_are_cut_where_the_advance_is_not_steady():
    assert runs_of(np.array([4, 5, 6, 6, 7, 2])) == [Run(0, 3, 4), Run(3, 5, 6), Run(5, 6, 2)]


@pytest.mark.parametrize("name", TIMES)
def test_clicks_lie_at_the_frames_that_show_them(name):
    moments, circular = TIMES[name]
    made = sound_of(moments, codes(clicks(2, 0.5)), circular)
    shown = [k / 24 for k, moment in enumerate(moments) if moment % 12 == 0]
    assert click_times(made) == pytest.approx(shown, abs=0.01)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_keeps_its_pitch_and_has_no_step(name, channels):
    moments, circular = TIMES[name]
    given = tone(2, 443, channels)
    made = sound_of(moments, codes(given), circular)
    assert made.shape[1] == channels
    assert pitch(made) == pytest.approx(443, abs=2)
    assert largest_step(made) < 2 * largest_step(given)
    if circular:  # as a player goes on from the end
        assert largest_step(np.concatenate([made[-9:], made[:9]])) < 2 * largest_step(given)


def test_a_plain_cut_would_have_a_step():
    """What the test above finds where pieces are not cross-faded."""
    given = tone(2, 443)
    cut = np.concatenate([given[round(m / 24 * RATE) :][: RATE // 24] for m in LONGER])
    assert largest_step(cut) > 2 * largest_step(given)


def test_between_joins_samples_are_those_of_the_source():
    given = codes(tone(2, 300))
    made = sound_of(LONGER, given) * 2**15
    half = int(FADE * RATE / 2)
    before = round(40 / FPS * RATE) - half
    assert np.array_equal(made[:before], given.samples[:before])
    first, join = round(12 / FPS * RATE), round(40 / FPS * RATE)
    behind = slice(half, round(32 / FPS * RATE))
    assert np.array_equal(made[join:][behind], given.samples[first:][behind])


def test_time_that_only_begins_later_is_not_faded():
    given = codes(tone(2, 300))
    made = sound_of([*range(10, 40)], given) * 2**15
    first = round(10 / FPS * RATE)
    assert np.array_equal(made, given.samples[first : first + len(made)])


def test_runs_of_one_frame_at_a_high_rate_are_joined(monkeypatch):
    """They are shorter than a usual fade."""
    monkeypatch.setattr(soundtrack, "JOIN", Fraction(0))
    fps, moments = Fraction(120), [0, 100, 50, 150, 20]
    made = joined(codes(tone(2, 300)), map_of(moments), 240, fps, True).samples / 2**15
    assert len(made) == 5 * RATE // 120 and np.abs(made).max() < 0.5


def test_nothing_of_moviepy_starts_a_program(monkeypatch):
    import subprocess

    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(a))
    sound_of(LONGER, codes(tone(2, 300)))
    assert "moviepy" in sys.modules and started == []


def test_it_can_be_broken_off():
    class Over(Exception):
        pass

    def checkpoint():
        raise Over

    with pytest.raises(Over):
        joined(codes(tone(2, 300)), map_of(LONGER), SOURCE, FPS, False, checkpoint)
