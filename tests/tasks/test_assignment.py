"""The one-to-one assignment of a first guess's patches to those of the source."""

import pytest
import torch
from helpers.clips import codes, drifting_texture

from vgpnn.tasks import assignment
from vgpnn.tasks.assignment import assigned

PATCH = (3, 7, 7)


def test_a_source_is_assigned_to_itself():
    source = codes((3, 15, 20), 0)
    assert torch.equal(assigned(source, source, PATCH), source)


def test_every_patch_of_the_source_is_used_once(monkeypatch):
    source, fields = drifting_texture((3, 13, 17), 0), []
    vote = assignment.vote

    def spy(value, field, *arguments, **options):
        fields.append(field[0].reshape(-1, 3))
        return vote(value, field, *arguments, **options)

    monkeypatch.setattr(assignment, "vote", spy)
    result = assigned(source.flip(2).contiguous(), source, PATCH)
    assert result.dtype == torch.uint8 and result.shape == source.shape
    assert len(fields) == assignment.ROUNDS
    for field in fields:
        assert len({tuple(corner) for corner in field.tolist()}) == 1 * 7 * 11


def test_too_many_patches_are_left_as_they_are(monkeypatch):
    source = drifting_texture((3, 13, 17), 0)
    guess = source.flip(2).contiguous()
    monkeypatch.setattr(assignment, "MOST_PATCHES", 76)
    assert assigned(guess, source, PATCH) is guess


def test_it_can_be_cancelled():
    source = drifting_texture((3, 13, 17), 0)

    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        assigned(source, source, PATCH, stop)
