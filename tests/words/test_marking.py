"""Words mark what they name on every fourth frame, and optical flow carries it to the others."""

import numpy as np
import pytest
import torch
from helpers.marked import discs
from helpers.sentences import is_one_sentence
from helpers.word_models import ColourModel

import vgpnn
from vgpnn.tasks import marking as paint
from vgpnn.words import mark, preference
from vgpnn.words.marking import EVERY, painted

FRAMES = 7


@pytest.fixture(scope="module")
def clip():
    return discs(FRAMES)


def overlap(mask, other):
    return ((mask & other).sum() / (mask | other).sum()).item()


def test_what_words_name_is_marked_on_all_frames(clip):
    codes, red = clip
    model = ColourModel()
    mask = mark(vgpnn.Video(codes, 12), "red discs", model=model)
    assert mask.shape == red.shape and mask.dtype == torch.bool
    assert model.looked == -(-FRAMES // EVERY)
    assert min(overlap(mask[t], red[t]) for t in range(FRAMES)) > 0.8
    still = overlap(mask[0], red[3])  # what marks that did not move would have
    assert still < 0.65


def test_several_kinds_are_marked_at_once(clip):
    codes, red = clip
    both = preference(codes, {"more": "red discs", "none": "green discs"}, model=ColourModel())
    assert both.masks.keys() == {"more", "none"}
    assert not (both.more & both.none).any()
    assert (both.more & red).sum() > 0.8 * red.sum()
    assert (both.none & red).sum() < 0.02 * red.sum()


def test_what_is_said_of_the_stronger_kind_holds(clip):
    codes, _ = clip
    pictures = painted(codes, {"none": "red discs", "more": "red discs"}, model=ColourModel())
    assert pictures.keys() == {0, EVERY}
    colours = np.unique(pictures[0][pictures[0][..., 3] > 0], axis=0)
    assert colours.tolist() == [[*paint.COLOURS["none"], 255]]


def test_a_mask_is_one_of_a_preference(clip):
    codes, red = clip
    mask = mark(codes, "red discs", model=ColourModel())
    assert vgpnn.Preference(none=mask).checked(codes.shape[:3]).none.equal(mask)


def test_words_that_name_nothing_are_one_sentence(clip):
    with pytest.raises(ValueError) as error:
        mark(clip[0], "zebras", model=ColourModel())
    assert is_one_sentence(str(error.value)) and "zebras" in str(error.value)


def test_it_can_be_stopped_between_two_frames(clip):
    calls, model = [], ColourModel()

    def checkpoint():
        calls.append(0)
        if len(calls) > 1:
            raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        mark(clip[0], "red discs", checkpoint, model)
    assert model.looked == 1
