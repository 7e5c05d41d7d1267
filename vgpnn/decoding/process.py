"""Starting the process that decodes (`decoder.py`), and reading what it answers."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vgpnn.limits import Limits

DECODER = Path(__file__).parent / "sandbox" / "main.py"
# All the child may know of the environment: where the system keeps its libraries, no secrets.
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class VideoError(ValueError):
    """A video cannot be used; the message is one sentence that names the fix."""


def _request(mode: str, path: str | os.PathLike, limits: Limits, part: dict) -> str:
    packages = {str(Path(importlib.util.find_spec(n).origin).parents[1]) for n in ("av", "numpy")}
    request = {"start": "0", "frames": None, "seconds": None, "fps": None, "height": None} | part
    request |= {"mode": mode, "path": os.fsdecode(path), "limits": asdict(limits)}
    return json.dumps(request | {"packages": sorted(packages)})


@contextmanager
def decoding(mode: str, path: str | os.PathLike, limits: Limits, **part):
    """Run the decoder on a file; give its header and a function that reads its frames.

    mode: "probe" or "read".  part: `start`, `seconds` and `fps` as fraction strings, `frames` and
    `height` as numbers; None is the default of each.
    The function fills an array (count, height, width, 3) uint8 and returns how many frames came.
    The child is dead and reaped when this ends, whatever happens in between.
    """
    # -I and -S: neither the environment, nor the current folder, nor site hooks choose its code.
    command = [sys.executable, "-I", "-S", str(DECODER), _request(mode, path, limits, part)]
    environment = {k: os.environ[k] for k in KEPT_ENVIRONMENT if k in os.environ}
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    overrun = threading.Event()
    timer = threading.Timer(limits.child_wall_seconds, lambda: (overrun.set(), child.kill()))
    timer.daemon = True
    timer.start()

    def said(line: bytes) -> dict:
        """One JSON line of the child; `VideoError` if it reports one, or broke off."""
        if not line.endswith(b"\n"):
            child.wait()
            if overrun.is_set() or child.returncode == -getattr(signal, "SIGXCPU", 0):
                raise VideoError(
                    "Decoding takes too long: scale the video down, or cut it to the part you want."
                )
            raise VideoError("Decoding failed: convert the file to MP4 with H.264, then try again.")
        answer = json.loads(line.removeprefix(b"E"))
        if "error" in answer:
            raise VideoError(answer["error"])
        return answer

    def pictures(pixels: np.ndarray) -> int:
        got = 0
        while child.stdout.read(1) == b"F":
            if child.stdout.readinto(memoryview(pixels[got]).cast("B")) < pixels[got].nbytes:
                break
            got += 1
        said(child.stdout.readline())
        return got

    try:
        yield said(child.stdout.readline()), pictures
    finally:
        timer.cancel()
        child.kill()
        child.stdout.close()
        child.wait()
