"""Temporary files: one random folder per job below one base folder, removed after a while."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from vgpnn.limits import LIMITS

EMPTY = 10.0  # [s] after which a folder in which nothing has been put is removed
DISK_FULL = "The server's disk is nearly full: try again in an hour, when old results are gone."


def _base() -> Path:
    """A folder that only this user can open; somebody else's folder of that name is not used."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    base = Path(tempfile.gettempdir()).resolve() / f"vgpnn-page-{user}"
    try:
        base.mkdir(mode=0o700, exist_ok=True)
        found = base.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == user:
            base.chmod(0o700)
            return base
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="vgpnn-page-")).resolve()


BASE = _base()
UPLOADS = BASE / "uploads"
# Never in the folder of a job: the address of a result tells that one.
RECORDS = BASE / "records"
page_folders: set[Path] = set()  # folders in UPLOADS of pictures that the page itself shows


def new_folder() -> Path:
    """A folder whose name cannot be guessed: knowing the address is the right to read it.

    Raises ValueError while the disk is nearly full."""
    check_disk()
    folder = BASE / secrets.token_hex(16)
    folder.mkdir(mode=0o700)
    return folder


def remove_old(in_use: set[Path] = frozenset()) -> None:
    """Remove folders of jobs and uploads that are too old and not in use; and what is no folder:
    Gradio leaves the beginning of an upload that broke off."""
    for folder in [*job_folders(), *_folders(UPLOADS)]:
        # One that Gradio has emptied looks new.
        oldest = EMPTY if folder.parent == UPLOADS and _is_empty(folder) else LIMITS.keep_seconds
        if folder not in in_use | page_folders and age(folder) > oldest:
            remove(folder)
    for record in _folders(RECORDS):
        if not (BASE / record.stem).is_dir() and age(record) > LIMITS.keep_seconds:
            remove(record)


def _is_empty(path: Path) -> bool:
    try:
        return next(path.iterdir(), None) is None
    except OSError:  # no folder, or gone
        return False


def remove(path: Path) -> None:
    """A file, or a folder and all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def job_folders() -> list[Path]:
    return [folder for folder in _folders(BASE) if folder not in (UPLOADS, RECORDS)]


def _folders(parent: Path) -> list[Path]:
    return list(parent.iterdir()) if parent.is_dir() else []


def age(path: Path) -> float:
    """Seconds since something was last added to a folder; 0 where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another process of this user removed it
        return 0.0


def check_disk() -> None:
    """Raises ValueError while the disk is nearly full."""
    if shutil.disk_usage(BASE).free < LIMITS.free_bytes:
        raise ValueError(DISK_FULL)


def renew(path: str | Path) -> None:
    """A file of ours that is in use begins its time anew: here by its folder, for Gradio, which
    also removes what is old, by itself."""
    path = Path(path).resolve()
    if BASE in path.parent.parents:
        with suppress(FileNotFoundError):
            os.utime(path)
            os.utime(path.parent)


def is_upload(name) -> bool:
    """Whether this names an uploaded file, directly: no link, and nothing else of the server."""
    try:
        path = Path(name)
        return UPLOADS in path.parents and path == path.resolve() and path.is_file()
    except (OSError, TypeError, ValueError):
        return False


def remove_upload(path: str | Path) -> None:
    """Remove an upload that was refused; anything that is not an upload stays."""
    path = Path(path)
    if UPLOADS in path.resolve().parents:
        path.unlink(missing_ok=True)


def url(path: Path) -> str:
    """The address of a file, relative to the page, so that it holds behind any proxy."""
    return "gradio_api/file=" + quote(path.as_posix())


def plain_stem(name: str) -> str:
    """A user's file name as the start of ours: plain characters, not long."""
    return re.sub(r"[^A-Za-z0-9]+", "-", Path(name).stem).strip("-").lower()[:32] or "clip"
