"""Check that a change of the code leaves every result as it is, to the byte.

`python tests/same.py record FOLDER` solves small synthetic problems of every task and keeps the
results; `python tests/same.py compare FOLDER` solves them again and lists what differs. Record and
compare on one machine: the bytes of another processor may differ, so nothing recorded is committed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import vgpnn  # noqa: E402
from vgpnn.tasks import Step  # noqa: E402

Arrays = dict[str, np.ndarray]
ODD, EVEN, FINE = (7, 33, 47), (10, 36, 56), (9, 74, 128)  # FINE has levels of over 50,000 patches


def clip(shape: tuple[int, int, int], seed: int) -> torch.Tensor:
    """Discs that drift over stripes: (T, H, W, 3) uint8 codes, made without any of our code."""
    frames, height, width = shape
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    video = np.zeros((*shape, 3))
    colours, places = random.uniform(20, 235, (9, 3)), random.uniform(0, 1, (8, 4))
    for t in range(frames):
        video[t] = colours[0] + 25 * np.sin((x + 2 * y + 1.7 * t) / 5)[..., None]
        for (row, column, speed, size), colour in zip(places, colours[1:]):
            across = (column * width + 2.5 * speed * t) % width
            inside = (y - row * height) ** 2 + (x - across) ** 2 < (2 + 5 * size) ** 2
            video[t][inside] = colour
    video += random.normal(0, 3, video.shape)
    return torch.from_numpy(video.round().clip(0, 255).astype(np.uint8))


def barred(video: torch.Tensor) -> torch.Tensor:
    """A clip with black bars above and below."""
    video = video.clone()
    video[:, :7], video[:, -7:] = 0, 0
    return video


def sketch(shape: tuple[int, int, int]) -> torch.Tensor:
    """A dark stroke that moves over light paper: (T, H, W, 3) uint8 codes."""
    video = torch.full((*shape, 3), 240, dtype=torch.uint8)
    for t in range(shape[0]):
        video[t, 6 + t : 26 + t, 8 + 2 * t : 14 + 2 * t] = 20
    return video


def region_and_cues(shape: tuple[int, int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """A box to be made anew, (T, H, W) bool, and a dark cue in it, (T, H, W, 4) in [-1, 1]."""
    region = torch.zeros(shape, dtype=torch.bool)
    cues = torch.full((*shape, 4), -1.0)
    for t in range(shape[0]):
        region[t, 8:22, 10 + t : 26 + t] = True
        cues[t, 11:18, 13 + t : 21 + t] = torch.tensor([-0.8, -0.7, -0.9, 1.0])
    return region, cues


def panned() -> torch.Tensor:
    """A still picture under a camera that pans: (T, H, W, 3) uint8 codes."""
    picture = clip((3, 72, 140), 9)[0]
    return torch.stack([picture[:, 3 * t : 3 * t + 96] for t in range(12)])


def cases() -> dict[str, Callable[[], Iterator[Step]]]:
    """Every case by name: a function that gives the steps of its problem."""
    generate, retarget = vgpnn.generate_steps, vgpnn.retarget_steps
    analogy, inpaint = vgpnn.analogy_steps, vgpnn.inpaint_steps
    odd, even, fine, style = clip(ODD, 1), clip(EVEN, 2), clip(FINE, 3), clip((8, 41, 60), 4)
    region, cues = region_and_cues(EVEN)

    def changed(task: str, **changes) -> dict:
        return {"settings": vgpnn.PRESETS[task].with_changes(**changes)}

    found = {
        "generate": lambda: generate(odd, 3),
        "generate batch": lambda: generate(odd, (3, 4, 5)),
        "generate 4 alone": lambda: generate(odd, 4),
        "generate fine": lambda: generate(fine, 1),
        "generate off": lambda: generate(even, 2, **changed("generate", alpha=None)),
        "generate sigma": lambda: generate(even, 2, **changed("generate", sigma=2.5)),
        "generate mean": lambda: generate(even, 1, **changed("generate", vote="mean")),
        "generate weighted": lambda: generate(even, 1, **changed("generate", vote="weighted")),
        "generate all levels": lambda: generate(fine, 5, **changed("generate", complete_levels=1)),
        "generate large": lambda: generate(even, 1, **changed("generate", large_voxels=5000)),
        "generate best": lambda: generate(even, 1, vgpnn.preset("generate", "best", 0.8)),
        "generate noise": lambda: generate(odd, 3, **changed("generate", layout="noise")),
        "generate draft": lambda: generate(odd, 3, drafts=("5",)),
        "generate variation": lambda: generate(even, 3, drafts=("2.1",)),
        "generate inside bars": lambda: generate(barred(even), 1),
        "generate tiny": lambda: generate(clip((3, 9, 11), 6), 1),
        "generate one frame": lambda: generate(clip((1, 30, 40), 6), 1),
        "generate naive": lambda: generate(odd, 3, backend="naive"),
        "narrower": lambda: retarget(even, 0.6),
        "wider and lower": lambda: retarget(odd, 1.7, 0.8, seed=2),
        "narrower off": lambda: retarget(even, 0.7, **changed("retarget", alpha=None)),
        "wider fine": lambda: retarget(fine, 1.3, 1.0),
        "longer": lambda: retarget(odd, duration_scale=2.0),
        "shorter": lambda: retarget(even, duration_scale=0.5),
        "loop": lambda: retarget(even, loop=True),
        "loop longer": lambda: retarget(even, duration_scale=1.5, loop=True, seed=(1, 2)),
        "loop weighted": lambda: retarget(odd, loop=True, **changed("retarget", vote="weighted")),
        "loop fine": lambda: retarget(fine, loop=True),
        "analogy": lambda: analogy(odd, style),
        "analogy batch": lambda: analogy(odd, style, seed=(0, 7)),
        "analogy colours": lambda: analogy(odd, style, **changed("analogy", structure="colours")),
        "analogy magnitude": lambda: analogy(
            even, style, **changed("analogy", structure="magnitude", alpha=None)
        ),
        "analogy fine": lambda: analogy(fine, clip((9, 70, 120), 8)),
        "sketch": lambda: analogy(sketch((9, 60, 90)), style, True),
        "extend": lambda: vgpnn.extend_steps(even, 0.0, 0.8),
        "go on": lambda: vgpnn.go_on_steps(odd, 0.5),
        "tile": lambda: vgpnn.tile_steps(even, "both"),
        "tile loop": lambda: vgpnn.tile_steps(odd, "x", True),
        "more": lambda: generate(even, 3, preference=vgpnn.Preference(more=region)),
        "more batch": lambda: generate(even, (3, 4), preference=vgpnn.Preference(more=region)),
        "more wider batch": lambda: retarget(
            even, 1.3, seed=(3, 4), preference=vgpnn.Preference(more=region)
        ),
        "none": lambda: generate(even, 3, preference=vgpnn.Preference(none=region)),
        "camera": lambda: generate(panned(), 1, **changed("generate", camera="on")),
        "inpaint": lambda: inpaint(even, region),
        "inpaint cues": lambda: inpaint(even, region, cues, seed=1),
        "inpaint weights": lambda: inpaint(even, region, cues, **changed("inpaint", alpha=0.001)),
        "inpaint nothing": lambda: inpaint(even, torch.zeros_like(region)),
    }
    for threads in (1, 3):
        found[f"generate fine, threads {threads}"] = on_threads(threads, found["generate fine"])
    return found


def on_threads(threads: int, case: Callable[[], Iterator[Step]]) -> Callable[[], Iterator[Step]]:
    """A case that runs on so many threads."""

    def run() -> Iterator[Step]:
        with environment(VGPNN_THREADS=str(threads)):
            yield from case()

    return run


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Environment variables that hold inside."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def solved(steps: Iterator[Step]) -> Arrays:
    """Codes and source map of every result, the settings as text, and a hash of every pass."""
    passes = []
    for step in steps:
        passes.append(
            [
                step.level,
                step.number,
                *step.error,
                hashlib.sha256(step.guess.contiguous().numpy().tobytes()).hexdigest(),
            ]
        )
    found = {"passes": np.array([" ".join(map(str, one)) for one in passes])}
    for number, result in enumerate(step.results):
        found[f"codes {number}"] = result.video.codes.numpy()
        found[f"map {number}"] = result.source_map.numpy()
        settings = sorted(asdict(result.settings).items())
        numbers = [f"{k}={float(v) if isinstance(v, int | float) else v}" for k, v in settings]
        found[f"settings {number}"] = np.array([*numbers, *result.notices])
    return found


def differences(before: Arrays, now: Arrays) -> list[str]:
    """What is not the same, by name."""
    names = sorted(before.keys() | now.keys())
    missing = [name for name in names if name not in before or name not in now]
    return missing + [
        name for name in names if name not in missing and not _is_same(name, before, now)
    ]


def _is_same(name: str, before: Arrays, now: Arrays) -> bool:
    """Whether an array is the same; a setting that is new has not changed anything by itself."""
    if name.startswith("settings"):
        return {*before[name]} <= {*now[name]}
    return np.array_equal(before[name], now[name])


def main(arguments: Sequence[str]) -> int:
    """Record or compare; returns the exit status."""
    if len(arguments) != 2 or arguments[0] not in ("record", "compare"):
        print(__doc__, file=sys.stderr)
        return 2
    action, folder = arguments[0], Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    other, began = 0, time.perf_counter()
    for name, case in cases().items():
        path, now = folder / f"{name}.npz", solved(case())
        if action == "record":
            np.savez_compressed(path, **now)
            continue
        changed = ["it was not recorded"]
        if path.exists():
            with np.load(path) as file:
                changed = differences(dict(file), now)
        if changed:
            other += 1
            print(f"{name}: {', '.join(changed)}")
    count, seconds = len(cases()), time.perf_counter() - began
    if action == "record":
        print(f"{count} cases recorded in {seconds:.0f} s")
    else:
        print(f"{count - other} of {count} cases are the same, in {seconds:.0f} s")
    return int(other > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
