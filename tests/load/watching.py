"""What can be seen of a server from outside: its health, its log, its files, its memory."""

from __future__ import annotations

import json
import os
import re
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from helpers.server import Server

from vgpnn.decoding.process import SANDBOX_SCRIPT


def resident(server: Server) -> float:
    """Memory of the server [bytes], as its /metrics say."""
    with urllib.request.urlopen(server.url + "metrics", timeout=30) as answer:
        text = answer.read().decode()
    return float(re.search(r"^process_resident_memory_bytes (\S+)", text, re.MULTILINE)[1])


def jobs(server: Server) -> list[dict]:
    """The lines of the log about jobs that are over."""
    lines = [json.loads(x) for x in server.log.read_text().splitlines() if x.startswith("{")]
    return [line for line in lines if line["event"] == "job"]


def errors(server: Server) -> int:
    """How many errors the log has: tracebacks, or lines of errors where there are more."""
    text = server.log.read_text()
    return max(text.count("Traceback"), text.count('"level": "ERROR"'))


def last_errors(server: Server) -> set[str]:
    """The last line of each traceback in the log, and all lines of errors."""
    lines = server.log.read_text().splitlines()
    plain = {a for a, b in zip(lines[1:], lines) if b.startswith("    ") and a[:1].strip(" {*")}
    return plain | {line[:500] for line in lines if '"level": "ERROR"' in line}


def files(server: Server) -> set[Path]:
    """Everything in the server's temporary folder but the base folder and the folders of uploads
    and records."""
    kept, found = ("uploads", "records"), server.found()
    return {path for path in found if path.name not in kept and path.parent != server.temporary}


def wait_until_empty(
    server: Server, expected: set[Path], seconds: float
) -> tuple[float, set[Path]]:
    """Wait until no files are left but the expected ones, the pictures of the page.

    seconds: how long to wait at most. Returns how long it took [s] and the files that are left.
    """
    began = time.monotonic()
    while (left := files(server) - expected) and time.monotonic() - began < seconds:
        time.sleep(1)
    return time.monotonic() - began, left


def decoders(server: Server) -> list[int]:
    """Numbers of the processes in which the server decodes files (Linux)."""
    found = []
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return [process for process in found if str(SANDBOX_SCRIPT) in _read(process, "cmdline")]


def _read(process: int, name: str) -> str:
    try:
        return Path(f"/proc/{process}/{name}").read_text(errors="replace")
    except OSError:  # the process has ended
        return ""


class Watch:
    """Threads that look at a server all the time.

    pause: between two looks [s]. looks, ill: how many there were, and how many of them found the
    server ill. slowest: answer of /healthz [s]. peak, decoder_peak: memory of the server and of a
    process that decodes [bytes].
    """

    def __init__(self, server: Server, pause: float = 1.0) -> None:
        self.server, self.pause = server, pause
        self.ill, self.looks = 0, 0
        self.slowest = 0.0
        self.peak, self.decoder_peak = 0.0, 0
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=look) for look in (self._look_at_health, self._look_at_decoders)
        ]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _look_at_health(self) -> None:
        while not self._over.wait(self.pause):
            self.looks += 1
            began = time.monotonic()
            try:
                with urllib.request.urlopen(self.server.url + "healthz", timeout=20) as answer:
                    well = json.load(answer)["status"] == "ok"
                self.peak = max(self.peak, resident(self.server))
            except OSError:
                well = False
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.ill += not well

    def _look_at_decoders(self) -> None:
        if not os.path.isdir("/proc/self"):
            return
        while not self._over.wait(0.05):
            for process in decoders(self.server):
                found = re.search(r"VmHWM:\s+(\d+)", _read(process, "status"))
                self.decoder_peak = max(self.decoder_peak, int(found[1]) * 1024 if found else 0)
