"""Dynamic structure: high where things move, in bins that do not depend on speed."""

from fractions import Fraction

import pytest
import torch
from helpers.scenes import half_moving, moving_strokes, two_speeds
from helpers.sentences import is_one_sentence

from vgpnn.codes import encode
from vgpnn.presets import PRESETS
from vgpnn.tasks import structure
from vgpnn.tasks.flow import flow_magnitude

SHAPE = (5, 48, 64)


def test_structure_is_high_where_things_move():
    video = half_moving((6, 48, 64), True, 0)
    found = structure.dynamic_structure(video, PRESETS["analogy"])
    assert found.shape == (6, 48, 64, 1) and found.min() >= 0 and found.max() == 1
    assert found[:, :, 40:].mean() > 0.6 > 0.4 > found[:, :, :24].mean()


def test_bins_are_k_means_ranks():
    amount = torch.tensor([0.0, 0.1, 0.05, 5.0, 5.1, 9.0, 9.1]).view(-1, 1)
    rank = structure.k_means_rank(amount, 3)
    assert rank.dtype == torch.float32
    assert rank.flatten().tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_empty_clusters_have_no_rank():
    rank = structure.k_means_rank(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), 5)
    assert rank.tolist() == [[0, 0, 1, 1]]


def test_a_few_outliers_do_not_take_the_bins():
    amount = torch.linspace(0, 3, 20_000).view(-1, 1)
    amount[:10] = 60
    count = torch.bincount(structure.k_means_rank(amount, 5).flatten().long())
    assert len(count) == 5 and count.min() > 2000


def test_amounts_without_outliers_lie_between_0_and_1():
    amount = torch.linspace(0, 3, 20_000)
    amount[:10] = 60
    scaled = structure.without_outliers(amount)
    assert scaled.max() == 1 and (scaled[:10] == 1).all()
    assert torch.allclose(scaled[10:], amount[10:] / 3, atol=0.01)
    assert not structure.without_outliers(torch.zeros(5)).any()


def test_bins_do_not_depend_on_speed():
    """A clip that moves twice as fast has the same bins."""
    amount = flow_magnitude(half_moving(SHAPE, True, 0))
    assert torch.equal(structure.k_means_rank(amount, 4), structure.k_means_rank(amount * 2, 4))


def test_only_bins_bring_clips_of_different_speeds_together():
    """The ablation of section 4.2: bins correspond by rank, plain magnitudes do not."""
    even, uneven = two_speeds((6, 64, 96), 1, 2), two_speeds((6, 64, 96), 1, 6)

    def sides(video, kind):
        settings = PRESETS["analogy"].with_changes(structure=kind, bins=3)
        found = structure.dynamic_structure(video, settings)
        return torch.stack([found[:, 8:-8, 8:36].median(), found[:, 8:-8, 60:-8].median()])

    assert torch.equal(sides(even, "quantised"), sides(uneven, "quantised"))
    difference = sides(even, "magnitude") - sides(uneven, "magnitude")
    assert difference[0] > 0.1


def test_what_moves_alike_everywhere_is_one_sentence():
    pan = two_speeds((4, 48, 128), 2, 2)[:, :, :64]
    with pytest.raises(ValueError) as error:
        structure.dynamic_structure(pan, PRESETS["analogy"])
    assert is_one_sentence(error.value, "Everything in this clip moves alike")


def test_strokes_may_be_dark_or_light():
    sketch = torch.ones(4, 20, 20, 3)
    sketch[:, 5:12, 5:12] = -1
    cover = structure.strokes(sketch)
    assert torch.equal(cover, structure.strokes(-sketch))
    assert torch.equal(cover[..., 0] == 1, sketch[..., 0] < 0)


def test_an_empty_sketch_is_one_sentence():
    with pytest.raises(ValueError) as error:
        structure.strokes(torch.ones(4, 40, 40, 3))
    assert is_one_sentence(error.value, "no stroke in the sketch")


def test_a_stroke_counts_more_where_it_changes():
    found = structure.sketch_structure(
        moving_strokes(), PRESETS["sketch"].with_changes(structure="magnitude")
    )
    assert found.shape == (5, 60, 60, 1) and found.min() == 0 and found.max() == 1
    # In the third frame the bar covers columns 22 to 39; its ends are the columns that change.
    ends, middle = found[2, 30, [22, 39], 0], found[2, 30, 30, 0]
    assert (ends == 1).all() and middle == pytest.approx(0.5**structure.GAMMA)
    assert not found[2, 30, :18].any()


def test_a_sketch_of_one_frame_has_structure():
    found = structure.sketch_structure(moving_strokes(1), PRESETS["sketch"])
    assert found[0, 30, 25] == 1 and found[0, 30, 50] == 0


def test_a_structure_as_a_video_is_grey():
    values = torch.linspace(0, 1, 60).view(1, 6, 10, 1)
    video = structure.as_grey_video(values, Fraction(24))
    assert video.shape == (1, 6, 10) and video.fps == 24
    assert torch.equal(video.codes, encode(values * 2 - 1).expand(-1, -1, -1, 3))
    assert video.codes[0, 0, 0].tolist() == [0, 0, 0]
    assert video.codes[0, -1, -1].tolist() == [255, 255, 255]
