"""Checks of time and memory: a large take, cold and warm times, what the GPU does, the roofline."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial

from vgpnn import cost, tasks
from vgpnn.evaluation import benchmark
from vgpnn.evaluation.selfcheck import profile
from vgpnn.evaluation.selfcheck.footage import clip
from vgpnn.evaluation.selfcheck.outcome import (
    FAIL,
    PASS,
    WARN,
    Check,
    Outcome,
    Sizes,
    Target,
    in_time,
    synchronise,
)
from vgpnn.limits import LIMITS
from vgpnn.machine import memory
from vgpnn.presets import PRESETS
from vgpnn.settings import Shape
from vgpnn.tasks import generation
from vgpnn.tasks.drafts import COUNT

REPEATS, REPEAT_SECONDS = 3, 8.0  # of a warm time, after which no other follows [s]
# [bytes] for each voxel of a take on the CPU, on top of what the process holds. A take of
# 13 x 360 x 640 was measured with 50.
MOST_BYTES_PER_VOXEL = 120
MOST_LAUNCHES, MOST_SYNCHRONISATIONS = 1200, 20  # of a take from noise of 13 x 144 x 256
LEAST_BUSY = 0.5  # share of the time of a take in which the device is busy
COLD_SECONDS = 300  # [s] after which a new process is given up
LAYOUTS = ("noise", "pieces")
# A new process writes how long its imports, its first take and its second one took.
COLD_PROGRAM = """
import json, sys, time
began = time.perf_counter()
from vgpnn import tasks
from vgpnn.evaluation.selfcheck.footage import clip
imported = time.perf_counter()
shape, device = json.loads(sys.argv[1])
source = clip(tuple(shape))
seconds = [imported - began]
for seed in (0, 1):
    began = time.perf_counter()
    tasks.generate(source, seed, device=device)
    seconds.append(time.perf_counter() - began)
print(json.dumps(seconds))
"""


def large_take(target: Target) -> Outcome:
    """A large take, its seconds and its peak memory, of the GPU or of the process."""
    shape = target.sizes.large
    source, on_gpu = clip(shape), target.on_gpu
    memory.release_freed()
    before = 0 if on_gpu else memory.resident_bytes()
    benchmark.reset_peak_memory(on_gpu)
    began = time.perf_counter()
    result = tasks.generate(source, 0, device=target.device.type)
    synchronise(target)
    seconds = time.perf_counter() - began
    peak = benchmark.peak_memory(on_gpu)
    voxels = math.prod(shape)
    if on_gpu:
        settings = PRESETS["generate"]
        problem = generation.clean_problem(
            source, 0, settings, target.device.type, "auto", lambda: None
        )
        limit = sum(problem.gpu_bytes())
        del problem
    else:
        limit = MOST_BYTES_PER_VOXEL * voxels
    used = peak - before
    is_right = tuple(result.video.shape) == shape and used <= limit
    return Outcome(
        f"{_name(shape)}: {used / 1e6:.0f} MB ({used / voxels:.0f} bytes a voxel), {seconds:.2f} s",
        f"at most {limit / 1e6:.0f} MB",
        PASS if is_right else FAIL,
        {"peak_bytes": peak, "work_bytes": used, "seconds": seconds},
    )


def warm_time(target: Target, number: int, layout: str) -> Outcome:
    """The seconds of a take, of the `number`-th size: on a GPU against its goal, and on the CPU
    against what the cost model promises."""
    shape, goal = target.sizes.timed[number]
    settings = PRESETS["generate"].with_changes(layout=layout)
    promised = cost.expected_seconds(shape, settings)
    source, device = clip(shape), target.device.type
    first, seconds = shortest(target, lambda: tasks.generate(source, 0, settings, device=device))
    said = ("goal", goal) if target.on_gpu else ("cost model", promised)
    return in_time(seconds, said[1], said[0], first_seconds=first, shape=shape)


def drafts_time(target: Target) -> Outcome:
    """The seconds until all drafts of a clip are there."""
    shape, device = target.sizes.drafts, target.device.type
    source = clip(shape)
    promised = cost.draft_seconds(shape, PRESETS["generate"], COUNT)
    first, seconds = shortest(target, lambda: list(tasks.drafts(source, device=device)))
    said = ("goal", target.sizes.drafts_goal) if target.on_gpu else ("cost model", promised)
    return in_time(seconds, said[1], said[0], first_seconds=first, shape=shape)


def shortest(target: Target, do: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the first time, and of the shortest of up to REPEATS times after it."""
    times = []
    while len(times) < 2 or (len(times) <= REPEATS and sum(times) < REPEAT_SECONDS):
        synchronise(target)
        began = time.perf_counter()
        do()
        synchronise(target)
        times.append(time.perf_counter() - began)
    return times[0], min(times[1:])


