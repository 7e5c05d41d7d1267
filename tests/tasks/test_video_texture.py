"""Video textures: regions at their own moments, few and hidden jumps, and seeds that differ."""

import pytest
import torch
from helpers.clips import drifting_texture

from vgpnn.codes import decode
from vgpnn.machine.threads import torch_threads
from vgpnn.tasks import video_texture
from vgpnn.tasks.video_texture import largest_change, mosaic

SHAPE = (14, 16, 22)


@pytest.fixture(scope="module")
def frames():
    return decode(drifting_texture(SHAPE, 0))


def drawn(frames, count, circular, seed=0):
    return video_texture.draw(frames, count, circular, seed)[0]


@pytest.mark.parametrize(("count", "circular"), [(24, False), (14, True), (9, True)], ids=str)
def test_pixels_play_on_but_for_few_jumps(frames, count, circular):
    shown = drawn(frames, count, circular)
    assert shown.shape == (count, *SHAPE[1:]) and shown.min() >= 0 and shown.max() < len(frames)
    following = torch.cat([shown, shown[:1]]) if circular else shown
    jumps = (following[1:] != following[:-1] + 1).float().sum(0)
    assert jumps.mean() <= 2 * count / len(frames) + 1
    # Each jumps at a frame of its own: no frame has the jumps of all.
    at_once = (following[1:] != following[:-1] + 1).flatten(1).float().mean(1).max()
    assert at_once < 0.7


def test_no_frame_is_one_moment_of_the_source(frames):
    shown = drawn(frames, 28, False)
    in_step = [torch.bincount(each).max() / each.numel() for each in shown.flatten(1)]
    assert torch.stack(in_step).mean() < 0.75


def test_a_loop_leads_into_its_start(frames):
    shown = drawn(frames, 14, True)
    played = mosaic(frames, shown)
    steps = (torch.cat([played[1:], played[:1]]) - played).abs().mean((1, 2, 3))
    assert steps[-1] <= 1.3 * steps[:-1].max()


def test_seeds_differ_and_one_seed_is_the_same_on_any_number_of_threads(frames):
    one, other = drawn(frames, 20, False, 1), drawn(frames, 20, False, 2)
    assert (one != other).float().mean() > 0.2
    with torch_threads(1):
        assert torch.equal(one, drawn(frames, 20, False, 1))


def test_where_all_regions_would_show_the_picture_jumps_at_once(frames, monkeypatch):
    assert video_texture.draw(frames, 20, False, 0)[1]
    monkeypatch.setattr(video_texture, "WORST_CHANGE", 0.0)
    shown, has_regions = video_texture.draw(frames, 20, False, 0)
    assert not has_regions
    in_step = [torch.bincount(each).max() / each.numel() for each in shown.flatten(1)]
    assert torch.stack(in_step).mean() > 0.6  # pixels jump at frames of their own all the same


@pytest.mark.parametrize("length", [1, 2, 4])
@pytest.mark.parametrize("circular", [False, True], ids=["open", "loop"])
def test_short_clips_and_still_ones_are_played_too(frames, length, circular):
    for source in (frames[:length], torch.zeros(length, 7, 9, 3)):
        shown = drawn(source, 6, circular)
        assert shown.shape == (6, *source.shape[1:3]) and shown.max() < length


def test_a_mosaic_shows_the_source_and_feathers_its_joins(frames):
    shown = torch.full((2, *SHAPE[1:]), 3)
    shown[:, :, 11:] = 8
    played = mosaic(frames, shown)
    assert torch.allclose(played[0, :, :10], frames[3, :, :10], atol=1e-6)
    assert torch.allclose(played[1, :, 12:], frames[8, :, 12:], atol=1e-6)
    left = played[0, :, 10]
    assert torch.allclose(left, 0.75 * frames[3, :, 10] + 0.25 * frames[8, :, 10], atol=1e-6)


def test_the_largest_change_of_the_source_itself_is_its_own(frames):
    shown = torch.arange(len(frames)).view(-1, 1, 1).expand(SHAPE)
    change, usual = largest_change(frames, shown, circular=False)
    assert change == pytest.approx(usual) and usual >= 1
    assert largest_change(frames, shown, circular=True)[0] > usual  # its end is not its start


def test_drawing_can_be_stopped_all_the_time(frames):
    calls = []
    video_texture.draw(frames, 20, False, 0, lambda: calls.append(0))
    assert len(calls) > 50
