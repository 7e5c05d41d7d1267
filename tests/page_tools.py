"""What the tests of the page and of the endpoint share: small clips and a real server process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from fractions import Fraction
from pathlib import Path

import torch

import vgpnn

ROOT = Path(__file__).parents[1]


def clip(frames: int, height: int, width: int, seed: int = 0) -> vgpnn.Video:
    """Smooth moving blobs of colour."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, frames, 4, 5, generator=generator) * 2 - 1
    smooth = torch.nn.functional.interpolate(
        coarse, (frames, height, width), mode="trilinear", align_corners=True
    )
    return vgpnn.Video(smooth[0].permute(1, 2, 3, 0).contiguous(), Fraction(10))


def write_clips(folder: Path) -> dict[str, Path]:
    """tiny: 5 frames of 48x64. slow: minutes of work at the page's settings."""
    paths = {"tiny": folder / "tiny.mp4", "slow": folder / "slow.mp4"}
    vgpnn.video.write(paths["tiny"], clip(5, 48, 64))
    vgpnn.video.write(paths["slow"], clip(24, 240, 320, seed=1))
    return paths


def write_examples(folder: Path) -> Path:
    """Two examples of 5 frames."""
    folder.mkdir()
    index = []
    for k, name in enumerate(("dawn", "dusk")):
        vgpnn.video.write(folder / f"{name}.mp4", clip(5, 48, 64, seed=2 + k))
        vgpnn.video.write(folder / f"{name}_result.mp4", clip(5, 48, 64, seed=4 + k))
        index.append(
            {"name": name, "title": name.title(), "video": f"{name}.mp4",
             "result": f"{name}_result.mp4", "seed": k, "note": f"The note on {name}."}
        )  # fmt: skip
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def wait_for(there, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


class Server:
    """app.py in a process of its own, with its own folder for temporary files.

    options: of app.py. prefix: words of a command that runs it.
    """

    def __init__(
        self, folder: Path, app: Path = ROOT / "app.py", options: tuple = (), prefix: tuple = ()
    ) -> None:
        self.folder, self.temporary, self.log = folder, folder / "temporary", folder / "server.log"
        self.temporary.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.environment = os.environ | {
            "TMPDIR": str(self.temporary),
            "VGPNN_EXAMPLES": str(write_examples(folder / "examples")),
        }
        python = sys.executable, str(app), "--port", str(self.port)
        self.command = [*prefix, *python, *options]
        self.start()

    def start(self) -> None:
        """Also again, after a stop: at the same address, with the files that are there."""
        began = time.monotonic()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
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
