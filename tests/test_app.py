"""app.py is the command `app`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import app

ROOT = Path(__file__).parents[1]


@pytest.fixture
def given(monkeypatch) -> list:
    """The words that the command line gets from app.py; it answers with a status of its own."""
    words = []
    monkeypatch.setattr(app, "run_command", lambda line: words.append(line) or 3)
    return words


def test_the_words_of_app_are_those_of_the_command(given, monkeypatch):
    assert app.main(["--port", "80"]) == 3
    monkeypatch.setattr("sys.argv", ["app.py", "--share"])
    assert app.main() == 3
    assert given == [["app", "--port", "80"], ["app", "--share"]]


def test_what_packages_of_a_space_change_comes_before_torch():
    """`spaces` refuses to work where torch was loaded before it."""
    code = (
        "import sys, types\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'spaces': sys.exit(print('torch' in sys.modules))\n"
        "sys.meta_path.insert(0, Finder())\n"
        "import app\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_an_error_ends_with_its_status():
    words = [sys.executable, ROOT / "app.py", "--port", "x"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr == "vgpnn: --port must be a whole number from 1 to 65535, not 'x'.\n"
