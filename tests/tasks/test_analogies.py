"""Dynamic structure, analogies and sketches."""

from fractions import Fraction

import pytest
import torch

import vgpnn
from vgpnn import tasks
from vgpnn.presets import PRESETS
from vgpnn.tasks import structure


def scene(shape, right, seed):
    """Noise that runs to the left on one half; the other half stands still."""
    frames, height, width = shape
    generator = torch.Generator().manual_seed(seed)
    still = torch.rand(height, width, 3, generator=generator)
    running = torch.rand(height, width + 2 * frames, 3, generator=generator)
    moving = torch.zeros(height, width, 1, dtype=torch.bool)
    moving[:, width // 2 :] = right
    moving[:, : width // 2] = not right
    soft = torch.nn.functional.avg_pool2d
    blur = lambda x: soft(x.permute(2, 0, 1)[None], 3, 1, 1)[0].permute(1, 2, 0)  # noqa: E731
    still, running = blur(still) * 0.4, 0.6 + blur(running) * 0.4
    video = [running[:, 2 * k : 2 * k + width].where(moving, still) for k in range(frames)]
    return torch.stack(video) * 2 - 1


def test_structure_is_high_where_things_move():
    video = scene((6, 48, 64), True, 0)
    found = structure.dynamic_structure(video, PRESETS["analogy"])
    assert found.shape == (6, 48, 64, 1) and found.min() >= 0 and found.max() == 1
    assert found[:, :, 40:].mean() > 0.6 > 0.4 > found[:, :, :24].mean()


def test_bins_are_k_means_ranks():
    amount = torch.tensor([0.0, 0.1, 0.05, 5.0, 5.1, 9.0, 9.1]).view(-1, 1)
    assert structure.k_means_rank(amount, 3).flatten().tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_a_few_wild_values_do_not_take_the_bins():
    amount = torch.linspace(0, 3, 20_000).view(-1, 1)
    amount[:10] = 60
    count = torch.bincount(structure.k_means_rank(amount, 5).flatten().long())
    assert len(count) == 5 and count.min() > 2000


def test_bins_do_not_depend_on_speed():
    """Two clips of which one moves twice as fast have the same quantised structure."""
    amount = structure.flow_magnitude(scene((5, 48, 64), True, 0))
    assert torch.equal(structure.k_means_rank(amount, 4), structure.k_means_rank(amount * 2, 4))


def lively(shape, fast, slow):
    """Noise of equal looks that runs `fast` px a frame on the right, `slow` on the left."""
    frames, height, width = shape
    generator = torch.Generator().manual_seed(0)
    texture = torch.rand(height, 2 * width, 3, generator=generator)
    soft = torch.nn.functional.avg_pool2d(texture.permute(2, 0, 1)[None], 3, 1, 1)[0]
    soft = soft.permute(1, 2, 0) * 2 - 1
    half = width // 2
    sides = [
        torch.cat([soft[:, s * k : s * k + half] for s in (slow, fast)], 1) for k in range(frames)
    ]
    return torch.stack(sides)


def test_only_bins_bring_clips_of_different_speeds_together():
    """The ablation of section 4.2: bins correspond by rank, plain magnitudes do not."""
    even, uneven = lively((6, 64, 96), 2, 1), lively((6, 64, 96), 6, 1)

    def sides(video, kind):
        settings = PRESETS["analogy"].with_changes(structure=kind, bins=3)
        found = structure.dynamic_structure(video, settings)
        return torch.stack([found[:, 8:-8, 8:36].median(), found[:, 8:-8, 60:-8].median()])

    assert torch.equal(sides(even, "quantised"), sides(uneven, "quantised"))
    apart = sides(even, "magnitude") - sides(uneven, "magnitude")
    assert apart[0] > 0.1


def test_colours_alone_follow_the_colours_of_the_layout():
    """The other ablation: what is bright in the layout is bright in the result, moving or not."""
    layout, style = scene((5, 48, 64), True, 0), scene((5, 48, 64), True, 1)
    still = layout[:1].repeat(5, 1, 1, 1)
    result = tasks.analogy(still, style, structure="colours").video.frames
    assert result[:, :, 40:].mean() > result[:, :, :24].mean() + 0.3
    with pytest.raises(ValueError, match="Nothing moves"):
        tasks.analogy(still, style, structure="quantised")


@pytest.mark.parametrize("right", [True, False])
def test_the_style_appears_where_the_layout_moves(right):
    layout, style = scene((5, 48, 64), right, 0), scene((5, 48, 64), True, 1)
    result = tasks.analogy(layout, style).video.frames
    assert result.shape == layout.shape
    left, other = result[:, :, :24].mean(), result[:, :, 40:].mean()
    assert (other > left + 0.3) if right else (left > other + 0.3)  # what moves is bright


def test_a_clip_in_its_own_style_keeps_its_look():
    clip = scene((5, 48, 64), True, 0)
    result = tasks.analogy(clip, clip).video.frames
    assert (result.mean((0, 1)) - clip.mean((0, 1))).abs().mean() < 0.15
    assert 0.8 < gradient(result) / gradient(clip) < 1.2  # as sharp as the style
    moving = slice(36, 60)
    assert (result[:, 8:40, moving].mean((0, 1, 3)) > 0.1).all()  # what moves, in its place


def gradient(video):
    return (video[:, :, 1:] - video[:, :, :-1]).square().mean()


def test_what_moves_keeps_its_own_speed_whatever_the_frame_rate():
    """Frames are compared with frames; the result has the rate of the layout."""
    layout, style = scene((5, 48, 64), True, 0), scene((5, 48, 64), True, 1)
    videos = vgpnn.Video(layout, Fraction(12)), vgpnn.Video(style, Fraction(30))
    result = tasks.analogy(*videos)
    assert result.video.fps == 12
    assert torch.equal(result.video.frames, tasks.analogy(layout, style).video.frames)


def test_sizes_and_lengths_may_differ():
    layout, style = scene((4, 40, 66), True, 0), scene((7, 60, 52), True, 1)
    result = tasks.analogy(layout, style)
    assert result.video.frames.shape == layout.shape
    assert result.source == (7, 60, 52)
    assert (result.source_map.amax((0, 1, 2)) < torch.tensor(result.source)).all()


def test_strokes_of_a_sketch_are_filled_with_what_moves():
    sketch = torch.ones(5, 60, 60, 3)
    for k in range(5):
        sketch[k, 8:52, 20 + k : 38 + k] = -1
    result = tasks.analogy(sketch, scene((5, 60, 72), True, 0), sketch=True).video.frames
    assert result.shape == sketch.shape
    assert result[:, 20:40, 26:34].mean() > result[:, :, 50:].mean() + 0.3


def test_strokes_may_be_dark_or_light():
    sketch = torch.ones(4, 20, 20, 3)
    sketch[:, 5:12, 5:12] = -1
    assert torch.equal(structure.strokes(sketch), structure.strokes(-sketch))


STILL = torch.rand(1, 40, 40, 3, generator=torch.Generator().manual_seed(0)).expand(4, 40, 40, 3)


def test_what_cannot_be_done_is_one_sentence():
    moving = scene((4, 40, 40), True, 0)
    with pytest.raises(ValueError, match="Nothing moves in the layout"):
        tasks.analogy(STILL.contiguous(), moving)
    with pytest.raises(ValueError, match="Nothing moves"):
        tasks.analogy(moving[:1], moving)
    with pytest.raises(ValueError, match="Nothing moves in the style"):
        tasks.analogy(moving, STILL.contiguous())
    pan = lively((4, 48, 128), 2, 2)[:, :, :64]
    with pytest.raises(ValueError, match="layout moves alike"):
        tasks.analogy(pan, moving)
    with pytest.raises(ValueError, match="smaller than a patch"):
        tasks.analogy(moving, moving[:2])
    with pytest.raises(ValueError, match="no stroke"):
        tasks.analogy(torch.ones(4, 40, 40, 3), moving, sketch=True)
    with pytest.raises(ValueError, match="bins must be"):
        PRESETS["analogy"].with_changes(bins=1)
    with pytest.raises(ValueError, match="structure must be one of 'quantised'"):
        PRESETS["analogy"].with_changes(structure="plain")
