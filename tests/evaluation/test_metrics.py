"""Quality figures compared with closed forms, with brute force, and by their properties."""

import math

import pytest
import torch
from helpers.textures import generator, texture

import vgpnn
from vgpnn.evaluation import metrics
from vgpnn.patches import unfold

GREY = torch.zeros(4, 48, 48, 3)


def moving(step, frames=5, height=48, width=64):
    """A texture that moves `step` px to the right per frame."""
    wide = texture((1, height, width + 30), seed=1)[0]
    return torch.stack([wide[:, 20 - step * k :][:, :width] for k in range(frames)])


@pytest.mark.parametrize("stride", [1, 2])
def test_nearest_patches_are_those_of_brute_force(stride, monkeypatch):
    monkeypatch.setattr(metrics, "CHUNK_PATCHES", 70)  # several chunks a frame, the last not full
    video, other = texture(seed=0), texture((4, 15, 17), seed=1)
    rows = unfold(other, metrics.PATCH)
    t, h, w = (n - p + 1 for n, p in zip(video.shape, metrics.PATCH))
    keys = unfold(video, metrics.PATCH).reshape(t, h, w, -1)[:, ::stride, ::stride].flatten(0, 2)
    expected = torch.cdist(rows.double(), keys.double()).amin(1).square().mean() / rows.shape[1]
    mean = metrics.mean_nearest_distance(rows, video, stride)
    assert mean == pytest.approx(expected.item(), rel=1e-4)


def test_two_colours_differ_by_the_square_of_their_difference():
    dark, light = (torch.full((4, 32, 32, 3), value / 127.5 - 1) for value in (100, 151))
    figures = metrics.patch_figures(dark, light)
    step = 51 / 127.5
    for name in ("coherence", "completeness"):
        assert figures[name] == pytest.approx(1e4 * step**2, rel=1e-3)
    # The sum of the elements of a random unit vector is nearly normal: this is its mean size.
    assert figures["swd"] == pytest.approx(1e2 * step * math.sqrt(2 / math.pi), rel=0.12)


def test_a_part_of_the_source_is_coherent_and_not_complete():
    source = texture((5, 24, 60))
    part = source[:, :, :30]
    figures, turned = metrics.patch_figures(source, part), metrics.patch_figures(part, source)
    assert figures["coherence"] < 0.4 * figures["completeness"]
    assert turned["completeness"] == pytest.approx(figures["coherence"], rel=0.1)
    assert turned["coherence"] == pytest.approx(figures["completeness"], rel=0.1)
    assert metrics.patch_figures(part, part)["coherence"] < figures["coherence"] + 1


def test_a_tensor_and_a_video_have_the_same_figures():
    source, generated = texture(), texture(seed=1)
    as_videos = metrics.patch_figures(vgpnn.Video(source, 12), vgpnn.Video(generated, 12))
    assert metrics.patch_figures(source, generated) == as_videos


RECORDED = {
    "coherence": 2655.84,
    "completeness": 2667.76,
    "swd": 14.9157,
    "sharp": 0.999394,
    "motion": 0.954897,
    "diversity": 0.919586,
}


def test_figures_are_those_that_were_recorded():
    """Numbers of the first script that measured results: later figures can be compared with it."""
    figures = metrics.patch_figures(texture(), texture(seed=1))
    figures["sharp"] = metrics.sharpness(texture(), texture(seed=1))
    figures["motion"] = metrics.motion(texture(), texture(seed=1))
    figures["diversity"] = metrics.diversity(texture(), [texture(seed=k) for k in (1, 2, 3)])
    assert figures == pytest.approx(RECORDED, rel=1e-3)


def test_sliced_wasserstein_of_two_gaussians():
    """For N(0, 1) and N(0, s) along every axis it is (s - 1) E|z|, where z is N(0, 1)."""
    a, b = torch.randn(2, 4000, 20, generator=generator()).unbind()
    distance = metrics.sliced_wasserstein(a, 3 * b, generator())
    assert distance == pytest.approx(2 * math.sqrt(2 / math.pi), rel=0.05)
    assert metrics.sliced_wasserstein(3 * b, a, generator()) == pytest.approx(distance)
    assert metrics.sliced_wasserstein(a, a.flip(0), generator()) == 0


