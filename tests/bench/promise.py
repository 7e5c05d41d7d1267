"""Promised and used time of every task: `python tests/bench/promise.py CLIP [CLIP ...]`.

Every row is a job as the page runs it, at the size that the page picks for the clip, from reading
the file to writing the results. Its promise is that of the cost model before anything has run in
this process, which learns nothing meanwhile.

CPU seconds of one thread are compared, because seconds of the clock say little on a machine that
others use, too. A fixed small take is made before every row; what a row used is divided by how much
longer that take needed than the quickest one, so that rows on a busy machine can be compared.
With `--wall`, seconds of the clock are compared on all cores: nothing else should run then.

`--only REGEX` makes the rows alone whose names a pattern fits, and `--json REPORT.json` writes a
report.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

WALL = "--wall" in sys.argv
if not WALL:
    # Before torch and kernels ask how many there are. Threads that wait must not count as work.
    os.environ |= {"VGPNN_THREADS": "1", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}

import numpy as np  # noqa: E402
import torch  # noqa: E402

import vgpnn  # noqa: E402
from vgpnn import overlay_finder  # noqa: E402
from vgpnn.camera import stabilising  # noqa: E402
from vgpnn.presets import PRESETS, TASK_PRESETS  # noqa: E402
from vgpnn.service import clips, files, work  # noqa: E402
from vgpnn.service.people import Person  # noqa: E402
from vgpnn.service.request import Clip, Request  # noqa: E402
from vgpnn.service.working_size import first_request  # noqa: E402
from vgpnn.tasks import pool  # noqa: E402
from vgpnn.tasks.drafts import COUNT  # noqa: E402
from vgpnn.tasks.marking import COLOURS  # noqa: E402
from vgpnn.tasks.paint import Paint  # noqa: E402

SMALL, LARGE = 0.08, 0.3  # sides of what is marked, in shorter sides of the picture
REFERENCE = (12, 144, 256)  # (T, H, W) of the fixed take
WITHIN = 1.3  # factor by which a promise may be wrong


def rows(clip: Clip) -> Iterator[tuple[str, Request]]:
    """Yield the name and the request of every row for a clip."""
    first, offer = first_request(clip), {"offered": COUNT}

    def request(task="generate", samples=1, settings=None, size="working", sound=True, **options):
        preset = PRESETS[TASK_PRESETS[task]].with_changes(**(settings or {}))
        changes = {"samples": samples, "settings": preset, "size": size, "sound": sound}
        return replace(first, task=task, options=options, seed=7, **changes)

    def marks(*names: str, side: float = SMALL) -> dict:
        return {"marks": paint(first, names, side)}

    yield "12 drafts", request(samples=0, **offer)
    yield "12 drafts and 1 take", request(**offer)
    yield "12 drafts and 3 takes", request(samples=3, **offer)
    yield "generate", request()
    yield "generate, 3 takes", request(samples=3)
    yield "generate, noise", request(settings={"layout": "noise"})
    for name in ("more", "less", "none", "keep"):
        yield f"generate, {name} of a small thing", request(**marks(name))
    yield "generate, more of a large thing", request(**marks("more", side=LARGE))
    yield "12 drafts, more of a small thing", request(samples=0, **offer, **marks("more"))
    yield (
        "12 drafts, more of a large thing",
        request(samples=0, **offer, **marks("more", side=LARGE)),
    )
    yield "12 drafts, none of a small thing", request(samples=0, **offer, **marks("none"))
    taken = request(samples=3, **offer, **marks("more"))
    yield "12 drafts and 3 takes, more of a small thing", taken
    kept = {"overlays": "keep"}
    yield "12 drafts and 3 takes, overlays", request(samples=3, settings=kept, **offer)
    yield "generate, camera off", request(settings={"camera": "off"})
    yield "generate, still camera", request(settings={"camera": "on", "camera_path": "still"})
    if clip.info.sound:
        yield "generate, without sound", request(sound=False)
    full = request(size="full")
    if full.grows:
        yield "generate, in full", full
    yield "resize, width 0.6", request("resize", width_scale=0.6)
    yield "resize, width 1.5", request("resize", width_scale=1.5)
    yield "resize, width 0.6, more", request("resize", width_scale=0.6, **marks("more"))
    yield "retime, half as long", request("retime", duration_scale=0.5)
    yield "retime, 1.5 times as long", request("retime", duration_scale=1.5)
    yield "retime, a loop", request("retime", loop=True)
    yield "retime, a loop, less", request("retime", loop=True, **marks("less"))
    yield "analogy", request("analogy", style=clip)
    yield "sketch", request("sketch", style=clip)
    held = {"first": 0, "last": first.frames - 1, "margin": 0.5, "remove": (255, 0, 255)}
    for is_on in (False, True):
        region = {"pictures": paint(first, ("none",), 0.25), "follow": is_on}
        yield f"inpaint{', following' * is_on}", request("inpaint", **held, **region)
    sides = {"left": 0.25, "right": 0.25, "top": 0.0, "bottom": 0.0, "from_above": False}
    yield "extend", request("extend", **sides)
    yield "go on", request("go_on", longer=0.5)
    yield "tile", request("tile", axes="both", time=False)
    yield "tile, a loop", request("tile", axes="x", time=True)


def paint(request: Request, names: tuple[str, ...], side: float) -> Paint:
    """Paint in the colours of some names on the first frame, where most is to be seen."""
    _, height, width = request.working_shape
    side = max(4, round(side * min(height, width)))
    grey = clips.working_clip(request).codes[0].float().mean(-1)[None, None]
    size = torch.nn.functional.avg_pool2d
    detail = size(grey**2, side, 1) - size(grey, side, 1) ** 2
    picture = np.zeros((height, width, 4), np.uint8)
    for name in names:
        y, x = divmod(int(detail.argmax()), width - side + 1)
        picture[y : y + side, x : x + side] = (*COLOURS[name], 255)
    return Paint.of({0: picture})


def used(run: Callable[[], object]) -> float:
    """Seconds that a function takes: of all threads and of processes that ended, or of the
    clock."""
    before = time.monotonic() if WALL else sum(os.times()[:4])
    run()
    return (time.monotonic() if WALL else sum(os.times()[:4])) - before


def reference() -> float:
    """Seconds of the fixed take."""
    codes = torch.randint(0, 256, (*REFERENCE, 3), generator=torch.Generator().manual_seed(0))
    video = vgpnn.Video(vgpnn.pyramid.resize(codes.to(torch.uint8)[:4, :12, :20], REFERENCE), 10)
    return used(lambda: vgpnn.generate(video, layout="noise", camera="off"))


def measure(request: Request) -> dict:
    """The figures of one request."""
    for known in (pool._known, stabilising.CAMERAS, overlay_finder.FOUND):
        known.clear()
    job = work.new_job(request, Person("bench", "bench"))
    began, drafts = [], []
    show = job.show

    def noted(**changes) -> None:
        show(**changes)
        if len(changes.get("drafts") or ()) == job.request.options.get("offered"):
            drafts.append((time.monotonic() if WALL else sum(os.times()[:4])) - began[0])

    job.show = noted
    began.append(time.monotonic() if WALL else sum(os.times()[:4]))
    seconds = used(lambda: work.make_samples(job))
    files.remove(job.folder)
    return {
        "promised": request.expected_seconds(),
        "used": seconds,
        "drafts_promised": request.draft_seconds(),
        "drafts_used": drafts[0] if drafts else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--wall", action="store_true")
    parser.add_argument("--json", type=Path, metavar="REPORT.json")
    options = parser.parse_args()
    vgpnn.warm_up()
    vgpnn.measure_speed()
    vgpnn.cost.learn = lambda *_: None
    reference()
    _, first = next(rows(clips.probed_clip(options.clips[0], options.clips[0].name)))
    measure(first)  # what is loaded by the first job of a process
    found = []
    for path in options.clips:
        clip = clips.probed_clip(path, path.name)
        for name, request in rows(clip):
            if not re.search(options.only, name):
                continue
            row = {"clip": path.stem, "shape": request.working_shape, "task": name}
            try:
                row |= {"reference": reference()} | measure(request)
            except ValueError as error:
                print(f"{path.stem}, {name}: {error}", file=sys.stderr)
                continue
            found.append(row)
            print(line(row, min(each["reference"] for each in found)), flush=True)
    print("\n" + table(found))
    if options.json:
        report = {"wall": WALL, "slowness": vgpnn.machine.speed.slowness(), "rows": found}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def line(row: dict, quickest: float) -> str:
    """A row of the table."""
    busy = row["reference"] / quickest
    idle = row["used"] / busy
    drafts = row["drafts_used"]
    cells = [
        f"{row['clip']}, {' x '.join(map(str, row['shape']))}",
        row["task"],
        f"{row['promised']:.2f}",
        f"{idle:.2f}",
        f"{row['promised'] / idle:.2f}",
        f"{row['drafts_promised']:.2f} / {drafts / busy:.2f}" if drafts else "",
    ]
    return f"| {' | '.join(cells)} |"


def table(found: list[dict]) -> str:
    """A Markdown table of all rows, and how many promises are near enough."""
    quickest = min(row["reference"] for row in found)
    ratios = [row["promised"] * row["reference"] / quickest / row["used"] for row in found]
    near = sum(abs(math.log(ratio)) <= math.log(WITHIN) for ratio in ratios)
    head = "| clip | task | promised, s | used, s | ratio | drafts: promised / used, s |"
    lines = [head, "| --- | --- | --- | --- | --- | --- |"]
    lines += [line(row, quickest) for row in found]
    return "\n".join([*lines, "", f"{near} of {len(found)} within a factor of {WITHIN}."])


if __name__ == "__main__":
    main()
