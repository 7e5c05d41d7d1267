"""Which kernels a device has."""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec

import torch


def fast_backend(device: torch.device) -> str:
    """Name of the backend that is fast on a device: "cpu", "gpu", or the oracle, "naive"."""
    if device.type == "cpu":
        return "cpu"
    return "gpu" if device.type == "cuda" and has_triton() else "naive"


@cache
def has_triton() -> bool:
    """Whether the GPU kernels can be compiled; says so once where they cannot."""
    if find_spec("triton") is None:
        logging.getLogger(__name__).warning("no Triton: the slow plain-torch code runs instead")
        return False
    return True