def test_sliced_wasserstein_leaves_out_the_last_rows_of_the_longer_tensor():
    a, b = torch.randn(2, 100, 20, generator=generator()).unbind()
    assert metrics.sliced_wasserstein(a, torch.cat([a, 9 + b]), generator()) == 0


def test_drawn_patches_lie_in_the_video():
    video = texture((4, 10, 9))
    rows = {tuple(row.tolist()) for row in unfold(video, metrics.PATCH)}
    drawn = metrics.draw_patches(video, 1000, generator())
    assert drawn.shape == (2 * 4 * 3, 441) and {tuple(row.tolist()) for row in drawn} <= rows
    codes = vgpnn.Video(video, 12).codes
    assert torch.allclose(metrics.draw_patches(codes, 1000, generator()), drawn, atol=0.004)


def test_sharpness_and_motion_follow_contrast_and_pace():
    source = texture()
    assert metrics.sharpness(source, source / 2) == pytest.approx(0.25, rel=0.02)
    assert metrics.motion(source, source / 2) == pytest.approx(0.5, rel=0.02)
    assert metrics.motion(source, source.flip(0)) == pytest.approx(1)
    assert metrics.motion(source, source[:1].expand(5, -1, -1, -1)) == 0
    ramp = torch.linspace(-1, 1, 11)[:, None, None, None].expand(11, 8, 8, 3)
    assert metrics.motion(ramp, ramp[::2]) == pytest.approx(2, rel=0.01)
    wide = torch.linspace(-1, 1, 16)[None, None, :, None].expand(3, 16, 16, 3)
    both = (wide + wide.transpose(1, 2)) / 2  # half the slope, along two axes
    assert metrics.sharpness(wide, both) == pytest.approx(0.5, rel=0.02)


def test_flow_is_in_steps_of_the_source():
    assert metrics.flow_ratio(moving(1), moving(2)) == pytest.approx(2, rel=0.15)
    assert metrics.flow_ratio(moving(2), moving(0)) == pytest.approx(0, abs=0.02)


def test_diversity_of_plain_and_of_random_samples():
    source, same = texture(), texture(seed=1)
    assert metrics.diversity(source, [same, same]) == 0
    levels = [torch.full((3, 8, 8, 3), code / 127.5 - 1) for code in (50, 100, 150)]
    half = torch.cat([levels[0][:, :, :4], levels[2][:, :, 4:]], 2)
    spread = 50 * math.sqrt(192 / 191)  # of the voxels of a source that is half dark, half light
    assert metrics.diversity(half, levels) == pytest.approx(50 / spread, rel=1e-4)
    assert metrics.diversity(half, levels[:2]) == pytest.approx(50 / 2**0.5 / spread, rel=1e-4)
    noise = [torch.rand(3, 20, 20, 3, generator=generator(k)) * 2 - 1 for k in range(9)]
    assert metrics.diversity(noise[0], noise[1:]) == pytest.approx(0.965, abs=0.02)  # c4 of 8


WRONG_INPUTS = {
    "one sample": (metrics.diversity, (GREY, [GREY]), "give another"),
    "two sizes": (metrics.diversity, (GREY, [GREY, GREY[1:]]), "3 x 48 x 48 and 4 x 48 x 48"),
    "one colour": (metrics.diversity, (GREY, [GREY, GREY]), "one colour"),
    "short": (metrics.patch_figures, (GREY, GREY[:2]), "2 x 48 x 48 is smaller than a patch"),
    "narrow": (metrics.patch_figures, (GREY[:, :, :6], GREY), "4 x 48 x 6 is smaller"),
    "no edges": (metrics.sharpness, (GREY, GREY), "texture"),
    "no change": (metrics.motion, (GREY, GREY), "motion"),
    "no flow": (metrics.flow_ratio, (GREY, GREY), "motion"),
}


@pytest.mark.parametrize("name", WRONG_INPUTS)
def test_errors_are_one_sentence(name):
    function, inputs, reason = WRONG_INPUTS[name]
    with pytest.raises(ValueError, match=reason) as error:
        function(*inputs)
    assert str(error.value).endswith(".") and ". " not in str(error.value)
