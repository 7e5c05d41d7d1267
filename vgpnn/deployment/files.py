"""The files of a Space: those of the repository that it needs, and those that are made for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vgpnn import examples

ROOT = Path(__file__).parents[2]
PYTHON = "3.12"  # of a Gradio Space; ZeroGPU has 3.10, too
ZERO_TORCH = "2.11.0"  # the newest that ZeroGPU supports, at the time of writing
PORT = 7860
LINKED_SUFFIXES = (".md", ".ipynb", ".jpg", ".png", ".svg")  # documents, and their pictures
ONLY_TESTS = "# Of the tests."  # the line of constraints.txt after which nothing is sent


class Refused(ValueError):
    """Why nothing was sent, or not everything: one sentence that names the fix."""


def files_of(sdk: str, hardware: str, root: Path = ROOT) -> dict[str, Path | bytes]:
    """Exactly what a Space needs, by its path there: no tests, no caches, nothing hidden.

    A file of the repository is its `Path`; a file that is written for the Space is its bytes.
    sdk: one of `kinds.SDKS`. hardware: what the Space suggests to whoever copies it.
    """
    readme = (root / "README.md").read_text(encoding="utf-8")
    paths = [root / "app.py", root / "LICENSE", root / "examples" / "index.json"]
    paths += [path for e in examples.load(root / "examples") for path in e.files()]
    paths += examples.explained_files(root / "examples")
    paths += linked_files(root / "README.md")
    paths += [p for p in sorted((root / "vgpnn").rglob("*")) if _is_source(p.relative_to(root), p)]
    if sdk == "docker":
        paths.append(root / "Dockerfile")
    wanted = requirements(sdk, root)
    return {path.relative_to(root).as_posix(): path for path in paths} | {
        "README.md": (header(sdk, hardware, wanted) + readme).encode(),
        "requirements.txt": "".join(f"{each}\n" for each in wanted.values()).encode(),
    }


def linked_files(document: Path) -> list[Path]:
    """The documents and pictures that a Markdown file links to, and those that they link to."""
    files, documents = {document: None}, [document]
    for each in documents:  # grows while documents are found
        for link in re.findall(r"\]\(([^):#]+)[)#]", each.read_text(encoding="utf-8")):
            path = Path(os.path.normpath(each.parent / link))
            if path not in files and path.suffix in LINKED_SUFFIXES:
                files[path] = None
                documents += [path] if path.suffix == ".md" else []
    return list(files)[1:]


def _is_source(relative: Path, path: Path) -> bool:
    names = relative.parts
    hidden = any(name.startswith((".", "__pycache__")) or name.endswith("~") for name in names)
    return path.is_file() and not hidden


def requirements(sdk: str, root: Path = ROOT) -> dict[str, Requirement]:
    """The packages of requirements.txt and those that they need, by name, at the tested versions
    if those are known.

    A Space is built again at any time, with whatever is new by then: that is why all versions are
    fixed. A Gradio Space gets a torch that ZeroGPU supports. Raises Refused if there is none.
    """
    wanted = _read(_lines(root / "requirements.txt"))
    tested = _read(takewhile(ONLY_TESTS.__ne__, _lines(root / "tests" / "constraints.txt")))
    if sdk == "gradio":
        if ZERO_TORCH not in wanted["torch"].specifier:
            raise Refused(
                f"ZeroGPU supports torch up to {ZERO_TORCH}, which requirements.txt does not "
                "allow: use --sdk docker."
            )
        tested["torch"] = Requirement(f"torch=={ZERO_TORCH}")
    for name, requirement in wanted.items():
        if name in tested:
            requirement.specifier = tested[name].specifier
    return tested | wanted


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []


def _read(lines: Iterable[str]) -> dict[str, Requirement]:
    """The requirements in some lines that hold for the Python of a Space, by name."""
    requirements = {}
    for line in lines:
        if text := line.partition("#")[0].strip():
            requirement = Requirement(text)
            marker, requirement.marker = requirement.marker, None
            if marker is None or marker.evaluate({"python_version": PYTHON}):
                requirements[canonicalize_name(requirement.name)] = requirement
    return requirements


def header(sdk: str, hardware: str, wanted: dict[str, Requirement]) -> str:
    """The YAML block before the README, from which Hugging Face knows what to do with a Space."""
    pins = [each.version for each in wanted["gradio"].specifier if each.operator == "=="]
    fields_of_sdk = {
        "gradio": {
            "sdk_version": (pins or [version("gradio")])[0],
            "app_file": "app.py",
            "python_version": f'"{PYTHON}"',
        },
        "docker": {"app_port": PORT},
    }
    fields = {
        "title": "VGPNN",
        "emoji": "🎞️",
        "colorFrom": "gray",
        "colorTo": "yellow",
        "sdk": sdk,
        **fields_of_sdk[sdk],
        "suggested_hardware": hardware,
        "license": "mit",
        "short_description": "New takes of one short video, without training",
    }
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + "---\n\n"
