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
PARALLEL = ["-n", str(PROCESSES), "--dist=loadfile", "--no-loadscope-reorder"]
BROWSER = ["-n", "2", "--dist=loadfile", "--no-loadscope-reorder", "tests/page"]
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
    known = {"cwd": ROOT, "env": environment}
    # Else each of the processes that begin at once would compile the same kernels.
    compiling = subprocess.Popen([python, "-c", "import vgpnn; vgpnn.warm_up()"], **known)
    if not quick:
        environment["VGPNN_CHROMIUM"] = browser(python)
    if compiling.wait():
        return compiling.returncode
    if quick:
        parts = [[*PARALLEL, *NOT_QUICK, *words]]
    elif words:
        parts = [words]
    else:
        elsewhere = [f"--ignore={path}" for path in ("tests/page", *ONE_BY_ONE)]
        parts = [[*PARALLEL, *elsewhere], BROWSER]
    pytest = [python, "-m", "pytest", "-q", "--durations=8"]
    checks = (
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        *([*pytest, *part] for part in parts),
    )
    beside = [] if words or quick else [[*pytest, *ONE_BY_ONE]]
    with tempfile.TemporaryFile("w+") as said:
        others = [subprocess.Popen(each, stdout=said, stderr=said, **known) for each in beside]
        try:
            # A list, not a generator: the later checks run though an earlier one has failed.
            codes = [subprocess.run(each, **known).returncode for each in checks]
            codes += [process.wait() for process in others]
        finally:
            for process in others:
                process.kill()  # of one that has ended already nothing comes
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
