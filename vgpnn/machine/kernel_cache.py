"""The folder in which Numba keeps compiled kernels."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from numba.core import config


def use_writable_folder() -> None:
    """Go on with a copy of NUMBA_CACHE_DIR if nothing can be written there.

    An image with a read-only root has kernels that were compiled when it was built, but Numba uses
    no folder that it cannot write to. Call this before the first kernel is made.
    """
    folder = os.environ.get("NUMBA_CACHE_DIR", "")
    if folder and Path(folder).is_dir() and not _is_writable(folder):
        copy = tempfile.mkdtemp(prefix="vgpnn-kernels-")
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = copy


def _is_writable(folder: str) -> bool:
    # os.access says yes to root, even where the file system is read-only.
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
