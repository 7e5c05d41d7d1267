"""Drafts are sorted by how well they fit a sentence."""

from types import SimpleNamespace

import pytest
import torch
from helpers.marked import discs
from helpers.word_models import ColourModel

import vgpnn
from vgpnn.words import fit, sort
from vgpnn.words.sorting import LOOKED_FRAMES


@pytest.fixture(scope="module")
def shown():
    """Three videos: of a part of the red discs, of none, and of all."""
    codes, red = discs(5)
    few, none = codes.clone(), codes.clone()
    few[:, :, 80:][red[:, :, 80:]] = 120
    none[red] = 120
    return [SimpleNamespace(video=vgpnn.Video(each, 12)) for each in (few, none, codes)]


def test_what_fits_best_comes_first(shown):
    model = ColourModel()
    few, none, every = shown
    assert sort(shown, "red discs", model=model) == [every, few, none]
    assert model.looked == 3 * LOOKED_FRAMES
    assert sort(shown, "green discs", model=model) == shown  # all fit it alike


def test_a_fit_is_the_mean_over_frames(shown):
    codes = torch.cat([shown[1].video.codes[:1]] * 2 + [shown[2].video.codes[:1]])
    one = fit(shown[2].video.codes[:1], "red discs", model=ColourModel())
    assert fit(codes, "red discs", model=ColourModel()) == pytest.approx(one / 3)


def test_sorting_can_be_stopped(shown):
    def checkpoint():
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        sort(shown, "red discs", checkpoint, ColourModel())
