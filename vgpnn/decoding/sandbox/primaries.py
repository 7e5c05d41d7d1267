"""Matrices between the light of different primaries."""

from __future__ import annotations

from functools import cache

import numpy as np

from .colour_tags import BT709, CHROMATICITIES

# From CIE XYZ to the cones by which Bradford's method adapts colours to another white.
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def xyz_of(x: float, y: float) -> np.ndarray:
    """(3,): CIE XYZ, in any unit, of a chromaticity."""
    return np.array([x, y, 1 - x - y])


def xyz_from(primaries: int) -> np.ndarray:
    """(3, 3): from light of red, green and blue to CIE XYZ; white has Y = 1."""
    numbers = CHROMATICITIES[primaries]
    columns = np.stack([xyz_of(*numbers[k : k + 2]) for k in (0, 2, 4)], 1)
    return columns * np.linalg.solve(columns, white_of(primaries))


def white_of(primaries: int) -> np.ndarray:
    """(3,): CIE XYZ of white, with Y = 1."""
    x, y = CHROMATICITIES[primaries][6:]
    return xyz_of(x, y) / y


def luminances(primaries: int) -> np.ndarray:
    """(3,): how much red, green and blue each give to the luminance of white, 1 together."""
    return xyz_from(primaries)[1]


@cache
def bt709_from(primaries: int) -> np.ndarray:
    """(3, 3): from light of some primaries to light of BT.709's. White stays white, as on a screen
    to which eyes have adapted."""
    if primaries == BT709:
        return np.eye(3)
    gains = (BRADFORD @ white_of(BT709)) / (BRADFORD @ white_of(primaries))
    adaptation = np.linalg.inv(BRADFORD) @ (gains[:, None] * BRADFORD)
    return np.linalg.inv(xyz_from(BT709)) @ adaptation @ xyz_from(primaries)
