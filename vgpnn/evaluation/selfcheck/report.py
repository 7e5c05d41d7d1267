"""Runs the checks one after the other, prints a line for each, and writes the report."""

from __future__ import annotations

import datetime
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from vgpnn.evaluation.selfcheck import arrays, environment, kernels, results, speed
from vgpnn.evaluation.selfcheck.kept import keep, write
from vgpnn.evaluation.selfcheck.outcome import (
    FAIL,
    GPU_SIZES,
    PASS,
    WARN,
    Check,
    Outcome,
    Sizes,
    Target,
)
from vgpnn.machine.devices import device_of, fast_backend
from vgpnn.machine.threads import torch_threads

NAME_WIDTH = 40  # characters of the column of names
ERROR_LENGTH = 300  # characters of an error's line
WORDS = {PASS: "passed", WARN: "with a warning", FAIL: "failed"}


def main(device: str = "auto", path: str | None = None, version: str = "") -> bool:
    """Check this installation, print a line for each check, and keep the report.

    device: see `devices.device_of`. path: where to write the report as JSON, too.
    version: of this program, for the report. Returns whether no check failed.
    """
    target = target_of(device)
    report = reported(checks(target.sizes), target, path, version)
    return not report["counts"][FAIL]


def reported(
    checks: Sequence[Check], target: Target, path: str | None = None, version: str = ""
) -> dict:
    """Do the checks, print and keep the report, and return it; see `main`.

    It has the "date", the "version", the "device", the "checks" (each with what `Outcome` has, and
    its "name" and "seconds"), the "counts" by status, and the printed "lines".
    """
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "version": version,
        "device": str(target.device),
        "finished": False,
        "checks": [],
        "lines": [],
    }
    began = time.perf_counter()
    try:
        for row in run(checks, target):
            report["checks"].append(row)
            report["lines"].append(f"{row['name']}: {line(row)}")
        report["finished"] = True
    finally:  # An interrupted run has told most, and its report is written, too.
        report["seconds"] = round(time.perf_counter() - began, 1)
        report["counts"] = Counter(row["status"] for row in report["checks"])
        report["lines"].append(last_line(report))
        print(report["lines"][-1], flush=True)
        keep(report)
        if path is not None:
            write(report, path)
    return report


def target_of(device: str, sizes: Sizes | None = None) -> Target:
    """What a name of a device means here.

    sizes: None: those for the device.
    """
    found = device_of(device)
    sizes = sizes or (GPU_SIZES if found.type == "cuda" else Sizes())
    return Target(found, fast_backend(found), device, sizes)


def checks(sizes: Sizes) -> tuple[Check, ...]:
    """All checks: those first that say most, and the slow ones last."""
    return (
        *environment.CHECKS,
        *kernels.CHECKS,
        *arrays.CHECKS,
        *results.CHECKS,
        *results.QUALITY_CHECKS,
        *speed.checks(sizes),
        *environment.LAST_CHECKS,
    )


def run(checks: Sequence[Check], target: Target) -> Iterable[dict]:
    """Do the checks and print them. Yields what the report says of each."""
    for name, check in checks:
        print(name.ljust(NAME_WIDTH), end=" ", flush=True)  # which one hangs can be seen
        began = time.perf_counter()
        try:
            # The threads of torch wait without sleeping, which is slow on a busy machine.
            with torch_threads(1):
                outcome = check(target)
        except Exception as error:  # the next check may pass
            outcome = Outcome(one_line(error), status=FAIL)
        row = {"name": name, **asdict(outcome), "seconds": round(time.perf_counter() - began, 2)}
        print(line(row), flush=True)
        yield row


def line(row: dict) -> str:
    """What is printed of a check, behind its name."""
    limit = "" if row["limit"] == "-" else f" ({row['limit']})"
    return f"{row['status']}  {row['measured']}{limit}  [{row['seconds']:.1f} s]"


def one_line(error: Exception) -> str:
    """The kind of an error, and the first line of what it says."""
    text = next((words.strip() for words in str(error).splitlines() if words.strip()), "")
    return f"{type(error).__name__}: {text}"[:ERROR_LENGTH]


def last_line(report: dict) -> str:
    """How many checks passed, and which failed."""
    counts = [f"{report['counts'][status]} {words}" for status, words in WORDS.items()]
    failed = [row["name"] for row in report["checks"] if row["status"] == FAIL]
    text = f"{', '.join(counts)} in {report['seconds']:.0f} s"
    if not report["finished"]:
        text += ", and stopped before the end"
    return text + (f": {'; '.join(failed)}" if failed else "")
