"""Records of jobs: what outlives the process, so that a page finds its job again after the server
was started anew.

A record is one JSON file and, where something was painted, one .npz file with the arrays, in a
folder of their own that is never served: a record holds the job's token.

The JSON names its .npz, whose name is made from its content. So a crash at any moment leaves the
record of before or the new one: first the arrays are written, under a name that no other arrays
have, then the JSON is replaced.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from vgpnn.service import errors, files, request_data

VERSION = 1  # to be raised when the meaning of a field changes
FIELDS = ("token", "request", "shown", "results", "settings", "error")  # attributes of a Job

log = logging.getLogger(__name__)
_is_closed = False  # whether this process ends, and what is on record stays as it is
_locks: dict[Path, int | None] = {}  # by folder the file descriptor that holds its lock, if we do


def are_ours() -> bool:
    """Whether no other process serves from the same folder, so that what waits on record waits
    nowhere. From the first call on this holds until the process ends."""
    if files.BASE not in _locks:
        _locks[files.BASE] = None
        with suppress(ImportError, OSError):
            import fcntl  # not on Windows, where nothing waits again

            lock = os.open(files.BASE, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _locks[files.BASE] = lock
    return _locks[files.BASE] is not None


def close() -> None:
    """Write nothing from now on: this process ends, and what fails because of that is no news."""
    global _is_closed
    _is_closed = True


def write(folder: Path, record: dict) -> None:
    """Replace the record of a job's folder, all or nothing.

    record: a value for each of FIELDS. Where writing fails, on a full disk for example, the job
    goes on, and ends with the process.
    """
    if _is_closed:
        return
    try:
        files.RECORDS.mkdir(mode=0o700, exist_ok=True)
        plain, arrays = request_data.to_plain(record["request"])
        plain = {
            **record,
            "version": VERSION,
            "request": plain,
            "results": [path.name for path in record["results"]],
            "arrays": _write_arrays(folder, arrays) if arrays else None,
        }
        _replace(_json_path(folder), json.dumps(plain).encode())
        for path in _array_paths(folder):
            if path.name != plain["arrays"]:
                files.remove(path)
    except Exception as error:
        log.warning("record not written", extra=errors.log_place(error))


def read(folder: Path) -> dict | None:
    """The record of a job's folder: a value for each of FIELDS.

    Returns None where there is no record, or one that is damaged, forged or of another version.
    """
    try:
        plain = json.loads(_json_path(folder).read_bytes())
        if plain.pop("version") != VERSION:
            return None
        name = plain.pop("arrays")
        arrays = {} if name is None else _read_arrays(folder, name)
        record = plain | {
            "request": request_data.from_plain(plain["request"], arrays),
            "results": [_result_path(folder, result) for result in plain["results"]],
        }
        return record if _has_types(record) else None
    except Exception:  # whatever goes wrong with a damaged or forged file
        return None


def remove(folder: Path) -> None:
    """Remove a job's folder and its record."""
    for path in (_json_path(folder), *_array_paths(folder)):
        files.remove(path)
    files.remove(folder)


def _has_types(record: dict) -> bool:
    """Whether a record has all FIELDS, and each has its type."""
    return (
        record.keys() == set(FIELDS)
        and isinstance(record["token"], str)
        and _is_view(record["shown"])
        and isinstance(record["settings"], dict)
        and isinstance(record["error"], str | None)
    )


def _is_view(shown: Any) -> bool:
    """Whether a value can be drawn as `Job.shown`: it has what the page reads of every job."""
    return (
        isinstance(shown, dict)
        and isinstance(shown["phase"], str)
        and isinstance(shown["source"], dict)
        and isinstance(shown["source"].get("video", ""), str)
        and isinstance(shown["takes"], list)
        and all(isinstance(take, dict) for take in shown["takes"])
        and len(shown["size"]) == 3
        and all(type(side) is int for side in shown["size"])
    )


def _json_path(folder: Path) -> Path:
    return files.RECORDS / f"{folder.name}.json"


def _array_paths(folder: Path) -> list[Path]:
    return list(files.RECORDS.glob(f"{folder.name}.*.npz"))


def _result_path(folder: Path, name: str) -> Path:
    """The path of a result. Raises ValueError for one that would lie outside the folder."""
    path = folder / name
    # The name of folder / "" is that of the folder, and ".." is no name of a file.
    if path.parent != folder or path.name != name or name in ("", ".", ".."):
        raise ValueError("a result lies outside the folder of its job")
    return path


def _write_arrays(folder: Path, arrays: request_data.Arrays) -> str:
    """Write arrays, unless they are there already. Returns the name of the file."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.shape} {array.dtype} ".encode())
        digest.update(np.ascontiguousarray(array))
    path = files.RECORDS / f"{folder.name}.{digest.hexdigest()[:32]}.npz"
    if not path.is_file():
        new = path.with_suffix(".new")
        with new.open("wb") as file:
            np.savez_compressed(file, **arrays)
        new.replace(path)
    return path.name


def _read_arrays(folder: Path, name: str) -> request_data.Arrays:
    """The arrays in a file of this name. Raises ValueError for the file of another folder."""
    path = files.RECORDS / name
    if path not in _array_paths(folder):
        raise ValueError("the arrays of a record are not there")
    with np.load(path, allow_pickle=False) as content:
        return dict(content)


def _replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)
