"""The sound of a result whose time is another than its source's: shorter, longer, or a loop.

The source map says which moment of the source each frame shows. As long as the moments advance
steadily the sound of the source plays on; where they jump, two pieces of it are cross-faded.
Nothing is played faster or slower, so its pitch stays. moviepy puts the pieces together.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from vgpnn.editing import moviepy
from vgpnn.sound import RATE, Sound

if TYPE_CHECKING:
    from moviepy import AudioClip

FADE = Fraction(3, 100)  # [s] in which one piece turns into the next
# [s] from which on a frame that is nearest to another moment counts as wrong altogether: sound that
# is less than that away from its picture is still taken for that of the picture.
NEAR = Fraction(1, 4)
# [s] of wrong sound that a join is worth. The time of a shorter result is squeezed, so that pieces
# would be a few frames long otherwise, which sounds like a rattle.
JOIN = Fraction(1, 10)
CHUNK = RATE  # samples that are put together at once


class Run(NamedTuple):
    """Frames of a result, from `first` up to `end`, that show frames of the source in their order,
    from `source` on."""

    first: int
    end: int
    source: int


def joined(
    sound: Sound,
    source_map: torch.Tensor,
    source_frames: int,
    fps: Fraction,
    circular: bool,
    checkpoint: Callable[[], None] = lambda: None,
) -> Sound:
    """The sound of a result with another time, exactly as long as its frames.

    sound: of the source, from its first frame to its last. source_map: (T, H, W, 3) of the
    result. source_frames: of the source, to which the map points. fps: of both [frames/s].
    circular: whether the result is a loop: then its end is cross-faded into its beginning.
    checkpoint: called several times a second; may raise to cancel.
    """
    moments = moments_of(source_map, source_frames, fps, checkpoint)
    return _composed(sound, runs_of(moments), fps, circular, checkpoint)


def moments_of(
    source_map: torch.Tensor,
    source_frames: int,
    fps: Fraction,
    checkpoint: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """(T,): which frame of the source is to be heard at each frame of a result.

    They are those whose distance in time from where the voxels come from is least, where a distance
    of NEAR or more counts once and a jump counts as much as JOIN. Arguments are those of `joined`.
    """
    frames = len(source_map)
    shares = np.zeros((frames, source_frames))  # of the voxels of a frame, by where they come from
    for k, places in enumerate(source_map[..., 0]):
        checkpoint()
        counts = np.bincount(places.reshape(-1).numpy(), minlength=source_frames)
        shares[k] = counts / counts.sum()
    moments = np.arange(source_frames)
    apart = np.abs(moments[:, None] - moments) / max(1.0, float(NEAR * fps))
    costs, jump = shares @ np.minimum(apart, 1.0), float(JOIN * fps)
    # The least cost up to each frame by the moment that it ends with (Viterbi).
    least, before = costs[0], np.zeros((frames, source_frames), np.int64)
    for k in range(1, frames):
        checkpoint()
        steady = np.concatenate(([np.inf], least[:-1]))
        best = int(least.argmin())
        jumps = steady > least[best] + jump
        before[k] = np.where(jumps, best, moments - 1)
        least = np.where(jumps, least[best] + jump, steady) + costs[k]
    path = [int(least.argmin())]
    for k in range(frames - 1, 0, -1):
        path.append(int(before[k, path[-1]]))
    return np.array(path[::-1])


def runs_of(moments: np.ndarray) -> list[Run]:
    """The runs in which moments, (T,), advance by one from frame to frame."""
    cuts = [0, *(np.flatnonzero(np.diff(moments) != 1) + 1).tolist(), len(moments)]
    return [Run(first, end, int(moments[first])) for first, end in zip(cuts, cuts[1:])]


def _composed(
    sound: Sound, runs: list[Run], fps: Fraction, circular: bool, checkpoint: Callable[[], None]
) -> Sound:
    """The pieces of some runs, one after the other, each cross-faded into the next one.

    A fade lies half before and half behind the join, so pieces reach beyond their runs. Beyond the
    ends of the sound they go back on it: silence would be heard as a gap, or as a click.
    """
    shortest = min(run.end - run.first for run in runs) / fps
    half = int(min(FADE, shortest) * RATE / 2)
    count = round(runs[-1].end / fps * RATE)
    # One more sample than fades need, because the ends of runs are rounded.
    extended = np.pad(sound.samples, ((half, half + 1), (0, 0)), "reflect")
    pieces = []
    for number, run in enumerate(runs):
        begin, end = round(run.first / fps * RATE), round(run.end / fps * RATE)
        before = half if circular or number > 0 else 0
        behind = half if circular or number < len(runs) - 1 else 0
        first = round(run.source / fps * RATE) + half - before
        samples = extended[first : first + end - begin + before + behind]
        pieces.append(_faded(samples, before, behind).with_start((begin - before + half) / RATE))
    # What is put together begins a half before the result and ends a half after it.
    whole = _rendered(pieces, count + 2 * half, checkpoint)
    samples = whole[half : half + count]
    if circular:  # the beginning is heard in the end already, and the end in the beginning still
        samples[:half] += whole[half + count :]
        samples[count - half :] += whole[:half]
    samples = samples[:, : sound.samples.shape[1]]
    return Sound(samples.round().clip(-(2**15), 2**15 - 1).astype(np.int16), is_loop=circular)


def _faded(samples: np.ndarray, before: int, behind: int) -> AudioClip:
    """Samples, (N, channels), as a clip of moviepy's that comes and goes.

    before, behind: half of the samples in which it does, 0 where it is there at once.
    """
    parts = moviepy()
    # moviepy takes two channels for what it plays.
    clip = parts.AudioArrayClip(np.broadcast_to(samples, (len(samples), 2)), fps=RATE)
    fades = [parts.afx.AudioFadeIn(2 * before / RATE)] if before else []
    fades += [parts.afx.AudioFadeOut(2 * behind / RATE)] if behind else []
    return clip.with_effects(fades)


def _rendered(pieces: list[AudioClip], count: int, checkpoint: Callable[[], None]) -> np.ndarray:
    """(count, 2) float64: the first samples of clips that play together."""
    clip = moviepy().CompositeAudioClip(pieces)
    samples = np.zeros((count, 2))
    for first in range(0, count, CHUNK):
        checkpoint()
        end = min(count, first + CHUNK)
        samples[first:end] = clip.to_soundarray(np.arange(first, end) / RATE)
    return samples
