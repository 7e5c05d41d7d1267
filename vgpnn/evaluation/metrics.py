"""How good results are, measured without weights against the one source they were made from.

Everything takes a `Video` or a (T, H, W, 3) tensor of values in [-1, 1] or of codes, and gives the
same number for the same input. A copy of the source has perfect quality: read quality together
with `diversity` and `originality`. Distances between patches are squared differences of values in
[-1, 1], mean over the elements of a patch, times 1e4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from vgpnn import pyramid
from vgpnn.codes import decode
from vgpnn.patches import grid
from vgpnn.settings import Shape
from vgpnn.tasks import flow
from vgpnn.tasks.problem import as_video
from vgpnn.video import Video

Clip = Video | torch.Tensor

PATCH = (3, 7, 7)  # (t, h, w)
SCALES = (1.0, 0.5, 0.25)  # of height and width
SMALLEST = 8  # [px] no side is scaled below this
SEARCHED = 1500  # patches of a clip whose nearest neighbour is looked for, at every scale
PROJECTED = 8000  # patches of a clip that stand for their distribution, at every scale
DIRECTIONS = 128  # of the sliced Wasserstein distance, at every scale
CHUNK = 8192  # patches compared at once: 14 MB of them, and a table of 49 MB
PER_DISTANCE, PER_SWD = 1e4, 1e2  # units
GREY = torch.tensor([0.299, 0.587, 0.114])  # Rec. 601 luma
STILL = 1e-9  # mean difference of values below which a clip does not change


def patch_figures(source: Clip, generated: Clip, seed: int = 0) -> dict[str, float]:
    """How alike the patches of two clips are, whatever the size of each; mean over `SCALES`.

    coherence: mean over patches g of the generated clip of min_s D(g, s), s the patches of the
        source: lower is fewer things that the source does not have.
    completeness: mean over patches s of the source of min_g D(s, g): lower is less left out.
        The two halves of bidirectional similarity (Simakov et al. 2008, equation 1), in patch
        distances times 1e4. Neighbours are exact among the patches searched, which are all, but
        every other row and column of them at the first scale: a clip against itself scores a
        little above 0. The means are over `SEARCHED` patches drawn at random.
    swd: `sliced_wasserstein` of `PROJECTED` patches drawn from either, in values times 1e2.

    seed: of the draws. Raises ValueError for a clip that is smaller than a patch.
    """
    source, generated = patchable(source), patchable(generated)
    random = torch.Generator().manual_seed(seed)
    sums = dict.fromkeys(("coherence", "completeness", "swd"), 0.0)
    for scale in SCALES:
        a, b = _scaled(source.codes, scale), _scaled(generated.codes, scale)
        stride = 2 if scale == 1 else 1
        sums["coherence"] += PER_DISTANCE * mean_nearest(drawn(b, SEARCHED, random), a, stride)
        sums["completeness"] += PER_DISTANCE * mean_nearest(drawn(a, SEARCHED, random), b, stride)
        pair = drawn(a, PROJECTED, random), drawn(b, PROJECTED, random)
        sums["swd"] += PER_SWD * sliced_wasserstein(*pair, random)
    return {name: total / len(SCALES) for name, total in sums.items()}


def sliced_wasserstein(
    one: torch.Tensor, other: torch.Tensor, random: torch.Generator, directions: int = DIRECTIONS
) -> float:
    """Distance of two distributions in D dimensions, given as rows (N, D) drawn from each.

    The mean over random unit directions w of the Wasserstein-1 distance of the projections on w,
    which is mean_i |sort(one w)_i - sort(other w)_i|. GPDM (Elnekave and Weiss 2022, section 3)
    has it for patches of images; rows of space-time patches make it that of videos. Where there
    are more rows of one, the last of them are left out.
    """
    axes = torch.randn(one.shape[1], directions, generator=random)
    axes /= axes.norm(dim=0)
    count = min(len(one), len(other))
    sorted_ = [(rows[:count] @ axes).sort(0).values for rows in (one, other)]
    return (sorted_[0] - sorted_[1]).abs().mean().item()


def drawn(video: torch.Tensor, count: int, random: torch.Generator) -> torch.Tensor:
    """Patches drawn at random, with repetition, from a (T, H, W, 3) video of codes or values.

    Returns values, (at most count, 3*t*h*w); as many as there are patches where those are fewer.
    """
    t, h, w = grid(video.shape[:3], PATCH)
    index = torch.randint(0, t * h * w, (min(count, t * h * w),), generator=random)
    views = video.unfold(0, PATCH[0], 1).unfold(1, PATCH[1], 1).unfold(2, PATCH[2], 1)
    return _values(views[index // (h * w), index // w % h, index % w]).reshape(len(index), -1)


def mean_nearest(rows: torch.Tensor, video: torch.Tensor, stride: int = 1) -> float:
    """Mean over rows (N, 3*t*h*w) of the squared distance to the nearest patch of a video, per
    element; exact.

    stride: in height and width between the patches that count.
    """
    norms, best = rows.square().sum(1), torch.full((len(rows),), float("inf"))
    for patches in _chunks(video, stride):
        table = torch.addmm(patches.square().sum(1)[None], rows, patches.T, alpha=-2)
        best = torch.minimum(best, table.amin(1))
    return ((best + norms).clamp_min(0).mean() / rows.shape[1]).item()


def sharpness(source: Clip, generated: Clip) -> float:
    """Gradient energy, generated / source: mean (v(y+1) - v(y))^2 + mean (v(x+1) - v(x))^2.

    1 is right, below is blur. Raises ValueError for a source of one colour.
    """
    energy = [_gradient_energy(as_video(clip).codes) for clip in (source, generated)]
    if energy[0] == 0:
        raise ValueError("The source has no edges to compare with: choose one with texture.")
    return energy[1] / energy[0]


def motion(source: Clip, generated: Clip) -> float:
    """Mean |v(t+1) - v(t)|, generated / source. 1 is right, below is frozen.

    Raises ValueError for a source that does not change.
    """
    change = [_mean_change(as_video(clip).codes) for clip in (source, generated)]
    if change[0] < STILL:
        raise ValueError("Nothing changes in the source: choose one with motion.")
    return change[1] / change[0]


def flow_ratio(source: Clip, generated: Clip) -> float:
    """Mean length of the optical flow (`flow.py`, dense inverse search), generated / source.

    1 is right: things move as far per frame. Raises ValueError for a source that is still.
    """
    length = [flow.mean_length(as_video(clip).codes) for clip in (source, generated)]
    if length[0] < flow.STILL * flow.MOVING_SHARE:
        raise ValueError("Nothing moves in the source: choose one with motion.")
    return length[1] / length[0]


def diversity(source: Clip, samples: Sequence[Clip]) -> float:
    """How different samples are from each other (VGPNN, supplementary; after SinGAN).

    The standard deviation of the grey level of each voxel across the samples, mean over voxels,
    in standard deviations of the grey levels of the source. 0: all the same.
    Raises ValueError for fewer than two samples, and for samples of different shapes.
    """
    clips = [as_video(clip).codes for clip in samples]
    if len(clips) < 2:
        raise ValueError("Diversity is about two samples or more: give another.")
    if len({clip.shape for clip in clips}) > 1:
        listed = " and ".join(sorted({_size(clip.shape[:3]) for clip in clips}))
        raise ValueError(f"Diversity is about samples of one size, not {listed}: scale them.")
    spread = torch.stack([*map(_grey, as_video(source).codes)]).std().item()
    if spread < STILL:
        raise ValueError("The source is of one colour: choose one with texture.")
    deviations = [torch.stack([*map(_grey, frames)]).std(0).mean() for frames in zip(*clips)]
    return torch.stack(deviations).mean().item() / spread


def patchable(clip: Clip) -> Video:
    """A video that holds a patch, or ValueError."""
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
    """Values of codes or values: a clip is kept as codes and decoded piece by piece."""
    return decode(video) if video.dtype == torch.uint8 else video


def _scaled(codes: torch.Tensor, scale: float) -> torch.Tensor:
    """(T, H, W, 3) codes to values at a scale in space, frame by frame; at scale 1 the codes."""
    if scale == 1:
        return codes
    size: Shape = (1, *(max(SMALLEST, round(n * scale)) for n in codes.shape[1:3]))
    return torch.cat([pyramid.resize(decode(frame), size) for frame in codes.split(1)])


def _chunks(video: torch.Tensor, stride: int) -> Iterator[torch.Tensor]:
    """All patches of a video as rows of values, about `CHUNK` at a time."""
    (t, h, w), (frames, height, width) = PATCH, video.shape[:3]
    rows = stride * max(1, CHUNK // -(-(width - w + 1) // stride))  # of the video
    for first in range(frames - t + 1):
        for top in range(0, height - h + 1, rows):
            slab = _values(video[first : first + t, top : top + rows + h - 1])
            views = slab.unfold(0, t, 1).unfold(1, h, stride).unfold(2, w, stride)
            yield views.reshape(-1, video.shape[3] * t * h * w)


def _gradient_energy(codes: torch.Tensor) -> float:
    """A frame at a time; in double, whose sums do not depend on how long the clip is."""
    sums = torch.zeros(2, dtype=torch.float64)
    for frame in map(decode, codes):
        for axis in (0, 1):
            sums[axis] += frame.diff(dim=axis).square().mean(dtype=torch.float64)
    return (sums.nan_to_num().sum() / len(codes)).item()


def _mean_change(codes: torch.Tensor) -> float:
    """Mean |difference| of neighbouring frames; 0 for one frame."""
    changes = [
        (decode(there) - decode(here)).abs().mean(dtype=torch.float64)
        for here, there in zip(codes, codes[1:])
    ]
    return torch.stack(changes).mean().item() if changes else 0.0


def _grey(codes: torch.Tensor) -> torch.Tensor:
    """(..., 3) codes to (...) grey values in [-1, 1]."""
    return decode(codes) @ GREY
