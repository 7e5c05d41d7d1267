"""Level shapes and resampling."""

import pytest
import torch
from helpers.sentences import is_one_sentence

from vgpnn import pyramid
from vgpnn.pyramid import COARSEST_VOXELS, adapted_settings, level_shapes, resize, scales
from vgpnn.settings import Settings


@pytest.mark.parametrize(
    "shape", [(13, 144, 256), (8, 168, 298), (30, 240, 100), (3, 15, 15)], ids=str
)
def test_levels_end_at_the_minimum_and_at_the_input(shape):
    levels = [shape for shape, _ in level_shapes(shape, shape, Settings())]
    assert levels[-1] == shape
    assert levels[0][0] == 3 and min(levels[0][1:]) == 15
    for coarse, fine in zip(levels, levels[1:]):
        assert all(c <= f for c, f in zip(coarse, fine)) and coarse != fine


def test_a_dimension_at_its_minimum_stays_there():
    levels = [scale.apply((4, 480, 640)) for scale in scales((4, 480, 640), Settings())]
    assert [t for t, _, _ in levels[:10]] == [3] * 10


def test_factor_per_level():
    levels = scales((100, 1000, 1000), Settings())
    assert levels[-2].space == pytest.approx(0.82) and levels[-2].time == pytest.approx(0.87)


@pytest.mark.parametrize("shape", [(3, 20, 31), (7, 9, 11), (20, 40, 62)], ids=str)
def test_resize_keeps_constants(shape):
    video = torch.full((5, 20, 31, 3), 0.25)
    assert torch.allclose(resize(video, shape), torch.tensor(0.25), atol=1e-5)
    assert resize(video, shape).shape == (*shape, 3)


def test_resize_to_the_same_shape_is_the_identity():
    video = torch.rand(4, 8, 9, 3)
    assert torch.equal(resize(video, (4, 8, 9)), video)


@pytest.mark.parametrize("axis", [0, 1, 2], ids=["time", "height", "width"])
def test_shrinking_is_antialiased(axis):
    """The finest checkerboard becomes grey rather than a coarse alias of itself."""
    n = [24, 24, 24]
    along = [1, 1, 1, 1]
    along[axis] = 24
    video = (torch.arange(24) % 2 * 2.0 - 1).view(along).expand(*n, 3).contiguous()
    shape = list(n)
    shape[axis] = 7
    inner = resize(video, tuple(shape)).narrow(axis, 1, 5)
    assert inner.abs().max() < 0.1


def test_time_is_resampled_without_mixing_space():
    video = torch.rand(1, 6, 7, 3).expand(9, 6, 7, 3).contiguous()
    assert torch.allclose(resize(video, (4, 6, 7)), video[:4], atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 20, 31), (7, 9, 11), (20, 40, 62)], ids=str)
def test_codes_are_resampled_as_values_are(shape, monkeypatch):
    """Codes that shrink are rounded once, those that grow by axis; slabs do not show."""
    smooth = resize(torch.rand(3, 5, 7, 3, generator=torch.Generator().manual_seed(0)), (5, 20, 31))
    video = (smooth * 120 + 60).clamp(40, 210).to(torch.uint8)
    found = resize(video, shape)
    apart = found - resize(video.float(), shape).clamp(0, 255)
    assert apart.abs().max() <= (0.501 if shape[1] <= 20 else 2)
    monkeypatch.setattr(pyramid, "SLAB_ELEMENTS", 1000)
    assert torch.equal(resize(video, shape), found)


def test_a_large_enough_clip_keeps_the_settings():
    assert adapted_settings(Settings(), (13, 144, 256)) == (Settings(), ())


def test_a_small_clip_has_a_notice_for_each_thing_that_was_changed():
    adapted, notices = adapted_settings(Settings(), (2, 9, 30))
    assert adapted == Settings(min_frames=2, min_side=9, patch=(2, 4, 4), large_patch=(2, 4, 4))
    assert notices == (
        "The clip has only 2 frames: a longer one keeps its motion better.",
        "The clip is only 9 px on its smaller side: a larger one works better.",
        "Patches are 2 x 4 x 4 (frames x height x width), to fit the coarsest level.",
    )


def test_a_clip_of_one_voxel_can_be_used():
    adapted, notices = adapted_settings(Settings(), (1, 1, 1))
    assert adapted.patch == (1, 1, 1) and adapted.min_side == adapted.min_frames == 1
    assert notices[0] == "The clip has only 1 frame: a longer one keeps its motion better."
    assert all(is_one_sentence(notice) for notice in notices)


@pytest.mark.parametrize(
    ("settings", "patch", "count"),
    [
        (Settings(patch=(3, 11, 9)), (3, 11, 9), 0),
        (Settings(min_side=8, patch=(3, 11, 7)), (3, 8, 7), 1),
    ],
    ids=["fits", "is cut"],
)
def test_patches_fit_the_coarsest_level(settings, patch, count):
    adapted, notices = adapted_settings(settings, (13, 144, 256))
    assert adapted.patch == patch and len(notices) == count


def test_the_coarsest_level_stays_small_enough_for_exact_search():
    adapted, notices = adapted_settings(Settings(min_side=60, min_frames=20), (40, 720, 1280))
    frames, side = adapted.min_frames, adapted.min_side
    assert frames == 20 and frames * side * side * 1280 / 720 <= COARSEST_VOXELS
    assert frames * (side + 1) ** 2 * 1280 / 720 > COARSEST_VOXELS  # it is no smaller than needed
    assert notices == (f"The coarsest level is {side} px on its smaller side, the most it may.",)


def test_the_coarsest_level_is_at_least_as_large_as_a_patch():
    settings = Settings(min_side=60, min_frames=100, patch=(3, 15, 15))
    adapted, _ = adapted_settings(settings, (100, 90, 900))
    assert adapted.min_side == 15 and adapted.patch == (3, 15, 15)
