"""8-bit codes of values: round trips, exact halves, and the unit of distances."""

import pytest
import torch

from vgpnn.codes import (
    LARGEST_VALUE,
    decode,
    encode,
    encode_wide,
    mean_squared_error,
    squares_per_mse,
)

CODES = torch.arange(256, dtype=torch.uint8)


def test_every_code_comes_back():
    values = decode(CODES)
    assert values.dtype == torch.float32 and torch.equal(encode(values), CODES)
    assert values[0] == -1 and values[-1] == 1 and (values.diff() > 0).all()


def test_a_value_becomes_the_nearest_code():
    values = torch.linspace(-1, 1, 10_001, dtype=torch.float64)
    steps = (decode(encode(values)) - values) * 127.5
    assert steps.abs().max() <= 0.5 + 1e-5


def test_values_beyond_the_range_are_clamped():
    assert encode(torch.tensor([-9.0, -1.1, 1.1, 9.0])).tolist() == [0, 0, 255, 255]


def test_wide_codes_equal_narrow_codes_inside_the_range():
    values = torch.linspace(-1, 1, 1001)
    assert torch.equal(encode_wide(values), encode(values).to(torch.int16))


def test_wide_codes_hold_the_values_of_a_noisy_guess():
    values = torch.tensor([-1e6, -LARGEST_VALUE, -3.0, 3.0, LARGEST_VALUE, 1e6])
    codes = encode_wide(values)
    assert codes.dtype == torch.int16
    expected = values.clamp(-LARGEST_VALUE, LARGEST_VALUE)
    assert (decode(codes) - expected).abs().max() <= 0.5 / 127.5 + 1e-4
    assert torch.equal(encode_wide(decode(codes)), codes)


@pytest.mark.parametrize("patch, channels", [((3, 7, 7), 3), ((1, 4, 2), 1)])
def test_squared_differences_of_codes_are_those_of_values_in_another_unit(patch, channels):
    a, b = torch.randint(0, 256, (2, *patch, channels), generator=torch.Generator().manual_seed(0))
    squares = (a - b).square().sum().item()
    mse = (decode(a) - decode(b)).double().square().mean().item()
    assert squares == pytest.approx(mse * squares_per_mse(patch, channels), rel=1e-5)


def test_the_error_is_in_mse_per_element():
    distance = torch.full((2, 1, 3, 4), 3 * 5 * 5 * 3 * 127.5**2)
    distance[1] *= 0.25
    assert mean_squared_error(distance, (3, 5, 5), 3).values() == pytest.approx([1.0, 0.25])
