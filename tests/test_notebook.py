"""The notebook: it runs without a network, and its outputs are of the kinds that it makes."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from write_notebook import NOTEBOOK, ROOT

import vgpnn

MOST_BYTES = 1_000_000
# Nothing is fetched: a process that opens a connection, or starts a program, ends with an error.
NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        names = [str(each) for each in arguments]
        if not any("sandbox" in name for name in names):  # the process that decodes files
            raise PermissionError(f"{event} {names}")
sys.addaudithook(refuse)
"""


def cells(notebook: dict, kind: str = "code") -> dict[str, dict]:
    return {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == kind}


@pytest.fixture(scope="module")
def committed() -> dict:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def run(folder: Path, *words: str | Path) -> subprocess.CompletedProcess:
    """Run Python in a folder of its own, where nothing can be fetched."""
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    return subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict:
    """The notebook as it comes out of a run of its cells in a process of its own."""
    folder = tmp_path_factory.mktemp("notebook")
    done = run(folder, ROOT / "tests" / "write_notebook.py", folder / "made.ipynb")
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "made.ipynb").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['git', '--version'])",
    ],
)
def test_nothing_can_be_fetched_in_that_process(code, tmp_path):
    assert "PermissionError" in run(tmp_path, "-c", code).stderr


def kinds(notebook: dict) -> dict[str, list]:
    """What each cell printed, and the kinds of what it showed."""
    return {
        name: [sorted(output.get("data", {})) or "printed" for output in cell["outputs"]]
        for name, cell in cells(notebook).items()
    }


def pictures(cell: dict) -> list[Image.Image]:
    data = [output["data"]["image/jpeg"] for output in cell["outputs"]]
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in data]


def video(cell: dict, folder: Path) -> vgpnn.Video:
    html = "".join(cell["outputs"][0]["data"]["text/html"])
    path = folder / "shown.mp4"
    path.write_bytes(base64.b64decode(re.search('data:video/mp4;base64,([^"]+)', html)[1]))
    return vgpnn.video.read(path)


def test_the_cells_run_and_make_what_is_committed(committed, made):
    assert kinds(made) == kinds(committed)
    sources = [
        {name: cell["source"] for name, cell in cells(each).items()} for each in (made, committed)
    ]
    assert sources[0] == sources[1]
    counts = [cell["execution_count"] for cell in cells(committed).values()]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("which", ["committed", "made"])
def test_pictures_and_a_video_of_the_takes_are_in_it(which, request, tmp_path):
    shown = cells(request.getfixturevalue(which))
    (source,), takes = pictures(shown["source"]), pictures(shown["takes"])
    assert source.size == (6 * 256, 144) and [take.size for take in takes] == [source.size] * 3
    assert len({picture.tobytes() for picture in (source, *takes)}) == 4
    played = video(shown["side-by-side"], tmp_path)
    frames, height, width = played.shape
    assert frames == 24 and height > 2 * 144 and width > 2 * 256
    assert played.codes.float().std() > 20  # a picture, and nothing black


def test_it_is_small(made):
    assert NOTEBOOK.stat().st_size < MOST_BYTES
    assert len(json.dumps(made)) < MOST_BYTES


@pytest.fixture
def install(committed) -> str:
    return "".join(cells(committed)["install"]["source"])


@pytest.mark.parametrize("is_there", [False, True])
def test_what_is_not_installed_is_cloned_and_installed(is_there, install, monkeypatch):
    ran = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if is_there else None)
    monkeypatch.setattr(subprocess, "run", lambda words, check: ran.append(words))
    exec(install, {})
    clone = ["git", "clone", "--depth", "1", "REPOSITORY", "vgpnn-source"]
    wanted = [clone, [sys.executable, "-m", "pip", "install", "-q", "./vgpnn-source"]]
    assert ran == ([] if is_there else wanted)


def test_the_address_of_the_repository_stands_in_one_place(install):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "git clone REPOSITORY vgpnn" in readme
    source = NOTEBOOK.read_text(encoding="utf-8")
    assert install.count('REPOSITORY = "REPOSITORY"') == 1
    assert source.count("REPOSITORY") == install.count("REPOSITORY") == 3  # twice it is the name
