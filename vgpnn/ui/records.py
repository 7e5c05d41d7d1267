"""What outlives the process: every job as a file, so that a page finds it again after the server
was started anew. It holds the job's token: no address leads to it."""

from __future__ import annotations

import io
import pickle
from contextlib import suppress
from pathlib import Path

from . import files

# Nothing else is made when a record is read: a file that somebody else wrote cannot do harm.
KNOWN = {
    ("vgpnn.ui.request", "Request"), ("vgpnn.ui.request", "Clip"), ("vgpnn.ui.people", "Person"),
    ("vgpnn.settings", "Settings"), ("vgpnn.video", "VideoInfo"), ("fractions", "Fraction"),
    ("pathlib", "PosixPath"), ("pathlib", "WindowsPath"), ("pathlib._local", "PosixPath"),
    ("numpy", "ndarray"), ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"), ("numpy.core.numeric", "_frombuffer"),
}  # fmt: skip


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str):
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"a record holds {module}.{name}")
        return super().find_class(module, name)


def write(folder: Path, record: dict) -> None:
    """Replace the record of a folder, all or nothing. A full disk is no error: the record is gone
    with the process then."""
    path = _path(folder)
    new = path.with_suffix(".new")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        new.write_bytes(pickle.dumps(record))
        new.replace(path)


def read(folder: Path) -> dict | None:
    """The record of a folder; None where there is none, or one of another version."""
    try:
        return _Reader(io.BytesIO(_path(folder).read_bytes())).load()
    except (OSError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError,
            pickle.UnpicklingError):  # fmt: skip
        return None


def _path(folder: Path) -> Path:
    return files.RECORDS / f"{folder.name}.pickle"
