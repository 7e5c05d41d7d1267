"""Luma and chroma in the encodings for which FFmpeg's scaler has no coefficients."""

from __future__ import annotations

import numpy as np

from .colour_tags import BT2020, BT2020_CONSTANT, CHROMA_DERIVED, ICTCP, Colours
from .curves import HLG, LEVELS, PQ
from .primaries import luminances

# 16-bit codes (black, range of luma, range of chroma) by whether they have full range.
RANGES = {False: (16 << 8, 219 << 8, 224 << 8), True: (0, LEVELS - 1, LEVELS - 1)}
CHROMA_ZERO = 1 << 15
LMS_FROM_BT2020 = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
ICTCP_FROM_LMS = {
    PQ: np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096,
    HLG: np.array([[2048, 2048, 0], [3625, -7465, 3840], [9500, -9212, -288]]) / 4096,
}
RGB_FROM_YCGCO = np.array([[1, -1, 1], [1, 1, 0], [1, -1, -1]])
# BT.2020 with constant luminance: what chroma below and above 0 is multiplied with.
CONSTANT_BLUE, CONSTANT_RED = (1.9404, 1.5816), (1.7184, 0.9936)


class SignalDecoder:
    """Makes the three signals that have the transfer curve out of luma and chroma."""

    def __init__(self, colours: Colours, is_full_range: bool) -> None:
        """colours: with one of OWN_MATRICES. is_full_range: of luma and chroma."""
        black, luma, chroma = RANGES[is_full_range]
        self._scales = np.float32(1 / luma), np.float32(1 / chroma)
        self._black = np.float32(black)
        self._has_constant_luminance = colours.matrix == BT2020_CONSTANT
        self._matrix = RGB_FROM_YCGCO
        if colours.matrix == ICTCP:
            self._matrix = np.linalg.inv(ICTCP_FROM_LMS[colours.curve])
        elif colours.matrix == CHROMA_DERIVED:
            self._matrix = luma_matrix(luminances(colours.primaries))
        self._matrix = self._matrix.astype(np.float32)

    def signals(self, planes: list[np.ndarray]) -> list[np.ndarray]:
        """Three planes (h, W) uint16 of luma and two chroma, as signals of the same kind.

        They are those of red, green and blue, or of the cones L, M and S for ICtCp.
        """
        luma = (planes[0] - self._black) * self._scales[0]
        chroma = [(plane - np.float32(CHROMA_ZERO)) * self._scales[1] for plane in planes[1:]]
        if self._has_constant_luminance:
            signals = constant_luminance_signals(luma, *chroma)
        else:
            signals = mixed(self._matrix, [luma, *chroma])
        return [
            (np.clip(signal, 0, 1) * np.float32(LEVELS - 1) + np.float32(0.5)).astype(np.uint16)
            for signal in signals
        ]


def mixed(matrix: np.ndarray, planes: list[np.ndarray]) -> list[np.ndarray]:
    """A matrix (3, 3) float32 times three planes float32; they are new arrays."""
    results = []
    for row in matrix:
        total = planes[0] * row[0]
        total += planes[1] * row[1]
        total += planes[2] * row[2]
        results.append(total)
    return results


def luma_matrix(luminance: np.ndarray) -> np.ndarray:
    """(3, 3): from luma and chroma to red, green and blue, by what each gives to luma (3,)."""
    red, green, blue = luminance
    of_blue, of_red = 2 * (1 - blue), 2 * (1 - red)
    return np.array(
        [[1, 0, of_red], [1, -blue * of_blue / green, -red * of_red / green], [1, of_blue, 0]]
    )


def constant_luminance_signals(
    luma: np.ndarray, blue: np.ndarray, red: np.ndarray
) -> list[np.ndarray]:
    """Red, green and blue of BT.2020 with constant luminance, from luma and chroma of blue and red.

    Luma is the curve of the luminance here, and green is what the luminance has beside red and
    blue.
    """
    blue = luma + blue * np.where(blue > 0, CONSTANT_BLUE[1], CONSTANT_BLUE[0])
    red = luma + red * np.where(red > 0, CONSTANT_RED[1], CONSTANT_RED[0])
    of_red, of_green, of_blue = luminances(BT2020)
    light = camera_light(luma) - of_red * camera_light(red) - of_blue * camera_light(blue)
    return [red, camera_signal(light / of_green), blue]


def camera_signal(light: np.ndarray) -> np.ndarray:
    """The signal that a camera for BT.709 or BT.2020 makes of light."""
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 0) ** 0.45 - 0.099)


def camera_light(signal: np.ndarray) -> np.ndarray:
    """The light of which such a camera makes a signal."""
    bright = ((np.maximum(signal, 0) + 0.099) / 1.099) ** (1 / 0.45)
    return np.where(signal < 0.081, signal / 4.5, bright)
