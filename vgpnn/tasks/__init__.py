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
from vgpnn.tasks.finishing import finish_in_full
from vgpnn.tasks.generation import generate, generate_batch, generate_steps
from vgpnn.tasks.inpainting import inpaint, inpaint_steps
from vgpnn.tasks.marking import marked
from vgpnn.tasks.preference import Preference
from vgpnn.tasks.problem import Cancelled, Problem, Result, Step
from vgpnn.tasks.retargeting import retarget, retarget_steps

__all__ = [
    "Cancelled",
    "Draft",
    "Preference",
    "Problem",
    "Result",
    "Step",
    "analogy",
    "analogy_steps",
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
    "named_draft",
    "retarget",
    "retarget_steps",
    "variations",
]
