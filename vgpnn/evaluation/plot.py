"""A picture of result sets: their error against their diversity (`evaluate --plot`).

Both belong together: a copy of the source has no error and no diversity. Of two sets the one
that is further to the right and further down is better.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vgpnn.evaluation import metrics
from vgpnn.formats import check_file_name
from vgpnn.video import Video

ENDINGS = (".svg", ".png", ".pdf")


@dataclass(frozen=True)
class Point:
    """A set of results: its name, its mean error and its diversity.

    error: mean of coherence and completeness. diversity: see `metrics.diversity`.
    """

    name: str
    error: float
    diversity: float


def check(path: str) -> None:
    """Refuse a name for the picture before any work is done. Raises ValueError with one sentence,
    also where matplotlib, which draws it, is not installed."""
    check_file_name(path)
    if Path(path).suffix.lower() not in ENDINGS:
        raise ValueError(f"A plot cannot be written as {path}: end it in {', '.join(ENDINGS)}.")
    if importlib.util.find_spec("matplotlib") is None:
        raise ValueError("The plot needs matplotlib: run `pip install matplotlib`.")


def set_of(path: str) -> str:
    """The set that a result belongs to: out/take for out/take-1.mp4, out/take-2.mp4 and so on."""
    return re.sub(r"[-_]?\d+$", "", str(Path(path).with_suffix(""))) or path


def points(
    source: Video, samples: Sequence[Video], paths: Sequence[str], rows: Sequence[dict]
) -> list[Point]:
    """The point of every set of two results or more, in the order of the paths.

    rows: the figures of each sample, see `report.figures`. Raises ValueError with one sentence
    where there is no such set, or the samples of a set differ in size.
    """
    sets: dict[str, list[int]] = {}
    for number, path in enumerate(paths):
        sets.setdefault(set_of(path), []).append(number)
    found = []
    for name, members in sets.items():
        if len(members) < 2:
            continue
        sums = [rows[k]["coherence"] + rows[k]["completeness"] for k in members]
        diversity = metrics.diversity(source, [samples[k] for k in members])
        found.append(Point(name, sum(sums) / 2 / len(members), diversity))
    if not found:
        raise ValueError(
            "A plot is of sets of two results or more, named NAME-1.mp4, NAME-2.mp4 and so on: "
            "give one."
        )
    return found


def draw(found: Sequence[Point], path: str) -> None:
    """Write the picture of some points to a file whose name `check` accepts."""
    from matplotlib.figure import Figure  # it is installed only where somebody draws

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for point in found:
        axes.plot(point.diversity, point.error, "o", label=point.name)
        axes.annotate(
            Path(point.name).name,
            (point.diversity, point.error),
            xytext=(6, 4),
            textcoords="offset points",
        )
    axes.set(xlabel="diversity", ylabel="error (mean of coherence and completeness)")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.margins(0.2)
    figure.savefig(path)
