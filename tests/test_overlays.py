"""Overlays that stay where they are."""

from __future__ import annotations

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.sentences import is_one_sentence

import vgpnn
from vgpnn.overlays import Overlay, without
from vgpnn.source_map import identity

SHAPE = (6, 40, 56)
RED = torch.tensor([250, 0, 0], dtype=torch.uint8)


def clip_with_logo(shape=SHAPE):
    """A texture that drifts under a red square, and where that is."""
    codes, mask = drifting_texture(shape, 0), torch.zeros(shape, dtype=torch.bool)
    mask[:, 4:12, 40:50] = True
    codes[mask] = RED
    return codes, mask


def test_what_is_spread_over_an_overlay_is_the_picture_around_it():
    codes, mask = clip_with_logo()
    seen = []
    filled = without(codes, mask, lambda: seen.append(1))
    changed = (filled != codes).any(-1)
    assert changed[mask].all() and not changed[:, 16:].any() and len(seen) == len(codes)
    assert (filled[mask].float() - RED).abs().amax(-1).min() > 40  # nothing red is left
    assert torch.equal(without(codes, torch.zeros_like(mask)), codes)
    whole = torch.ones_like(mask)
    assert torch.equal(without(codes, whole), codes)  # there is nothing around it


def test_an_overlay_is_put_back_with_its_own_places():
    codes, mask = clip_with_logo()
    places = torch.zeros((*SHAPE, 3), dtype=torch.int16)
    take = Overlay(mask, codes).on(torch.zeros_like(codes), places, lambda: None)
    assert torch.equal(take[mask], codes[mask]) and not take[~mask].any()
    assert torch.equal(places[mask], identity(SHAPE)[mask]) and not places[~mask].any()


@pytest.fixture(scope="module")
def take():
    codes, mask = clip_with_logo()
    settings = {"passes": 1, "seed": 1}
    result = vgpnn.generate(
        vgpnn.Video(codes, 8), preference=vgpnn.Preference(keep=mask), **settings
    )
    return codes, mask, result


def test_what_is_kept_stays_to_the_bit_and_nothing_else_comes_from_it(take):
    codes, mask, result = take
    assert torch.equal(result.video.codes[mask], codes[mask])
    assert not torch.equal(result.video.codes[~mask], codes[~mask])
    assert not mask[tuple(result.source_map[~mask].long().T)].any()
    assert not (result.video.codes == RED).all(-1)[~mask].any()


def test_it_is_kept_at_full_size(take):
    codes, mask, result = take
    large = codes.repeat_interleave(2, 1).repeat_interleave(2, 2)
    large[:, ::2, ::2] ^= 1  # so that it is no copy of the small one
    full = vgpnn.finish_in_full(result, vgpnn.Video(large, 8)).codes
    kept = mask.repeat_interleave(2, 1).repeat_interleave(2, 2)
    assert torch.equal(full[kept], large[kept])
    assert not ((full[..., 0] >= 250) & (full[..., 1:] < 2).all(-1))[~kept].any()


def test_it_is_kept_over_bars():
    """What is kept may reach over a bar, which stays anyway."""
    codes, mask = clip_with_logo((6, 56, 72))
    codes[:, :8] = 0
    codes[mask] = RED
    result = vgpnn.generate(codes, preference=vgpnn.Preference(keep=mask), passes=1)
    assert torch.equal(result.video.codes[mask], codes[mask])
    assert not result.video.codes[:, :4].any()


def test_a_set_of_takes_and_a_draft_keep_it():
    codes, mask = clip_with_logo()
    preference = vgpnn.Preference(keep=mask)
    takes = vgpnn.generate_batch(codes, (0, 1), preference=preference, passes=1)
    again = vgpnn.generate(codes, 0, preference=preference, passes=1, draft=takes[0].draft)
    assert torch.equal(takes[0].video.codes, again.video.codes)
    for each in takes:
        assert torch.equal(each.video.codes[mask], codes[mask])


def test_other_tasks_say_that_they_keep_nothing():
    codes, mask = clip_with_logo()
    with pytest.raises(ValueError) as error:
        vgpnn.retarget(codes, duration_scale=0.5, preference=vgpnn.Preference(keep=mask))
    assert is_one_sentence(str(error.value)) and "Keep" in str(error.value)


def test_a_kept_frame_leaves_too_little():
    codes, _ = clip_with_logo()
    mask = torch.ones(SHAPE, dtype=torch.bool)
    with pytest.raises(ValueError) as error:
        vgpnn.generate(codes, preference=vgpnn.Preference(keep=mask))
    assert is_one_sentence(str(error.value))
