"""Which device a task runs on, and which kernels a device has."""

from __future__ import annotations

import logging
import os
import shutil
from functools import cache
from importlib.util import find_spec

import torch

DEVICES = ("auto", "cpu", "cuda")
BACKENDS = ("auto", "naive", "cpu", "gpu")
LEAST_CAPABILITY = (7, 0)  # of a GPU, for Triton


def device_of(name: str, backend: str = "auto") -> torch.device:
    """The device that a name means, for a backend: "auto" is what VGPNN_DEVICE says, or else "cuda"
    where that is fast, else "cpu".

    "cuda" falls back to "cpu", with one log line, where the GPU kernels cannot run. Raises
    ValueError for other names, and for a backend that cannot run here. CUDA is not touched before
    this is called.
    """
    if name == "auto":
        name = os.environ.get("VGPNN_DEVICE", "auto")
    _known("device", name, DEVICES)
    checked_backend(backend)
    if backend == "gpu" and not torch.cuda.is_available() and not interpreted():
        raise ValueError("There is no GPU here for the backend 'gpu': choose 'auto'.")
    if "cpu" in (name, backend) or not torch.cuda.is_available():
        if name == "cuda":
            _say_once("no CUDA: the CPU kernels run instead")
        return torch.device("cpu")
    return torch.device("cuda" if has_triton() else "cpu")


def checked_backend(name: str) -> str:
    """The name of a backend, or ValueError."""
    return _known("backend", name, BACKENDS)


def interpreted() -> bool:
    """Whether Triton runs its kernels in its interpreter, on the CPU."""
    return os.environ.get("TRITON_INTERPRET") == "1"


def fast_backend(device: torch.device) -> str:
    """Name of the backend that is fast on a device: "cpu", "gpu", or the oracle, "naive"."""
    if device.type == "cpu":
        return "cpu"
    return "gpu" if device.type == "cuda" and has_triton() else "naive"


def has_triton() -> bool:
    """Whether the GPU kernels can be compiled for this GPU; says so once where they cannot."""
    lacks = None
    if find_spec("triton") is None:
        lacks = "no Triton"
    elif torch.cuda.get_device_capability() < LEAST_CAPABILITY:
        lacks = "the GPU is too old for Triton"
    elif not (os.environ.get("CC") or any(map(shutil.which, ("gcc", "clang", "cc")))):
        lacks = "no C compiler for Triton"
    if lacks:
        _say_once(f"{lacks}: the CPU kernels run instead")
    return lacks is None


def _known(what: str, name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise ValueError(f"{what} must be one of {', '.join(map(repr, names))}, not {name!r}.")
    return name


@cache
def _say_once(message: str) -> None:
    logging.getLogger(__name__).warning(message)
