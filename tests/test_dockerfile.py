"""The Dockerfile, which a Docker Space builds as it is."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vgpnn.deployment.files import files_of
from vgpnn.deployment.kinds import SDKS

ROOT = Path(__file__).parents[1]


def steps() -> list[tuple[str, str]]:
    """(instruction, what follows) of the Dockerfile, with continued lines joined."""
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def only(name: str) -> str:
    """What follows an instruction of which there is exactly one."""
    (rest,) = [rest for instruction, rest in steps() if instruction == name]
    return rest


def index_of(name: str, text: str) -> int:
    """The number of the first step with this instruction and this text."""
    return next(k for k, (word, rest) in enumerate(steps()) if word == name and text in rest)


def test_the_image_runs_the_page_as_a_user_without_rights():
    assert only("FROM") == "python:3.12-slim" and only("EXPOSE") == "7860"
    assert only("USER") == "1000" and "--uid 1000" in steps()[1][1]
    assert json.loads(only("CMD")) == ["python", "app.py"]
    # Nothing that runs may be changed by that user: neither code and bytecode nor the folder.
    assert only("WORKDIR") == "/app"
    assert index_of("RUN", "compileall") < index_of("USER", "1000")
    assert max(k for k, (name, _) in enumerate(steps()) if name == "COPY") < index_of("USER", "")
    text = " ".join(rest for _, rest in steps())
    for word in ("chown", "chmod", "curl", "sudo", "apt-get"):
        assert word not in text
    words = [word for name, rest in steps() if name == "ENV" for word in shlex.split(rest)]
    variables = dict(word.split("=", 1) for word in words)
    assert variables["VGPNN_HOST"] == "0.0.0.0" and variables["VGPNN_PORT"] == "7860"


def test_kernels_are_compiled_by_the_user_that_runs_once_code_and_folder_are_there():
    compiled = index_of("RUN", "warm_up")
    code = max(k for k, (name, _) in enumerate(steps()) if name == "COPY")
    assert max(index_of("USER", "1000"), index_of("ENV", "NUMBA_CACHE_DIR"), code) < compiled
    # Kernels of a first run, without bytecode, are not found again.
    bytecode = index_of("RUN", "python -m compileall -q --invalidation-mode checked")
    assert code < bytecode < compiled


def test_a_change_of_the_code_leaves_the_layer_of_the_dependencies():
    assert index_of("RUN", "pip install") < index_of("COPY", "vgpnn vgpnn")


def test_torch_is_installed_without_cuda_unless_the_build_chooses_otherwise():
    name, _, address = only("ARG").partition("=")
    assert name == "TORCH_INDEX" and address.endswith("/whl/cpu")
    pip = steps()[index_of("RUN", "pip install")][1]
    torch, others = (part for part in pip.split("&&") if "pip install" in part)
    assert '--index-url "$TORCH_INDEX"' in torch and "TORCH_INDEX" not in others
    assert "--no-cache-dir" in torch and "--no-cache-dir" in others


@pytest.mark.parametrize("source", ["repository", *SDKS])
def test_the_line_of_torch_is_found_in_every_kind_of_requirements(source):
    """The image is built from the repository, and in a Space from what was sent there."""
    command = re.search(r'"\$\((.*?)\)"', steps()[index_of("RUN", "pip install")][1])[1]
    text = (ROOT / "requirements.txt").read_bytes()
    if source != "repository":
        text = files_of(source, "cpu-basic")["requirements.txt"]
    words = [word for word in shlex.split(command) if word != "requirements.txt"]
    line = subprocess.run(words, input=text, capture_output=True).stdout
    assert re.fullmatch(rb"torch[<=>~!][^ #]*\n", line)


def test_only_what_is_sent_is_copied():
    present = set(files_of("docker", "cpu-basic"))
    copied = set()
    for name, rest in steps():
        if name == "COPY":
            *sources, _ = [word for word in rest.split() if not word.startswith("--")]
            matched = {
                path
                for path in present
                for source in sources
                if fnmatch.fnmatch(path, source) or path.startswith(f"{source}/")
            }
            assert matched
            for source in sources:  # a pattern may match nothing
                assert "[" in source or any(f"{path}/".startswith(f"{source}/") for path in present)
            copied |= matched
    # The documents are for those who look at a Space's files.
    left = present - copied - {path for path in present if path.endswith(".md")}
    assert {path for path in left if not path.startswith("docs/")} == {"Dockerfile"}


def test_the_linter_has_nothing_to_say():
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if linter is None:
        pytest.skip("hadolint is not installed (it is for Linux on x86-64 only)")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
