"""Starting the process that decodes a file from a stranger, reading its answer, and ending it.

The code that this process runs, and the format of its answer, are in `sandbox/main.py`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vgpnn.limits import Limits

SANDBOX_SCRIPT = Path(__file__).parent / "sandbox" / "main.py"
SANDBOX_PACKAGES = ("av", "numpy")
# The environment variables that the process may see: where the system keeps its programs and
# libraries. None of them holds a secret.
PASSED_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class VideoError(ValueError):
    """A video cannot be used; the message is one sentence that names the fix."""


@contextmanager
def decode_in_sandbox(
    mode: str, path: str | os.PathLike, limits: Limits, **part
) -> Iterator[tuple[dict, Callable[[np.ndarray], int]]]:
    """Start the process on a file, and give its header and a function that reads the frames.

    mode: "probe" or "read".
    part: `start`, `seconds` and `fps` as fractions in text; `frames`, `height` and `backdrop` as
        whole numbers; `plain` as a bool. They mean what they mean in `vgpnn.video.read`, and each
        may be left out.
    The header is a dict with the sizes, rates and counts that `sandbox/answer.py` lists. The
    function fills an array (count, height, width, 3) uint8 and returns how many frames came.
    The process has ended when the `with` block ends, whatever happens inside the block.
    Raises `VideoError` where the file cannot be used.
    """
    process = SandboxProcess(_request(mode, path, limits, part), limits.sandbox_wall_seconds)
    try:
        yield process.read_message(), process.read_frames
    finally:
        process.stop()


class SandboxProcess:
    """The running process that decodes one file."""

    def __init__(self, request: str, wall_seconds: float) -> None:
        """Start the process.

        request: JSON, as `sandbox/main.py` takes it.
        wall_seconds: [s] after which the process is killed.
        """
        # With -I and -S neither the environment, nor the current folder, nor start-up files of
        # the installation decide which code runs.
        command = [sys.executable, "-I", "-S", str(SANDBOX_SCRIPT), request]
        environment = {name: os.environ[name] for name in PASSED_ENVIRONMENT if name in os.environ}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self._is_overdue = threading.Event()
        self._timer = threading.Timer(wall_seconds, self._kill_overdue)
        self._timer.daemon = True
        self._timer.start()

    def read_message(self) -> dict:
        """Read one JSON line. Raises `VideoError` if it reports an error, or if it breaks off."""
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            self._process.wait()
            used_up_cpu_time = self._process.returncode == -getattr(signal, "SIGXCPU", 0)
            if self._is_overdue.is_set() or used_up_cpu_time:
                raise VideoError(
                    "Decoding takes too long: scale the video down, or cut it to the part you want."
                )
            raise VideoError("Decoding failed: convert the file to MP4 with H.264, then try again.")
        message = json.loads(line.removeprefix(b"E"))
        if "error" in message:
            raise VideoError(message["error"])
        return message

    def read_frames(self, pixels: np.ndarray) -> int:
        """Fill an array (count, height, width, 3) uint8; returns how many frames came, 0 to count.

        Raises `VideoError` if the process reports an error after them.
        """
        count = 0
        while self._process.stdout.read(1) == b"F":
            frame = memoryview(pixels[count]).cast("B")
            if self._process.stdout.readinto(frame) < frame.nbytes:
                break
            count += 1
        self.read_message()
        return count

    def stop(self) -> None:
        """End the process and wait until it has ended."""
        self._timer.cancel()
        self._process.kill()
        self._process.stdout.close()
        self._process.wait()

    def _kill_overdue(self) -> None:
        self._is_overdue.set()
        self._process.kill()


def _request(mode: str, path: str | os.PathLike, limits: Limits, part: dict) -> str:
    """The JSON object that `sandbox/main.py` takes; defaults stand for what `part` leaves out."""
    specs = map(importlib.util.find_spec, SANDBOX_PACKAGES)
    folders = sorted({str(Path(spec.origin).parents[1]) for spec in specs})
    defaults = {
        "start": "0",
        "frames": None,
        "seconds": None,
        "fps": None,
        "height": None,
        "backdrop": 255,
        "plain": False,
    }
    request = {
        "mode": mode,
        "path": os.fsdecode(path),
        "limits": asdict(limits),
        "packages": folders,
    }
    return json.dumps(defaults | part | request)
