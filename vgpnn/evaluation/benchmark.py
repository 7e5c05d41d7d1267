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
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch

from vgpnn.evaluation.report import figures
from vgpnn.machine import memory
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import bands, run_bands, thread_count
from vgpnn.patches import grid, starts
from vgpnn.presets import PRESETS
from vgpnn.pyramid import level_shapes, resize
from vgpnn.schedule import plan_levels
from vgpnn.search import cpu
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import Result, generate_batch
from vgpnn.tasks.problem import as_video
from vgpnn.video import read
from vgpnn.warmup import warm_up

PUBLISHED = (13, 144, 256)  # the size that the paper times
CLIP = Path(__file__).parents[2] / "examples" / "balloons.mp4"
SMALL = (5, 32, 56)  # a size the plain-torch twin can do
REPEATS = 3
OPERATIONS = 3  # a subtraction, a multiplication and an addition for every element compared


@dataclass(frozen=True)
class Run:
    """What is measured in a process of its own: seconds and peak memory of some samples."""

    shape: Shape
    completeness: str = "on"
    samples: int = 1
    backend: str = "auto"
    device: str = "auto"
    roofline: bool = False


def main(
    sizes: list[Shape] = (), path: str | None = None, device: str = "auto", roofline: bool = False
) -> None:
    """Measure, print Markdown tables, and write what was measured as JSON to `path`, if given.

    sizes: (T, H, W) to measure with the default settings; none: what the paper times, also as a
    batch of six with quality figures, and how much faster than plain torch the kernels are.
    device: see `devices.device_of`. roofline: also count the distances, which takes a slow run.
    """
    where = device_of(device).type
    chosen = {"device": where, "roofline": roofline}
    runs = [Run(shape, **chosen) for shape in sizes] or [
        Run(PUBLISHED, "off", **chosen),
        Run(PUBLISHED, **chosen),
        Run(PUBLISHED, samples=6, device=where),
        Run(SMALL, device=where),
        Run(SMALL, backend="naive", device=where),
    ]
    unit = statistics.median(yardstick(where) for _ in range(3))
    report = {"date": datetime.date.today().isoformat(), **machine(where), "yardstick": unit}
    if roofline and where == "cpu":
        report["elements_per_second"] = peak_elements()
    report["rows"] = []
    print(f"yardstick (20 products of 2048 x 2048 matrices): {unit:.2f} s", file=sys.stderr)
    for run in runs:
        report["rows"].append({**asdict(run), **measured(run)})
        print(speed_line(report["rows"][-1], report), file=sys.stderr, flush=True)
    if path:
        Path(path).write_text(json.dumps(report, indent=1) + "\n")
    print_tables([report])


def yardstick(device: str = "cpu") -> float:
    """Seconds of 20 float32 products of 2048 x 2048 matrices with all cores, or on the GPU."""
    a, b = torch.randn(2, 2048, 2048).to(device)
    (a @ b).sum().item()
    return _seconds(lambda: sum(a @ b for _ in range(20)).sum().item())


def machine(device: str) -> dict:
    """What was measured on."""
    name = f"{_processor()}, {thread_count()} threads"
    versions = {name: version(name) for name in ("torch", "numba", "numpy")}
    if device == "cuda":
        name = f"{torch.cuda.get_device_name()}, {name}"
        versions |= {"cuda": torch.version.cuda, "triton": version("triton")}
    return {"machine": name, "python": platform.python_version(), **versions}


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def sample_clip(shape: Shape) -> torch.Tensor:
    """A bundled example at a size, (T, H, W, 3) codes: smooth textures would flatter."""
    return resize(read(CLIP, frames=shape[0]).codes, shape)


