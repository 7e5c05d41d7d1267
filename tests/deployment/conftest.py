"""Fixtures of a deployment: a small project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SENT = (
    "vgpnn/__init__.py",
    "vgpnn/cost.py",
    "vgpnn/page/static/page.css",
    "vgpnn/page/static/tab.js",
    "examples/a.mp4",
    "examples/a_result.mp4",
    "examples/b.jpg",
)
KEPT_HERE = (
    "vgpnn/.env",
    "vgpnn/__pycache__/x.cpython-312.pyc",
    "vgpnn/page/__pycache__/k.1.nbc",
    "vgpnn/page/static/page.css~",
    "vgpnn/.ruff_cache/x",
    ".env",
    ".git/config",
    "tests/test_x.py",
    "tests/bench/x.json",
    "examples/unused.mp4",
    "examples/render.py",
    "examples/scenes/sea.py",
    "pyproject.toml",
)


@pytest.fixture
def tree(tmp_path):
    """A small project with everything in it that must not be sent."""
    root = tmp_path / "project"
    for name in ("app.py", "LICENSE", "requirements.txt", "Dockerfile", "tests/constraints.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for name in SENT + KEPT_HERE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n" * 100)
    (root / "README.md").write_text("# A page\n\n![b](examples/b.jpg)\n![c](https://a.b/c.jpg)\n")
    entry = {"name": "a", "title": "A", "video": "a.mp4", "result": "a_result.mp4"}
    (root / "examples" / "index.json").write_text(json.dumps([entry]))
    return root


@pytest.fixture
def sent_files():
    """Paths of the files that a Gradio Space made from `tree` has."""
    made = {"app.py", "LICENSE", "requirements.txt", "README.md", "examples/index.json"}
    return made | set(SENT)