def cold_time(target: Target) -> Outcome:
    """The seconds of the first take in new processes: on a GPU first without any compiled kernel,
    then with those that the first process left. Their limit is the first lease on ZeroGPU."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="vgpnn-selfcheck-") as folder:
        states = ("nothing compiled", "compiled before") if target.on_gpu else ("compiled before",)
        for state in states:
            found[state] = _in_new_process(target, folder if target.on_gpu else None)
    shown = [
        f"{state}: imports {imports:.1f} s, first take {first:.1f} s, second {second:.2f} s"
        for state, (imports, first, second) in found.items()
    ]
    limit = LIMITS.gpu_min_seconds
    slowest = max(imports + first for imports, first, _ in found.values())
    status = WARN if target.on_gpu and slowest > limit else PASS
    said = f"imports and first take {limit:.0f} s" if target.on_gpu else "-"
    return Outcome("; ".join(shown), said, status, {"seconds": found})


def _in_new_process(target: Target, triton_folder: str | None) -> list[float]:
    """What COLD_PROGRAM writes. Raises OSError with one sentence where the process fails."""
    environment = dict(os.environ)
    if triton_folder is not None:
        environment["TRITON_CACHE_DIR"] = triton_folder
    words = json.dumps([target.sizes.cold, target.device.type])
    command = [sys.executable, "-c", COLD_PROGRAM, words]
    options = {"capture_output": True, "text": True, "env": environment, "timeout": COLD_SECONDS}
    try:
        process = subprocess.run(command, **options)
    except subprocess.TimeoutExpired:
        raise OSError(f"A new process had no take after {COLD_SECONDS} s.") from None
    if process.returncode:
        *_, reason = "", *process.stderr.strip().splitlines()
        raise OSError(f"A new process failed: {reason}")
    return json.loads(process.stdout)


def gpu_is_busy(target: Target) -> Outcome:
    """What a warm take from noise asks of the GPU, by torch's profiler."""
    if not target.on_gpu:
        return Outcome("only on a GPU")
    shape, device = target.sizes.timed[0][0], target.device.type
    source = clip(shape)

    def take() -> None:
        tasks.generate(source, 0, layout="noise", device=device)

    _, seconds = shortest(target, take)
    counts = profile.counted(take)
    if not counts["launches"]:
        return Outcome("the profiler saw nothing on the GPU", "-", WARN, counts)
    busy = counts["busy_seconds"] / seconds
    is_odd = (
        busy < LEAST_BUSY
        or counts["launches"] > MOST_LAUNCHES
        or counts["synchronisations"] > MOST_SYNCHRONISATIONS
    )
    return Outcome(
        f"busy {busy:.0%} of {seconds:.3f} s; {counts['launches']} launches, {counts['copies']} "
        f"copies, {counts['synchronisations']} synchronisations",
        f"busy {LEAST_BUSY:.0%}, at most {MOST_LAUNCHES} launches, {MOST_SYNCHRONISATIONS} "
        "synchronisations",
        WARN if is_odd else PASS,
        {"seconds": seconds, "busy": busy, **counts},
    )


def roofline(target: Target) -> Outcome:
    """How fast distances are compared: on the CPU as a share of the highest rate that is measured,
    on a GPU, where early exits are not counted, at most so many in a second."""
    shape = target.sizes.roofline
    run = benchmark.Run(shape, "noise", device=target.device.type, roofline=True)
    if target.on_gpu:
        settings = PRESETS["generate"].with_changes(layout="noise")
        source = clip(shape)
        tally = benchmark.most_compared_on_gpu(shape, settings)
        _, seconds = shortest(
            target, lambda: tasks.generate(source, 0, settings, device=target.device.type)
        )
        rate = tally.elements / seconds
        measured = f"at most {rate / 1e9:.0f} G elements/s in {seconds:.3f} s"
        return Outcome(measured, details={"seconds": seconds, "elements": tally.elements})
    row = benchmark.measure_in_new_process(run)
    peak = benchmark.measure_peak_rate()
    share = row["elements"] / row["seconds"] / peak
    measured = f"{share:.0%} of {peak / 1e9:.1f} G elements/s"
    return Outcome(measured, details={**row, "elements_per_second": peak, "share": share})


def _name(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def warm_checks(sizes: Sizes) -> Iterator[Check]:
    """A check for each size and layout whose time is measured."""
    for number, (shape, _) in enumerate(sizes.timed):
        for layout in LAYOUTS:
            words = "from noise" if layout == "noise" else "of a chosen draft"
            check = partial(warm_time, number=number, layout=layout)
            yield f"warm: {_name(shape)} {words}", check


def checks(sizes: Sizes) -> tuple[Check, ...]:
    """The checks of speed, the slow ones last."""
    warm = list(warm_checks(sizes))
    return (
        *warm[: len(LAYOUTS)],
        (f"warm: {COUNT} drafts of {_name(sizes.drafts)}", drafts_time),
        ("busy GPU", gpu_is_busy),
        ("a large take", large_take),
        *warm[len(LAYOUTS) :],
        ("cold start", cold_time),
        ("roofline", roofline),
    )
