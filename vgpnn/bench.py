"""Speed and memory on this machine: `python -m vgpnn bench`."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from .pyramid import resize
from .settings import PRESETS, Settings
from .tasks import generate
from .threads import thread_count
from .video import read
from .warmup import warm_up

PUBLISHED = (13, 144, 256)  # the size that the paper times
CLIP = Path(__file__).parents[1] / "examples" / "balloons.mp4"
SMALL = (5, 32, 56)  # a size the plain-torch twin can do


def yardstick() -> float:
    """Seconds of 20 float32 products of 2048 x 2048 matrices with all cores."""
    a, b = torch.randn(2, 2048, 2048)
    a @ b
    return _seconds(lambda: [a @ b for _ in range(20)])


def sample_clip(shape: tuple[int, int, int]) -> torch.Tensor:
    """A bundled example at a size, (T, H, W, 3) in [-1, 1]: smooth textures would flatter."""
    video = read(CLIP, frames=shape[0]).frames
    return resize(video, shape).clamp(-1, 1)


def main() -> None:
    """Print the table."""
    warm_up()
    unit = statistics.median(yardstick() for _ in range(3))
    print(
        f"yardstick (20 products of 2048 x 2048 matrices): {unit:.2f} s, {thread_count()} threads"
    )
    print(f"{'one sample':<40}{'seconds':>9}{'yardsticks':>12}{'peak MB':>9}")
    seconds = {}
    for label, shape, settings, backend in (
        ("13 x 144 x 256, completeness off", PUBLISHED, _off(), "auto"),
        ("13 x 144 x 256, completeness on", PUBLISHED, PRESETS["generate"], "auto"),
        ("5 x 32 x 56, completeness on", SMALL, PRESETS["generate"], "auto"),
        ("5 x 32 x 56, the plain-torch twin", SMALL, PRESETS["generate"], "naive"),
    ):
        seconds[label], peak = _measured(shape, settings, backend)
        took = seconds[label]
        print(f"{label:<40}{took:>9.2f}{took / unit:>12.2f}{peak / 1e6:>9.0f}")
    *_, kernels, twin = seconds.values()
    print(f"{'ratio of the twin to the kernels':<40}{twin / kernels:>9.1f}")


def _off() -> Settings:
    return PRESETS["generate"].with_changes(alpha=None)


def _measured(shape, settings: Settings, backend: str) -> tuple[float, int]:
    """Median seconds of three warm runs, and the peak memory [bytes] of a process of its own.

    A process of its own, because the peak of a process never goes down again.
    """
    code = (
        "import json, resource, statistics, sys\n"
        "from vgpnn import bench, warm_up\n"
        "from vgpnn.settings import Settings\n"
        "warm_up()\n"
        f"video = bench.sample_clip({shape})\n"
        f"settings = {settings!r}\n"
        f"times = [bench.timed(video, settings, {backend!r}) for _ in range(3)]\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        "print(json.dumps([statistics.median(times), peak]))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return tuple(json.loads(run.stdout))


def timed(video: torch.Tensor, settings: Settings, backend: str) -> float:
    """Seconds of one sample."""
    return _seconds(lambda: generate(video, 0, settings, backend=backend))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
