"""How many seconds a task takes: one model for the command line, the page and ZeroGPU."""

from __future__ import annotations

import math
import threading

from vgpnn import pyramid
from vgpnn.camera import gate
from vgpnn.camera.stabilising import OFF
from vgpnn.machine.speed import slowness
from vgpnn.machine.threads import thread_count
from vgpnn.overlay_finder import LOOKED_FRAMES
from vgpnn.schedule import LevelPlan, plan_levels, total_work
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import retargeting, video_texture
from vgpnn.tasks.around import TRIED_LEVELS
from vgpnn.tasks.flow import RAFT_LONGEST
from vgpnn.tasks.pool_size import first_work, offer_work
from vgpnn.tasks.steering import steering_work

# Measured on two cores of an AMD EPYC, that of RAFT earlier on another machine.
# `machine.speed` scales them to this one, and `CostModel.learn` corrects them by finished jobs.
START_SECONDS = 0.05  # [s] of a task, whatever its size
SECONDS_PER_SWEEP = 0.058e-6  # [core-seconds] of a sweep of one voxel; 0.04 to 0.07 by content
SIDES_FACTOR = 2.0  # what a sweep costs where the clip stays and is extended, in others; measured
SECONDS_PER_OPERATION = 3.5e-9  # [core-seconds] of those of `video_texture.operations`
DIS_SECONDS_PER_VOXEL = 0.2e-6  # [core-seconds] of optical flow by dense inverse search
RAFT_SECONDS_PER_VOXEL = 30e-6  # [core-seconds] of optical flow by RAFT
# [core-seconds] of looking at the camera for each voxel of a clip that is shrunk to `gate.SIDE`,
# measured.
CAMERA_SECONDS_PER_VOXEL = 0.17e-6
# [core-seconds] of looking for overlays for each voxel of the frames that are looked at, measured.
OVERLAY_SECONDS_PER_VOXEL = 0.04e-6
CORRECTION_RANGE = (0.05, 20.0)  # within which finished jobs can move the model


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
        begun: bool = False,
        tries: int = 0,
        plays_time: bool = False,
        steered: bool = False,
    ) -> float:
        """Seconds for `samples` results.

        shape: (T, H, W) of each result. source: (T, H, W) of the source; None: that of a result.
        flow: (T, H, W) of every video whose optical flow is computed.
        begun: whether each result goes on from a draft that is given, and none has to be chosen.
        tries: how many first guesses are tried for each result (extending).
        plays_time: whether the source is played for a loop or for longer than it lasts, see
            `retargeting.plays_time`.
        steered: whether more or less of something is wanted, see `vgpnn.tasks.steering`.
        """
        more = tries, plays_time, steered
        seconds = samples * _modelled_seconds(shape, settings, source, flow, begun, *more)
        if not begun:  # drafts that are given come from a clip that was looked at
            seconds += bool(samples) * _look_seconds(source or shape, settings)
        return self._correction * seconds

    def draft_seconds(
        self, shape: Shape, settings: Settings, count: int, steered: int = 0
    ) -> float:
        """Seconds for `count` drafts of one seed.

        shape: (T, H, W) of a result. steered: of how many of the drafts gains are found.
        """
        plans = _plans(shape, shape, settings)
        work = offer_work(plans, count) + steered * steering_work(plans)
        seconds = _seconds_here(work * SECONDS_PER_SWEEP) + _look_seconds(shape, settings)
        return self._correction * seconds

    def learn(
        self,
        shape: Shape,
        settings: Settings,
        seconds: float,
        source: Shape | None = None,
        flow: tuple[Shape, ...] = (),
        begun: bool = False,
        tries: int = 0,
        plays_time: bool = False,
        steered: bool = False,
        samples: int = 1,
    ) -> None:
        """Move the correction half-way (by ratio) towards what a finished sample took.

        seconds: what it took, with its share of what is done once for so many samples. The other
        arguments are those of `expected_seconds`.
        """
        more = tries, plays_time, steered
        modelled = _modelled_seconds(shape, settings, source, flow, begun, *more)
        if not begun:
            modelled += _look_seconds(source or shape, settings) / samples
        ratio = seconds / modelled
        low, high = CORRECTION_RANGE
        with self._lock:
            self._correction = min(high, max(low, (self._correction * ratio) ** 0.5))


def _plans(
    source: Shape, shape: Shape, settings: Settings, plays_time: bool = False
) -> list[LevelPlan]:
    if plays_time:
        settings, _ = retargeting.adapted_settings(settings, source, shape, plays_time)
    else:
        settings, _ = pyramid.adapted_settings(settings, pyramid.smaller(source, shape))
    return plan_levels(pyramid.level_shapes(source, shape, settings), settings)


def _modelled_seconds(
    shape: Shape,
    settings: Settings,
    source: Shape | None,
    flow: tuple[Shape, ...],
    begun: bool,
    tries: int,
    plays_time: bool,
    steered: bool,
) -> float:
    """Seconds of one sample before any correction."""
    plans = _plans(source or shape, shape, settings, plays_time)
    drafts = first_work(plans) if settings.has_drafts and not begun else 0.0
    tried = tries * total_work(plans[:TRIED_LEVELS])
    steering = steering_work(plans) if steered else 0.0
    work = total_work(plans) + drafts + tried + steering
    seconds = work * (SIDES_FACTOR if tries else 1.0) * SECONDS_PER_SWEEP
    if plays_time:  # the guess is made on one thread
        coarsest = plans[0]
        guess = video_texture.operations(coarsest.source, coarsest.result[0])
        seconds += guess * SECONDS_PER_OPERATION * thread_count()
    for video in flow:
        if settings.flow == "raft":  # larger frames are scaled down first
            scale = min(1.0, RAFT_LONGEST / max(video[1:]))
            seconds += math.prod(video) * scale**2 * RAFT_SECONDS_PER_VOXEL
        else:
            seconds += math.prod(video) * DIS_SECONDS_PER_VOXEL
    return _seconds_here(seconds)


def _look_seconds(source: Shape, settings: Settings) -> float:
    """Seconds of looking at the camera and at the overlays of a clip, which is done once for all of
    its drafts and samples."""
    seconds, (frames, *sides) = 0.0, source
    if settings.camera != OFF:
        scale = min(1.0, gate.SIDE / min(sides))
        seconds += frames * math.prod(sides) * scale**2 * CAMERA_SECONDS_PER_VOXEL
    if settings.overlays == "keep":
        looked = min(frames, LOOKED_FRAMES)
        seconds += looked * math.prod(sides) * OVERLAY_SECONDS_PER_VOXEL
    return slowness() * seconds / thread_count()


def _seconds_here(core_seconds: float) -> float:
    """Seconds on this machine of a task with so many core-seconds of work where the constants come
    from."""
    return slowness() * (START_SECONDS + core_seconds / thread_count())


_model = CostModel()
expected_seconds = _model.expected_seconds
draft_seconds = _model.draft_seconds
learn = _model.learn
