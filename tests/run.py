"""Run all tests on a machine that has Python and nothing else: `python3 tests/run.py`.

Makes a virtual environment in `.venv`, installs the tested versions and, where none is found, a
browser, then calls ruff and pytest with the arguments given.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    requirements = [
        f"--requirement={ROOT / name}" for name in ("requirements.txt", "tests/requirements.txt")
    ]
    constraints = f"--constraint={ROOT / 'tests' / 'constraints.txt'}"
    run(python, "-m", "pip", "install", "--quiet", *requirements, constraints)
    environment = dict(os.environ, VGPNN_CHROMIUM=browser(python))
    checks = (
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "pytest", "-q", "--durations=8", *sys.argv[1:]],
    )
    # A list, not a generator: the second check runs though the first has failed.
    return int(any([subprocess.run(c, cwd=ROOT, env=environment).returncode for c in checks]))


def browser(python: Path) -> str:
    """Path of a Chromium, installed first where there is none; "" is Playwright's own."""
    for name in BROWSERS:
        if path := os.environ.get("VGPNN_CHROMIUM") or shutil.which(name):
            return path
    if shutil.which("apt-get") and os.geteuid() == 0:
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
        return shutil.which("chromium")
    run(python, "-m", "playwright", "install", "chromium")
    return ""


def run(*command) -> None:
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
