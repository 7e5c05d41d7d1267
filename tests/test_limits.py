"""Limits are one object that can be changed by name, and agree with each other."""

from dataclasses import FrozenInstanceError, asdict

import pytest

from vgpnn import limits
from vgpnn.limits import LIMITS, Limits, change


@pytest.fixture
def restored():
    """The limits of this process, as they were, after the test."""
    before = asdict(LIMITS)
    yield
    change(**before)


def test_a_change_reaches_every_module_that_has_imported_the_limits(restored):
    change(queue=3, keep_seconds=1.5)
    assert LIMITS is limits.LIMITS and LIMITS.queue == 3 and LIMITS.keep_seconds == 1.5
    others = {"queue", "keep_seconds"}
    defaults = asdict(Limits())
    assert {name for name, value in asdict(LIMITS).items() if value != defaults[name]} == others


def test_an_unknown_name_changes_nothing(restored):
    with pytest.raises(AttributeError, match="no_such_limit"):
        change(queue=3, no_such_limit=1)
    assert LIMITS.queue == Limits().queue


def test_limits_cannot_be_changed_by_accident():
    with pytest.raises(FrozenInstanceError):
        LIMITS.queue = 3


def test_limits_agree_with_each_other():
    assert all(value > 0 for value in asdict(LIMITS).values())
    assert LIMITS.min_height < LIMITS.max_height and LIMITS.min_frames < LIMITS.max_frames
    assert LIMITS.max_frames <= LIMITS.decoded_frames <= LIMITS.source_frames
    assert LIMITS.output_voxels <= LIMITS.decoded_voxels
    assert LIMITS.gpu_min_seconds < LIMITS.gpu_max_seconds
    # What is decoded fits into the memory of the process that decodes it.
    assert LIMITS.source_pixels * 3 < LIMITS.sandbox_bytes
