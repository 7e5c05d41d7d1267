"""Trade-offs of the settings: `python tests/bench/sweep.py CLIP [CLIP ...] --report REPORT.json`.

One setting at a time is moved away from `BASE`, or several that belong together, for some seeds of
every clip. A row of the report is one such change: error (the mean of coherence and completeness,
`vgpnn.metrics`), swd, sharp, motion, diversity and seconds, as factors of what the base has,
geometric means over the clips. What the report has already is not made again.

`--times` only measures the seconds of the report's rows again, on a machine that does nothing else,
by turns with the base. `--plot PICTURE.svg` draws a report (with matplotlib).
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

# Around which the presets were looked for; written out, so that it does not move with them.
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
    vote="median",
    last_levels=0,
)
SEEDS = 20, 21, 22  # not those of the README's figures
SEARCHED = 500  # patches a scale: a third of what single figures take
SWEPT = {
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

# Curves of the two pictures: what moves results away from the source, and what costs time.
MOVED = "noise", "alpha", "min_side", "patch"
PAID = (
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

UNORDERED = "patch", "vote", "together"  # their points are no curve
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
    for curve, label, settings in swept():
        name, what = f"{curve} {label}", json.loads(json.dumps(asdict(settings)))
        if report.get(name, {}).get("settings") != what:  # a preset may have changed
            report[name] = {"setting": curve, "label": label, "settings": what, "clips": {}}
        row = report[name]
        known.add(name)
        for stem, clip in clips.items():
            if stem not in row["clips"]:
                row["clips"][stem] = measured(clip, settings)
            if options.times:
                row["clips"][stem]["seconds"] = seconds(clip, settings)
            options.report.write_text(json.dumps(report, indent=1))
        shown = factors(report, row)
        cells = (f"{shown[name]:.2f}" if name in shown else "-" for name in SHOWN)
        print(f"| {curve} | {label} | {' | '.join(cells)} |", flush=True)
    if options.plot:
        plot({name: row for name, row in report.items() if name in known}, options.plot)


def swept() -> Iterator[tuple[str, str, Settings]]:
    """What is compared: the curve that it is on, its label, and all settings."""
    yield "base", "", BASE
    for curve, changes in SWEPT.items():
        for one in changes:
            value = ", ".join(map(str, one.values())) if curve == "together" else one[curve]
            label = "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield curve, label, BASE.with_changes(**one)
    for quality in QUALITIES:
        yield "presets", quality, preset("generate", quality)


def seconds(clip: vgpnn.Video, settings: Settings) -> float:
    """Of one result, as a factor of what the base takes right before; the lesser of two, because
    the first may have to load a kernel."""
    ratios = []
    for _ in range(2):
        times = []
        for one in (BASE, settings):
            began = time.perf_counter()
            vgpnn.generate(clip, SEEDS[0], one)
            times.append(time.perf_counter() - began)
        ratios.append(times[1] / times[0])
    return min(ratios)


def measured(clip: vgpnn.Video, settings: Settings) -> dict[str, float]:
    """Figures of one clip, means over the seeds."""
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
    """Of the base's figures, geometric means over the clips; seconds are factors already, and
    `equal` is the error as a factor of what the noise alone has at the same diversity, on the line
    through its rows: below 1 is better than just another noise; nan beyond the line's ends."""
    found = _means(report, row)
    curve = [_means(report, one) for one in report.values() if one["setting"] in ("base", "noise")]
    curve = np.array(sorted((one["diversity"], one["error"]) for one in curve)).T
    at = np.interp(found["diversity"], *curve, left=math.nan, right=math.nan)
    return found | {"equal": found["error"] / float(at)}


def _means(report: dict, row: dict) -> dict[str, float]:
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
    pictures = (left, "diversity", "error", MOVED), (right, "seconds", "equal", PAID)
    for axes, x, y, names in pictures:
        for name in names:
            points = curves[name] if name == "presets" else [*curves[name], base]
            points.sort(key=lambda one: one[x])
            line = [[one[k] for one in points] for k in (x, y)]
            dashes = ":" if name in UNORDERED else "-"
            style = {"marker": "o", "markersize": 4, "linewidth": 1.2, "linestyle": dashes}
            axes.plot(*line, label=name, color=next(colours), **style)
            for one in points:
                axes.annotate(
                    one["label"],
                    (one[x], one[y]),
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
    metrics.SEARCHED = SEARCHED
    main()
