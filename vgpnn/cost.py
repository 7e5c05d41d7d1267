"""How long a task takes: one model for the command line and the page."""

from __future__ import annotations

import threading

from . import pyramid
from .settings import Settings, Shape
from .synthesis import total_work
from .threads import thread_count

# Measured on two server cores; corrected by what every finished job shows.
SECONDS_PER_VOXEL = 0.8e-6 * 2  # core-seconds per voxel of a search and a vote


class CostModel:
    """Expected seconds of a task, corrected by the jobs that ran in this process."""

    def __init__(self) -> None:
        self._correction = 1.0
        self._lock = threading.Lock()

    def expected_seconds(self, shape: Shape, settings: Settings, samples: int = 1) -> float:
        """Seconds for `samples` results of shape (T, H, W)."""
        return samples * self._correction * _raw_seconds(shape, settings)

    def learn(self, shape: Shape, settings: Settings, seconds: float) -> None:
        """Move half-way towards what a finished sample took."""
        ratio = seconds / _raw_seconds(shape, settings)
        with self._lock:
            self._correction = min(20.0, max(0.05, (self._correction * ratio) ** 0.5))


def _raw_seconds(shape: Shape, settings: Settings) -> float:
    settings, _ = settings.adapted_to(shape)
    shapes = [scale.apply(shape) for scale in pyramid.scales(shape, settings)]
    return 0.05 + total_work(shapes, settings) * SECONDS_PER_VOXEL / thread_count()


_model = CostModel()
expected_seconds = _model.expected_seconds
learn = _model.learn
