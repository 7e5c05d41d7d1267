"""Figures of results against their source: `python -m vgpnn evaluate`.

Files are read plainly (`video.read`): the colours of published figures were converted that way, and
the other one takes about 2 off coherence and completeness.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import torch

from vgpnn.evaluation import c3d, metrics
from vgpnn.evaluation.frechet import Moments, frechet_distance, moments
from vgpnn.evaluation.originality import found_map, originality
from vgpnn.video import Video, read

# The direction that is better, or the value that is right.
COLUMNS = {
    "coherence": "lower",
    "completeness": "lower",
    "swd": "lower",
    "sharp": "1",
    "motion": "1",
    "flow": "1",
    "originality": "higher",
    "piece_median": "lower",
    "piece_largest": "lower",
}
SVFID = {"svfid": "lower"}  # only where it is asked for: it needs weights from elsewhere
MISSING = "-"


def main(
    source: Video,
    paths: Sequence[str],
    maps: Sequence[str] | None = None,
    as_json: bool = False,
    with_svfid: bool = False,
) -> None:
    """Print the figures of the videos at `paths`, as a table or as one JSON object.

    maps: source maps that the tasks saved, one for every video. with_svfid: see `figures`.
    Raises ValueError with one sentence, before anything is printed.
    """
    if maps and len(maps) != len(paths):
        raise ValueError(
            f"There are {len(maps)} source maps for {len(paths)} videos: give one for each."
        )
    samples = [read(path, plain=True) for path in paths]
    places = [saved_map(path, clip) for path, clip in zip(maps or [], samples)]
    report = figures(source, samples, places, [str(path) for path in paths], with_svfid)
    print(json.dumps(report, indent=1) if as_json else table(report))


def figures(
    source: Video,
    samples: Sequence[Video],
    places: Sequence[torch.Tensor] = (),
    names: Sequence[str] = (),
    with_svfid: bool = False,
) -> dict:
    """{"samples": [figures of each], "mean": their means, "diversity": ..., "notes": [...]}.

    The figures are those of `COLUMNS`, see `metrics` and `originality`; `piece_median` and
    `piece_largest` are the sizes of copied pieces as shares of the video. A figure that has no
    value (`diversity` of one sample, `motion` of a still source) is None, and a note says why.
    places: source maps of the samples; where there are none, they are searched for.
    names: of the samples, kept under "name". with_svfid: adds `svfid`, see `frechet`.
    Raises ValueError for a clip smaller than a patch.
    """
    notes: list[str] = []

    def value(of: Callable[..., float], *inputs) -> float | None:
        try:
            return of(source, *inputs)
        except ValueError as error:
            if str(error) not in notes:
                notes.append(str(error))
            return None

    def c3d_moments(clip: Video) -> Moments:
        return moments(c3d.feature_slabs(clip.frames))

    known = value(c3d_moments) if with_svfid else None
    rows = []
    for number, sample in enumerate(samples):
        row = {"name": names[number]} if names else {}
        row |= metrics.patch_figures(source, sample)
        row["sharp"] = value(metrics.sharpness, sample)
        row["motion"] = value(metrics.motion, sample)
        row["flow"] = value(metrics.flow_ratio, sample)
        copied = originality(places[number] if places else found_map(source, sample))
        row["originality"] = copied.share
        row |= {"piece_median": copied.median, "piece_largest": copied.largest}
        if with_svfid:
            row["svfid"] = value(
                lambda _, clip: known and frechet_distance(*known, *c3d_moments(clip)), sample
            )
        rows.append(row)
    mean = {}
    for name in COLUMNS | SVFID if with_svfid else COLUMNS:
        known = [row[name] for row in rows if row[name] is not None]
        mean[name] = statistics.fmean(known) if known else None
    spread = value(metrics.diversity, samples)
    return {"samples": rows, "mean": mean, "diversity": spread, "notes": notes}


def saved_map(path: str, clip: Video) -> torch.Tensor:
    """The source map of a clip, (T, H, W, 3), from the file that `--source-map` wrote."""
    try:
        places = torch.from_numpy(np.load(path, allow_pickle=False))
    except (ValueError, EOFError, TypeError):
        raise ValueError(f"{path} is no source map: give what --source-map saved.") from None
    # Written to MP4, odd sizes grow by one.
    written = (*places.shape[:1], *(n + n % 2 for n in places.shape[1:3]), *places.shape[3:])
    if tuple(clip.codes.shape) not in (tuple(places.shape), written):
        raise ValueError(
            f"{path} is a map of {' x '.join(map(str, places.shape[:3]))} voxels, and its video "
            f"has {' x '.join(map(str, clip.shape))}: give the maps in the order of the videos."
        )
    return places


def table(report: dict) -> str:
    """A report of `figures` as aligned columns."""
    columns = COLUMNS | SVFID if "svfid" in report["mean"] else COLUMNS
    rows = [["", *columns], ["better", *columns.values()]]
    for label, row in (
        *((row.get("name", str(k + 1)), row) for k, row in enumerate(report["samples"])),
        ("mean", report["mean"]),
    ):
        rows.append([label, *(_cell(row[name]) for name in columns)])
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return "\n".join([*lines, f"diversity {_cell(report['diversity'])}", *report["notes"]])


def _cell(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"
