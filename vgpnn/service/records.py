"""What outlives the process: every job as a file, so that a page finds it again after the server
was started anew. It holds the job's token: no address leads to it."""

from __future__ import annotations

import io
import logging
import pickle
import zlib
from pathlib import Path

from vgpnn.service import errors, files

# Nothing else is made when a record is read: a file that somebody else wrote cannot do harm.
FIELDS = ("token", "request", "shown", "results", "settings", "error")
KNOWN = {
    ("vgpnn.service.request", "Request"),
    ("vgpnn.service.request", "Clip"),
    ("vgpnn.settings", "Settings"),
    ("vgpnn.video", "VideoInfo"),
    ("fractions", "Fraction"),
    ("pathlib", "PosixPath"),
    ("pathlib", "WindowsPath"),
    ("pathlib._local", "PosixPath"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.numeric", "_frombuffer"),
}


log = logging.getLogger(__name__)


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str):
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"a record holds {module}.{name}")
        return super().find_class(module, name)


def write(folder: Path, record: dict) -> None:
    """Replace the record of a folder, all or nothing. Where that fails, on a full disk for example,
    the job goes on: what there is to know of it is gone with the process then."""
    path = _path(folder)
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        new.write_bytes(zlib.compress(pickle.dumps(record), 1))  # mostly paint, mostly empty
        new.replace(path)
    except Exception as error:
        log.warning("record not written", extra=errors.log_place(error))


def read(folder: Path) -> dict | None:
    """The record of a folder; None where there is none, or one of another version, which has other
    names."""
    try:
        record = _Reader(io.BytesIO(zlib.decompress(_path(folder).read_bytes()))).load()
    except (
        OSError,
        EOFError,
        AttributeError,
        ImportError,
        IndexError,
        TypeError,
        ValueError,
        zlib.error,
        pickle.UnpicklingError,
    ):
        return None
    return record if isinstance(record, dict) and record.keys() == set(FIELDS) else None


def remove(folder: Path) -> None:
    """A job that did not come to be."""
    _path(folder).unlink(missing_ok=True)
    files.remove(folder)


def _path(folder: Path) -> Path:
    return files.RECORDS / f"{folder.name}.pickle"
