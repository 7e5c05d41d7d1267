"""VGPNN: diverse generation from a single video, without training (Haim et al., ECCV 2022)."""

from vgpnn import cost, sound, soundtrack, source_map, video
from vgpnn.evaluation import metrics
from vgpnn.presets import PRESETS, preset
from vgpnn.settings import Settings
from vgpnn.tasks import (
    Cancelled,
    Draft,
    Preference,
    Result,
    Step,
    analogy,
    analogy_steps,
    drafts,
    finish,
    finish_in_full,
    finish_steps,
    generate,
    generate_batch,
    generate_steps,
    inpaint,
    inpaint_steps,
    marked,
    named_draft,
    retarget,
    retarget_steps,
    variations,
)
from vgpnn.video import Video, VideoError, working_shape
from vgpnn.warmup import measure_speed, warm_up, warm_up_gpu

__version__ = "0.2.0"

__all__ = [
    "PRESETS",
    "Cancelled",
    "Draft",
    "Preference",
    "Result",
    "Settings",
    "Step",
    "Video",
    "VideoError",
    "analogy",
    "analogy_steps",
    "cost",
    "finish_in_full",
    "drafts",
    "finish",
    "finish_steps",
    "generate",
    "generate_batch",
    "generate_steps",
    "inpaint",
    "inpaint_steps",
    "marked",
    "metrics",
    "named_draft",
    "preset",
    "retarget",
    "retarget_steps",
    "sound",
    "soundtrack",
    "source_map",
    "variations",
    "video",
    "warm_up",
    "warm_up_gpu",
    "working_shape",
    "measure_speed",
]
