"""Settings of the method: one frozen dataclass, one named preset per task, and how good or fast and
how different from its source a result is to be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Integral

Shape = tuple[int, int, int]

SIGMA_MOST, NOISE_MOST = 20.0, 5.0
COARSEST_VOXELS = 20_000  # at most there: a noisy guess is searched exactly, pair by pair

WORDS = {  # settings that are one of a few words
    "vote": ("median", "mean", "weighted"),
    "structure": ("quantised", "magnitude", "colours"),
    "flow": ("dis", "raft"),
}


@dataclass(frozen=True)
class Settings:
    """How a video is generated. The defaults are those of diverse generation (section 3)."""

    patch: Shape = (3, 7, 7)  # (t, h, w) [voxels] of a space-time patch
    space_factor: float = 0.82  # spatial downscaling per pyramid level
    time_factor: float = 0.87  # temporal downscaling per pyramid level
    min_side: int = 15  # smaller spatial side of the coarsest level [px]
    min_frames: int = 3  # length of the coarsest level [frames]
    passes: int = 5  # J, search-and-vote passes per level
    coarsest_passes: int = 3  # J at the coarsest level (the paper has 1; 3 settle the layout)
    alpha: float | None = 0.001  # completeness, in units of MSE per element; None is off
    # Share of the pyramid, from the coarsest level, on which completeness acts: what appears is
    # decided there, and weights on fine levels only cost coherence and time.
    complete_levels: float = 0.5
    # Standard deviation of the noise on the coarsest level. None: from the thumb rule, and more
    # where the seed needs it to change the layout.
    sigma: float | None = None
    vote: str = "median"  # or "mean", or "weighted" by match quality, of the overlapping patches
    last_levels: int = 5  # this many of the finest levels get `last_passes` instead of `passes`
    last_passes: int = 1
    large_voxels: int = 3_000_000  # levels above this many voxels use the two values below
    large_patch: Shape = (3, 5, 5)
    large_passes: int = 1
    # Analogies: what is compared before the colours are. "quantised" is the method; "magnitude"
    # (the flow without bins) and "colours" (nothing but them) are there for comparison.
    structure: str = "quantised"
    bins: int = 4  # k-means bins of the optical flow's magnitude
    structure_levels: float = 0.5  # share of the pyramid on which the structure is compared
    flow: str = "dis"  # optical flow: "dis" needs no weights, "raft" needs torchvision and some
    noise: float = 1.0  # where sigma is None, times the noise that is chosen; more is different

    def __post_init__(self) -> None:
        for name in ("patch", "large_patch"):
            sides = getattr(self, name)
            if not isinstance(sides, tuple | list) or len(sides) != 3:
                raise ValueError(f"{name} must be three whole numbers from 1 to 15, not {sides}.")
            for side in sides:
                _whole(f"each side of {name}", side, 1, 15)
            object.__setattr__(self, name, tuple(sides))
        _between("space_factor", self.space_factor, 0.5, 0.95)
        _between("time_factor", self.time_factor, 0.5, 0.95)
        _whole("min_side", self.min_side, 1, 1000)
        _whole("min_frames", self.min_frames, 1, 100)
        for name in ("passes", "coarsest_passes", "last_passes", "large_passes"):
            _whole(name, getattr(self, name), 1, 20)
        _whole("last_levels", self.last_levels, 0, 50)
        _whole("bins", self.bins, 2, 16)
        _whole("large_voxels", self.large_voxels, 0, 10**9)
        if self.alpha is not None:
            _between("alpha", self.alpha, 1e-6, 100)
        _between("complete_levels", self.complete_levels, 0, 1)
        _between("structure_levels", self.structure_levels, 0, 1)
        if self.sigma is not None:
            _between("sigma", self.sigma, 0, SIGMA_MOST)
        _between("noise", self.noise, 0, NOISE_MOST)
        for name, words in WORDS.items():
            if getattr(self, name) not in words:
                listed = ", ".join(map(repr, words))
                raise ValueError(f"{name} must be one of {listed}, not {getattr(self, name)!r}.")

    def with_changes(self, **changes) -> Settings:
        """A copy with some fields replaced; unknown names raise TypeError."""
        return replace(self, **changes)

    def adapted_to(self, shape: Shape) -> tuple[Settings, tuple[str, ...]]:
        """Settings that fit a (T, H, W) video, and a sentence on each thing that was changed."""
        frames, side = shape[0], min(shape[1:])
        changes, notices = {}, []
        longest, widest = min(self.min_frames, frames), min(self.min_side, side)
        if frames < self.min_frames:
            changes["min_frames"] = frames
            notices.append(
                f"The clip has only {frames} frame{'s' * (frames > 1)}: a longer one keeps its "
                "motion better."
            )
        if side < self.min_side:
            changes["min_side"] = side
            widest = max(1, side // 2)  # leaves the patches room to move
            notices.append(
                f"The clip is only {side} px on its smaller side: a larger one works better."
            )
        longer = max(shape[1:]) / side
        fitting = int((COARSEST_VOXELS / (longest * longer)) ** 0.5)
        if widest > max(fitting, self.patch[1], self.patch[2]):
            changes["min_side"] = widest = max(fitting, self.patch[1], self.patch[2])
            notices.append(
                f"The coarsest level is {widest} px on its smaller side, the most it may."
            )
        for name in ("patch", "large_patch"):
            patch = tuple(min(p, n) for p, n in zip(getattr(self, name), (longest, widest, widest)))
            if patch != getattr(self, name):
                changes[name] = patch
        if "patch" in changes:
            notices.append(
                f"Patches are {' x '.join(map(str, changes['patch']))} (frames x height x width), "
                "to fit the coarsest level."
            )
        return replace(self, **changes), tuple(notices)


def _whole(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value}.")


def _between(name: str, value: float, low: float, high: float) -> None:
    if not (isinstance(value, (int, float)) and math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value}.")


# Alpha of the analogies is 1 for summed squares; a patch has 3 x 5 x 5 voxels of 4 channels.
_ANALOGY = Settings(
    patch=(3, 5, 5),
    space_factor=0.9,
    time_factor=0.9,
    min_side=20,
    min_frames=3,
    passes=1,
    coarsest_passes=1,
    last_levels=0,
    alpha=0.0033,
    complete_levels=0.5,
    sigma=0.0,
)
# Of the tasks that keep their layout.
_SAME_LAYOUT = Settings(last_levels=0, sigma=0.0)
PRESETS = {
    "generate": Settings(),
    "retarget": _SAME_LAYOUT,
    "analogy": _ANALOGY,
    "sketch": _ANALOGY.with_changes(
        space_factor=0.78,
        time_factor=0.78,
        min_side=35,
        min_frames=5,
        passes=3,
        coarsest_passes=3,
        last_levels=2,
        bins=3,
    ),
    "inpaint": _SAME_LAYOUT.with_changes(alpha=None),
}

QUALITIES = ("fast", "balanced", "best")
# What they change in a preset: knees of the curves that tests/bench/sweep.py draws.
_QUALITY = {
    "generate": {
        "fast": {"passes": 1},
        "best": {"passes": 8, "last_levels": 0, "coarsest_passes": 10, "space_factor": 0.76},
    },
    "retarget": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
    "analogy": {"fast": {"space_factor": 0.82, "time_factor": 0.82}, "best": {"passes": 3}},
    "sketch": {"fast": {"passes": 1}, "best": {"passes": 5, "last_levels": 0}},
    "inpaint": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
}
# `noise` from what is more like the source to what is more different, at even steps.
_NOISE = (0.6, 0.8, 1.0, 1.4, 2.0)
SAME = 0.5  # difference of the presets


def preset(task: str, quality: str = "balanced", difference: float = SAME) -> Settings:
    """Settings of a task at a quality.

    task: a key of PRESETS. quality: one of QUALITIES.
    difference: of what is generated from its source, from 0, more like it, to 1, more different.
    Raises ValueError with one sentence for what is none of these.
    """
    for name, word, words in (("task", task, PRESETS), ("quality", quality, QUALITIES)):
        if word not in words:
            listed = ", ".join(map(repr, words))
            raise ValueError(f"{name} must be one of {listed}, not {word!r}.")
    return PRESETS[task].with_changes(**_QUALITY[task].get(quality, {}), noise=noise_of(difference))


def noise_of(difference: float) -> float:
    """The `noise` of a difference in [0, 1], interpolated along the curve."""
    _between("difference", difference, 0, 1)
    place = difference * (len(_NOISE) - 1)
    before = min(int(place), len(_NOISE) - 2)
    low, high = _NOISE[before : before + 2]
    return round(low * (high / low) ** (place - before), 3)


def quality_of(task: str, settings: Settings) -> str | None:
    """The quality whose settings these are, whatever their noise; None for others."""
    same = {"noise": settings.noise, "sigma": settings.sigma}
    found = (q for q in QUALITIES if preset(task, q).with_changes(**same) == settings)
    return next(found, None)


def difference_of(settings: Settings) -> float:
    """The difference whose noise is nearest to that of the settings, in steps of 0.05."""
    steps = [n / 20 for n in range(21)]
    return min(steps, key=lambda step: abs(noise_of(step) - settings.noise))