def measured(run: Run) -> dict:
    """What `child` measures, in a process of its own: the peak of a process never goes down."""
    code = "import sys; from vgpnn.evaluation import benchmark; benchmark.child(sys.argv[1])"
    command = [sys.executable, "-c", code, json.dumps(asdict(run))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        *_, why = "", *done.stderr.strip().splitlines()
        why = why or f"exit status {done.returncode}, perhaps for want of memory"
        raise OSError(f"A run of the benchmark failed ({why}): try smaller sizes.")
    return json.loads(done.stdout)


def child(text: str) -> None:
    """Measure a `Run`, given as JSON, and print as JSON: the median seconds, the memory [bytes] at
    the peak and on top of what the process held with everything loaded but the clip, and what else
    it asks for."""
    asked = json.loads(text)
    run = Run(tuple(asked.pop("shape")), **asked)
    settings = PRESETS["generate"]
    if run.completeness == "off":
        settings = settings.with_changes(alpha=None)

    def work(video: torch.Tensor, settings=settings) -> tuple[Result, ...]:
        return generate_batch(
            video, range(run.samples), settings, device=run.device, backend=run.backend
        )

    warm_up()
    for large in (0, 10**9):  # loads, or on a GPU compiles, the kernels of both patch sizes
        for share in (0, 1):  # without weights, and with them
            changes = {"large_voxels": large, "complete_levels": share}
            work(sample_clip((5, 64, 112)), settings.with_changes(**changes))
    on_gpu = run.device == "cuda"
    memory.give_back()
    before = memory.held()
    _forget_peak(on_gpu)
    video, results, times = sample_clip(run.shape), (), []
    for _ in range(REPEATS):
        results = ()  # those of the run before are not part of this one's memory
        began = time.perf_counter()
        results = work(video)
        times.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_allocated() if on_gpu else _peak()
    found = {
        "seconds": statistics.median(times),
        "peak_bytes": peak,
        "work_bytes": peak - (0 if on_gpu else before),
    }
    if run.samples > 1:
        maps = [result.source_map for result in results]
        quality = figures(as_video(video), [result.video for result in results], maps)
        found["quality"] = {**quality["mean"], "diversity": quality["diversity"]}
    if run.roofline and on_gpu:
        found |= asdict(most_on_gpu(run.shape, settings))
    elif run.roofline:
        os.environ["VGPNN_THREADS"] = "1"
        with cpu.counted() as tally:
            work(video)
        found |= asdict(tally)
    print(json.dumps(found))


def most_on_gpu(shape: Shape, settings: Settings) -> cpu.Tally:
    """The most that the GPU's searches compare for one sample: every match they try, whole."""
    from vgpnn.search import gpu

    tally = cpu.Tally()
    settings, _ = settings.adapted_to(shape)
    for plan in plan_levels(level_shapes(shape, shape, settings), settings):
        if plan.is_exact:
            continue
        patches = math.prod(grid(plan.result, plan.patch))
        for number in range(plan.passes):
            tries = gpu.candidates(plan.sweeps(number), 1)
            if plan.weighted:  # the reverse search starts from two fields
                tries += gpu.candidates(plan.sweeps(number), 2)
            tally.distances += tries * patches
            tally.elements += tries * patches * math.prod(plan.patch) * 3
    return tally


def peak_elements() -> float:
    """Elements a second that the distances compare on all cores where all of them lie in the
    fastest cache and none is given up: the roofline."""
    patch, times = (3, 7, 7), 200 * thread_count()
    video = torch.randint(0, 256, (3, 30, 46, 3), dtype=torch.uint8)
    size = grid(video.shape[:3], patch)
    state = cpu.prepared(video, video, patch, None, starts((), size, size)[0], lambda: None)
    evaluate, again = partial(cpu.compiled(patch, 3).evaluate, *state), bands([0] * times, size[1])
    seconds = min(_seconds(lambda: run_bands(evaluate, again, lambda: None)) for _ in range(7))
    return times * math.prod(size) * math.prod(patch) * video.shape[3] / seconds


def table(paths: list[str]) -> None:
    """Print the Markdown tables of reports that `main` wrote."""
    print_tables([json.loads(Path(path).read_text()) for path in paths])


def print_tables(reports: list[dict]) -> None:
    """Markdown tables of speed and memory, and of the roofline where distances were counted."""
    rows = [(row, report) for report in reports for row in report["rows"]]
    heads = (
        (
            speed_line,
            rows,
            "generation | seconds | yardsticks | seconds per megavoxel | memory, MB "
            "| bytes per voxel, in and out",
        ),
        (
            roofline_line,
            [r for r in rows if "elements" in r[0]],
            "generation | patch distances | "
            "per voxel | bytes read | operations | roofline, s | measured, s | ratio",
        ),
        (
            quality_line,
            [r for r in rows if r[0].get("quality")],
            "generation | coherence | completeness | swd | sharp | motion | diversity",
        ),
    )
    blocks = []
    for line, chosen, head in heads:
        if chosen:
            rule = "| --- " * (head.count("|") + 1) + "|"
            blocks.append("\n".join([f"| {head} |", rule, *(line(*row) for row in chosen)]))
    print("\n\n".join(blocks))


def speed_line(row: dict, report: dict) -> str:
    """A row of a report in Markdown: how long it took, and what memory."""
    voxels = row["samples"] * math.prod(row["shape"]) / 1e6
    each = row["work_bytes"] / math.prod(row["shape"]) / (row["samples"] + 1)
    return _line(
        _what(row),
        f"{row['seconds']:.2f}",
        f"{row['seconds'] / report['yardstick']:.2f}",
        f"{row['seconds'] / voxels:.2f}",
        f"{row['work_bytes'] / 1e6:.0f}",
        f"{each:.0f}",
    )


def roofline_line(row: dict, report: dict) -> str:
    """The same of its distances: the work in them, and how far from the fastest possible."""
    voxels = row["samples"] * math.prod(row["shape"])
    times = "", f"{row['seconds']:.2f}", ""
    if "elements_per_second" in report:
        least = row["elements"] / report["elements_per_second"]
        times = f"{least:.2f}", f"{row['seconds']:.2f}", f"{row['seconds'] / least:.1f}"
    return _line(
        _what(row),
        f"{row['distances'] / 1e6:.1f} M",
        f"{row['distances'] / voxels:.1f}",
        f"{2 * row['elements'] / 1e9:.1f} G",
        f"{OPERATIONS * row['elements'] / 1e9:.1f} G",
        *times,
    )


def quality_line(row: dict, report: dict) -> str:
    """The same of its quality; see `metrics`."""
    names = "coherence", "completeness", "swd", "sharp", "motion", "diversity"
    return _line(_what(row), *(f"{row['quality'][name]:.2f}" for name in names))


def _what(row: dict) -> str:
    words = [" x ".join(map(str, row["shape"])), f"completeness {row['completeness']}"]
    if row["samples"] > 1:
        words.append(f"a batch of {row['samples']}")
    if row["backend"] == "naive":
        words.append("plain torch")
    if row["device"] == "cuda":
        words.append("GPU")
    return ", ".join(words)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _forget_peak(on_gpu: bool) -> None:
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    with contextlib.suppress(OSError):  # Linux can
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """Most bytes of memory that this process held since `_forget_peak`."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return memory.held()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
