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
from dataclasses import dataclass, replace

import torch

from vgpnn import fields
from vgpnn.camera.full import FullView
from vgpnn.fields import FieldShape
from vgpnn.full_size import FullPlace, full_place
from vgpnn.looping import Open
from vgpnn.machine.devices import device_of
from vgpnn.machine.memory import empty
from vgpnn.machine.threads import OnOneTorchThread
from vgpnn.outside import moved_outside, usable_slack
from vgpnn.pyramid import resize
from vgpnn.query_grid import SPARSE_STRIDE, QueryGrid, can_be_sparse
from vgpnn.schedule import FINE_REACH
from vgpnn.search import border
from vgpnn.settings import Shape
from vgpnn.source_map import frames_of_map
from vgpnn.tasks import membrane
from vgpnn.tasks.full_keys import enlarged_region, usable_keys
from vgpnn.tasks.problem import gpu_memory_errors_explained
from vgpnn.tasks.result import Result
from vgpnn.tasks.tones import settled
from vgpnn.video import Video
from vgpnn.wrapping import NEITHER, Wraps, lying, with_margins

VOXEL = (1, 1, 1)  # a source map is the field of patches of one voxel
PATCH = (3, 7, 7)
SWEEPS = 2  # the first one tries random matches nearby, the second one propagates them back
WINDOW_VOXELS = 12_000_000  # of the query that is searched at once, which bounds the memory
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
    rate = source.fps / result.video.fps
    place, wraps = place_of(result, source), NEITHER
    shape = place.shape
    if result.torus is not None:
        wraps = result.torus.wraps
        result, source = _on_torus(result, source, checkpoint)
    codes = source.codes.to(device_of(device, backend))
    made, still = (lying(each, wraps) for each in (result.circular, False))
    # The frames of the source that the result was made from, at full size.
    at_rate = codes[: result.source[0]]
    if rate != 1:
        at_rate = codes[[min(int(k * rate), len(codes) - 1) for k in range(result.source[0])]]
    key_shape = tuple(at_rate.shape[:3])
    patch = tuple(map(min, PATCH, result.video.shape, result.source))  # of a clip of a frame or two
    stride = SPARSE_STRIDE if can_be_sparse(patch) else 1
    queries = made.queries((result.video.shape[0], *shape[1:]), patch, stride)
    field = _carried_over(result, wraps, queries, key_shape, place, codes.device, checkpoint)
    usable = usable_keys(result, key_shape, patch, codes.device, checkpoint)
    if usable is not None:
        field = moved_outside(field, usable, checkpoint)
    known = None if place.corner is None else place.kept_box(key_shape)
    if sweeps:
        key = resize(at_rate, result.source, checkpoint)
        del at_rate
        guess = (result.tones.plain if result.tones else result.video.codes).to(codes.device)
        for first, past in queries.windows(WINDOW_VOXELS):
            part = slice(first, past)
            frames = torch.arange(first, past + patch[0] - 1) % len(guess)
            query = _enlarged(guess[frames], place, still, checkpoint)
            query = still.query(query, patch)[0]
            window = QueryGrid(tuple(query.shape[:3]), patch, stride, queries.shift)
            effort = {"sweeps": sweeps, "backend": backend, "checkpoint": checkpoint}
            at_border = None if known is None else tuple((t - first, *yx) for t, *yx in known)
            field[:, part] = _near_matches(
                query, key, key_shape, field[:, part], window, usable, at_border, **effort
            )
            yield FullStep(SEARCH_SHARE * past / len(field[0]))
        del key, guess, query
    voters = made.queries(shape, patch, stride)
    if rate != 1:
        between = FieldShape(queries, key_shape), FieldShape(voters, source.shape)
        field = fields.upscale(field, *between, checkpoint, float(rate), (0, 0))
        usable = usable_keys(result, source.shape, patch, codes.device, checkpoint)
        if usable is not None:
            field = moved_outside(field, usable, checkpoint)
    voted = made.voted(codes, field, voters, "median", None, backend, checkpoint)[0].cpu()
    if result.tones is not None:
        maps = frames_of_map(field[0], voters, checkpoint)
        maps = settled(voted, maps, source.codes.cpu(), checkpoint)
        result.tones.add(voted, maps, float(rate), checkpoint)
    if result.made is not None:
        for number, region in enumerate(enlarged_region(result.made, shape)):
            checkpoint()
            voted[number] = voted[number].where(region[..., None], codes[number].cpu())
    if place.corner is not None:
        corner, past = place.kept_box(source.shape)
        (_, top, left), (frames, bottom, right) = corner, past
        voted[:frames, top:bottom, left:right] = source.codes
        scale = source.shape[1] / result.source[1]
        membrane.spread(voted, corner, past, checkpoint, scale)
    yield FullStep(1.0, Video(voted, source.fps))


