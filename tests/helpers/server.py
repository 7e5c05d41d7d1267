"""A real server process for tests of the page."""

from __future__ import annotations

import fnmatch
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from helpers.clips import write_examples

ROOT = Path(__file__).parents[2]
# How long a test waits for what has to happen: on a machine that does other work, seconds are not
# enough even for what takes none.
PATIENCE = 60  # [s]


def wait_for(there, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


class Server:
    """app.py in a process of its own, with its own folder for temporary files.

    options: of app.py. prefix: words of a command that runs it. environment: more variables.
    program: the words that start the page, in place of a Python with `app`.
    """

    def __init__(
        self,
        folder: Path,
        app: Path = ROOT / "app.py",
        options: tuple = (),
        prefix: tuple = (),
        environment: dict[str, str] | None = None,
        program: tuple = (),
    ) -> None:
        self.folder, self.temporary, self.log = folder, folder / "temporary", folder / "server.log"
        self.temporary.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.environment = (
            os.environ
            | {
                "TMPDIR": str(self.temporary),
                "VGPNN_EXAMPLES": str(write_examples(folder / "examples")),
                "VGPNN_PACE": "10000",  # all tests have one address
                "VGPNN_SLOWNESS": "1",  # the part of a clip that is used follows from it
            }
            | (environment or {})
        )
        program = program or (sys.executable, str(app))
        self.command = [*prefix, *program, "--port", str(self.port), *options]
        self.start()

    def found(self, pattern: str = "*") -> list[Path]:
        """Files and folders in its temporary folder whose name has this pattern. Those that it
        removes meanwhile are no error, as they are for `Path.rglob`."""
        return [
            Path(folder, name)
            for folder, folders, files in os.walk(self.temporary)
            for name in fnmatch.filter([*folders, *files], pattern)
        ]

    def start(self) -> None:
        """Also again, after a stop: at the same address, with the files that are there."""
        began = time.monotonic()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()
        self.seconds_to_ready = time.monotonic() - began

    def _wait(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the page is not there after two minutes: " + self.log.read_text())

    def tracebacks(self) -> int:
        return self.log.read_text().count("Traceback")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
