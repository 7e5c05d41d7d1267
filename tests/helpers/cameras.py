"""Scenes that are filmed along a known path."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import torch

from vgpnn.camera import similarity

SCENE, FRAME, FRAMES = (150, 210), (96, 136), 13


@cache
def scene(seed: int = 0) -> np.ndarray:
    """A rigid scene with a texture everywhere: (H, W, 3) uint8."""
    random = np.random.default_rng(seed)
    picture = np.zeros((*SCENE, 3))
    for side, share in ((4, 50), (9, 90), (25, 100)):
        coarse = random.uniform(0, 1, (SCENE[0] // side + 2, SCENE[1] // side + 2, 3))
        picture += share * cv2.resize(coarse, SCENE[::-1], interpolation=cv2.INTER_CUBIC)
    return picture.clip(0, 255).astype(np.uint8)


def shake(size: float = 1.0, frames: int = FRAMES) -> np.ndarray:
    """A path, (T, 2, 3), from the scene to frames that a hand holds; the one before the last is
    turned most."""
    t = np.arange(frames)
    turn, zoom = 0.02 * size * np.sin(t / 2), 0.015 * size * np.sin(t / 3 + 1)
    x, y = 9 * size * np.sin(t / 2.3) + 3 * size * np.sin(t * 1.7), 6 * size * np.cos(t / 1.9)
    scale = np.exp(zoom)
    zero = np.zeros(frames)
    path = similarity.of(np.stack([scale * np.cos(turn), scale * np.sin(turn), zero, zero], -1))
    middle, of_scene = ((np.array(side[::-1]) - 1.0) / 2 for side in (FRAME, SCENE))
    path[:, :, 2] = middle + np.stack([x, y], -1) - path[:, :, :2] @ of_scene
    return path


def pan(width: float, frames: int = FRAMES) -> np.ndarray:
    """A path along which the camera moves to the right by a width [px]."""
    path = shake(0, frames)
    path[:, 0, 2] -= np.linspace(-width / 2, width / 2, frames)
    return path


def filmed(path: np.ndarray, disc: int = 16, seed: int = 0) -> np.ndarray:
    """(T, h, w, 3) uint8 frames of the scene, in which a disc of so many pixels flies past."""
    frames = []
    for number, matrix in enumerate(path):
        picture = scene(seed).copy()
        if disc:
            cv2.circle(picture, (20 + 13 * number, 60 + 2 * number), disc, (250, 240, 60), -1)
            cv2.circle(picture, (20 + 13 * number, 60 + 2 * number), disc // 2, (60, 20, 10), 2)
        frames.append(cv2.warpAffine(picture, matrix, FRAME[::-1], flags=cv2.INTER_CUBIC))
    return np.stack(frames)


def greys(frames: np.ndarray) -> np.ndarray:
    """(T, h, w) uint8 of (T, h, w, 3)."""
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])


def error(found: np.ndarray, right: np.ndarray) -> float:
    """The mean distance [px] between two paths over a frame, whatever scene they start from."""
    middle = len(found) // 2
    grid = np.stack(np.meshgrid(np.linspace(0, FRAME[1], 5), np.linspace(0, FRAME[0], 5)), -1)
    places = []
    for path in (found, right):
        path = similarity.composed(path, similarity.inverse(path[middle]))
        places.append(similarity.applied(path, grid.reshape(-1, 2)))
    return float(np.linalg.norm(places[0] - places[1], axis=-1).mean())


@cache
def shaken() -> torch.Tensor:
    """Codes of a scene that a hand films."""
    return torch.from_numpy(filmed(shake()))
