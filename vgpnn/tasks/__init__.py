"""The tasks of the paper: each is data given to the one loop in `synthesis`."""

from vgpnn.tasks.analogies import analogy, analogy_steps
from vgpnn.tasks.drafts import (
    Draft,
    drafts,
    finish,
    finish_steps,
    named_draft,
    variations,
)
from vgpnn.tasks.extending import extend, extend_steps
from vgpnn.tasks.finishing import finish_in_full
from vgpnn.tasks.generation import generate, generate_batch, generate_steps
from vgpnn.tasks.going_on import go_on, go_on_steps
from vgpnn.tasks.inpainting import inpaint, inpaint_steps
from vgpnn.tasks.marking import marked
from vgpnn.tasks.playing import Playing, play
from vgpnn.tasks.preference import Preference
from vgpnn.tasks.problem import Problem
from vgpnn.tasks.result import Cancelled, Result, Step
from vgpnn.tasks.retargeting import retarget, retarget_steps
from vgpnn.tasks.tiling import tile, tile_steps

__all__ = [
    "Cancelled",
    "Draft",
    "Playing",
    "Preference",
    "Problem",
    "Result",
    "Step",
    "analogy",
    "analogy_steps",
    "extend",
    "extend_steps",
    "finish_in_full",
    "drafts",
    "finish",
    "finish_steps",
    "generate",
    "generate_batch",
    "generate_steps",
    "go_on",
    "go_on_steps",
    "inpaint",
    "inpaint_steps",
    "marked",
    "named_draft",
    "play",
    "retarget",
    "retarget_steps",
    "tile",
    "tile_steps",
    "variations",
]
