"""Pace of results of another length: `python tests/bench/pace.py CLIP... --json REPORT.json`.

Makes every clip longer and shorter with the default settings, and compares how much changes from
frame to frame, and how far things move, with the clip itself (`metrics.motion` and
`metrics.flow_ratio`; 1 is the same pace). Writes the report and prints it as a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import vgpnn  # noqa: E402
from vgpnn.evaluation import metrics  # noqa: E402

SCALES = 0.5, 0.75, 1.5, 2.0, 3.0  # lengths of the results, in lengths of the clip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--height", type=int, default=64, metavar="PX")
    parser.add_argument("--json", type=Path, required=True, metavar="REPORT.json")
    options = parser.parse_args()
    rows = [row for clip in options.clips for row in measure(clip, options.height)]
    options.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    print(table(rows))


def measure(path: Path, height: int) -> Iterator[dict]:
    """Yield one row of figures for every length."""
    clip = vgpnn.video.read(path, height=height)
    for scale in SCALES:
        result = vgpnn.retarget(clip, duration_scale=scale).video
        yield {
            "clip": path.stem,
            "source": clip.shape,
            "frames": result.shape[0],
            "duration_scale": scale,
            "motion": metrics.motion(clip, result),
            "flow": metrics.flow_ratio(clip, result),
        }


def table(rows: list[dict]) -> str:
    """Markdown table of the rows of a report."""
    lines = [["source", "frames of the result", "length", "motion", "flow"], ["---"] * 5]
    for row in rows:
        source = f"{row['clip']}, {' x '.join(map(str, row['source']))}"
        figures = (f"{row[name]:.2f}" for name in ("motion", "flow"))
        lines.append([source, str(row["frames"]), f"x {row['duration_scale']:g}", *figures])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
