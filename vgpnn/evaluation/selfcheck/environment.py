"""Checks of what is installed: versions, the device, a first launch, and what was compiled."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import vgpnn.vote
from vgpnn.evaluation.benchmark import describe_machine
from vgpnn.evaluation.selfcheck.outcome import FAIL, PASS, WARN, Check, Outcome, Target, synchronise
from vgpnn.machine.threads import thread_count
from vgpnn.query_grid import QueryGrid
from vgpnn.vote import naive

PACKAGES = ("torch", "triton", "numba", "numpy")
DRIVER = Path("/proc/driver/nvidia/version")
CONSTANTS = 14  # constant arguments of a variant that are listed


def environment(target: Target) -> Outcome:
    """Versions, the processor and the GPU. It fails where CUDA was asked for and is not used."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    found |= {package: _version(package) for package in PACKAGES}
    found |= {"threads": thread_count(), "memory_bytes": _memory_bytes()}
    found["machine"] = describe_machine("cpu")["machine"]
    found |= _gpu() if torch.cuda.is_available() else {"gpu": None}
    found |= {"device": str(target.device), "kernels": target.backend}
    shown = [f"{name} {found[name]}" for name in ("python", *PACKAGES)]
    shown += [found["machine"], f"{found['memory_bytes'] / 1e9:.0f} GB"]
    if found["gpu"]:
        capability = ".".join(map(str, found["capability"]))
        memory = f"{found['gpu_memory_bytes'] / 1e9:.0f} GB"
        details = f"{capability}, {memory}, CUDA {found['cuda']}, driver {found['driver']}"
        shown.append(f"{found['gpu']} ({details})")
    shown.append(f"kernels {target.backend} on {target.device}")
    is_missing = target.asked == "cuda" and not target.on_gpu
    if is_missing:
        shown.append("CUDA cannot be used here")
    limit = "on cuda" if target.asked == "cuda" else "-"
    return Outcome("; ".join(shown), limit, FAIL if is_missing else PASS, found)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _memory_bytes() -> int:
    """Bytes of memory of the machine; 0 where the system does not say it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0


def _gpu() -> dict:
    """What is known about the GPU."""
    properties, driver = torch.cuda.get_device_properties(0), None
    with contextlib.suppress(OSError):  # NVIDIA's driver has this file on Linux.
        words = DRIVER.read_text().splitlines()[0].split()
        driver = next((word for word in words if re.fullmatch(r"\d+(\.\d+)+", word)), None)
    return {
        "gpu": properties.name,
        "capability": list(torch.cuda.get_device_capability()),
        "gpu_memory_bytes": properties.total_memory,
        "multiprocessors": properties.multi_processor_count,
        "driver": driver,
        "cuda": torch.version.cuda or torch.version.hip,
    }


def launch(target: Target) -> Outcome:
    """A first launch of a real kernel, which is compiled or loaded for it: a tiny vote."""
    value = torch.randint(0, 256, (3, 9, 10, 3), dtype=torch.uint8)
    voters = QueryGrid((3, 9, 10), (3, 7, 7))
    field = torch.zeros(1, *voters.counts, 3, dtype=torch.int16)
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        on_device = value.to(target.device), field.to(target.device)
        result = vgpnn.vote.vote(*on_device, voters, backend=target.backend)
        synchronise(target)
        seconds.append(time.perf_counter() - began)
    is_right = torch.equal(result[0].cpu(), naive.vote(value, field[0], voters, "median"))
    measured = f"first {seconds[0]:.2f} s, then {seconds[1] * 1e3:.2f} ms"
    if not is_right:
        measured += ", with a wrong result"
    return Outcome(measured, "a right result", PASS if is_right else FAIL, {"seconds": seconds})


def compiled_kernels(target: Target) -> Outcome:
    """Registers and spills of every variant of a Triton kernel that this process has compiled."""
    variants = list(_variants())
    known = [variant for variant in variants if variant["registers"] is not None]
    spilling = [variant for variant in known if variant["spills"]]
    measured = f"{len(variants)} variants"
    if known:
        measured += f", at most {max(each['registers'] for each in known)} registers"
    if spilling:
        worst = max(spilling, key=lambda variant: variant["spills"])
        measured += f"; {len(spilling)} spill, {worst['name']} most ({worst['spills']})"
    is_odd = spilling or (target.backend == "gpu" and target.on_gpu and not variants)
    return Outcome(measured, "no spills", WARN if is_odd else PASS, {"variants": variants})


def _variants() -> Iterator[dict]:
    """What is known of each compiled variant: its kernel, constants, registers, spills [words] and
    shared memory [bytes]; None for what this version of Triton does not say.

    Kernels are found in all modules of the package that are loaded.
    """
    seen = set()
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] != "vgpnn" or module is None:
            continue
        for function in vars(module).values():
            for kernel in _compiled_of(function):
                if id(kernel) not in seen:  # a module may import the kernel of another one
                    seen.add(id(kernel))
                    yield _described(function, kernel)


def _compiled_of(function: object) -> Iterator[object]:
    """The compiled kernels that a function of Triton has cached, for all devices."""
    # Heuristics and autotuning wrap a function. Types are not asked for attributes, because some
    # objects of a module answer to every name.
    for _ in range(4):
        if not type(function).__module__.startswith("triton"):
            return
        attributes = getattr(function, "__dict__", {})
        # It was called `cache` before Triton 3.3, and held the kernels themselves.
        caches = attributes.get("device_caches") or attributes.get("cache") or {}
        if isinstance(caches, dict):
            for cached in caches.values():
                kernels = cached[0] if isinstance(cached, tuple) else cached
                yield from kernels.values() if isinstance(kernels, dict) else ()
        function = attributes.get("fn")


def _described(function: object, kernel: object) -> dict:
    metadata, source = getattr(kernel, "metadata", None), getattr(kernel, "src", None)
    return {
        "name": getattr(kernel, "name", None) or getattr(function, "__name__", "a kernel"),
        "constants": _constants(source),
        "registers": getattr(kernel, "n_regs", None),
        "spills": getattr(kernel, "n_spills", None),
        "shared_bytes": getattr(metadata, "shared", None),
        "warps": getattr(metadata, "num_warps", None),
    }


def _constants(source: object) -> dict[str, str]:
    """The constant arguments of a variant, by name."""
    names = getattr(getattr(source, "fn", None), "arg_names", ())
    constants = getattr(source, "constants", None)
    found = {}
    for key, value in constants.items() if isinstance(constants, dict) else ():
        place = key[0] if isinstance(key, tuple) and key else key  # a path, in newer versions
        known = isinstance(place, int) and place < len(names)
        found[names[place] if known else str(place)] = str(value)
    return dict(list(found.items())[-CONSTANTS:])


CHECKS: tuple[Check, ...] = (
    ("environment", environment),
    ("a kernel is launched", launch),
)
LAST_CHECKS: tuple[Check, ...] = (("compiled kernels", compiled_kernels),)
