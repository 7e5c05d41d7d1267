"""Which device a task runs on, and which kernels a device has."""

from __future__ import annotations

import logging
import os
import shutil
from functools import cache
from importlib.util import find_spec

import torch

from vgpnn.checks import one_of

DEVICES = ("auto", "cpu", "cuda")
BACKENDS = ("auto", "naive", "cpu", "gpu")
LEAST_CAPABILITY = (7, 0)  # compute capability of the oldest GPU that Triton compiles for


def device_of(name: str, backend: str = "auto") -> torch.device:
    """The device that a name means, for a backend.

    name: "cpu", "cuda" or "auto". "auto" is what the environment variable VGPNN_DEVICE names; where
        it names nothing, it is "cuda" if the GPU kernels can run, and "cpu" if not. Where "cuda" is
        named and the GPU kernels cannot run, the device is "cpu" and one line is logged.
    backend: one of `BACKENDS`.
    Raises ValueError for other names, and for a backend that cannot run on this machine. CUDA is
    not initialised before this function is called.
    """
    if name == "auto":
        name = os.environ.get("VGPNN_DEVICE", "auto")
    one_of("device", name, DEVICES)
    checked_backend(backend)
    if backend == "gpu" and not torch.cuda.is_available() and not interpreted():
        raise ValueError("There is no GPU here for the backend 'gpu': choose 'auto'.")
    if "cpu" in (name, backend) or not torch.cuda.is_available():
        if name == "cuda":
            _warn_once("no CUDA: the CPU kernels run instead")
        return torch.device("cpu")
    return torch.device("cuda" if has_triton() else "cpu")


def checked_backend(name: str) -> str:
    """The name of a backend as it is. Raises ValueError for other names."""
    return one_of("backend", name, BACKENDS)


def interpreted() -> bool:
    """Whether Triton runs its kernels in its interpreter, on the CPU."""
    return os.environ.get("TRITON_INTERPRET") == "1"


def fast_backend(device: torch.device) -> str:
    """The fastest backend of a device: "cpu" or "gpu", or "naive" where neither can run."""
    if device.type == "cpu":
        return "cpu"
    return "gpu" if device.type == "cuda" and has_triton() else "naive"


def has_triton() -> bool:
    """Whether the GPU kernels can be compiled for this GPU; if not, the reason is logged once."""
    reason = None
    if find_spec("triton") is None:
        reason = "no Triton"
    elif torch.cuda.get_device_capability() < LEAST_CAPABILITY:
        reason = "the GPU is too old for Triton"
    elif not (os.environ.get("CC") or any(map(shutil.which, ("gcc", "clang", "cc")))):
        reason = "no C compiler for Triton"
    if reason:
        _warn_once(f"{reason}: the CPU kernels run instead")
    return reason is None


@cache
def _warn_once(message: str) -> None:
    logging.getLogger(__name__).warning(message)
