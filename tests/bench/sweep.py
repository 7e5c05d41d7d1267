"""Trade-offs of the settings: `python tests/bench/sweep.py CLIP [CLIP ...] --report REPORT.json`.

One setting at a time, or several that belong together, is moved away from `BASE`, and some seeds of
every clip are made. Each change is a row of the report, with the figures of every clip. The table
shows error (the mean of coherence and completeness), swd, sharp, motion, diversity (see
`vgpnn.metrics`) and seconds, each divided by what the base has, as geometric means over the clips.
Clips that the report has already are not made again.

`--times` also measures the seconds, each time right after those of the base; the machine should do
nothing else then. `--plot PICTURE.svg` draws a report and needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

import vgpnn  # noqa: E402
from vgpnn.evaluation import metrics  # noqa: E402
from vgpnn.presets import QUALITIES, preset  # noqa: E402
from vgpnn.settings import Settings  # noqa: E402

# The settings around which the presets were chosen. They are written out, so that they stay when
# the presets change.
BASE = Settings(
    patch=(3, 7, 7),
    space_factor=0.82,
    time_factor=0.87,
    min_side=15,
    min_frames=3,
    passes=5,
    coarsest_passes=3,
    alpha=0.001,
    complete_levels=0.5,
    layout="noise",
    vote="median",
    last_levels=0,
)
SEEDS = 20, 21, 22  # other seeds than those of the published figures
SEARCHED_PATCHES = 500  # at every scale: a third of what single figures take
CHANGES = {  # by curve
    "alpha": [{"alpha": a} for a in (None, 0.1, 0.01, 0.003, 0.0003, 0.0001)],
    "complete_levels": [{"complete_levels": c} for c in (0.25, 0.75, 1.0)],
    "noise": [{"noise": n} for n in (0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0)],
    "passes": [{"passes": j} for j in (1, 2, 3, 8, 12)],
    "coarsest_passes": [{"coarsest_passes": j} for j in (1, 6, 10)],
    "patch": [
        *({"patch": p} for p in ((3, 5, 5), (3, 9, 9), (1, 7, 7), (2, 7, 7))),
        {"patch": (5, 7, 7), "min_frames": 5},
    ],
    "space_factor": [{"space_factor": f} for f in (0.7, 0.76, 0.88)],
    "time_factor": [{"time_factor": f} for f in (0.75, 0.93)],
    "min_side": [{"min_side": n} for n in (11, 20, 28)],
    "min_frames": [{"min_frames": n} for n in (2, 5)],
    "vote": [{"vote": v} for v in ("mean", "weighted")],
    "large_voxels": [{"large_voxels": n} for n in (50_000, 150_000)],
    "last_levels": [{"last_levels": n} for n in (2, 5)],
    "together": [
        {"passes": j, "coarsest_passes": 10, "space_factor": f}
        for j, f in ((1, 0.82), (3, 0.82), (1, 0.76), (2, 0.76), (3, 0.76), (5, 0.76))
    ]
    + [{"passes": 8, "coarsest_passes": 10, "space_factor": 0.76, "alpha": 0.0003}],
}

# The curves of the two pictures: what makes results differ more, and what costs time.
DIVERSITY_CURVES = "noise", "alpha", "min_side", "patch"
TIME_CURVES = (
    "passes",
    "coarsest_passes",
    "complete_levels",
    "space_factor",
    "time_factor",
    "last_levels",
    "large_voxels",
    "vote",
    "together",
    "presets",
)

UNORDERED = "patch", "vote", "together"  # Their points have no order along a line.
SHOWN = "seconds", "error", "diversity", "equal", "swd", "sharp", "motion"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="*")
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    report = json.loads(options.report.read_text()) if options.report.exists() else {}
    clips = {path.stem: vgpnn.video.read(path) for path in options.clips}
    vgpnn.warm_up()
    print("| " + " | ".join(["setting", "value", *SHOWN]) + " |\n|" + " --- |" * (2 + len(SHOWN)))
    known = set()
    for curve, label, settings in compared_settings():
        name, values = f"{curve} {label}", json.loads(json.dumps(asdict(settings)))
        if report.get(name, {}).get("settings") != values:  # A preset may have changed.
            report[name] = {"setting": curve, "label": label, "settings": values, "clips": {}}
        row = report[name]
        known.add(name)
        for stem, clip in clips.items():
            if stem not in row["clips"]:
                row["clips"][stem] = measure(clip, settings)
            if options.times:
                row["clips"][stem]["seconds"] = measure_seconds(clip, settings)
            options.report.write_text(json.dumps(report, indent=1))
        shown = factors(report, row)
        cells = (f"{shown[name]:.2f}" if name in shown else "-" for name in SHOWN)
        print(f"| {curve} | {label} | {' | '.join(cells)} |", flush=True)
    if options.plot:
        plot({name: row for name, row in report.items() if name in known}, options.plot)


def compared_settings() -> Iterator[tuple[str, str, Settings]]:
    """Yield the curve, the label and the settings of everything that is compared."""
    yield "base", "", BASE
    for curve, curve_changes in CHANGES.items():
        for changes in curve_changes:
            value = ", ".join(map(str, changes.values())) if curve == "together" else changes[curve]
            label = "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield curve, label, BASE.with_changes(**changes)
    for quality in QUALITIES:
        # With noise, so that all of them have one layout and the settings alone decide.
        yield "presets", quality, preset("generate", quality).with_changes(layout="noise")


def measure_seconds(clip: vgpnn.Video, settings: Settings) -> float:
    """The seconds that one result takes, divided by those that the base takes right before.

    It is the lower of two measurements, because the first one may have to load a kernel.
    """
    ratios = []
    for _ in range(2):
        times = []
        for compared in (BASE, settings):
            began = time.perf_counter()
            vgpnn.generate(clip, SEEDS[0], compared)
            times.append(time.perf_counter() - began)
        ratios.append(times[1] / times[0])
    return min(ratios)


def measure(clip: vgpnn.Video, settings: Settings) -> dict[str, float]:
    """The figures of one clip, as means over the seeds."""
    results = vgpnn.generate_batch(clip, SEEDS, settings)
    rows = []
    for result in results:
        row = metrics.patch_figures(clip, result.video)
        row["sharp"] = metrics.sharpness(clip, result.video)
        row["motion"] = metrics.motion(clip, result.video)
        rows.append(row)
    mean = {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}
    mean["error"] = (mean["coherence"] + mean["completeness"]) / 2
    return mean | {"diversity": metrics.diversity(clip, [result.video for result in results])}


def factors(report: dict, row: dict) -> dict[str, float]:
    """The figures of a row divided by those of the base, and `equal`, the error at equal diversity.

    `equal` compares the error with the one that another noise would have at the same diversity: the
    error on the line through the rows of the noise. Below 1, the change is better than another
    noise. It is nan where the diversity lies beyond the ends of the line.
    """
    means = _mean_factors(report, row)
    curve = [
        _mean_factors(report, other)
        for other in report.values()
        if other["setting"] in ("base", "noise")
    ]
    line = np.array(sorted((point["diversity"], point["error"]) for point in curve)).T
    error_of_noise = np.interp(means["diversity"], *line, left=math.nan, right=math.nan)
    return means | {"equal": means["error"] / float(error_of_noise)}


def _mean_factors(report: dict, row: dict) -> dict[str, float]:
    """Geometric means over the clips of figures divided by those of the base.

    The seconds in a report are divided by those of the base already.
    """
    base, ratios = report["base "]["clips"], defaultdict(list)
    for stem, figures in row["clips"].items():
        for name, value in figures.items():
            ratios[name].append(value / (1 if name == "seconds" else base[stem][name]))
    return {
        name: statistics.geometric_mean(max(value, 1e-6) for value in values)
        for name, values in ratios.items()
    }


def plot(report: dict, path: Path) -> None:
    """Two pictures side by side: error by diversity, and by seconds at equal diversity."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams |= {"font.family": "sans-serif", "font.size": 9, "svg.fonttype": "path"}
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    curves = defaultdict(list)
    for row in report.values():
        curves[row["setting"]].append(factors(report, row) | {"label": row["label"]})
    (base,) = curves.pop("base")
    colours = iter(pyplot.get_cmap("tab10").colors * 2)
    pictures = (
        (left, "diversity", "error", DIVERSITY_CURVES),
        (right, "seconds", "equal", TIME_CURVES),
    )
    for axes, x, y, names in pictures:
        for name in names:
            points = curves[name] if name == "presets" else [*curves[name], base]
            points.sort(key=lambda point: point[x])
            line = [[point[axis] for point in points] for axis in (x, y)]
            dashes = ":" if name in UNORDERED else "-"
            style = {"marker": "o", "markersize": 4, "linewidth": 1.2, "linestyle": dashes}
            axes.plot(*line, label=name, color=next(colours), **style)
            for point in points:
                axes.annotate(
                    point["label"],
                    (point[x], point[y]),
                    (3, 3),
                    textcoords="offset points",
                    fontsize=7,
                    annotation_clip=True,
                )
        axes.plot(base[x], base[y], "k*", markersize=11)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    ends = "(factors of the star; what is far beyond is cut off)"
    left.set(title="What makes takes more different", xlabel=f"diversity {ends}", ylabel="error")
    left.set_ylim(top=1.6)
    right.set(title="What time buys", xlabel="seconds", ylabel="error at equal diversity")
    right.set_xscale("log")
    right.set_xticks([0.1, 0.2, 0.5, 1, 2], [0.1, 0.2, 0.5, 1, 2])
    figure.savefig(path)


if __name__ == "__main__":
    metrics.SEARCHED_PATCHES = SEARCHED_PATCHES
    main()
