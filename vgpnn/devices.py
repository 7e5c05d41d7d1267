"""Which device a task runs on, and which kernels a device has."""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec

import torch

DEVICES = ("auto", "cpu", "cuda")


def device_of(name: str) -> torch.device:
    """The device that a name means: "auto" is "cuda" where that is fast, else "cpu".

    "cuda" falls back to "cpu", with one log line, where there is no GPU. Raises ValueError for
    other names. CUDA is not touched before this is called.
    """
    if name not in DEVICES:
        listed = ", ".join(map(repr, DEVICES))
        raise ValueError(f"device must be one of {listed}, not {name!r}.")
    if name == "cpu" or not torch.cuda.is_available():
        if name == "cuda":
            _say_once("no CUDA: the CPU kernels run instead")
        return torch.device("cpu")
    return torch.device("cuda" if has_triton() else "cpu")


def fast_backend(device: torch.device) -> str:
    """Name of the backend that is fast on a device: "cpu", "gpu", or the oracle, "naive"."""
    if device.type == "cpu":
        return "cpu"
    return "gpu" if device.type == "cuda" and has_triton() else "naive"


def has_triton() -> bool:
    """Whether the GPU kernels can be compiled; says so once where they cannot."""
    if find_spec("triton") is None:
        _say_once("no Triton: the CPU kernels run instead")
        return False
    return True


@cache
def _say_once(message: str) -> None:
    logging.getLogger(__name__).warning(message)
