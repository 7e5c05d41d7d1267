"""The checks of resampling and of the fields."""

import pytest
import torch

from vgpnn import fields, pyramid
from vgpnn.evaluation.selfcheck import arrays
from vgpnn.evaluation.selfcheck.outcome import FAIL, GPU_SIZES, PASS, Sizes, Target

SMALL = Sizes().resampled[:5]
TARGET = Target(torch.device("cpu"), "cpu", sizes=Sizes(resampled=SMALL))
CHECKS = dict(arrays.CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_it_passes_on_the_cpu(name):
    outcome = CHECKS[name](TARGET)
    assert outcome.status == PASS, outcome


def test_the_sizes_reach_2160_rows_15_rows_and_3_frames():
    pairs = GPU_SIZES.resampled
    assert any(before[1] == 2160 and after[1] == 15 for before, after in pairs)
    assert any(before[0] == 275 and after[0] == 3 for before, after in pairs)
    assert any(after[1] == 2160 for _, after in pairs)


def test_codes_that_are_off_by_two_fail(monkeypatch):
    right = pyramid.resize
    monkeypatch.setattr(pyramid, "resize", lambda *given: right(*given).clamp(max=253) + 2)
    outcome = arrays.resampling_is_exact(TARGET)
    assert outcome.status == FAIL and outcome.limit == "at most 1 codes"


def test_a_wrong_shape_fails(monkeypatch):
    right = pyramid.resize
    monkeypatch.setattr(pyramid, "resize", lambda *given: right(*given)[:, 1:])
    assert arrays.resampling_is_exact(TARGET).status == FAIL


def test_a_field_that_is_carried_elsewhere_fails(monkeypatch):
    right = fields.upscale
    calls = []

    def upscale(*given, **options):
        """The second call of each case is that on the device."""
        calls.append(given)
        return right(*given, **options) + (len(calls) % 2 == 0)

    monkeypatch.setattr(fields, "upscale", upscale)
    assert arrays.fields_are_carried_over(TARGET).measured.startswith("0 of 8 cases")


def test_a_field_that_is_wrong_on_both_devices_fails_by_its_definition(monkeypatch):
    right = fields.upscale
    monkeypatch.setattr(fields, "upscale", lambda *given, **options: right(*given, **options) + 2)
    assert arrays.fields_are_carried_over(TARGET).details["wrong"] == ["all to all"]


def test_an_inverse_field_of_first_queries_fails(monkeypatch):
    def inverse(field, shape):
        places = shape.queries.corners().reshape(-1, 3)
        owners = torch.full((len(field), *arrays.grid(shape.key, shape.patch), 3), -1)
        for owner, sample in zip(owners, field.reshape(len(field), -1, 3).long()):
            for place, (t, y, x) in zip(places.flip(0), sample.flip(0).tolist()):
                owner[t, y, x] = place
        return owners

    monkeypatch.setattr(fields, "inverse", inverse)
    assert arrays.fields_are_inverted(TARGET).status == FAIL


def test_a_pattern_has_edges_and_stays_in_its_range():
    video = arrays.pattern((3, 20, 20), *arrays.GROWING_CODES)
    assert video.min() >= 64 and video.max() < 192 and video.float().std() > 20
