"""Figures of results compared with their source: `python -m vgpnn evaluate`.

Files are read with `plain=True` (`video.read`), because published figures were measured on colours
that were converted in that way. With the precise conversion, coherence and completeness are about 2
lower.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import torch

from vgpnn import bars
from vgpnn.evaluation import c3d, metrics, plot
from vgpnn.evaluation.frechet import Moments, frechet_distance, moments
from vgpnn.evaluation.originality import nnf_diversity, originality, search_map
from vgpnn.video import Video, read

# For each figure the direction that is better, or the value that is right.
COLUMNS = {
    "coherence": "lower",
    "completeness": "lower",
    "swd": "lower",
    "sharp": "1",
    "motion": "1",
    "flow": "1",
    "originality": "higher",
    "nnf_diversity": "higher",
    "piece_median": "lower",
    "piece_largest": "lower",
}
SVFID = {"svfid": "lower"}  # an extra column, because it needs weights from elsewhere
MISSING = "-"  # stands for a figure without a value


def main(
    source: Video,
    paths: Sequence[str],
    map_paths: Sequence[str] | None = None,
    as_json: bool = False,
    with_svfid: bool = False,
    plot_path: str | None = None,
) -> None:
    """Print the figures of the videos at `paths`, inside the bars of the source, as a table or as
    one JSON object.

    map_paths: source maps that the tasks have saved, one for every video.
    with_svfid: see `figures`. plot_path: where to draw error against diversity, see `plot`.
    Raises ValueError with one sentence, before anything is printed.
    """
    if map_paths and len(map_paths) != len(paths):
        raise ValueError(
            f"There are {len(map_paths)} source maps for {len(paths)} videos: give one for each."
        )
    if plot_path is not None:
        plot.check(plot_path)
    samples = [read(path, plain=True) for path in paths]
    maps = [load_map(path, clip) for path, clip in zip(map_paths or [], samples)]
    source, samples, maps, notes = inside_bars(source, samples, maps)
    report = figures(source, samples, maps, [str(path) for path in paths], with_svfid)
    report["notes"] = [*notes, *report["notes"]]
    points = plot.points(source, samples, paths, report["samples"]) if plot_path else []
    print(json.dumps(report, indent=1) if as_json else table(report))
    if plot_path is not None:
        plot.draw(points, plot_path)


def inside_bars(
    source: Video, samples: Sequence[Video], maps: Sequence[torch.Tensor] = ()
) -> tuple[Video, list[Video], list[torch.Tensor], list[str]]:
    """The source, its results and their maps without bars of one colour, and a note that says so.

    What comes to lie beside a bar has no counterpart in the source, so bars would punish every
    change there. Results of another height or width are measured whole.
    """
    same_size = all(clip.shape[1:] == source.shape[1:] for clip in samples)
    box = bars.inner_box(source.codes) if same_size else None
    if box is None:
        return source, list(samples), list(maps), []
    clips = [Video(box.of(clip.codes).contiguous(), clip.fps) for clip in (source, *samples)]
    corner = torch.tensor([0, box.top, box.left], dtype=torch.int16)
    moved = [box.of(places) - corner for places in maps]
    note = f"Measured inside the bars, on {clips[0].shape[2]} x {clips[0].shape[1]} pixels."
    return clips[0], clips[1:], moved, [note]


def figures(
    source: Video,
    samples: Sequence[Video],
    maps: Sequence[torch.Tensor] = (),
    names: Sequence[str] = (),
    with_svfid: bool = False,
) -> dict:
    """{"samples": [the figures of each], "mean": their means, "diversity": ..., "notes": [...]}.

    The figures are those of `COLUMNS`, which `metrics` and `originality` define; `piece_median` and
    `piece_largest` are the sizes of copied pieces as shares of the video. A figure that has no
    value (`diversity` of one sample, `motion` of a still source) is None, and a note says why.
    maps: source maps of the samples; without them, the source is searched for copied pieces.
    names: of the samples, kept under "name". with_svfid: adds `svfid`, see `frechet`.
    Raises ValueError for a clip smaller than a patch.
    """
    notes: list[str] = []

    def value_or_note(function: Callable, *inputs):
        """What the function returns, or None and a note where it raises ValueError."""
        try:
            return function(*inputs)
        except ValueError as error:
            if str(error) not in notes:
                notes.append(str(error))
            return None

    source_moments = value_or_note(c3d_moments, source) if with_svfid else None
    rows = []
    for number, sample in enumerate(samples):
        row = {"name": names[number]} if names else {}
        row |= metrics.patch_figures(source, sample)
        row["sharp"] = value_or_note(metrics.sharpness, source, sample)
        row["motion"] = value_or_note(metrics.motion, source, sample)
        row["flow"] = value_or_note(metrics.flow_ratio, source, sample)
        places = maps[number] if maps else search_map(source, sample)
        copied = originality(places)
        row["originality"], row["nnf_diversity"] = copied.share, nnf_diversity(places)
        row |= {"piece_median": copied.median, "piece_largest": copied.largest}
        if with_svfid:
            row["svfid"] = value_or_note(svfid, source_moments, sample)
        rows.append(row)
    mean = {}
    for name in COLUMNS | SVFID if with_svfid else COLUMNS:
        values = [row[name] for row in rows if row[name] is not None]
        mean[name] = statistics.fmean(values) if values else None
    diversity = value_or_note(metrics.diversity, source, samples)
    return {"samples": rows, "mean": mean, "diversity": diversity, "notes": notes}


def c3d_moments(clip: Video) -> Moments:
    """The moments of the C3D features of a clip. Raises ValueError where there are no features."""
    return moments(c3d.feature_slabs(clip.frames))


def svfid(source_moments: Moments | None, sample: Video) -> float | None:
    """SVFID of a sample, or None where the source has no features; see `frechet.svfid`."""
    if source_moments is None:
        return None
    return frechet_distance(*source_moments, *c3d_moments(sample))


def load_map(path: str, clip: Video) -> torch.Tensor:
    """The source map of a clip, (T, H, W, 3), from a file that `--source-map` has written.

    Raises ValueError for another file, and for the map of a clip of another size.
    """
    try:
        source_map = torch.from_numpy(np.load(path, allow_pickle=False))
    except (ValueError, EOFError, TypeError):
        raise ValueError(f"{path} is no source map: give what --source-map saved.") from None
    # In an MP4 file odd heights and widths have grown by one.
    shape = tuple(source_map.shape)
    grown = (*shape[:1], *(n + n % 2 for n in shape[1:3]), *shape[3:])
    if tuple(clip.codes.shape) not in (shape, grown):
        raise ValueError(
            f"{path} is a map of {' x '.join(map(str, shape[:3]))} voxels, and its video "
            f"has {' x '.join(map(str, clip.shape))}: give the maps in the order of the videos."
        )
    return source_map


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
    if value is None:
        return MISSING
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"
