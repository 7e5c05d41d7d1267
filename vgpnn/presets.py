"""One named preset per task, and the two choices that stand for settings: how much time is spent
(quality), and how different a result is from its source (difference)."""

from __future__ import annotations

from vgpnn import checks
from vgpnn.settings import Settings

# Alpha of the analogies is 1 for summed squares; a patch has 3 x 5 x 5 voxels of 4 channels.
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
    sigma=0.0,
)
# For the tasks whose result keeps the layout of its source.
SAME_LAYOUT = Settings(last_levels=0, sigma=0.0)
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
    "inpaint": SAME_LAYOUT.with_changes(alpha=None),
}

QUALITIES = ("fast", "balanced", "best")
# What a quality changes in a preset: knees of the curves that tests/bench/sweep.py draws.
QUALITY_CHANGES = {
    "generate": {
        "fast": {"passes": 1},
        "best": {"passes": 8, "last_levels": 0, "coarsest_passes": 10, "space_factor": 0.76},
    },
    "retarget": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
    "analogy": {"fast": {"space_factor": 0.82, "time_factor": 0.82}, "best": {"passes": 3}},
    "sketch": {"fast": {"passes": 1}, "best": {"passes": 5, "last_levels": 0}},
    "inpaint": {"fast": {"last_levels": 5}, "best": {"passes": 8}},
}
# The setting `noise` at even steps of the difference from 0 to 1.
NOISE_CURVE = (0.6, 0.8, 1.0, 1.4, 2.0)
DEFAULT_DIFFERENCE = 0.5  # the difference whose noise is that of the presets


def preset(
    task: str, quality: str = "balanced", difference: float = DEFAULT_DIFFERENCE
) -> Settings:
    """Settings of a task at a quality.

    task: a key of PRESETS. quality: one of QUALITIES.
    difference: how different generated results are from the source, from 0 (more like it) to 1.
    Raises ValueError with one sentence for other values.
    """
    checks.one_of("task", task, PRESETS)
    checks.one_of("quality", quality, QUALITIES)
    changes = QUALITY_CHANGES[task].get(quality, {})
    return PRESETS[task].with_changes(**changes, noise=noise_of(difference))


def noise_of(difference: float) -> float:
    """The setting `noise` for a difference in [0, 1], interpolated along NOISE_CURVE."""
    checks.number("difference", difference, 0, 1)
    place = difference * (len(NOISE_CURVE) - 1)
    before = min(int(place), len(NOISE_CURVE) - 2)
    low, high = NOISE_CURVE[before : before + 2]
    return round(low * (high / low) ** (place - before), 3)


def quality_of(task: str, settings: Settings) -> str | None:
    """The quality that has these settings, whatever their noise; None where there is none."""
    noise = {"noise": settings.noise, "sigma": settings.sigma}
    found = (q for q in QUALITIES if preset(task, q).with_changes(**noise) == settings)
    return next(found, None)


def difference_of(settings: Settings) -> float:
    """The difference, in steps of 0.05, whose noise is nearest to that of the settings."""
    steps = [step / 20 for step in range(21)]
    return min(steps, key=lambda step: abs(noise_of(step) - settings.noise))
