"""Loops and longer results: `python tests/bench/longer.py CLIP [CLIP ...] --json REPORT.json`.

Makes a loop and a result of twice the length of every clip, and measures what a viewer notices:

copy          share of frames that are nearer to one frame of the clip than 0.35 of a frame step
in step       share of the moving voxels of a frame that come from one common frame, in place
least, most   the least and the most change between two frames, in mean changes of the clip; of a
              loop also from its last frame to its first
most of clip  the most change of the clip itself
pace          length of the optical flow, in that of the clip
Coherence and completeness are those of `vgpnn evaluate`. Writes the means over the seeds as a
report, and prints it as a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

import vgpnn  # noqa: E402
from vgpnn.evaluation import metrics  # noqa: E402

KINDS = {"loop": {"loop": True}, "twice as long": {"duration_scale": 2.0}}
COPY = 0.35  # of a step between frames of the clip, within which a frame is a copy
STILL = 0.5  # of the mean change, below which a pixel counts as still
COLUMNS = (
    "copy",
    "in_step",
    "least",
    "most",
    "most_of_clip",
    "pace",
    "coherence",
    "completeness",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--height", type=int, default=96, metavar="PX")
    parser.add_argument("--frames", type=int, default=24, metavar="N")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S")
    parser.add_argument("--json", type=Path, required=True, metavar="REPORT.json")
    options = parser.parse_args()
    rows = [
        row
        for clip in options.clips
        for row in measure(clip, options.height, options.frames, options.seeds)
    ]
    options.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    print(table(rows))


def measure(path: Path, height: int, frames: int, seeds: list[int]) -> Iterator[dict]:
    """Yield one row of figures for a loop, and one for twice the length."""
    clip = vgpnn.video.read(path, height=height, frames=frames)
    for kind, options in KINDS.items():
        results = [
            vgpnn.retarget(clip, **options, seed=seed, settings=vgpnn.preset("retarget", "fast"))
            for seed in seeds
        ]
        found = [figures(clip, result) for result in results]
        means = {name: statistics.fmean(each[name] for each in found) for name in COLUMNS}
        yield {"clip": path.stem, "source": clip.shape, "kind": kind, "seeds": seeds, **means}


def figures(clip: vgpnn.Video, result: vgpnn.Result) -> dict[str, float]:
    """The figures of one result, by column."""
    source, made = clip.codes.float(), result.video.codes.float()
    steps, usual = changes(source), changes(source).mean()
    played = torch.cat([made, made[:1]]) if result.circular else made
    squares = (source[1:] - source[:-1]).square().mean((1, 2, 3)).sqrt()
    nearest = torch.stack(
        [(source - frame).square().mean((1, 2, 3)).sqrt().min() for frame in made]
    )
    quality = metrics.patch_figures(clip, result.video)
    return {
        "copy": float((nearest < COPY * squares.median()).float().mean()),
        "in_step": in_step(clip, result),
        "least": float(changes(played).min() / usual),
        "most": float(changes(played).max() / usual),
        "most_of_clip": float(steps.max() / usual),
        "pace": metrics.flow_ratio(clip, result.video),
        "coherence": quality["coherence"],
        "completeness": quality["completeness"],
    }


def changes(frames: torch.Tensor) -> torch.Tensor:
    """The mean difference of each frame from the next."""
    return (frames[1:] - frames[:-1]).abs().mean((1, 2, 3))


def in_step(clip: vgpnn.Video, result: vgpnn.Result) -> float:
    """The share of moving voxels that come from the commonest frame, at their own place."""
    source = clip.codes.float()
    change = (source[1:] - source[:-1]).abs().mean((0, 3))
    moving = change > STILL * change.mean()
    height, width = moving.shape
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    shares = []
    for places in result.source_map.long():
        moments = places[..., 0]
        common = torch.bincount(moments[moving]).argmax()
        here = (places[..., 1] - rows).abs().le(1) & (places[..., 2] - columns).abs().le(1)
        shares.append(float((here & (moments == common))[moving].float().mean()))
    return statistics.fmean(shares)


def table(rows: list[dict]) -> str:
    """Markdown table of the rows of a report."""
    lines = [["clip", "result", *(name.replace("_", " ") for name in COLUMNS)]]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        source = f"{row['clip']}, {' x '.join(map(str, row['source']))}"
        lines.append([source, row["kind"], *(f"{row[name]:.2f}" for name in COLUMNS)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
