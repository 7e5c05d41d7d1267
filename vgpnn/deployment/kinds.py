"""The kinds of Spaces, and the hardware that each of them can have."""

from __future__ import annotations

SDKS = ("gradio", "docker")
ZERO_GPU, TWO_CORES = "zero-a10g", "cpu-basic"
NEW_HARDWARE = {"gradio": ZERO_GPU, "docker": TWO_CORES}  # of a new Space, if nothing is chosen
FREE_HARDWARE = (TWO_CORES, ZERO_GPU)  # Hugging Face decides when these sleep
