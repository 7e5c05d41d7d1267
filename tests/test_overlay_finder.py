"""Overlays are found where the picture moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn import overlay_finder, video
from vgpnn.settings import Settings
from vgpnn.tasks.generation import KEPT_NOTICE, NOTHING_NOTICE, clean_problem

SHAPE = (8, 72, 128)


def with_logo(codes, corner=(6, 92)):
    """A clip with a plate with letters in a corner, and where it is."""
    codes, where = codes.clone(), np.zeros(codes.shape[1:3], bool)
    y, x = corner
    where[y : y + 14, x : x + 30] = True
    for frame in codes.numpy():
        frame[where] = 245
        place = (x + 2, y + 11)
        cv2.putText(frame, "ON", place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (180, 0, 0), 1)
    return codes, torch.from_numpy(where)


@pytest.fixture(scope="module")
def moving():
    """A soft texture that drifts."""
    codes = drifting_texture(SHAPE, 0)
    soft = [cv2.GaussianBlur(frame, (0, 0), 2.5) for frame in codes.numpy()]
    return torch.from_numpy(np.stack(soft))


def test_a_plate_in_a_corner_is_found_after_coding_too(moving, tmp_path):
    codes, where = with_logo(moving)
    video.write(tmp_path / "logo.mp4", vgpnn.Video(codes, 8))
    for clip in (codes, video.read(tmp_path / "logo.mp4").codes):
        found = overlay_finder.found(clip)
        assert found[where].float().mean() > 0.95
        assert not found[:, :80].any() and not found[40:].any()


def test_what_moves_or_lies_in_the_middle_is_no_overlay(moving):
    assert not overlay_finder.found(moving).any()
    middle, _ = with_logo(moving, (28, 50))
    assert not overlay_finder.found(middle).any()
    codes, _ = with_logo(moving)
    carried = torch.stack([frame.roll(-2 * t, 1) for t, frame in enumerate(codes)])
    assert not overlay_finder.found(carried).any()


def test_nothing_is_found_on_a_picture_that_stands_still(moving):
    codes, _ = with_logo(moving[:1].expand(SHAPE[0], -1, -1, -1))
    assert not overlay_finder.found(codes).any()


@pytest.mark.parametrize("shape", [(1, 72, 128), (3, 40, 40), (8, 12, 90), (8, 16, 16)])
def test_short_and_small_clips_are_left_alone(shape):
    assert not overlay_finder.found(torch.zeros(*shape, 3, dtype=torch.uint8)).any()


def test_it_can_be_cancelled(moving):
    seen = []
    overlay_finder.found(moving, lambda: seen.append(1))
    assert len(seen) >= len(moving)


def test_a_switch_keeps_what_is_found_and_is_off_by_default(moving):
    codes, where = with_logo(moving)
    off, on = (vgpnn.generate(codes, passes=1, overlays=each) for each in ("new", "keep"))
    assert torch.equal(off.video.codes, vgpnn.generate(codes, passes=1).video.codes)
    assert not torch.equal(off.video.codes[:, where], codes[:, where])
    assert torch.equal(on.video.codes[:, where], codes[:, where])
    share = overlay_finder.found(codes).float().mean().item()
    assert KEPT_NOTICE.format(share=share) in on.notices and on.settings.overlays == "keep"


def test_drafts_and_takes_of_a_clip_look_for_its_overlays_once(moving, monkeypatch):
    codes, _ = with_logo(moving, (8, 90))
    first = clean_problem(codes, 1, Settings(overlays="keep"), "cpu", "auto", lambda: None)
    monkeypatch.setattr(overlay_finder, "found", lambda *_: pytest.fail("it was looked again"))
    again = clean_problem(codes, 2, Settings(overlays="keep"), "cpu", "auto", lambda: None)
    assert first.overlay.mask.any() and torch.equal(first.overlay.mask, again.overlay.mask)


def test_what_is_painted_and_what_is_found_are_both_kept(moving):
    codes, where = with_logo(moving)
    painted = torch.zeros(SHAPE, dtype=torch.bool)
    painted[:, 50:60, 10:20] = True
    preference = vgpnn.Preference(keep=painted)
    take = vgpnn.generate(codes, preference=preference, passes=1, overlays="keep")
    both = painted | where
    assert torch.equal(take.video.codes[both], codes[both])


def test_that_nothing_was_found_is_said(moving):
    take = vgpnn.generate(moving, passes=1, overlays="keep")
    assert NOTHING_NOTICE in take.notices
