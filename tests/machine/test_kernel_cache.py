"""The folder in which Numba keeps compiled kernels."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from numba.core import config

from vgpnn.machine import kernel_cache

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one kernel, which NUMBA_CACHE_DIR names."""
    folder = tmp_path / "made"
    (folder / "search_1").mkdir(parents=True)
    (folder / "search_1" / "k.nbi").write_text("kernel")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    monkeypatch.setattr(config, "CACHE_DIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return folder


@pytest.fixture
def read_only(monkeypatch):
    """No temporary file can be made, as in a folder of a read-only file system."""

    def refuse(dir: str) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)


def test_a_folder_that_can_be_written_to_is_used_as_it_is(folder):
    kernel_cache.use_writable_folder()
    assert os.environ["NUMBA_CACHE_DIR"] == config.CACHE_DIR == str(folder)


def test_a_folder_that_cannot_be_written_to_is_copied(folder, read_only):
    kernel_cache.use_writable_folder()
    copy = Path(os.environ["NUMBA_CACHE_DIR"])
    assert copy != folder and str(copy) == config.CACHE_DIR
    assert (copy / "search_1" / "k.nbi").read_text() == "kernel"


def test_without_a_folder_numba_keeps_its_own(tmp_path, monkeypatch, read_only):
    monkeypatch.setattr(config, "CACHE_DIR", "")
    for name in ("", str(tmp_path / "missing")):
        monkeypatch.setenv("NUMBA_CACHE_DIR", name)
        kernel_cache.use_writable_folder()
        assert os.environ["NUMBA_CACHE_DIR"] == name and config.CACHE_DIR == ""


def test_kernels_are_kept_in_the_folder_that_was_chosen_after_the_import(tmp_path):
    """No kernel is made while vgpnn is imported: it would have looked for the folder by then."""
    code = (
        "import tempfile; from vgpnn.machine import kernel_cache\n"
        "kernel_cache._is_writable = lambda folder: False\n"
        "kernel_cache.use_writable_folder()\n"
        "from vgpnn.machine.kernels import kernel_of\n"
        "@kernel_of(1)\n"
        "def double(x): return 2 * x\n"
        "double(3); print(double._cache.cache_path)\n"
    )
    (tmp_path / "made").mkdir()
    script = tmp_path / "script.py"  # Numba caches what is in a file
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script],
        env=os.environ
        | {
            "NUMBA_CACHE_DIR": str(tmp_path / "made"),
            "TMPDIR": str(tmp_path),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path}/vgpnn-kernels-")
    assert list((tmp_path / "made").iterdir()) == []
