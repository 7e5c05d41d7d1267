"""requirements.txt names every package that is imported, and says what for."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# Imported only if they are there, or only by those who choose what needs them.
OPTIONAL = {"matplotlib", "ray", "spaces", "torchvision", "transformers", "triton"}
LOCAL = {"vgpnn", "sandbox"}


def imported_packages() -> set[str]:
    """Names of the top-level packages that app.py and vgpnn import."""
    names = set()
    for path in (ROOT / "app.py", *(ROOT / "vgpnn").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - LOCAL


def named(file: str) -> set[str]:
    lines = (ROOT / file).read_text().splitlines()
    texts = [text for line in lines if (text := line.partition("#")[0].strip())]
    return {canonicalize_name(Requirement(text).name) for text in texts}


def test_every_package_that_is_imported_is_named_and_no_other():
    distributions = packages_distributions()
    needed = {canonicalize_name(distributions[name][0]) for name in imported_packages() - OPTIONAL}
    assert named("requirements.txt") == needed


def test_every_package_has_a_line_that_says_what_it_is_for():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    for before, line in zip(["", *lines], lines):
        if line and not line.startswith("#"):
            assert before.startswith("# ") and before.endswith(".")
            assert "#" not in line  # the Dockerfile hands lines to pip one by one


def test_every_package_has_a_tested_version():
    assert named("requirements.txt") <= named("tests/constraints.txt")
