"""Going on: the frames given stay to the bit, and the join is no jump."""

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.pyramid import resize
from vgpnn.tasks import going_on
from vgpnn.tasks.finishing import finish_in_full

FAST = vgpnn.preset("go_on", "fast")


def swinging(frames=16, size=(40, 48)) -> torch.Tensor:
    """A texture that swings from side to side, every 8 frames once."""
    wide = drifting_texture((1, size[0], size[1] + 12), 5)[0]
    offsets = [
        round(6 + 5 * torch.sin(torch.tensor(k * torch.pi / 4)).item()) for k in range(frames)
    ]
    return torch.stack([wide[:, x : x + size[1]] for x in offsets])


def test_the_frames_given_stay_and_the_motion_goes_on():
    codes = swinging()
    result = vgpnn.go_on(codes, longer=0.5, settings=FAST)
    assert result.video.shape == (24, 40, 48) and result.corner == (0, 0, 0)
    assert torch.equal(result.video.codes[:16], codes)
    assert torch.equal(result.source_map[:16], vgpnn.source_map.identity((16, 40, 48)))
    steps = result.video.codes.float().diff(dim=0).abs().mean((1, 2, 3))
    assert steps[15] < 1.1 * steps[:15].max()
    assert 0.7 < steps[16:].mean() / steps[:15].mean() < 1.3


def test_a_seed_gives_the_same_bytes():
    first, second = (vgpnn.go_on(swinging(10), seed=1, settings=FAST) for _ in range(2))
    assert torch.equal(first.video.codes, second.video.codes)


def test_at_full_size_the_frames_given_stay_too():
    full = vgpnn.Video(swinging(16, (80, 96)), 20)
    small = vgpnn.Video(resize(full.codes[::2].contiguous(), (8, 40, 48)), 10)
    result = vgpnn.go_on(small, longer=0.5, settings=FAST)
    finished = finish_in_full(result, full)
    assert finished.shape == (24, 80, 96)
    assert torch.equal(finished.codes[:16], full.codes)


def test_it_jumps_to_where_the_end_fits_and_half_a_clip_is_left():
    frames = going_on.frames_after(swinging(17), 12)
    assert frames[0] % 8 == 1  # the swing goes on: frame 17 is like frames 1 and 9
    assert frames[0] <= 17 - 8
    assert [b - a for a, b in zip(frames, frames[1:])].count(1) >= 10


def test_a_clip_of_a_frame_or_two_goes_on_with_its_last_one():
    assert going_on.frames_after(swinging(2), 2) == [1, 1]
    assert vgpnn.go_on(swinging(3), longer=1.0, settings=FAST).video.shape == (6, 40, 48)


@pytest.mark.parametrize("longer", [0, 1.1, "half"])
def test_another_length_is_refused(longer):
    with pytest.raises(ValueError, match="longer"):
        vgpnn.go_on(swinging(6), longer=longer)
