"""How long a task takes: one model for the command line and the page."""

from __future__ import annotations

import math
import threading

from vgpnn import pyramid
from vgpnn.machine.threads import thread_count
from vgpnn.schedule import plan_levels, total_work
from vgpnn.settings import Settings, Shape
from vgpnn.tasks.flow import RAFT_LONGEST

# Measured on two server cores; corrected by what every finished job shows.
SECONDS_PER_VOXEL = 0.10e-6  # core-seconds per voxel and sweep; 0.07 to 0.2 by content
DIS_SECONDS_PER_VOXEL = 0.45e-6  # core-seconds of optical flow
RAFT_SECONDS_PER_VOXEL = 30e-6  # the same


class CostModel:
    """Expected seconds of a task, corrected by the jobs that ran in this process."""

    def __init__(self) -> None:
        self._correction = 1.0
        self._lock = threading.Lock()

    def expected_seconds(
        self,
        shape: Shape,
        settings: Settings,
        samples: int = 1,
        source: Shape | None = None,
        flow: tuple[Shape, ...] = (),
    ) -> float:
        """Seconds for `samples` results of shape (T, H, W).

        source: (T, H, W) of it if another. flow: of the videos whose optical flow is computed.
        """
        return samples * self._correction * _raw_seconds(shape, settings, source, flow)

    def learn(
        self,
        shape: Shape,
        settings: Settings,
        seconds: float,
        source: Shape | None = None,
        flow: tuple[Shape, ...] = (),
    ) -> None:
        """Move half-way towards what a finished sample took."""
        ratio = seconds / _raw_seconds(shape, settings, source, flow)
        with self._lock:
            self._correction = min(20.0, max(0.05, (self._correction * ratio) ** 0.5))


def _raw_seconds(
    shape: Shape, settings: Settings, source: Shape | None, flow: tuple[Shape, ...]
) -> float:
    source = source or shape
    settings, _ = settings.adapted_to(pyramid.smaller(source, shape))
    plans = plan_levels(pyramid.level_shapes(source, shape, settings), settings)
    seconds = total_work(plans) * SECONDS_PER_VOXEL
    if settings.flow == "raft":
        read = sum(math.prod(v) * min(1.0, RAFT_LONGEST / max(v[1:])) ** 2 for v in flow)
        seconds += read * RAFT_SECONDS_PER_VOXEL
    else:
        seconds += sum(math.prod(v) for v in flow) * DIS_SECONDS_PER_VOXEL
    return 0.15 + seconds / thread_count()


_model = CostModel()
expected_seconds = _model.expected_seconds
learn = _model.learn
