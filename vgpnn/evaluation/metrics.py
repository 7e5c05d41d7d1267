"""How good results are, compared with the one source they were made from; no network is needed.

A clip is a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of codes. The same input gives
the same number. A copy of the source has perfect quality, so read quality together with `diversity`
and `originality`. The distance of two patches is the squared difference of values in [-1, 1], mean
over the elements of a patch, times 1e4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from vgpnn import pyramid
from vgpnn.codes import decode
from vgpnn.patches import grid
from vgpnn.settings import Shape
from vgpnn.tasks import flow
from vgpnn.video import Video, as_video

Clip = Video | torch.Tensor

PATCH = (3, 7, 7)  # (t, h, w)
SCALES = (1.0, 0.5, 0.25)  # of height and width
SMALLEST_SIDE = 8  # [px] no side is scaled below this
SEARCHED_PATCHES = 1500  # of a clip, for which the nearest patch is searched, at every scale
PROJECTED_PATCHES = 8000  # of a clip, which stand for their distribution, at every scale
DIRECTIONS = 128  # of the sliced Wasserstein distance, at every scale
CHUNK_PATCHES = 8192  # compared at the same time: they need 14 MB, and the table of distances 49 MB
DISTANCE_FACTOR, SWD_FACTOR = 1e4, 1e2  # make figures numbers that are easy to read
LUMA = torch.tensor([0.299, 0.587, 0.114])  # of red, green and blue, as in Rec. 601
LEAST_CHANGE = 1e-9  # a clip whose values differ less than this in the mean does not change


def patch_figures(source: Clip, generated: Clip, seed: int = 0) -> dict[str, float]:
    """How alike the patches of two clips of any size are: means over `SCALES`, by name.

    coherence: the mean over patches g of the generated clip of min_s D(g, s), where s are the
        patches of the source. A lower number means fewer things that the source does not have.
    completeness: the mean over patches s of the source of min_g D(s, g). A lower number means that
        less of the source is left out.
    swd: `sliced_wasserstein` of patches drawn from either clip, in values times 1e2.

    Coherence and completeness are the two halves of bidirectional similarity (Simakov et al. 2008,
    equation 1), as means over `SEARCHED_PATCHES` patches drawn at random. Each of them is compared
    with all patches of the other clip, but at the first scale only with those in every other row
    and column. A clip compared with itself therefore scores a little above 0.

    seed: of the random draws. Raises ValueError for a clip that is smaller than a patch.
    """
    source, generated = patchable(source), patchable(generated)
    random = torch.Generator().manual_seed(seed)
    sums = dict.fromkeys(("coherence", "completeness", "swd"), 0.0)
    for scale in SCALES:
        a, b = _scaled(source.codes, scale), _scaled(generated.codes, scale)
        stride = 2 if scale == 1 else 1
        patches = draw_patches(b, SEARCHED_PATCHES, random)
        sums["coherence"] += DISTANCE_FACTOR * mean_nearest_distance(patches, a, stride)
        patches = draw_patches(a, SEARCHED_PATCHES, random)
        sums["completeness"] += DISTANCE_FACTOR * mean_nearest_distance(patches, b, stride)
        pair = [draw_patches(clip, PROJECTED_PATCHES, random) for clip in (a, b)]
        sums["swd"] += SWD_FACTOR * sliced_wasserstein(*pair, random)
    return {name: total / len(SCALES) for name, total in sums.items()}


def sliced_wasserstein(
    a: torch.Tensor, b: torch.Tensor, random: torch.Generator, directions: int = DIRECTIONS
) -> float:
    """The distance of two distributions in D dimensions, given as rows (N, D) drawn from each.

    It is the mean over random unit directions w of the Wasserstein-1 distance of the projections on
    w, which is mean_i |sort(a w)_i - sort(b w)_i|. GPDM (Elnekave and Weiss 2022, section 3) uses
    it for patches of images; with rows of space-time patches it compares videos. If one tensor has
    more rows than the other, its last rows are left out.
    """
    axes = torch.randn(a.shape[1], directions, generator=random)
    axes /= axes.norm(dim=0)
    count = min(len(a), len(b))
    projected = [(rows[:count] @ axes).sort(0).values for rows in (a, b)]
    return (projected[0] - projected[1]).abs().mean().item()


def draw_patches(video: torch.Tensor, count: int, random: torch.Generator) -> torch.Tensor:
    """Draw patches at random, with repetition, from a (T, H, W, 3) video of codes or values.

    Returns values, (N, 3*t*h*w); N is `count`, or the number of patches of the video if that is
    lower.
    """
    t, h, w = grid(video.shape[:3], PATCH)
    index = torch.randint(0, t * h * w, (min(count, t * h * w),), generator=random)
    views = video.unfold(0, PATCH[0], 1).unfold(1, PATCH[1], 1).unfold(2, PATCH[2], 1)
    return _values(views[index // (h * w), index // w % h, index % w]).reshape(len(index), -1)


def mean_nearest_distance(rows: torch.Tensor, video: torch.Tensor, stride: int = 1) -> float:
    """The mean over rows of the squared distance to the nearest patch of a video, per element.

    rows: patches of another video, (N, 3*t*h*w) values. stride: in height and width, between the
    patches of the video that count; all of them are compared.
    """
    norms, best = rows.square().sum(1), torch.full((len(rows),), float("inf"))
    for patches in _patch_chunks(video, stride):
        table = torch.addmm(patches.square().sum(1)[None], rows, patches.T, alpha=-2)
        best = torch.minimum(best, table.amin(1))
    return ((best + norms).clamp_min(0).mean() / rows.shape[1]).item()


def sharpness(source: Clip, generated: Clip) -> float:
    """The gradient energy of the generated clip divided by that of the source.

    Gradient energy is mean (v(y+1) - v(y))^2 + mean (v(x+1) - v(x))^2 of the values v. 1 is right,
    and a lower number means blur. Raises ValueError for a source of one colour.
    """
    energy = [_gradient_energy(as_video(clip).codes) for clip in (source, generated)]
    if energy[0] == 0:
        raise ValueError("The source has no edges to compare with: choose one with texture.")
    return energy[1] / energy[0]


def motion(source: Clip, generated: Clip) -> float:
    """The mean |v(t+1) - v(t)| of the generated clip divided by that of the source.

    1 is right, and a lower number means that less changes from frame to frame. Raises ValueError
    for a source that does not change.
    """
    change = [_mean_change(as_video(clip).codes) for clip in (source, generated)]
    if change[0] < LEAST_CHANGE:
        raise ValueError("Nothing changes in the source: choose one with motion.")
    return change[1] / change[0]


def flow_ratio(source: Clip, generated: Clip) -> float:
    """The mean length of the optical flow of the generated clip divided by that of the source.

    The flow is that of dense inverse search (`flow.mean_length`). 1 is right: things move as far
    from frame to frame. Raises ValueError for a source in which nothing moves.
    """
    length = [flow.mean_length(as_video(clip).codes) for clip in (source, generated)]
    if length[0] < flow.STILL * flow.MOVING_SHARE:
        raise ValueError("Nothing moves in the source: choose one with motion.")
    return length[1] / length[0]


def diversity(source: Clip, samples: Sequence[Clip]) -> float:
    """How different samples are from each other (VGPNN, supplementary; after SinGAN).

    It is the standard deviation of the grey level of a voxel across the samples, mean over voxels,
    divided by the standard deviation of the grey levels of the source. 0 means that all samples are
    the same. Raises ValueError for fewer than two samples, for samples of different shapes, and for
    a source of one colour.
    """
    clips = [as_video(clip).codes for clip in samples]
    if len(clips) < 2:
        raise ValueError("Diversity is about two samples or more: give another.")
    if len({clip.shape for clip in clips}) > 1:
        listed = " and ".join(sorted({_size(clip.shape[:3]) for clip in clips}))
        raise ValueError(f"Diversity is about samples of one size, not {listed}: scale them.")
    spread = torch.stack([*map(_grey, as_video(source).codes)]).std().item()
    if spread < LEAST_CHANGE:
        raise ValueError("The source is of one colour: choose one with texture.")
    deviations = [torch.stack([*map(_grey, frames)]).std(0).mean() for frames in zip(*clips)]
    return torch.stack(deviations).mean().item() / spread


def patchable(clip: Clip) -> Video:
    """A clip as a `Video`. Raises ValueError for a clip that is smaller than a patch."""
    video = as_video(clip)
    if min(grid(video.shape, PATCH)) < 1:
        raise ValueError(
            f"A clip of {_size(video.shape)} is smaller than a patch of {_size(PATCH)}: give a "
            "longer or larger one."
        )
    return video


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _values(video: torch.Tensor) -> torch.Tensor:
    """Values from codes or values. A clip is kept as codes, and decoded piece by piece."""
    return decode(video) if video.dtype == torch.uint8 else video


def _scaled(codes: torch.Tensor, scale: float) -> torch.Tensor:
    """Values of (T, H, W, 3) codes at another height and width; at scale 1 the codes themselves."""
    if scale == 1:
        return codes
    size: Shape = (1, *(max(SMALLEST_SIDE, round(n * scale)) for n in codes.shape[1:3]))
    return torch.cat([pyramid.resize(decode(frame), size) for frame in codes.split(1)])


def _patch_chunks(video: torch.Tensor, stride: int) -> Iterator[torch.Tensor]:
    """Patches of a video as rows of values (N, 3*t*h*w), about `CHUNK_PATCHES` at a time."""
    (t, h, w), (frames, height, width) = PATCH, video.shape[:3]
    patches_per_row = -(-(width - w + 1) // stride)
    rows = stride * max(1, CHUNK_PATCHES // patches_per_row)
    for first in range(frames - t + 1):
        for top in range(0, height - h + 1, rows):
            slab = _values(video[first : first + t, top : top + rows + h - 1])
            views = slab.unfold(0, t, 1).unfold(1, h, stride).unfold(2, w, stride)
            yield views.reshape(-1, video.shape[3] * t * h * w)


def _gradient_energy(codes: torch.Tensor) -> float:
    """See `sharpness`. Sums are in float64, so a long clip loses no precision."""
    sums = torch.zeros(2, dtype=torch.float64)
    for frame in map(decode, codes):
        for axis in (0, 1):
            sums[axis] += frame.diff(dim=axis).square().mean(dtype=torch.float64)
    return (sums.nan_to_num().sum() / len(codes)).item()


def _mean_change(codes: torch.Tensor) -> float:
    """The mean |difference| of neighbouring frames; 0 for a single frame."""
    changes = [
        (decode(following) - decode(frame)).abs().mean(dtype=torch.float64)
        for frame, following in zip(codes, codes[1:])
    ]
    return torch.stack(changes).mean().item() if changes else 0.0


def _grey(codes: torch.Tensor) -> torch.Tensor:
    """Grey values in [-1, 1], (...), of codes (..., 3)."""
    return decode(codes) @ LUMA
