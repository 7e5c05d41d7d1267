"""Settings of the method: one frozen dataclass, in which each setting is stated once.

A field holds the default, kind, range, label, help and group of its setting. The checks here, the
panel and the endpoints of the page, the flags of the command line and the JSON files are all made
from that, by name.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace

from vgpnn.setting import Optional, Setting, setting

Shape = tuple[int, int, int]  # (frames, height, width) of a video or a patch [voxels]

# The coarsest level has at most this many voxels, because a noisy guess is searched exactly, that
# is, all pairs of patches are compared.
COARSEST_VOXELS = 20_000


@dataclass(frozen=True)
class Settings:
    """How a video is generated. The defaults are those of diverse generation (section 3).

    Raises ValueError with one sentence for a value of the wrong kind or out of its range.
    """

    patch: Shape = setting(
        (3, 7, 7), "patch", "Patch", "Frames, rows and columns of a patch.", "patch", low=1, high=15
    )
    space_factor: float = setting(
        0.82,
        "number",
        "Space factor",
        "Size of a level relative to the next finer one.",
        "pyramid",
        low=0.5,
        high=0.95,
        slider=(0.5, 0.95, 0.01),
    )
    time_factor: float = setting(
        0.87,
        "number",
        "Time factor",
        "Length of a level relative to the next finer one.",
        "pyramid",
        low=0.5,
        high=0.95,
        slider=(0.5, 0.95, 0.01),
    )
    min_side: int = setting(
        15,
        "whole",
        "Coarsest side [px]",
        "The shorter side at the coarsest level; smaller rearranges larger things.",
        "pyramid",
        low=1,
        high=1000,
        slider=(7, 60, 1),
    )
    min_frames: int = setting(
        3,
        "whole",
        "Coarsest length [frames]",
        "Length of the coarsest level; smaller rearranges longer motions.",
        "pyramid",
        low=1,
        high=100,
        slider=(1, 20, 1),
    )
    passes: int = setting(
        5,
        "whole",
        "Passes (J)",
        "Search and vote passes per level; more is slower and cleaner.",
        "passes",
        low=1,
        high=20,
        slider=(1, 20, 1),
    )
    # The paper has one pass at the coarsest level; three settle the layout (measured).
    coarsest_passes: int = setting(
        3,
        "whole",
        "Passes at the coarsest level",
        "More passes there calm the layout down.",
        "passes",
        low=1,
        high=20,
        slider=(1, 20, 1),
    )
    alpha: float | None = setting(
        0.001,
        "number",
        "Alpha",
        "Completeness as a squared error per element: a smaller value makes more of the clip "
        "appear.",
        "completeness",
        low=1e-6,
        high=100,
        optional=Optional("off", "Use the whole clip", "Prefer what is still missing.", 0.001),
    )
    # Coarse levels decide what appears; weights on fine levels only cost coherence and time.
    complete_levels: float = setting(
        0.5,
        "number",
        "Share of levels",
        "Share of the levels, from the coarsest, with weights.",
        "completeness",
        low=0,
        high=1,
        slider=(0, 1, 0.05),
    )
    # None means the thumb rule of section 4, and more where a seed would not change the layout.
    sigma: float | None = setting(
        None,
        "number",
        "Noise (sigma)",
        "Standard deviation of the noise: more is more different, 0 gives the clip back.",
        "noise",
        low=0,
        high=20,
        slider=(0, 20, 0.1),
        optional=Optional("auto", "Set the noise by hand", "Otherwise it fits the clip.", 3.0),
    )
    vote: str = setting(
        "median",
        "word",
        "Vote",
        "Weighted is a mean in which good matches count more.",
        "vote",
        words={"median": "Median", "mean": "Mean", "weighted": "Weighted"},
    )
    last_levels: int = setting(
        5,
        "whole",
        "How many last levels",
        "Number of finest levels with passes of their own.",
        "last",
        low=0,
        high=50,
    )
    last_passes: int = setting(
        1, "whole", "Passes at last levels", "Passes at each of them.", "last", low=1, high=20
    )
    large_voxels: int = setting(
        3_000_000,
        "whole",
        "From how many voxels",
        "Frames times height times width, above which a level is large.",
        "large",
        low=0,
        high=10**9,
    )
    large_patch: Shape = setting(
        (3, 5, 5),
        "patch",
        "Patch at large levels",
        "Frames, rows and columns of a patch there.",
        "large",
        low=1,
        high=15,
    )
    large_passes: int = setting(
        1,
        "whole",
        "Passes at large levels",
        "Passes at each large level, instead of J.",
        "large",
        low=1,
        high=20,
        slider=(1, 20, 1),
    )
    # "quantised" is the method of section 4.2; the other two are there for comparison.
    structure: str = setting(
        "quantised",
        "word",
        "Compared first",
        "Bins of speed are the method; the other two are there for comparison.",
        "motion",
        words={"quantised": "Bins", "magnitude": "Plain speed", "colours": "Colours"},
    )
    bins: int = setting(4, "whole", "Bins", "k-means bins of the speed.", "motion", low=2, high=16)
    structure_levels: float = setting(
        0.5,
        "number",
        "Share of levels with motion",
        "Share of the levels, from the coarsest, on which motion is compared.",
        "motion",
        low=0,
        high=1,
    )
    flow: str = setting(
        "dis",
        "word",
        "Optical flow",
        "How motion is measured; RAFT is slower and needs torchvision and weights.",
        "motion",
        words={"dis": "DIS", "raft": "RAFT"},
    )
    noise: float = setting(
        1.0,
        "number",
        "Times the automatic noise",
        "Where sigma is automatic, the noise is multiplied by this; more is more different.",
        "noise",
        low=0,
        high=5,
        slider=(0, 5, 0.05),
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = field.metadata["setting"].checked(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    def with_changes(self, **changes) -> Settings:
        """A copy with some fields replaced. Raises TypeError for a name that is no setting."""
        return replace(self, **changes)

    def adapted_to(self, shape: Shape) -> tuple[Settings, tuple[str, ...]]:
        """Settings that fit a (T, H, W) video, and a sentence on each thing that was changed.

        The coarsest level gets no longer or larger than the video, its patches fit into it, and it
        has at most COARSEST_VOXELS voxels, unless a patch needs more.
        """
        frames, side = shape[0], min(shape[1:])
        changes, notices = {}, []
        coarsest_frames, coarsest_side = min(self.min_frames, frames), min(self.min_side, side)
        if frames < self.min_frames:
            changes["min_frames"] = frames
            notices.append(
                f"The clip has only {frames} frame{'s' * (frames > 1)}: a longer one keeps its "
                "motion better."
            )
        if side < self.min_side:
            changes["min_side"] = side
            coarsest_side = max(1, side // 2)  # for the patches, which need room to move
            notices.append(
                f"The clip is only {side} px on its smaller side: a larger one works better."
            )
        aspect = max(shape[1:]) / side
        largest_side = int((COARSEST_VOXELS / (coarsest_frames * aspect)) ** 0.5)
        largest_side = max(largest_side, self.patch[1], self.patch[2])
        if coarsest_side > largest_side:
            changes["min_side"] = coarsest_side = largest_side
            notices.append(
                f"The coarsest level is {coarsest_side} px on its smaller side, the most it may."
            )
        coarsest = coarsest_frames, coarsest_side, coarsest_side
        for name in ("patch", "large_patch"):
            patch = tuple(min(sides) for sides in zip(getattr(self, name), coarsest))
            if patch != getattr(self, name):
                changes[name] = patch
        if "patch" in changes:
            notices.append(
                f"Patches are {' x '.join(map(str, changes['patch']))} (frames x height x width), "
                "to fit the coarsest level."
            )
        return replace(self, **changes), tuple(notices)


# What is known about every setting, by name, in the order of the fields.
SETTINGS: dict[str, Setting] = {
    field.name: field.metadata["setting"] for field in dataclasses.fields(Settings)
}
