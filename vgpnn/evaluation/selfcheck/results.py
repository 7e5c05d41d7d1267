"""Checks of whole results: equal from run to run, plausible for every task, and as good as on the
CPU."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import torch

from vgpnn import tasks
from vgpnn.evaluation import metrics
from vgpnn.evaluation.selfcheck.footage import clip
from vgpnn.evaluation.selfcheck.outcome import (
    FAIL,
    PASS,
    Check,
    Outcome,
    Target,
    at_most,
)
from vgpnn.machine.threads import thread_count, torch_threads
from vgpnn.pyramid import resize
from vgpnn.settings import Shape
from vgpnn.tasks import Result
from vgpnn.tasks.sketch import morphed
from vgpnn.video import Video

RUNS = 10  # of one seed
SEEDS = (7, 8, 9)  # of a batch; the first one is the seed that is run again and again
QUALITY_SEEDS = (0, 1, 2)
QUALITY_RATIO = 1.03  # of an error of quality on the device to that on the CPU
FIGURES = ("coherence", "completeness")
# Of a plausible result: how far the mean of a colour [codes], and the ratio of the standard
# deviations, may be from those of the source; and how far the codes are in the mean from those of
# the source at the places that its map names [codes].
MEAN_SHIFT, SPREAD, MAP_ERROR = 40, (0.4, 2.0), 12.0
WIDER, LONGER = 1.5, 1.5
DRAFTS = 3
FULL = 2  # times the sides and the rate of the working clip has the clip in full
RATE = 12  # [frames/s] of the clips


def runs_are_equal(target: Target) -> Outcome:
    """Ten runs of a seed give the same bytes, alone and in a batch."""
    source, device = clip(target.sizes.repeat), {"device": target.device.type}
    hashes = [digest(tasks.generate(source, SEEDS[0], **device)) for _ in range(RUNS)]
    of_noise = digest(tasks.generate(source, SEEDS[0], layout="noise", **device))
    batch = tasks.generate_batch(source, SEEDS, **device)
    # With noise no take depends on the others, wherever it is in the batch.
    of_batch = tasks.generate_batch(source, SEEDS[::-1], layout="noise", **device)
    different = len(set(hashes))
    measured = [f"{different} hash{'es' * (different > 1)} in {RUNS} runs"]
    if digest(batch[0]) != hashes[0]:
        measured.append("another one in a batch")
    if digest(of_batch[-1]) != of_noise:
        measured.append("another one in a batch from noise")
    status = PASS if measured == [f"1 hash in {RUNS} runs"] else FAIL
    return Outcome(", ".join(measured), "1 hash, also in a batch", status, {"hash": hashes[0]})


def digest(result: Result) -> str:
    """The SHA-256 of a result's codes and of its source map."""
    parts = result.video.codes, result.source_map
    return hashlib.sha256(b"".join(part.cpu().numpy().tobytes() for part in parts)).hexdigest()


def generated(target: Target, **changes) -> Iterator[str]:
    source = clip(target.sizes.task)
    result = tasks.generate(source, 1, device=target.device.type, **changes)
    yield from implausible(result, source, target.sizes.task)


def batch(target: Target) -> Iterator[str]:
    source = clip(target.sizes.task)
    results = tasks.generate_batch(source, SEEDS, device=target.device.type)
    if len(results) != len(SEEDS):
        yield f"{len(results)} results for {len(SEEDS)} seeds"
    if len({digest(result) for result in results}) < len(results):
        yield "two takes are equal"
    for result in results:
        yield from implausible(result, source, target.sizes.task)


def retargeted(target: Target, loop: bool = False, **scales: float) -> Iterator[str]:
    source, (frames, height, width) = clip(target.sizes.task), target.sizes.task
    result = tasks.retarget(source, loop=loop, device=target.device.type, **scales)
    shape = (
        round(frames * scales.get("duration_scale", 1)),
        height,
        2 * round(width * scales.get("width_scale", 1) / 2),
    )
    yield from implausible(result, source, shape)


def analogy(target: Target, sketch: bool = False) -> Iterator[str]:
    style, shape = clip(target.sizes.task), target.sizes.task
    layout = drawn(shape) if sketch else style.flip(2).contiguous()
    result = tasks.analogy(layout, style, sketch, device=target.device.type)
    # A sketch may call for a small part of the style, such as the sky.
    yield from implausible(result, style, shape, check_colours=not sketch)


