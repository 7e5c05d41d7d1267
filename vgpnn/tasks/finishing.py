"""Finishing in full: from a result at the working size to the source's own size and frame rate.

What a result looks like is decided at the working size; what is missing is detail. Its source map
is carried over to the grid of the full size in one jump (`fields.upscale`), so that pieces that
were copied as a whole are copied as a whole again. Two near sweeps then let seams find matches that
fit better: the query is the result and the key is the working source, both enlarged, so that they
are as blurred as each other, as at the first pass of a level (section 3.1). The vote takes its
colours from the original frames. A climb through all levels between the two sizes gives results
that cannot be told from these, and takes three to six times as long (measured).

Frames between working frames are voted in the same way. A displacement is that of the nearer
working frame, and no frames are mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import torch

from vgpnn import fields, looping
from vgpnn.camera.full import FullView
from vgpnn.fields import FieldShape
from vgpnn.full_size import full_shape
from vgpnn.machine.devices import device_of
from vgpnn.machine.memory import empty
from vgpnn.machine.threads import OnOneTorchThread
from vgpnn.pyramid import resize
from vgpnn.query_grid import SPARSE_STRIDE, QueryGrid, can_be_sparse
from vgpnn.schedule import FINE_REACH
from vgpnn.search import border
from vgpnn.settings import Shape
from vgpnn.tasks import membrane
from vgpnn.tasks.problem import gpu_memory_errors_explained
from vgpnn.tasks.result import Result
from vgpnn.video import Video

VOXEL = (1, 1, 1)  # a source map is the field of patches of one voxel
PATCH = (3, 7, 7)
SWEEPS = 2  # the first one tries random matches nearby, the second one propagates them back
WINDOW_VOXELS = 16_000_000  # of the query that is searched at once, which bounds the memory
SEARCH_SHARE = 0.8  # of the work, about
NEAR_FRAMES = FINE_REACH  # [frames] before and after its match that a patch may find another one


@dataclass(frozen=True)
class FullStep:
    """How far the finishing is: the share of the work that is done, in (0, 1], and the video in the
    last step."""

    fraction: float
    video: Video | None = None


def finish_in_full(
    result: Result,
    source: Video,
    progress: Callable[[float], None] = lambda fraction: None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    sweeps: int = SWEEPS,
) -> Video:
    """A result at the size and the frame rate of the video that it was made from.

    progress: called with the share of the work that is done, in (0, 1].
    The other arguments, and the errors, are those of `full_steps`.
    """
    for step in full_steps(result, source, device, backend, checkpoint, sweeps):
        progress(step.fraction)
    return step.video


def full_steps(
    result: Result,
    source: Video,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    sweeps: int = SWEEPS,
) -> Iterator[FullStep]:
    """`finish_in_full` as an iterator over windows of frames; the last step has the video.

    result: of any task. source: what its source map points into, at full size: the same part of the
        clip, or of the style of an analogy. Its rate may be higher than that of the result.
    device, backend: as for `generate`. checkpoint: called several times a second; may raise
        `Cancelled`. sweeps: 0 for a quick look by copying alone.
    Outside the region of inpainting the video is the source, to the byte, and so it is where a
    result goes on around its source, and where something is kept.
    Raises ValueError where the source is smaller than the one that the result was made from.
    """
    if any(full < side for full, side in zip(source.shape, result.source)):
        raise ValueError(
            "The source is smaller than the one that the result was made from: give it at its own "
            "size."
        )
    with gpu_memory_errors_explained():
        yield from OnOneTorchThread(_steps(result, source, device, backend, checkpoint, sweeps))


def _steps(
    result: Result,
    source: Video,
    device: str,
    backend: str,
    checkpoint: Callable[[], None],
    sweeps: int,
) -> Iterator[FullStep]:
    """The steps of `full_steps`."""
    if result.view is not None:
        yield from _fetched_steps(result, source, checkpoint)
        return
    codes = source.codes.to(device_of(device, backend))
    time = looping.CIRCULAR if result.circular else looping.OPEN
    rate = source.fps / result.video.fps
    shape = full_shape(result.video.shape, result.source, source.shape, rate)
    # The frames of the source that the result was made from, at full size.
    at_rate = codes[: result.source[0]]
    if rate != 1:
        at_rate = codes[[min(int(k * rate), len(codes) - 1) for k in range(result.source[0])]]
    key_shape = tuple(at_rate.shape[:3])
    patch = tuple(map(min, PATCH, result.video.shape, result.source))  # of a clip of a frame or two
    stride = SPARSE_STRIDE if can_be_sparse(patch) else 1
    queries = time.queries((result.video.shape[0], *shape[1:]), patch, stride)
    field = _carried_over(result, queries, key_shape, codes.device, checkpoint)
    usable = _usable_keys(result, key_shape, patch, codes.device, checkpoint)
    if usable is not None:
        field = fields.moved_outside(field, usable, checkpoint)
    known = None if result.corner is None else kept_box(result, key_shape)
    if sweeps:
        key = resize(at_rate, result.source, checkpoint)
        guess = result.video.codes.to(codes.device)
        for first, past in _windows(queries):
            part = slice(first, past)
            frames = torch.arange(first, past + patch[0] - 1) % len(guess)
            query = resize(guess[frames], (len(frames), *shape[1:]), checkpoint)
            window = QueryGrid(tuple(query.shape[:3]), patch, stride, queries.shift)
            effort = {"sweeps": sweeps, "backend": backend, "checkpoint": checkpoint}
            at_border = None if known is None else tuple((t - first, *yx) for t, *yx in known)
            field[:, part] = _near_matches(
                query, key, key_shape, field[:, part], window, usable, at_border, **effort
            )
            yield FullStep(SEARCH_SHARE * past / len(field[0]))
        del key, guess, query
    del at_rate
    voters = time.queries(shape, patch, stride)
    if rate != 1:
        between = FieldShape(queries, key_shape), FieldShape(voters, source.shape)
        field = fields.upscale(field, *between, checkpoint, float(rate))
        usable = _usable_keys(result, source.shape, patch, codes.device, checkpoint)
        if usable is not None:
            field = fields.moved_outside(field, usable, checkpoint)
    voted = time.voted(codes, field, voters, "median", None, backend, checkpoint)[0]
    if result.made is not None:
        for number, region in enumerate(_enlarged_region(result.made, shape)):
            checkpoint()
            voted[number] = voted[number].where(region[..., None].to(voted.device), codes[number])
    voted = voted.cpu()
    if result.corner is not None:
        corner, past = kept_box(result, source.shape)
        (_, top, left), (frames, bottom, right) = corner, past
        voted[:frames, top:bottom, left:right] = source.codes
        scale = source.shape[1] / result.source[1]
        membrane.spread(voted, corner, past, checkpoint, scale)
    yield FullStep(1.0, Video(voted, source.fps))


def kept_box(result: Result, full: Shape) -> tuple[Shape, Shape]:
    """Where the source lies in a result at full size: its first voxel (t, y, x), and the one after
    its last.

    full: (T, H, W) of the source at full size, with its frames at the rate that is asked for. The
    source begins with the result.
    """
    whole = full_shape(result.video.shape, result.source, full, 1)[1:]
    sides = zip(result.corner[1:], full[1:], result.source[1:], whole)
    # Both are rounded, so the source could end one pixel after the result.
    places = (
        min(round(first * Fraction(large, small)), end - large)
        for first, large, small, end in sides
    )
    corner = 0, *places
    return corner, tuple(first + side for first, side in zip(corner, full))


def _fetched_steps(
    result: Result, source: Video, checkpoint: Callable[[], None]
) -> Iterator[FullStep]:
    """The steps of a result on a canvas, whose colours are fetched from the source in full."""
    rate = source.fps / result.video.fps
    shape = full_shape(result.video.shape, result.source, source.shape, rate)
    known = result.canvas_map.numpy(), source.codes.cpu().numpy()
    full, codes = FullView(result.view, *known, shape, float(rate)), empty((*shape, 3), torch.uint8)
    for number, picture in enumerate(full.pictures(checkpoint)):
        codes[number] = torch.from_numpy(picture)
        yield FullStep((number + 0.5) / len(codes))
    yield FullStep(1.0, Video(codes, source.fps))


def _carried_over(
    result: Result,
    queries: QueryGrid,
    key: Shape,
    device: torch.device,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """The field of the result at full size that its source map implies: (1,) + query grid + (3,).

    key: (t, h, w) of the source, at full size and at the rate of the result.
    """
    frames = torch.arange(queries.shape[0]) % result.video.shape[0]  # a loop begins again
    places = result.source_map[frames][None].to(device)
    coarse = QueryGrid((len(frames), *result.video.shape[1:]), VOXEL)
    shapes = FieldShape(coarse, result.source), FieldShape(queries, key)
    return fields.upscale(places, *shapes, checkpoint)


def _windows(queries: QueryGrid) -> list[tuple[int, int]]:
    """First frame, and the one after the last, of the parts of a query grid to search one by one.

    They begin at even frames, so that odd frames are odd in each of them.
    """
    frames, (height, width) = queries.counts[0], queries.shape[1:]
    step = max(2, WINDOW_VOXELS // (height * width) // 2 * 2)
    return [(first, min(first + step, frames)) for first in range(0, frames, step)]


def _near_matches(
    query: torch.Tensor,
    key: torch.Tensor,
    key_shape: Shape,
    field: torch.Tensor,
    queries: QueryGrid,
    usable: torch.Tensor | None,
    known: border.Bounds | None,
    sweeps: int,
    backend: str,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """Better matches near those of a field, in a window of frames.

    query: (T', H, W, 3) codes. key: (t, h, w, 3) codes of the working source, of which the frames
    that the window needs are enlarged to `key_shape`. field: (1,) + query grid + (3,).
    queries: of the window. usable: which keys may be used; None: all. known: see
    `search.border.rematched`, in the window.
    Returns a field like the one given.
    """
    first = max(0, int(field[..., 0].min()) - NEAR_FRAMES)
    past = min(key_shape[0], int(field[..., 0].max()) + queries.patch[0] + NEAR_FRAMES)
    keys = resize(key[first:past], (past - first, *key_shape[1:]), checkpoint)
    offset = torch.tensor([first, 0, 0], dtype=torch.int16, device=field.device)
    if usable is not None:
        usable = usable[first : past - queries.patch[0] + 1]
    both = query[None], keys[None], queries.patch
    options = {
        "slack": fields.usable_slack(None, usable, 1),
        "backend": backend,
        "checkpoint": checkpoint,
        "sweeps": sweeps,
        "reach": FINE_REACH,
        "queries": queries,
    }
    match = border.nearest(*both, guesses=(field - offset,), known=known, **options)
    return match.field + offset


def _usable_keys(
    result: Result,
    key: Shape,
    patch: Shape,
    device: torch.device,
    checkpoint: Callable[[], None],
) -> torch.Tensor | None:
    """Which patches of the source, (t, h, w) at full size, may be used: the key grid, bool; None
    where all may be. They touch neither the region nor what is forbidden."""
    kept_out = [each for each in (result.region, result.forbidden) if each is not None]
    if not kept_out:
        return None
    region = kept_out[0] if len(kept_out) == 1 else kept_out[0] | kept_out[1]
    return fields.keys_outside(_enlarged_region(region, key).to(device), patch, checkpoint)


def _enlarged_region(region: torch.Tensor, shape: Shape) -> torch.Tensor:
    """A region, (T, H, W) bool, at a larger (T', H', W').

    A frame between two frames of the region has what lies in either of them: what is made anew
    moves from the one to the other.
    """
    before, rows, columns = (torch.arange(n) * small // n for n, small in zip(shape, region.shape))
    is_between = torch.arange(shape[0]) * len(region) % shape[0] > 0
    after = torch.where(is_between, (before + 1).clamp(max=len(region) - 1), before)
    frames = region[before] | region[after]
    return frames[:, rows][:, :, columns]
