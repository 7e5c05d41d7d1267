"""What can be seen of a server from outside: its answers, its log, its files, its memory."""

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


def resident(server: Server) -> float:
    """Bytes of memory of the server, as it says itself."""
    with urllib.request.urlopen(server.url + "metrics", timeout=30) as answer:
        text = answer.read().decode()
    return float(re.search(r"^process_resident_memory_bytes (\S+)", text, re.MULTILINE)[1])


def jobs(server: Server) -> list[dict]:
    """The log's lines about jobs."""
    lines = [json.loads(x) for x in server.log.read_text().splitlines() if x.startswith("{")]
    return [line for line in lines if line["event"] == "job"]


def errors(server: Server) -> int:
    """Tracebacks in the log, and lines of errors without one."""
    text = server.log.read_text()
    return max(text.count("Traceback"), text.count('"level": "ERROR"'))


def last_errors(server: Server) -> set[str]:
    """What the tracebacks in the log end with."""
    lines = server.log.read_text().splitlines()
    plain = {a for a, b in zip(lines[1:], lines) if b.startswith("    ") and a[:1].strip(" {*")}
    return plain | {line[:500] for line in lines if '"level": "ERROR"' in line}


def files(server: Server) -> set[Path]:
    """Everything in its temporary folder but the base folder and those for uploads and records."""
    base, found = ("uploads", "records"), server.temporary.rglob("*")
    return {path for path in found if path.name not in base and path.parent != server.temporary}


def wait_until_empty(server: Server, own: set[Path], seconds: float) -> tuple[float, set[Path]]:
    """Seconds that it took until no file was left, and what is left after `seconds`.

    own: what was there at the start, pictures of the page."""
    began = time.monotonic()
    while (left := files(server) - own) and time.monotonic() - began < seconds:
        time.sleep(1)
    return time.monotonic() - began, left


def decoders(server: Server) -> list[int]:
    """Process numbers of the children that decode (Linux)."""
    found = []
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return [child for child in found if "decoder.py" in _read(child, "cmdline")]


def _read(process: int, name: str) -> str:
    try:
        return Path(f"/proc/{process}/{name}").read_text(errors="replace")
    except OSError:  # it is over
        return ""


class Watch:
    """A thread that looks at a server all the time: health, peaks of memory, children."""

    def __init__(self, server: Server, pause: float = 1.0) -> None:
        self.server, self.pause = server, pause
        self.ill, self.looks = 0, 0
        self.slowest = 0.0  # [s] answer of /healthz
        self.peak, self.child_peak = 0.0, 0  # [bytes]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=f) for f in (self._health, self._children)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _health(self) -> None:
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

    def _children(self) -> None:
        if not os.path.isdir("/proc/self"):
            return
        while not self._over.wait(0.05):
            for child in decoders(self.server):
                found = re.search(r"VmHWM:\s+(\d+)", _read(child, "status"))
                self.child_peak = max(self.child_peak, int(found[1]) * 1024 if found else 0)
