"""Starting the process that decodes a file from a stranger, reading its answer, and ending it.

The code that this process runs, and the format of its answer, are in `sandbox/main.py`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from vgpnn.decoding.messages import (
    FAILED,
    LONGEST_LINE,
    UnfinishedError,
    checked_header,
    checked_message,
    checked_sound_header,
)
from vgpnn.decoding.places import PLACES, NoPlace
from vgpnn.limits import Limits

SANDBOX_SCRIPT = Path(__file__).parent / "sandbox" / "main.py"
SANDBOX_PACKAGES = ("av", "numpy")
# The environment variables that the process may see: where the system keeps its programs and
# libraries. None of them holds a secret.
PASSED_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
SOUND_RATE, SOUND_BLOCK = 48_000, 4_800  # [samples/s], and samples that come at once; `sound.py`
CHECK_SECONDS = 0.1  # [s] between two checkpoints while the process says nothing
# A process that waits for a busy processor gets the wall time again, up to so many times, as long
# as it used this share of the last time it got. One that hangs does not.
MOST_WALL_TIMES = 5
BUSY_SHARE = 0.01
KILLING_SECONDS = 1.0  # [s] that the system gets to end a process
BUSY = "The server is busy decoding: try again in a minute."
TOO_SLOW = "Decoding takes too long: scale the video down, or cut it to the part you want."
BROKEN_OFF = "Decoding was broken off by the server: try again in a minute."


@contextmanager
def decode_in_sandbox(
    mode: str,
    path: str | os.PathLike,
    limits: Limits,
    checkpoint: Callable[[], None] = lambda: None,
    **part,
) -> Iterator[tuple[dict, Callable[[np.ndarray], tuple[int, list[str]]]]]:
    """Start the process on a file, and give its header and a function that reads the frames.

    mode: "probe", "read", or "glance" for `frames` frames from the whole of the video.
    checkpoint: called several times a second while this waits for the process, or for a place:
        at most `limits.sandbox_processes` run at once. It may raise to cancel.
    part: `start`, `seconds` and `fps` as fractions in text; `frames`, `height` and `backdrop` as
        whole numbers; `plain` as a bool. They mean what they mean in `vgpnn.video.read`, and each
        may be left out.
    The header is a dict with the sizes, rates and counts that `sandbox/answer.py` lists. The
    function fills an array (count, height, width, 3) uint8; see `SandboxProcess.read_frames`.
    The process has ended when the `with` block ends, whatever happens inside the block.
    Raises `VideoError` where the file cannot be used, and `UnfinishedError` where the process did
    not say whether it can.
    """
    with _started(_request(mode, path, limits, part), limits, checkpoint) as process:
        header = checked_header(process.read_message(), limits, is_read=mode != "probe")
        yield header, process.read_frames


def sound_in_sandbox(
    path: str | os.PathLike,
    limits: Limits,
    start: Fraction,
    seconds: Fraction,
    checkpoint: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """The sound of a part of a file, (N, 1 or 2) int16: SOUND_RATE samples a second.

    start: of the part [s]; it may lie before the first picture, which has time 0.
    There are no samples where the file has no sound. Errors are those of `decode_in_sandbox`.
    """
    request = _request("sound", path, limits, {"start": str(start), "seconds": str(seconds)})
    with _started(request, limits, checkpoint) as process:
        wanted = round(seconds * SOUND_RATE)
        count, channels = checked_sound_header(process.read_message(), wanted)
        blocks = np.zeros((-(-count // SOUND_BLOCK), SOUND_BLOCK, channels), np.int16)
        read, _ = process.read_frames(blocks)
    if read < len(blocks):
        raise UnfinishedError(FAILED)
    return blocks.reshape(-1, channels)[:count]


@contextmanager
def _started(
    request: str, limits: Limits, checkpoint: Callable[[], None]
) -> Iterator[SandboxProcess]:
    """The process that answers a request, once there is a place for it; it ends with the block."""
    places, seconds = limits.sandbox_processes, limits.sandbox_wait_seconds
    with ExitStack() as stack:
        try:
            stack.enter_context(PLACES.taken(places, seconds, checkpoint))
        except NoPlace:
            raise UnfinishedError(BUSY) from None
        process = SandboxProcess(request, limits.sandbox_wall_seconds, checkpoint)
        stack.callback(process.stop)
        yield process


class SandboxProcess:
    """The running process that decodes one file."""

    def __init__(
        self, request: str, wall_seconds: float, checkpoint: Callable[[], None] = lambda: None
    ) -> None:
        """Start the process.

        request: JSON, as `sandbox/main.py` takes it.
        wall_seconds: [s] after which the process is killed, if it has used almost no processor
            time by then; otherwise it gets as much again, at most MOST_WALL_TIMES in all. How much
            processor time it may use is a limit of its own.
        checkpoint: called several times a second while reading; may raise.
        Raises `UnfinishedError` where the system has no room for a process.
        """
        # With -I and -S neither the environment, nor the current folder, nor start-up files of
        # the installation decide which code runs.
        command = [sys.executable, "-I", "-S", str(SANDBOX_SCRIPT), request]
        environment = {name: os.environ[name] for name in PASSED_ENVIRONMENT if name in os.environ}
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                bufsize=0,
            )
        except OSError:
            raise UnfinishedError(BUSY) from None
        _running.add(self)
        self._checkpoint = checkpoint
        self._is_overdue = threading.Event()
        self._has_ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(wall_seconds,), daemon=True)
        watch.start()
        self._selector = None
        if os.name == "posix":  # elsewhere pipes cannot be waited for
            self._selector = selectors.DefaultSelector()
            self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def read_message(self) -> dict:
        """Read one JSON line. Raises `VideoError` if it reports an error, and `UnfinishedError` if
        it breaks off."""
        line = bytearray()
        while not line.endswith(b"\n"):
            character = bytearray(1)  # no more: the frames come after the line
            if len(line) == LONGEST_LINE:
                raise UnfinishedError(FAILED)
            if not self._read_into(memoryview(character)):
                raise UnfinishedError(self._reason())
            line += character
        return checked_message(bytes(line.removeprefix(b"E")))

    def read_frames(self, pixels: np.ndarray) -> tuple[int, list[str]]:
        """Fill an array (count, height, width, 3) uint8.

        Returns how many frames came, 0 to count, and sentences on what was chosen or changed.

        Raises `VideoError` if the process reports an error after them.
        """
        count, mark = 0, bytearray(1)
        while self._read_into(memoryview(mark)) and mark == b"F" and count < len(pixels):
            if not self._read_into(memoryview(pixels[count]).cast("B")):
                break
            count += 1
        return count, self.read_message().get("notes", [])

    def _read_into(self, buffer: memoryview) -> bool:
        """Fill a buffer with what the process writes; False where it ends before."""
        while buffer:
            self._wait()
            size = self._process.stdout.readinto(buffer)
            if not size:
                return False
            buffer = buffer[size:]
        return True

    def _wait(self) -> None:
        """Wait until there is something to read, or the process has ended."""
        self._checkpoint()
        while self._selector is not None and not self._selector.select(CHECK_SECONDS):
            self._checkpoint()

    def _reason(self) -> str:
        """Why the process ended before its answer did."""
        while (status := self._process.poll()) is None:
            self._checkpoint()
            time.sleep(CHECK_SECONDS)
        if self._is_overdue.is_set() or status == -getattr(signal, "SIGXCPU", 0):
            return TOO_SLOW
        # Nothing that a file does ends in SIGKILL: the system was short of memory, or an operator
        # ended the process.
        return BROKEN_OFF if status == -getattr(signal, "SIGKILL", 0) else FAILED

    def stop(self) -> None:
        """End the process and wait until it has ended."""
        self._has_ended.set()
        if self._selector is not None:
            self._selector.close()
        self._process.kill()
        self._process.stdout.close()
        self._process.wait()
        _running.discard(self)

    def kill(self) -> None:
        """End the process without closing anything, from any thread."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(KILLING_SECONDS)

    def _watch(self, wall_seconds: float) -> None:
        """Kill the process once it is overdue; see `__init__`."""
        used = 0.0
        for _ in range(MOST_WALL_TIMES):
            if self._has_ended.wait(wall_seconds):
                return
            before, used = used, processor_seconds(self._process.pid)
            if used - before < BUSY_SHARE * wall_seconds:
                break
        self._is_overdue.set()
        self._process.kill()


def processor_seconds(process: int) -> float:
    """Processor time [s] that all threads of a process have used; 0 where the system does not
    say (it does on Linux)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0


_running: set[SandboxProcess] = set()  # that have been started and not been waited for


def kill_all() -> None:
    """End all of these processes, because this one ends."""
    for process in [*_running]:
        process.kill()


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
