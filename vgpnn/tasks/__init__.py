"""The tasks of the paper: each is data given to the one loop in `synthesis`."""

from . import generation, retargeting
from .generation import generate, generate_steps
from .problem import Cancelled, Problem, Result, Step
from .retargeting import retarget, retarget_steps

__all__ = [
    "Cancelled",
    "Problem",
    "Result",
    "Step",
    "generate",
    "generate_steps",
    "generation",
    "retarget",
    "retarget_steps",
    "retargeting",
]
