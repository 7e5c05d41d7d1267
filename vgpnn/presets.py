"""One named preset per task, and two simple choices that change it.

The quality says how much time is spent, and the difference says how different a result is from its
source.
"""

from __future__ import annotations

from vgpnn import checks
from vgpnn.settings import Settings

# The paper's alpha for analogies is 1 for summed squares. A patch has 3 x 5 x 5 voxels of 4
# channels, so alpha per element is 1 / 300.
ANALOGY = Settings(
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
    layout="noise",
    sigma=0.0,
    camera="off",
)
# For tasks whose result keeps the layout of its source: no noise.
SAME_LAYOUT = Settings(last_levels=0, layout="noise", sigma=0.0)
PRESETS = {
    "generate": Settings(),
    "retarget": SAME_LAYOUT,
    "analogy": ANALOGY,
    "sketch": ANALOGY.with_changes(
        space_factor=0.78,
        time_factor=0.78,
        min_side=35,
        min_frames=5,
        passes=3,
        coarsest_passes=3,
        last_levels=2,
        bins=3,
    ),
    "inpaint": SAME_LAYOUT.with_changes(alpha=None, camera="off"),
    # A smaller alpha copies a side as a whole, a larger one smears what is wide (measured).
    "extend": Settings(layout="noise", sigma=0.0, alpha=0.003, camera="off"),
    # All passes on all levels: with one pass on the finest ones motion stutters (measured).
    "go_on": SAME_LAYOUT.with_changes(camera="off"),
    "tile": SAME_LAYOUT.with_changes(camera="off"),
}
# The preset that each task of the page, of the endpoints and of recipes starts from.
TASK_PRESETS = {
    "generate": "generate",
    "resize": "retarget",
    "retime": "retarget",
    "retarget": "retarget",
    "analogy": "analogy",
    "sketch": "sketch",
    "inpaint": "inpaint",
    "extend": "extend",
    "go_on": "go_on",
    "tile": "tile",
}

QUALITIES = ("fast", "balanced", "best")
# The settings that each quality changes in a preset. They are the knees of the curves that
# tests/bench/sweep.py draws.
QUALITY_CHANGES = {
    "generate": {
        "fast": {"passes": 1},
        "best": {"passes": 8, "last_levels": 0, "coarsest_passes": 10, "space_factor": 0.76},
    },
    "retarget": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
    "analogy": {"fast": {"space_factor": 0.82, "time_factor": 0.82}, "best": {"passes": 3}},
    "sketch": {"fast": {"passes": 1}, "best": {"passes": 5, "last_levels": 0}},
    "inpaint": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
    "extend": {"fast": {"passes": 2}, "best": {"passes": 8, "last_levels": 0}},
    "go_on": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
    "tile": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
}
# The setting `noise` at differences of 0, 1/4, 1/2, 3/4 and 1.
NOISE_CURVE = (0.6, 0.8, 1.0, 1.4, 2.0)
DEFAULT_DIFFERENCE = 0.5  # its noise is that of the presets
DIFFERENCE_STEPS = 20  # steps in which a difference is shown

# What earlier versions, whose recipes and records do not have these settings, did.
EARLIER = {"camera": "off", "camera_path": "original", "overlays": "new", "seams": "leave"}


def preset(
    task: str, quality: str = "balanced", difference: float = DEFAULT_DIFFERENCE
) -> Settings:
    """The settings of a task at a quality.

    task: a key of PRESETS. quality: one of QUALITIES.
    difference: how different a generated result is from its source, from 0 (most like it) to 1.
    Raises ValueError with one sentence for other values.
    """
    checks.one_of("task", task, PRESETS)
    checks.one_of("quality", quality, QUALITIES)
    changes = QUALITY_CHANGES[task].get(quality, {})
    return PRESETS[task].with_changes(**changes, noise=noise_of(difference))


def noise_of(difference: float) -> float:
    """The setting `noise` for a difference in [0, 1], interpolated along NOISE_CURVE.

    Raises ValueError with one sentence for a difference out of range.
    """
    checks.number("difference", difference, 0, 1)
    place = difference * (len(NOISE_CURVE) - 1)
    before = min(int(place), len(NOISE_CURVE) - 2)
    low, high = NOISE_CURVE[before : before + 2]
    return round(low * (high / low) ** (place - before), 3)


def quality_of(task: str, settings: Settings) -> str | None:
    """The quality whose settings these are; None for others. What does not say how much time is
    spent is left aside."""
    names = "layout", "noise", "sigma", "camera", "camera_path", "overlays", "seams"
    aside = {name: getattr(settings, name) for name in names}
    for quality in QUALITIES:
        if preset(task, quality).with_changes(**aside) == settings:
            return quality
    return None


def difference_of(settings: Settings) -> float:
    """The difference, in steps of 0.05, whose noise is nearest to that of the settings."""
    differences = [step / DIFFERENCE_STEPS for step in range(DIFFERENCE_STEPS + 1)]
    return min(differences, key=lambda difference: abs(noise_of(difference) - settings.noise))
