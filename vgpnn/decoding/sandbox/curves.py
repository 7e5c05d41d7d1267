"""Transfer curves: from a signal to light and back, as tables that a process makes once.

A signal lies in [0, 1]. Light of an SDR curve is 1 at white. Light of PQ is what a display shows,
and 1 at 10,000 nits; light of HLG is what a camera sees, and 1 at its peak.
"""

from __future__ import annotations

from functools import cache

import numpy as np

# Numbers of H.264 and FFmpeg.
GAMMA22, GAMMA28, LINEAR, SRGB, PQ, SMPTE428, HLG = 4, 5, 8, 13, 16, 17, 18
# Stands for BT.709, BT.601, BT.2020 and all that has no curve of its own here: displays show such
# a signal with gamma 2.4 (BT.1886), whatever curve the camera had.
VIDEO = 1
HDR_CURVES = (PQ, HLG)
# Displays differ as much as these curves do, so players show their greys unchanged.
DISPLAY_CURVES = (VIDEO, GAMMA22, SRGB)
GAMMAS = {VIDEO: 2.4, GAMMA22: 2.2, GAMMA28: 2.8, LINEAR: 1.0, SMPTE428: 2.6}
SMPTE428_PEAK = 52.37 / 48  # Cinema leaves this room above white.
LEVELS = 1 << 16  # entries of a table


def light_of(signal: np.ndarray, curve: int) -> np.ndarray:
    """Light of a signal, of the same shape; see the top of this file."""
    if curve == SRGB:
        return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    if curve == PQ:
        root = signal ** (32 / 2523)
        return (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305)
    if curve == HLG:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return signal ** GAMMAS[curve] * (SMPTE428_PEAK if curve == SMPTE428 else 1)


def signal_of(light: np.ndarray, curve: int) -> np.ndarray:
    """The signal of light in [0, 1], of the same shape, for one of DISPLAY_CURVES."""
    if curve == SRGB:
        return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return light ** (1 / GAMMAS[curve])


@cache
def light_table(curve: int) -> np.ndarray:
    """(65536,) float32: the light of every 16-bit signal."""
    return light_of(np.arange(LEVELS) / (LEVELS - 1), curve).astype(np.float32)


@cache
def code_table(curve: int) -> np.ndarray:
    """(65536,) uint8: the 8-bit code of light whose square root is a 16-bit number.

    The square root makes the steps small where light is dark, as a signal does.
    """
    light = (np.arange(LEVELS) / (LEVELS - 1)) ** 2
    return np.rint(signal_of(light, curve) * 255).astype(np.uint8)


@cache
def system_gamma_table(exponent: float) -> np.ndarray:
    """(65536,) float32: light to a power, for light whose square root is a 16-bit number."""
    return ((np.arange(LEVELS) / (LEVELS - 1)) ** (2 * exponent)).astype(np.float32)