def _on_torus(
    result: Result, source: Video, checkpoint: Callable[[], None]
) -> tuple[Result, Video]:
    """A tile and the clip in full as what they are to the loop: the tile is made of the patches of
    the clip, closed and with margins, but those across its lines."""
    torus = result.torus
    closed = torus.source(torus.closed(source.codes, checkpoint))
    lines = torus.lines(result.source[0])
    known = {"source_map": result.canvas_map, "source": tuple(lines.shape), "forbidden": lines}
    return replace(result, **known), Video(closed, source.fps)


def place_of(result: Result, source: Video) -> FullPlace:
    """The size of a result in full, and where the working one lies in it. source: in full."""
    rate = source.fps / result.video.fps
    shapes = result.video.shape, result.source, source.shape
    return full_place(*shapes, rate, result.sizes, result.circular)


def _enlarged(
    frames: torch.Tensor, place: FullPlace, still: Open, checkpoint: Callable[[], None]
) -> torch.Tensor:
    """Frames of the working result at full size, as blurred as the key. What lies beside them
    repeats their edges.

    still: how a frame leads from its end to its beginning, see `wrapping.lying`. Returns (1, T, H,
    W, 3)."""
    large = still.enlarged(frames[None], (len(frames), *place.enlarged), checkpoint)
    if place.enlarged == place.shape[1:] and not any(place.first):
        return large
    rows, columns = (
        (torch.arange(side, device=large.device) - first).clamp(0, end - 1)
        for side, first, end in zip(place.shape[1:], place.first, place.enlarged)
    )
    return large[:, :, rows][:, :, :, columns]


def _fetched_steps(
    result: Result, source: Video, checkpoint: Callable[[], None]
) -> Iterator[FullStep]:
    """The steps of a result on a canvas, whose colours are fetched from the source in full."""
    rate, place = source.fps / result.video.fps, place_of(result, source)
    known = result.canvas_map.numpy(), source.codes.cpu().numpy()
    full = FullView(result.view, *known, place, float(rate))
    codes = empty((*place.shape, 3), torch.uint8)
    for number, picture in enumerate(full.pictures(checkpoint)):
        codes[number] = torch.from_numpy(picture)
        yield FullStep((number + 0.5) / len(codes))
    yield FullStep(1.0, Video(codes, source.fps))


def _carried_over(
    result: Result,
    wraps: Wraps,
    queries: QueryGrid,
    key: Shape,
    place: FullPlace,
    device: torch.device,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """The field of the result at full size that its source map implies: (1,) + query grid + (3,).

    key: (t, h, w) of the source, at full size and at the rate of the result.
    """
    frames = torch.arange(queries.shape[0]) % result.video.shape[0]  # a loop begins again
    # What goes round in space is there once more beyond its seam, as far as patches reach.
    margin = 0, *(on * side for on, side in zip(wraps, queries.patch[1:]))
    places = with_margins(result.source_map[frames][None].to(device), *margin[1:])
    coarse = QueryGrid(tuple(places.shape[1:4]), VOXEL, margin=margin)
    shapes = FieldShape(coarse, result.source), FieldShape(queries, key)
    first = place.first if result.torus is None else None  # a tile fills its place
    return fields.upscale(places, *shapes, checkpoint, first=first)


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
        "slack": usable_slack(None, usable, 1),
        "backend": backend,
        "checkpoint": checkpoint,
        "sweeps": sweeps,
        "reach": FINE_REACH,
        "queries": queries,
    }
    match = border.nearest(*both, guesses=(field - offset,), known=known, **options)
    return match.field + offset