def drawn(shape: Shape) -> torch.Tensor:
    """A sketch of a disc that moves to the right and grows: (T, H, W, 3) in [-1, 1]."""
    frames, height, width = shape
    drawings = []
    for place, size in ((0.3, 0.2), (0.6, 0.3)):
        drawing = np.zeros((height, width), np.uint8)
        cv2.circle(drawing, (int(place * width), height // 2), int(size * height), 1, -1)
        drawings.append(drawing > 0)
    return morphed(drawings, frames)


def inpainted(target: Target) -> Iterator[str]:
    source, (_, height, width) = clip(target.sizes.task), target.sizes.task
    region = torch.zeros(target.sizes.task, dtype=torch.bool)
    region[:, height // 3 : height // 2, width // 3 : width // 2] = True
    result = tasks.inpaint(source, region, device=target.device.type)
    yield from implausible(result, source, target.sizes.task)
    if not torch.equal(result.video.codes[~region], source[~region]):
        yield "something changed outside the region"


def finished(target: Target) -> Iterator[str]:
    source, device = clip(target.sizes.task), {"device": target.device.type}
    drafts = list(tasks.drafts(source, DRAFTS, 1, **device))
    if not drafts:
        yield "no drafts"
    for draft in drafts:
        yield from implausible(tasks.finish(draft), source, target.sizes.task)
    if drafts and digest(tasks.generate(source, 1, draft=drafts[-1].name, **device)) != digest(
        tasks.finish(drafts[-1])
    ):
        yield "a draft is finished in two ways"


def finished_in_full(target: Target) -> Iterator[str]:
    shape = tuple(FULL * n for n in target.sizes.task)
    full = Video(clip(shape), FULL * RATE)
    working = Video(resize(full.codes[::FULL].contiguous(), target.sizes.task), RATE)
    result = tasks.generate(working, 1, device=target.device.type)
    video = tasks.finish_in_full(result, full, device=target.device.type)
    if video.shape != shape or video.fps != full.fps:
        yield f"its shape is {video.shape}"
    yield from odd_colours(video.codes, full.codes)


def implausible(
    result: Result, source: torch.Tensor, shape: Shape, check_colours: bool = True
) -> Iterator[str]:
    """What is wrong with a result of a (T, H, W, 3) source of codes."""
    codes, places = result.video.codes, result.source_map.long()
    if tuple(codes.shape) != (*shape, 3) or codes.dtype != torch.uint8:
        yield f"it is {codes.dtype} of {tuple(codes.shape)}"
        return
    if check_colours:
        yield from odd_colours(codes, source)
    if places.min() < 0 or (places >= torch.tensor(source.shape[:3])).any():
        yield "its map points out of the source"
        return
    copied = source[tuple(places.unbind(-1))].int()
    error = (codes.int() - copied).abs().double().mean().item()
    if error > MAP_ERROR:
        yield f"it is {error:.1f} codes from what its map copies"


def odd_colours(codes: torch.Tensor, source: torch.Tensor) -> Iterator[str]:
    """What is wrong with the colours of codes, compared with those of the source."""
    found, wanted = codes.double().flatten(0, 2), source.double().flatten(0, 2)
    shift = (found.mean(0) - wanted.mean(0)).abs().max().item()
    spread = (found.std(0) / wanted.std(0)).tolist()
    if shift > MEAN_SHIFT:
        yield f"its mean is {shift:.0f} codes from the source's"
    if not SPREAD[0] <= min(spread) <= max(spread) <= SPREAD[1]:
        yield f"its contrast is {min(spread):.2f} to {max(spread):.2f} of the source's"


def task(problems: Callable[[Target], Iterator[str]], target: Target) -> Outcome:
    """The outcome of a task: its result has the right shape and plausible codes."""
    found = list(problems(target))
    return Outcome("; ".join(found) or "plausible", "right shape", FAIL if found else PASS)


def quality(target: Target) -> Outcome:
    """Coherence and completeness of takes, divided by those that the CPU's kernels make.

    Both devices finish the same drafts, so that they differ by the search alone: takes of
    different layouts differ by half (measured).
    """
    source, found = clip(target.sizes.quality), {}
    for device in dict.fromkeys((target.device.type, "cpu")):
        takes = [
            tasks.generate(source, seed, device=device, draft=str(seed)).video
            for seed in QUALITY_SEEDS
        ]
        # Not all cores: threads of torch that wait for each other are slow on a busy machine.
        with torch_threads(max(1, thread_count() // 2)):
            rows = [metrics.patch_figures(source, take) for take in takes]
        found[device] = {name: statistics.fmean(row[name] for row in rows) for name in FIGURES}
    ours, theirs = found[target.device.type], found["cpu"]
    if not target.on_gpu:
        measured = ", ".join(f"{name} {value:.2f}" for name, value in ours.items())
        return Outcome(measured, "these are the kernels of the CPU", PASS, found)
    ratios = {name: ours[name] / theirs[name] for name in FIGURES}
    return at_most(ratios, QUALITY_RATIO, figures=found)


TASKS: dict[str, Callable[[Target], Iterator[str]]] = {
    "generate": generated,
    "generate from noise": partial(generated, layout="noise"),
    "generate a batch": batch,
    "drafts and finish": finished,
    "finish in full": finished_in_full,
    "retarget wider": partial(retargeted, width_scale=WIDER),
    "retarget longer": partial(retargeted, duration_scale=LONGER),
    "retarget to a loop": partial(retargeted, loop=True),
    "analogy": analogy,
    "sketch": partial(analogy, sketch=True),
    "inpaint": inpainted,
}
CHECKS: tuple[Check, ...] = (
    *((f"task: {name}", partial(task, problems)) for name, problems in TASKS.items()),
    ("ten runs, one hash", runs_are_equal),
)
QUALITY_CHECKS: tuple[Check, ...] = (("quality against the CPU's", quality),)
