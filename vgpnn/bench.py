"""Speed and memory on this machine: `python -m vgpnn bench`."""

from __future__ import annotations

import datetime
import json
import math
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch

from .pyramid import resize
from .settings import PRESETS, Settings, Shape
from .tasks import generate
from .threads import thread_count
from .video import read
from .warmup import warm_up

PUBLISHED = (13, 144, 256)  # the size that the paper times
CLIP = Path(__file__).parents[1] / "examples" / "balloons.mp4"
SMALL = (5, 32, 56)  # a size the plain-torch twin can do
HEAD = (
    "| one sample | seconds | yardsticks | seconds per megavoxel | peak memory of the process |\n"
    "| --- | --- | --- | --- | --- |"
)


def yardstick() -> float:
    """Seconds of 20 float32 products of 2048 x 2048 matrices with all cores."""
    a, b = torch.randn(2, 2048, 2048)
    a @ b
    return _seconds(lambda: [a @ b for _ in range(20)])


def sample_clip(shape: tuple[int, int, int]) -> torch.Tensor:
    """A bundled example at a size, (T, H, W, 3) codes: smooth textures would flatter."""
    return resize(read(CLIP, frames=shape[0]).codes, shape)


def main(sizes: list[Shape] = (), path: str | None = None) -> None:
    """Measure, print a Markdown table, and write what was measured as JSON to `path`, if given.

    sizes: (T, H, W) to measure with the default settings; none: what the paper times, and how much
    faster than plain torch the kernels are.
    """
    warm_up()
    on, off = PRESETS["generate"], PRESETS["generate"].with_changes(alpha=None)
    runs = [(shape, "on", on, "auto") for shape in sizes] or [
        (PUBLISHED, "off", off, "auto"),
        (PUBLISHED, "on", on, "auto"),
        (SMALL, "on", on, "auto"),
        (SMALL, "on", on, "naive"),
    ]
    unit = statistics.median(yardstick() for _ in range(3))
    report = {"date": datetime.date.today().isoformat(), **machine(), "yardstick": unit, "rows": []}
    print(f"yardstick (20 products of 2048 x 2048 matrices): {unit:.2f} s\n\n{HEAD}")
    for shape, weights, settings, backend in runs:
        seconds, peak = _measured(shape, settings, backend)
        row = {"shape": shape, "completeness": weights, "backend": backend, "seconds": seconds,
               "peak_bytes": peak}  # fmt: skip
        report["rows"].append(row)
        print(line(row, unit), flush=True)
    if path:
        Path(path).write_text(json.dumps(report, indent=1) + "\n")


def table(paths: list[str]) -> None:
    """Print the Markdown table of reports that `main` wrote."""
    print(HEAD)
    for path in paths:
        report = json.loads(Path(path).read_text())
        for row in report["rows"]:
            print(line(row, report["yardstick"]))


def line(row: dict, unit: float) -> str:
    """A row of a report in Markdown. unit: seconds of the yardstick."""
    what = " x ".join(map(str, row["shape"])) + f", completeness {row['completeness']}"
    if row["backend"] == "naive":
        what += ", the plain-torch twin"
    voxels = math.prod(row["shape"]) / 1e6
    return (
        f"| {what} | {row['seconds']:.2f} | {row['seconds'] / unit:.2f} | "
        f"{row['seconds'] / voxels:.1f} | {row['peak_bytes'] / 1e6:.0f} MB |"
    )


def machine() -> dict:
    """What was measured on."""
    return {
        "machine": f"{platform.machine()}, {thread_count()} threads",
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "numba", "numpy")},
    }


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
