"""Run the tests on a machine that has Python and nothing else.

`python3 tests/run.py` runs everything; `python3 tests/run.py --quick` runs the tests of the engine,
in under a minute. Further words go to pytest. A virtual environment is made in `.venv` with the
tested versions, and where no browser is found, one is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
# The tests of a file stay together, because they share what was made for them. Clusters and pages
# in processes of their own wait more than they compute, so their tests run one by one beside the
# others. Two browsers use two cores.
PROCESSES = min(4, max(2, os.cpu_count() or 1))
PARALLEL = ["-n", str(PROCESSES), "--dist=loadfile"]
# These files take longest: begun last, one of them would go on while other processes have ended.
LONG = (
    "service/test_ending.py",
    "service/guard/test_honest_use.py",
    "vote/test_cpu_median.py",
    "search/test_cpu_comparison.py",
    "tasks/test_generation.py",
    "service/guard/test_payloads.py",
    "vote/test_gpu.py",
    "search/test_gpu.py",
    "search/test_gpu_exact.py",
    "search/test_gpu_kernels.py",
    "machine/test_kernels.py",
)
LONG_FIRST = ["--no-loadscope-reorder", *(f"tests/{name}" for name in LONG), "tests"]
# The same of the page's tests: of two browsers one would go on alone.
LONG_PAGES = (
    "test_states.py",
    "panels/test_run.py",
    "static/test_numbers.py",
    "test_api.py",
    "test_page.py",
    "panels/test_words.py",
    "static/test_drafts.py",
)
PAGES = ["--no-loadscope-reorder", *(f"tests/page/{name}" for name in LONG_PAGES), "tests/page"]
BROWSER = ["-n", "2", "--dist=loadfile", *PAGES]
ONE_BY_ONE = ["tests/service/executors", "tests/test_app_process.py", "tests/test_wheel.py"]
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome")
OTHER_ROOMS = "service", "page", "cli", "deployment", "decoding", "evaluation", "machine"
OTHER_MODULES = (
    "api_examples",
    "app",
    "comparison",
    "dockerfile",
    "editing",
    "docs",
    "encoding",
    "notebook",
    "video",
    "wheel",
)
# What --quick leaves out: everything that is not the engine, and what takes long.
NOT_QUICK = [
    *(f"--ignore=tests/{room}" for room in OTHER_ROOMS),
    *(f"--ignore-glob=tests/test_{name}*.py" for name in OTHER_MODULES),
    "-m",
    "not slow",
]


def main(words: Sequence[str]) -> int:
    """Run ruff and pytest; returns 0 if all of them are content."""
    quick = "--quick" in words
    words = [word for word in words if word != "--quick"]
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install(python)
    # Threads of OpenMP that wait for each other would keep the cores busy for other processes.
    environment = os.environ | {"OMP_WAIT_POLICY": "passive"}
    # Else every process would compile all modules and all tests anew, which takes seconds each.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if not quick:
        environment["VGPNN_CHROMIUM"] = browser(python)
    if quick:
        parts = [[*PARALLEL, *NOT_QUICK, *words]]
    elif words:
        parts = [words]
    else:
        elsewhere = [f"--ignore={path}" for path in ("tests/page", *ONE_BY_ONE)]
        parts = [[*PARALLEL, *elsewhere, *LONG_FIRST], BROWSER]
    pytest = [python, "-m", "pytest", "-q", "--durations=8"]
    checks = (
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        *([*pytest, *part] for part in parts),
    )
    beside = [] if words or quick else [[*pytest, *ONE_BY_ONE]]
    known = {"cwd": ROOT, "env": environment}
    with tempfile.TemporaryFile("w+") as said:
        others = [subprocess.Popen(each, stdout=said, stderr=said, **known) for each in beside]
        # A list, not a generator: the later checks run though an earlier one has failed.
        codes = [subprocess.run(each, **known).returncode for each in checks]
        codes += [process.wait() for process in others]
        said.seek(0)
        print(said.read(), flush=True)
    return int(any(codes))


def install(python: Path) -> None:
    """Make the virtual environment, and install the tested versions of all packages."""
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    files = ("requirements.txt", "tests/requirements.txt")
    requirements = [f"--requirement={ROOT / file}" for file in files]
    constraints = f"--constraint={ROOT / 'tests' / 'constraints.txt'}"
    run(python, "-m", "pip", "install", "--quiet", *requirements, constraints)


def browser(python: Path) -> str:
    """The path of a Chromium, which is installed if there is none; "" means Playwright's own."""
    for name in BROWSER_NAMES:
        if path := os.environ.get("VGPNN_CHROMIUM") or shutil.which(name):
            return path
    if shutil.which("apt-get") and os.geteuid() == 0:
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
        return shutil.which("chromium")
    run(python, "-m", "playwright", "install", "chromium")
    return ""


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
