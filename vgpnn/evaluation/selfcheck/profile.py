"""What a function asks of the GPU, counted by torch's profiler."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch.profiler import ProfilerActivity

MICROSECOND = 1e-6  # [s] the unit of the profiler
MOVES = ("Memcpy", "Memset")  # what the profiler calls work of the GPU that is no kernel
LAUNCHES = "LaunchKernel", "GraphLaunch"  # in the names of calls that start work of the GPU
MOST_NAMES = 12  # kernels that are listed


def counted(do: Callable[[], object]) -> dict:
    """What a function does on the GPU.

    Returns "launches" by the CPU, "runs" of kernels (more than launches, where a launch is that of
    a whole graph), "copies", "synchronisations", the "busy_seconds" in which the GPU did anything,
    and the "kernels" that took longest: their names, seconds and runs.
    """
    activities = [ProfilerActivity.CPU, ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profiler:
        do()
        torch.cuda.synchronize()
    return summary(profiler.events())


def summary(events: Iterable) -> dict:
    """See `counted`. events: of the profiler, each with a name, a device and a range of time."""
    spans, kernels, copies, synchronisations, launches = [], {}, 0, 0, 0
    for event in events:
        if "CUDA" in str(event.device_type):
            start, end = event.time_range.start, event.time_range.end
            spans.append((start, end))
            if event.name.startswith(MOVES):
                copies += event.name.startswith("Memcpy")
            else:
                seconds, count = kernels.get(event.name, (0.0, 0))
                kernels[event.name] = seconds + (end - start) * MICROSECOND, count + 1
        elif "Synchronize" in event.name:
            synchronisations += 1
        elif any(word in event.name for word in LAUNCHES):
            launches += 1
    longest = sorted(kernels.items(), key=lambda item: -item[1][0])[:MOST_NAMES]
    runs = sum(count for _, count in kernels.values())
    return {
        "launches": launches or runs,
        "runs": runs,
        "copies": copies,
        # One more waits for the end of what is profiled.
        "synchronisations": max(0, synchronisations - 1),
        "busy_seconds": covered(spans) * MICROSECOND,
        "kernels": [[name, *numbers] for name, numbers in longest],
    }


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """The length of the union of (start, end) spans."""
    total, last = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, last))
        last = max(last, end)
    return total
