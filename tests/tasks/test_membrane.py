"""The membrane: it takes a difference at the border away, and leaves what is kept alone."""

import pytest
import torch
from helpers.clips import drifting_texture

from vgpnn.tasks import membrane

CORNER, PAST = (0, 12, 16), (6, 36, 40)


def with_step(by: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A smooth video, and the same with another brightness around a box."""
    video = (100 + drifting_texture((6, 48, 56), 0) // 8).to(torch.uint8)
    changed = video + by
    (_, top, left), (_, bottom, right) = CORNER, PAST
    changed[:, top:bottom, left:right] = video[:, top:bottom, left:right]
    return video, changed


def test_a_difference_at_the_border_goes_and_what_is_kept_stays():
    video, changed = with_step(12)
    before = changed.clone()
    membrane.spread(changed, CORNER, PAST)
    (_, top, left), (_, bottom, right) = CORNER, PAST
    kept = (slice(None), slice(top, bottom), slice(left, right))
    assert torch.equal(changed[kept], video[kept])
    sides = (
        (slice(None), slice(top, bottom), left - 1),
        (slice(None), slice(top, bottom), right),
        (slice(None), top - 1, slice(left, right)),
        (slice(None), bottom, slice(left, right)),
    )
    for side in sides:
        left_over = (changed[side].float() - video[side].float()).mean()
        assert left_over.abs() < 4 and (before[side].float() - video[side].float()).mean() > 11
    assert torch.equal(changed[:, :4, :4], before[:, :4, :4])  # far away nothing changes


def test_large_differences_are_other_things_and_stay():
    _, changed = with_step(120)
    before = changed.clone()
    membrane.spread(changed, CORNER, PAST)
    assert (changed.float() - before.float()).abs().mean() < 1


def test_nothing_changes_where_all_fits_or_where_only_time_goes_on():
    video = torch.full((6, 48, 56, 3), 90, dtype=torch.uint8)
    same = video.clone()
    membrane.spread(same, CORNER, PAST)
    assert torch.equal(same, video)
    _, changed = with_step(12)
    before = changed.clone()
    membrane.spread(changed, CORNER, (5, *PAST[1:]))
    assert torch.equal(changed, before)


def test_it_falls_evenly_to_nothing():
    values = membrane.membrane(torch.full((3, 20, 3), 8.0), 10)
    expected = 8 * (1 - (torch.arange(10) + 0.5) / 10)
    assert values.flatten(0, 1).mean(0)[:, 0].tolist() == pytest.approx(expected.tolist(), abs=0.01)


def test_long_borders_are_reduced_first(monkeypatch):
    _, changed = with_step(12)
    reduced = changed.clone()
    membrane.spread(changed, CORNER, PAST)
    monkeypatch.setattr(membrane, "LONGEST", 12)
    membrane.spread(reduced, CORNER, PAST)
    assert (reduced.float() - changed.float()).abs().mean() < 0.5
    assert not torch.equal(reduced, changed)
