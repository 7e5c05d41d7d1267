"""A clip that goes on: windows that join without a seam, and frames that are not kept."""

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.sentences import is_one_sentence

from vgpnn.presets import PRESETS
from vgpnn.tasks import playing
from vgpnn.video import as_video

SHAPE = (10, 20, 26)
FASTEST = PRESETS["retarget"].with_changes(
    passes=1, coarsest_passes=1, space_factor=0.7, time_factor=0.7
)


@pytest.fixture(scope="module")
def clip():
    return as_video(drifting_texture(SHAPE, 0))


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(playing, "WINDOW", 12)
    monkeypatch.setattr(playing, "OVERLAP", 4)


def changes(codes):
    codes = codes.float()
    return (codes[1:] - codes[:-1]).abs().mean((1, 2, 3))


@pytest.mark.parametrize("frames", [10, 12, 13, 20, 33])
def test_there_are_as_many_frames_as_wanted(clip, frames):
    played = playing.play(clip, frames, settings=FASTEST)
    parts = list(played.parts())
    assert played.shape == (frames, *SHAPE[1:]) and sum(map(len, parts)) == frames
    assert all(part.dtype == torch.uint8 and part.shape[1:] == (*SHAPE[1:], 3) for part in parts)
    assert max(map(len, parts)) <= 12  # no more than a window is there at once


def test_windows_join_as_smoothly_as_the_clip_plays(clip):
    played = playing.play(clip, 40, settings=FASTEST)
    lengths = [len(part) for part in played.parts()]
    change = changes(torch.cat(list(played.parts())))
    at_joins = [change[sum(lengths[:number]) - 1] for number in range(1, len(lengths))]
    assert torch.stack(at_joins).mean() <= 1.2 * change.mean()


def test_a_seed_gives_the_same_frames_and_another_one_others(clip):
    def played(seed):
        return torch.cat(list(playing.play(clip, 26, seed, settings=FASTEST).parts()))

    one = played(1)
    assert torch.equal(one, played(1))
    assert (one != played(2)).float().mean() > 0.2


def test_no_window_of_it_repeats_another_one(clip):
    """Any six frames are farther from any other six than copies are (0.35 steps of the clip)."""
    codes = torch.cat(list(playing.play(clip, 60, settings=FASTEST).parts())).float()
    apart = (codes[:, None] - codes).abs().mean((2, 3, 4))
    windows = torch.stack(
        [apart.diagonal(shift).unfold(0, 6, 1).mean(1).min() for shift in range(6, 54)]
    )
    assert windows.min() > 0.35 * changes(clip.codes).mean()


def test_each_pixel_changes_over_where_windows_are_alike():
    before = torch.zeros(5, 8, 9, 3, dtype=torch.uint8)
    after = torch.full_like(before, 200)
    after[2, :, :4] = after[3, :, 5:] = 0  # frames at which they agree
    found = playing.joined(before, after)
    assert (found[:3, :, 0] == 0).all() and (found[3:, :, 0] == 200).all()
    assert (found[:4, :, -1] == 0).all() and (found[4, :, -1] == 200).all()


@pytest.mark.parametrize("frames", [9, 1.5, 10**6, "many"])
def test_a_bad_length_is_one_sentence(clip, frames):
    with pytest.raises(ValueError) as error:
        playing.play(clip, frames, settings=FASTEST)
    assert is_one_sentence(error.value, "The number of frames must be")


def test_a_clip_that_is_too_long_is_refused():
    with pytest.raises(ValueError) as error:
        playing.play(torch.zeros(97, 8, 9, 3, dtype=torch.uint8), 200)
    assert is_one_sentence(error.value, "The clip has 97 frames")
