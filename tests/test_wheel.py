"""A wheel of the project, installed in an environment of its own, far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest
from helpers.clips import clip
from helpers.server import Server
from packaging.requirements import Requirement

import vgpnn
from vgpnn.deployment.files import files_of

ROOT = Path(__file__).parents[1]
SOURCES = "LICENSE", "MANIFEST.in", "app.py", "pyproject.toml", "requirements.txt", "setup.py"
# Runs at the start of every Python of the environment: it notes what is opened of the checkout.
# The packages of the tests may lie there, too.
WATCH = """
import os, sys
def note(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if path.startswith({checkout!r}) and not path.startswith({packages!r}):
            descriptor = os.open({log!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            os.write(descriptor, (path + os.linesep).encode())
            os.close(descriptor)
sys.addaudithook(note)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel that is built from a copy of the sources, so that the build leaves nothing here."""
    folder = tmp_path_factory.mktemp("build")
    for name in SOURCES:
        shutil.copy(ROOT / name, folder)
    for name in ("vgpnn", "examples"):
        ignored = shutil.ignore_patterns("__pycache__", "*.nb[ic]")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    # setuptools is a package of the tests, so nothing has to be fetched.
    words = ["wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    pip(*words, "--wheel-dir", str(folder / "dist"), str(folder))
    (built,) = (folder / "dist").iterdir()
    return built


def pip(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Installed:
    """The wheel in an environment that has all other packages, and a folder to work in.

    python: its interpreter. packages: where it was installed. environment: without variables that
    lead to the checkout.
    """

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.folder, self._log = folder / "work", folder / "opened.txt"
        self.folder.mkdir()
        venv.create(folder / "env", symlinks=os.name != "nt")
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.python = folder / "env" / scripts / "python"
        self.environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        words = ["import sysconfig; print(sysconfig.get_path('purelib'))"]
        (self.packages,) = map(Path, self.run("-c", *words).stdout.splitlines())
        install = ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
        pip("--python", str(self.python), *install)
        others = [path for path in sys.path if Path(path).name.endswith("-packages")]
        (self.packages / "others.pth").write_text("\n".join(others))
        watch = WATCH.format(
            checkout=str(ROOT) + os.sep, packages=sys.prefix + os.sep, log=str(self._log)
        )
        (self.packages / "sitecustomize.py").write_text(watch)

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.python, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def opened_in_checkout(self) -> list[str]:
        """Files and folders of the checkout that its processes have opened since the last call."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        self._log.unlink(missing_ok=True)
        return lines


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Installed:
    return Installed(wheel, tmp_path_factory.mktemp("installed"))


def test_the_wheel_carries_what_a_space_gets(wheel):
    """Every module, style and script, and under another name the examples: nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("/LICENSE")]
    sent = files_of("docker", "cpu-basic")
    code = {name for name in sent if name.startswith("vgpnn/")}
    shown = {
        name.replace("examples/", "vgpnn/bundled/", 1)
        for name in sent
        if name.startswith("examples/") and Path(name).suffix in (".mp4", ".webp", ".json", ".png")
    }
    assert names == code | shown and len(shown) > 50 and len(licences) == 1
    assert "vgpnn/page/static/main.js" in names and "vgpnn/page/static/base.css" in names


def test_the_version_and_the_packages_are_those_of_the_project(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        lines = archive.read(name).decode().splitlines()
    assert f"Version: {vgpnn.__version__}" in lines
    needed = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist")]
    texts = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [text for text in texts if text and not text.startswith("#")]
    extras = [text for text in needed if "extra ==" in text]
    assert {*map(Requirement, {*needed} - {*extras})} == {*map(Requirement, wanted)}
    assert len(wanted) > 10 and [Requirement(text).name for text in extras] == ["transformers"]


def test_what_is_opened_in_the_checkout_is_noticed(installed):
    """Otherwise the tests below would show nothing."""
    readme = ROOT / "README.md"
    assert installed.run("-c", f"open({str(readme)!r})").returncode == 0
    assert installed.opened_in_checkout() == [str(readme)]


def test_the_version_is_printed(installed):
    done = installed.run("-m", "vgpnn", "--version")
    assert done.stdout == f"vgpnn {vgpnn.__version__}\n", done.stderr
    assert installed.opened_in_checkout() == []


def test_a_take_is_made(installed):
    vgpnn.video.write(installed.folder / "clip.mp4", clip(5, 48, 64))
    done = installed.run("-m", "vgpnn", "generate", "clip.mp4", "take.mp4", "--quality", "fast")
    assert done.returncode == 0, done.stderr
    assert (installed.folder / "take.mp4").stat().st_size > 500
    assert installed.opened_in_checkout() == []


def test_the_page_starts_with_its_scripts_and_examples(installed, tmp_path):
    page = Server(
        tmp_path,
        program=(installed.python, "-m", "vgpnn", "app"),
        environment={"VGPNN_EXAMPLES": "", "PYTHONPATH": ""},
    )
    try:

        def text(path: str) -> str:
            with urllib.request.urlopen(page.url + path, timeout=20) as answer:
                return answer.read().decode()

        assert json.loads(text("healthz"))["status"] == "ok"
        static = installed.packages / "vgpnn" / "page" / "static"
        assert text("static/vgpnn/main.js") == (static / "main.js").read_text()
        config = text("config")
        assert "bundled/balloons.mp4" in config and str(ROOT / "examples") not in config
        example = installed.packages / "vgpnn" / "bundled" / "balloons.mp4"
        with urllib.request.urlopen(f"{page.url}gradio_api/file={example}") as answer:
            assert answer.read() == example.read_bytes()
    finally:
        page.stop()
    assert page.tracebacks() == 0
    assert installed.opened_in_checkout() == []


def test_a_deployment_needs_the_repository_and_says_so(installed):
    done = installed.run("-m", "vgpnn", "deploy", "ada/vgpnn", "--dry-run")
    assert done.returncode == 1 and "run this in a clone of the repository" in done.stderr
