"""Settings of the method: one frozen dataclass, in which each setting is stated once.

A field holds the default, kind, range, label, help and group of its setting. The checks here, the
panel and the endpoints of the page, the flags of the command line and the JSON files are all made
from that, by name.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace

from vgpnn.setting import NoneChoice, Setting, number, setting, whole, word

Shape = tuple[int, int, int]  # (frames, height, width) of a video or a patch [voxels]


@dataclass(frozen=True)
class Settings:
    """How a video is generated. The defaults are those of diverse generation (section 3).

    Raises ValueError with one sentence for a value of the wrong kind or out of its range.
    """

    patch: Shape = setting(
        (3, 7, 7),
        kind="patch",
        label="Patch",
        help="Frames, rows and columns of a patch.",
        group="patch",
        low=1,
        high=15,
    )
    space_factor: float = number(
        0.82,
        label="Space factor",
        help="Size of a level relative to the next finer one.",
        group="pyramid",
        low=0.5,
        high=0.95,
        slider=(0.5, 0.95, 0.01),
    )
    time_factor: float = number(
        0.87,
        label="Time factor",
        help="Length of a level relative to the next finer one.",
        group="pyramid",
        low=0.5,
        high=0.95,
        slider=(0.5, 0.95, 0.01),
    )
    min_side: int = whole(
        15,
        label="Coarsest side [px]",
        help="The shorter side at the coarsest level; smaller rearranges larger things.",
        group="pyramid",
        low=1,
        high=1000,
        slider=(7, 60, 1),
    )
    min_frames: int = whole(
        3,
        label="Coarsest length [frames]",
        help="Length of the coarsest level; smaller rearranges longer motions.",
        group="pyramid",
        low=1,
        high=100,
        slider=(1, 20, 1),
    )
    passes: int = whole(
        5,
        label="Passes (J)",
        help="Search and vote passes per level; more is slower and cleaner.",
        group="passes",
        advanced=False,
        low=1,
        high=20,
        slider=(1, 20, 1),
    )
    # The paper has one pass at the coarsest level; three settle the layout (measured).
    coarsest_passes: int = whole(
        3,
        label="Passes at the coarsest level",
        help="More passes there calm the layout down.",
        group="passes",
        advanced=False,
        low=1,
        high=20,
        slider=(1, 20, 1),
    )
    alpha: float | None = number(
        0.001,
        label="Alpha",
        help="Completeness as a squared error per element: a smaller value makes more of the clip "
        "appear.",
        group="completeness",
        advanced=False,
        low=1e-6,
        high=100,
        optional=NoneChoice(
            word="off",
            label="Use the whole clip",
            help="Prefer what is still missing.",
            start=0.001,
        ),
    )
    # Coarse levels decide what appears; weights on fine levels only cost coherence and time.
    complete_levels: float = number(
        0.5,
        label="Share of levels",
        help="Share of the levels, from the coarsest, with weights.",
        group="completeness",
        advanced=False,
        low=0,
        high=1,
        slider=(0, 1, 0.05),
    )
    # The paper has noise. Where noise breaks things, pieces in another order keep them whole.
    layout: str = word(
        "pieces",
        label="Layout",
        help="Pieces of the clip in another order, the best of several drafts; or noise, as in the "
        "paper.",
        group="noise",
        advanced=False,
        words={"pieces": "Pieces", "noise": "Noise"},
    )
    # None means a share of the thumb rule of section 4, and more where the layout would not change.
    sigma: float | None = number(
        None,
        label="Noise (sigma)",
        help="Standard deviation of the noise: more is more different, 0 gives the clip back.",
        group="noise",
        advanced=False,
        low=0,
        high=20,
        slider=(0, 20, 0.1),
        optional=NoneChoice(
            word="auto",
            label="Set the noise by hand",
            help="Otherwise it fits the clip.",
            start=3.0,
        ),
    )
    vote: str = word(
        "median",
        label="Vote",
        help="Weighted is a mean in which good matches count more.",
        group="vote",
        advanced=False,
        words={"median": "Median", "mean": "Mean", "weighted": "Weighted"},
    )
    last_levels: int = whole(
        5,
        label="How many last levels",
        help="Number of finest levels with passes of their own.",
        group="last",
        low=0,
        high=50,
    )
    last_passes: int = whole(
        1,
        label="Passes at last levels",
        help="Passes at each of them.",
        group="last",
        low=1,
        high=20,
    )
    large_voxels: int = whole(
        3_000_000,
        label="From how many voxels",
        help="Frames times height times width, above which a level is large.",
        group="large",
        low=0,
        high=10**9,
    )
    large_patch: Shape = setting(
        (3, 5, 5),
        kind="patch",
        label="Patch at large levels",
        help="Frames, rows and columns of a patch there.",
        group="large",
        low=1,
        high=15,
    )
    large_passes: int = whole(
        1,
        label="Passes at large levels",
        help="Passes at each large level, instead of J.",
        group="large",
        low=1,
        high=20,
        slider=(1, 20, 1),
    )
    # "quantised" is the method of section 4.2; the other two are there for comparison.
    structure: str = word(
        "quantised",
        label="Compared first",
        help="Bins of speed are the method; the other two are there for comparison.",
        group="motion",
        words={"quantised": "Bins", "magnitude": "Plain speed", "colours": "Colours"},
    )
    bins: int = whole(
        4, label="Bins", help="k-means bins of speed.", group="motion", low=2, high=16
    )
    structure_levels: float = number(
        0.5,
        label="Share of levels with motion",
        help="Share of the levels, from the coarsest, on which motion is compared.",
        group="motion",
        low=0,
        high=1,
    )
    flow: str = word(
        "dis",
        label="Optical flow",
        help="How motion is measured; RAFT is slower and needs torchvision and weights.",
        group="motion",
        words={"dis": "DIS", "raft": "RAFT"},
    )
    noise: float = number(
        1.0,
        label="Times the automatic change",
        help="How different drafts have to be, or how strong automatic noise is, times this.",
        group="noise",
        advanced=False,
        low=0,
        high=5,
        slider=(0, 5, 0.05),
    )

    # A right path is told from a wrong one by what stands still with it, see `vgpnn.camera`.
    camera: str = word(
        "auto",
        label="Moving camera",
        help="Keep the scene rigid, and put the camera back after it: where its path is sure, "
        "wherever there is a path, or never.",
        group="camera",
        advanced=False,
        words={"auto": "Auto", "on": "On", "off": "Off"},
    )
    camera_path: str = word(
        "original",
        label="Camera path",
        help="How the camera that was taken out is put back: as it was, or held still.",
        group="camera",
        advanced=False,
        words={"original": "As it was", "still": "Held still"},
    )

    seams: str = word(
        "blend",
        label="Seams",
        help="Blend the tones of pieces where they meet, in Generate; or leave every colour as it "
        "is in the clip.",
        group="seams",
        advanced=False,
        words={"blend": "Blend tones", "leave": "Leave"},
    )
    overlays: str = word(
        "new",
        label="Logos and subtitles",
        help="Those that stand still on a moving picture can be kept where they are, in Generate.",
        group="overlays",
        advanced=False,
        words={"new": "Made new", "keep": "Keep what stands still"},
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = field.metadata["setting"].checked(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    @property
    def has_drafts(self) -> bool:
        """Whether generation draws layouts; noise that is set by hand is as in the paper."""
        return self.layout == "pieces" and self.sigma is None

    @property
    def blends_seams(self) -> bool:
        """Whether generation blends the tones of pieces; noise is as in the paper."""
        return self.has_drafts and self.seams == "blend"

    def with_changes(self, **changes) -> Settings:
        """A copy with some fields replaced. Raises TypeError for a name that is no setting."""
        return replace(self, **changes)


# What is known about every setting, by name, in the order of the fields.
SETTINGS: dict[str, Setting] = {
    field.name: field.metadata["setting"] for field in dataclasses.fields(Settings)
}
