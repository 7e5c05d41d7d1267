"""Markdown tables of the reports that `benchmark` writes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path

BYTES_PER_ELEMENT = 2  # a code of the query, and one of the key
OPERATIONS_PER_ELEMENT = 3  # a subtraction, a multiplication and an addition

SPEED_COLUMNS = (
    "generation",
    "seconds",
    "yardsticks",
    "seconds per megavoxel",
    "memory, MB",
    "bytes per voxel, in and out",
)
ROOFLINE_COLUMNS = (
    "generation",
    "patch distances",
    "per voxel",
    "bytes read",
    "operations",
    "roofline, s",
    "measured, s",
    "ratio",
)
FIGURES = "coherence", "completeness", "swd", "sharp", "motion", "diversity"


def tables_of_files(paths: Iterable[str | Path]) -> str:
    """The tables of reports in JSON files."""
    return tables([json.loads(Path(path).read_text()) for path in paths])


def tables(reports: Iterable[dict]) -> str:
    """A table of speed and memory, and where a report has them, of the roofline and of quality."""
    rows = [(row, report) for report in reports for row in report["rows"]]
    counted = [(row, report) for row, report in rows if "elements" in row]
    judged = [(row, report) for row, report in rows if "quality" in row]
    blocks = [
        _table(SPEED_COLUMNS, speed_line, rows),
        _table(ROOFLINE_COLUMNS, roofline_line, counted),
        _table(("generation", *FIGURES), quality_line, judged),
    ]
    return "\n\n".join(block for block in blocks if block)


def speed_line(row: dict, report: dict) -> str:
    """A table row: how long a run took, and how much memory it needed."""
    voxels = math.prod(row["shape"])
    samples = row["samples"]
    return _line(
        run_name(row),
        f"{row['seconds']:.2f}",
        f"{row['seconds'] / report['yardstick']:.2f}",
        f"{row['seconds'] / (samples * voxels / 1e6):.2f}",
        f"{row['work_bytes'] / 1e6:.0f}",
        f"{row['work_bytes'] / voxels / (samples + 1):.0f}",
    )


def roofline_line(row: dict, report: dict) -> str:
    """A table row: the distances of a run, and how its time compares with the least possible."""
    voxels = row["samples"] * math.prod(row["shape"])
    times = "", f"{row['seconds']:.2f}", ""
    if "elements_per_second" in report:
        least = row["elements"] / report["elements_per_second"]
        times = f"{least:.2f}", f"{row['seconds']:.2f}", f"{row['seconds'] / least:.1f}"
    return _line(
        run_name(row),
        f"{row['distances'] / 1e6:.1f} M",
        f"{row['distances'] / voxels:.1f}",
        f"{BYTES_PER_ELEMENT * row['elements'] / 1e9:.1f} G",
        f"{OPERATIONS_PER_ELEMENT * row['elements'] / 1e9:.1f} G",
        *times,
    )


def quality_line(row: dict, report: dict) -> str:
    """A table row: the quality figures of a batch, which `metrics` defines."""
    return _line(run_name(row), *(f"{row['quality'][name]:.2f}" for name in FIGURES))


def run_name(row: dict) -> str:
    """What was run, in words."""
    words = [" x ".join(map(str, row["shape"])), row["layout"]]
    if row["completeness"] == "off":
        words.append("completeness off")
    if row["samples"] > 1:
        words.append(f"a batch of {row['samples']}")
    if row["backend"] == "naive":
        words.append("plain torch")
    if row["device"] == "cuda":
        words.append("GPU")
    return ", ".join(words)


def _table(
    columns: tuple[str, ...], line: Callable[[dict, dict], str], rows: list[tuple[dict, dict]]
) -> str:
    """A table of some rows, each with the report that it is in; no text where there are none."""
    if not rows:
        return ""
    head = [_line(*columns), "| --- " * len(columns) + "|"]
    return "\n".join([*head, *(line(row, report) for row, report in rows)])


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
