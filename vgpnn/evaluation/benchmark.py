"""Speed and memory on this machine: `python -m vgpnn bench`."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch

from vgpnn import examples, pyramid
from vgpnn.evaluation.benchmark_tables import speed_line, tables
from vgpnn.evaluation.report import figures
from vgpnn.looping import OPEN
from vgpnn.machine import memory
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import bands, run_bands, thread_count
from vgpnn.patches import grid, starts
from vgpnn.presets import PRESETS
from vgpnn.pyramid import level_shapes, resize
from vgpnn.query_grid import QueryGrid
from vgpnn.schedule import plan_levels
from vgpnn.search import cpu
from vgpnn.search.counting import Tally, counted
from vgpnn.search.cpu_kernels import compiled
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import Result, generate_batch
from vgpnn.video import as_video, read
from vgpnn.warmup import warm_up

PAPER_SHAPE = (13, 144, 256)  # the size that the paper times
NAIVE_SHAPE = (5, 32, 56)  # a size for which plain torch does not take too long
WARM_UP_SHAPE = (5, 64, 112)
CLIP = examples.BUNDLED / "balloons.mp4"
REPEATS = 3
YARDSTICK_PRODUCTS, YARDSTICK_SIDE = 20, 2048  # how many matrices are multiplied, and their size
ROOFLINE_PATCH = (3, 7, 7)
ROOFLINE_SHAPE = (3, 30, 46)  # a video that lies in the fastest cache of a core
ROOFLINE_REPEATS = 7


@dataclass(frozen=True)
class Run:
    """What is measured in a process of its own: some samples of a clip of one size."""

    shape: Shape
    layout: str = PRESETS["generate"].layout
    completeness: str = "on"
    samples: int = 1
    backend: str = "auto"
    device: str = "auto"
    roofline: bool = False


def main(
    sizes: Sequence[Shape] = (),
    path: str | None = None,
    device: str = "auto",
    roofline: bool = False,
) -> None:
    """Measure, print Markdown tables, and write a report as JSON to `path`, if it is given.

    sizes: (T, H, W) to measure with the default settings. Without them it is the size that the
        paper times, with noise as in the paper, with drafts, and as a batch of six with quality
        figures; and a small size with the kernels and with plain torch.
    device: see `devices.device_of`.
    roofline: also count the distances, which takes a run on one thread.
    """
    device = device_of(device).type
    options = {"device": device, "roofline": roofline}
    noise = {"device": device, "layout": "noise"}
    runs = [Run(shape, **options) for shape in sizes] or [
        Run(PAPER_SHAPE, completeness="off", roofline=roofline, **noise),
        Run(PAPER_SHAPE, roofline=roofline, **noise),
        Run(PAPER_SHAPE, **options),
        Run(PAPER_SHAPE, samples=6, device=device),
        Run(NAIVE_SHAPE, **noise),
        Run(NAIVE_SHAPE, backend="naive", **noise),
    ]
    yardstick = statistics.median(measure_yardstick(device) for _ in range(3))
    report = {
        "date": datetime.date.today().isoformat(),
        **describe_machine(device),
        "yardstick": yardstick,
    }
    if roofline and device == "cpu":
        report["elements_per_second"] = measure_peak_rate()
    report["rows"] = []
    print(f"yardstick (20 products of 2048 x 2048 matrices): {yardstick:.2f} s", file=sys.stderr)
    for run in runs:
        row = {**asdict(run), **measure_in_new_process(run)}
        report["rows"].append(row)
        print(speed_line(row, report), file=sys.stderr, flush=True)
    if path:
        Path(path).write_text(json.dumps(report, indent=1) + "\n")
    print(tables([report]))


def measure_yardstick(device: str = "cpu") -> float:
    """Seconds for 20 float32 products of 2048 x 2048 matrices on all cores, or on the GPU."""
    a, b = torch.randn(2, YARDSTICK_SIDE, YARDSTICK_SIDE).to(device)
    (a @ b).sum().item()
    return _seconds(lambda: sum(a @ b for _ in range(YARDSTICK_PRODUCTS)).sum().item())


def describe_machine(device: str) -> dict:
    """The processor, the GPU if it is used, and the versions of what was measured."""
    name = f"{_processor()}, {thread_count()} threads"
    versions = {package: version(package) for package in ("torch", "numba", "numpy")}
    if device == "cuda":
        name = f"{torch.cuda.get_device_name()}, {name}"
        versions |= {"cuda": torch.version.cuda, "triton": version("triton")}
    return {"machine": name, "python": platform.python_version(), **versions}


def sample_clip(shape: Shape) -> torch.Tensor:
    """A bundled example at a size, (T, H, W, 3) codes.

    It is a real clip, because searches in a smooth texture end early and would look too fast.
    """
    return resize(read(CLIP, frames=shape[0]).codes, shape)


def measure_in_new_process(run: Run) -> dict:
    """What `measure` returns in a new process: the peak memory of a process never goes down.

    Raises OSError with one sentence where the process fails.
    """
    program = "import sys; from vgpnn.evaluation import benchmark; benchmark.print_run(sys.argv[1])"
    command = [sys.executable, "-c", program, json.dumps(asdict(run))]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        *_, reason = "", *process.stderr.strip().splitlines()
        reason = reason or f"exit status {process.returncode}, perhaps for want of memory"
        raise OSError(f"A run of the benchmark failed ({reason}): try smaller sizes.")
    return json.loads(process.stdout)


def print_run(text: str) -> None:
    """Measure a `Run`, which is given as JSON, and print the result as JSON."""
    fields = json.loads(text)
    run = Run(tuple(fields.pop("shape")), **fields)
    print(json.dumps(measure(run)))


def measure(run: Run) -> dict:
    """Median seconds and peak memory [bytes] of a run in this process, and what else it asks for.

    `work_bytes` is the memory at the peak on top of what the process held when everything but the
    clip was loaded. The counts of a roofline are those of `Tally`.
    """
    settings = PRESETS["generate"].with_changes(layout=run.layout)
    if run.completeness == "off":
        settings = settings.with_changes(alpha=None)

    def generate(video: torch.Tensor, settings: Settings = settings) -> tuple[Result, ...]:
        return generate_batch(
            video, range(run.samples), settings, device=run.device, backend=run.backend
        )

    warm_up()
    # These runs load the kernels, or on a GPU compile them: those of both patch sizes, without
    # weights and with weights.
    for large_voxels in (0, 10**9):
        for complete_levels in (0, 1):
            changes = {"large_voxels": large_voxels, "complete_levels": complete_levels}
            generate(sample_clip(WARM_UP_SHAPE), settings.with_changes(**changes))
    on_gpu = run.device == "cuda"
    memory.release_freed()
    before = 0 if on_gpu else memory.resident_bytes()
    reset_peak_memory(on_gpu)
    video, results, times = sample_clip(run.shape), (), []
    for _ in range(REPEATS):
        results = ()  # The results of the repeat before are not part of the memory of this one.
        began = time.perf_counter()
        results = generate(video)
        times.append(time.perf_counter() - began)
    peak = peak_memory(on_gpu)
    row = {
        "seconds": statistics.median(times),
        "peak_bytes": peak,
        "work_bytes": peak - before,
    }
    if run.samples > 1:
        maps = [result.source_map for result in results]
        quality = figures(as_video(video), [result.video for result in results], maps)
        row["quality"] = {**quality["mean"], "diversity": quality["diversity"]}
    if run.roofline and on_gpu:
        row |= asdict(most_compared_on_gpu(run.shape, settings))
    elif run.roofline:
        os.environ["VGPNN_THREADS"] = "1"  # Only then the counts are right.
        with counted() as tally:
            generate(video)
        row |= asdict(tally)
    return row


def most_compared_on_gpu(shape: Shape, settings: Settings) -> Tally:
    """The most that the GPU compares for one sample: all matches that it tries, to the end."""
    from vgpnn.search import gpu  # It needs Triton, which is not on every machine.

    tally = Tally()
    settings, _ = pyramid.adapted_settings(settings, shape)
    for plan in plan_levels(level_shapes(shape, shape, settings), settings):
        if plan.is_exact:
            continue
        searching = math.prod(OPEN.queries(plan.result, plan.patch, plan.stride).counts)
        for number in range(plan.passes):
            distances = searching * gpu.candidates(guesses=1, **plan.effort(number))
            if plan.weighted:  # The reverse search goes over all keys, and starts from two fields.
                tries = gpu.candidates(guesses=2, **plan.reverse_effort(number))
                distances += math.prod(grid(plan.source, plan.patch)) * tries
            tally.distances += distances
            tally.elements += distances * math.prod(plan.patch) * 3
    return tally


def measure_peak_rate() -> float:
    """The roofline: the most elements [1/s] that distances can compare on all cores.

    All elements lie in the fastest cache, and no distance is given up before its end.
    """
    times = 200 * thread_count()
    video = torch.randint(0, 256, (*ROOFLINE_SHAPE, 3), dtype=torch.uint8)
    size = grid(ROOFLINE_SHAPE, ROOFLINE_PATCH)
    field = starts((), size, size)[0]
    queries = QueryGrid(ROOFLINE_SHAPE, ROOFLINE_PATCH)
    state = cpu.search_state(video, video, queries, None, field, lambda: None)
    evaluate = partial(compiled(ROOFLINE_PATCH, 3, False).evaluate, *state)
    repeated = bands([0] * times, size[1])
    seconds = min(
        _seconds(lambda: run_bands(evaluate, repeated, lambda: None))
        for _ in range(ROOFLINE_REPEATS)
    )
    return times * math.prod(size) * math.prod(ROOFLINE_PATCH) * 3 / seconds


def _processor() -> str:
    """The name of the processor, as far as the system says it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def reset_peak_memory(on_gpu: bool) -> None:
    """Let the peak memory be counted from now on."""
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    with contextlib.suppress(OSError):  # This file exists on Linux.
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory(on_gpu: bool) -> int:
    """The most bytes of memory that this process, or torch on the GPU, has held since
    `reset_peak_memory`."""
    if on_gpu:
        return torch.cuda.max_memory_allocated()
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return memory.resident_bytes()


def _seconds(function: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
