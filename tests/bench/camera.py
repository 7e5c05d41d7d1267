"""Figures of the camera: `python tests/bench/camera.py CLIP [CLIP ...] --report REPORT.json`.

Every clip is looked at as it is, and then filmed by a camera on a known path: a viewport of two
thirds that is shaken by hand, shaken strongly, panned or zoomed. The error of the path that is
found is its mean distance over time and picture [px at a height of 240]. Where the path is used,
`--takes` also makes results with the camera taken out and without, at the same seeds, and compares
them: the share that stands still, the figures of `vgpnn.metrics`, and seconds.

The path is known only of clips whose own camera stands still. Rows of the same clip, motion and
seed in the report are replaced.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.interpolate import CubicSpline

sys.path.insert(0, str(Path(__file__).parents[2]))

import vgpnn  # noqa: E402
from vgpnn.camera import Camera, looked_at, similarity, still  # noqa: E402
from vgpnn.evaluation import metrics  # noqa: E402

# Of a path: its shift [px at a height of 240], turn [degrees], zoom, and pan [widths].
MOTIONS = {
    "shake": (14, 1.0, 0.02, 0.0),
    "strong": (30, 2.5, 0.03, 0.0),
    "pan": (3, 0.3, 0.005, 0.25),
    "zoom": (5, 0.5, 0.06, 0.0),
}
VIEWPORT = 2 / 3  # of the clip
SEARCHED_PATCHES = 300  # at every scale: a fifth of what single figures take
FIGURES = "coherence", "completeness", "swd"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--report", type=Path, required=True, metavar="REPORT.json")
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22], help="of the paths")
    parser.add_argument("--height", type=int, default=144, help="of what the camera sees")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--motions", nargs="+", default=["still", *MOTIONS])
    parser.add_argument("--takes", type=int, nargs="*", default=[], help="seeds of results")
    options = parser.parse_args()
    metrics.SEARCHED_PATCHES = SEARCHED_PATCHES
    rows = json.loads(options.report.read_text()) if options.report.exists() else []
    for clip in options.clips:
        for row in measured(clip, options):
            print(json.dumps(row), flush=True)
            names = "clip", "motion", "seed"
            rows = [old for old in rows if any(old[name] != row[name] for name in names)]
            rows.append(row)
            options.report.write_text(json.dumps(rows, indent=1) + "\n")


def measured(clip: Path, options: argparse.Namespace) -> Iterator[dict]:
    """The rows of a clip."""
    part = {"frames": options.frames}
    large = vgpnn.video.read(clip, height=round(options.height / VIEWPORT), **part)
    for motion in options.motions:
        for seed in options.seeds if motion in MOTIONS else [0]:
            if motion in MOTIONS:
                codes, path = filmed(large.codes.numpy(), motion, seed)
            else:
                codes = vgpnn.video.read(clip, height=options.height, **part).codes
                path = np.broadcast_to(similarity.IDENTITY, (len(codes), 2, 3))
            began = time.process_time()
            camera = looked_at(codes)
            seconds = time.process_time() - began
            row = {"clip": clip.stem, "motion": motion, "seed": seed, "size": [*codes.shape[:3]]}
            row |= {"kind": camera.kind, "share": camera.share, "without": camera.without}
            row |= {"steadiness": camera.steadiness, "core_seconds": seconds}
            row |= {"known_share": still.stack(greys(codes), path).share()}
            if camera.path is not None:
                row["error"] = error(camera.path, path, codes.shape[1])
            if camera.kind == "found":
                video = vgpnn.Video(codes, large.fps)
                row["takes"] = [
                    {"seed": take, **compared(video, camera, take)} for take in options.takes
                ]
            yield row


def filmed(clip: np.ndarray, motion: str, seed: int) -> tuple[torch.Tensor, np.ndarray]:
    """What a camera sees of a clip, (T, H, W, 3) codes, and its path."""
    (count, height, width), random = clip.shape[:3], np.random.default_rng(seed)
    size = np.array([int(side * VIEWPORT) // 2 * 2 for side in (width, height)])

    def smooth(size: float, period: float) -> np.ndarray:
        knots = random.standard_normal(int(count / period) + 5)
        place = np.arange(count) / period + random.uniform()
        values = CubicSpline(np.arange(len(knots)), knots)(place)
        return size * (values - values.mean())

    shift, turn, zoom, pan = MOTIONS[motion]
    x = smooth(shift, 7) + smooth(0.15 * shift, 2)
    y = smooth(0.6 * shift, 7) + smooth(0.15 * shift, 2)
    angle, scale = np.deg2rad(smooth(turn, 8)), np.exp(smooth(zoom, 10))
    moves = np.stack([x, y], 1) * size[1] / 240
    moves[:, 0] += np.linspace(-0.5, 0.5, count) * pan * size[0]
    most = 0.475 * (np.array([width, height]) - size)
    moves = np.clip(moves, -most, most)
    numbers = scale * np.cos(angle), scale * np.sin(angle), np.zeros(count), np.zeros(count)
    path = similarity.of(np.stack(numbers, -1))
    middle = (np.array([width, height]) - 1) / 2
    path[:, :, 2] = (size - 1) / 2 + moves - path[:, :, :2] @ middle
    options = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REFLECT}
    seen = [cv2.warpAffine(f, m, tuple(map(int, size)), **options) for f, m in zip(clip, path)]
    return torch.from_numpy(np.stack(seen)), path


def error(found: np.ndarray, right: np.ndarray, height: int) -> float:
    """The mean distance of two paths [px at a height of 240]."""
    grid = np.stack(np.meshgrid(np.linspace(0, 16 / 9, 5), np.linspace(0, 1, 5)), -1)
    middle, places = len(found) // 2, []
    for path in (found, right):
        path = similarity.composed(path, similarity.inverse(path[middle]))
        places.append(similarity.applied(path, grid.reshape(-1, 2) * height))
    return float(np.linalg.norm(places[0] - places[1], axis=-1).mean() * 240 / height)


def compared(video: vgpnn.Video, camera: Camera, seed: int) -> dict:
    """The figures of two takes of a seed: with the camera taken out ("rigid"), and without."""
    settings, row = vgpnn.preset("generate", "fast"), {}
    row["source"] = still.stack(greys(video.codes), camera.path).share()
    for name, mode in (("plain", "off"), ("rigid", "on")):
        began = time.monotonic()
        made = vgpnn.generate(video, seed, settings, camera=mode).video
        seconds, figures = time.monotonic() - began, metrics.patch_figures(video, made)
        row[name] = {
            "seconds": seconds,
            "share": still.stack(greys(made.codes), camera.path).share(),
            "sharp": metrics.sharpness(video, made),
            "motion": metrics.motion(video, made),
            "change": change(video, made),
            **{each: figures[each] for each in FIGURES},
        }
    return row


def change(source: vgpnn.Video, made: vgpnn.Video) -> float:
    """The mean |grey difference| in standard deviations of the source."""
    one, other = (greys(video.codes).astype(float) for video in (source, made))
    return float(np.abs(one - other).mean() / one.std())


def greys(codes: torch.Tensor) -> np.ndarray:
    """(T, H, W) uint8 of codes."""
    return np.stack([cv2.cvtColor(frame.numpy(), cv2.COLOR_RGB2GRAY) for frame in codes])


def paths_table(rows: list[dict]) -> str:
    """One row for each clip and motion, over its seeds."""
    lines = ["| clip | motion | seeds | decided | still with | without | steadiness | error, px |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for clip, motion in dict.fromkeys((row["clip"], row["motion"]) for row in rows):
        same = [row for row in rows if (row["clip"], row["motion"]) == (clip, motion)]
        kinds = ", ".join(dict.fromkeys(row["kind"] for row in same))
        errors = [row["error"] for row in same if "error" in row]
        worst = f"{max(errors):.2f}" if errors and motion in MOTIONS else ""
        cells = [f"{statistics.mean(r[n] for r in same):.2f}" for n in ("share", "without")]
        steady = f"{min(row['steadiness'] for row in same):.2f}" if errors else ""
        cells = [clip, motion, str(len(same)), kinds, *cells, steady, worst]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def takes_table(rows: list[dict]) -> str:
    """What plain takes and rigid ones have, as means over the seeds of each clip and motion."""
    names = "share", "sharp", "change", *FIGURES
    lines = [f"| clip | motion | takes | source | {' | '.join(names)} |"]
    lines.append("| --- " * (4 + len(names)) + "|")
    for row in (row for row in rows if row.get("takes")):
        takes = row["takes"]
        cells = [row["clip"], row["motion"], str(len(takes)), f"{takes[0]['source']:.2f}"]
        for name in names:
            both = [statistics.mean(t[k][name] for t in takes) for k in ("plain", "rigid")]
            cells.append(" / ".join(f"{value:.2f}" for value in both))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
