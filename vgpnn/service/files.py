"""Temporary files: a folder with a random name for each job, below one base folder, removed after
a while."""

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
from vgpnn.service.owned import NoRoom, add_preview

EMPTY_SECONDS = 10.0  # [s] after which an upload's folder is removed that nothing was put in
PART_SECONDS = 60.0  # [s] without a change after which a part of an upload is of one that broke off
DISK_FULL = "The server's disk is nearly full: try again in an hour, when old results are gone."


def _base_folder() -> Path:
    """A folder in the system's temporary folder that only this user can open. Somebody else's
    folder of the same name is not used."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    base = Path(tempfile.gettempdir()).resolve() / f"vgpnn-page-{user}"
    try:
        base.mkdir(mode=0o700, exist_ok=True)
        status = base.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == user:
            base.chmod(0o700)
            return base
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="vgpnn-page-")).resolve()


BASE = _base_folder()
UPLOADS = BASE / "uploads"  # Gradio puts each upload in a folder of its own in here
# Records have a folder of their own, because the address of a result tells the folder of its job.
RECORDS = BASE / "records"
# Files in UPLOADS to which this process writes an upload at the moment.
arriving: set[Path] = set()


def new_folder() -> Path:
    """Make a folder whose name cannot be guessed: whoever knows an address in it may read it.

    Raises NoRoom while the disk is nearly full, or one person has too many previews.
    """
    check_disk()
    folder = BASE / secrets.token_hex(16)
    add_preview(folder, _is_of_a_job)
    folder.mkdir(mode=0o700)
    return folder


def _is_of_a_job(folder: Path) -> bool:
    return (RECORDS / f"{folder.name}.json").exists()


def remove_old(in_use: set[Path] = frozenset()) -> None:
    """Remove folders of jobs and uploads that are too old, and records without a job.

    in_use: folders that stay. In UPLOADS there may also be files: Gradio leaves an empty one for
    each event with an upload, and a server that ended leaves parts.
    """
    staying = in_use | arriving
    for path in [*job_folders(), *_entries(UPLOADS)]:
        if path not in staying and age(path) > _longest(path):
            remove(path)
    for record in _entries(RECORDS):
        folder = BASE / record.name.split(".")[0]
        if not folder.is_dir() and age(record) > LIMITS.keep_seconds:
            remove(record)


def _longest(path: Path) -> float:
    """How long [s] something in BASE or in UPLOADS stays after its last change."""
    if path.parent == UPLOADS:
        if path.is_file():
            return min(PART_SECONDS, LIMITS.keep_seconds)
        # Gradio removes the file of an upload by itself, which makes the folder look new.
        if not has_file(path):
            return EMPTY_SECONDS
    return LIMITS.keep_seconds


def has_file(folder: Path) -> bool:
    """Whether there is a folder, and something in it."""
    try:
        return next(folder.iterdir(), None) is not None
    except OSError:  # it is gone
        return False


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it. What is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def job_folders() -> list[Path]:
    """The folders of all jobs, this server's and those of earlier ones."""
    return [folder for folder in _entries(BASE) if folder not in (UPLOADS, RECORDS)]


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def age(path: Path) -> float:
    """Seconds since a folder was changed or renewed; 0 where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another process of this user removed it
        return 0.0


def check_disk(needed: int = 0) -> None:
    """Raises NoRoom where the disk is nearly full, or would be with so many bytes more."""
    if shutil.disk_usage(BASE).free - needed < LIMITS.free_bytes:
        raise NoRoom(DISK_FULL)


def renew(path: Path) -> None:
    """Let the time that a file of the server is kept begin anew.

    `remove_old` looks at the time of its folder. Gradio, which also removes old uploads, looks at
    when the file's status was changed (`st_ctime`), which any change of its times sets. The file's
    own modification time stays, so that it still tells whether the content is the same.
    """
    path = path.resolve()
    if BASE in path.parent.parents:
        with suppress(FileNotFoundError):
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
            os.utime(path.parent)


def is_upload(name) -> bool:
    """Whether a name is the path of an uploaded file itself: no link, and no other file of the
    server."""
    try:
        path = Path(name)
        return UPLOADS in path.parents and path == path.resolve() and path.is_file()
    except (OSError, TypeError, ValueError):
        return False


def remove_upload(path: str | Path) -> None:
    """Remove an upload that was refused. A file that is no upload stays."""
    path = Path(path)
    if UPLOADS in path.resolve().parents:
        path.unlink(missing_ok=True)


def url(path: Path) -> str:
    """The address of a file. It is relative to the page, so that it is right behind any proxy."""
    return "gradio_api/file=" + quote(path.as_posix())


def plain_stem(name: str) -> str:
    """The stem of a user's file name in at most 32 plain characters, as the beginning of our file
    names; "clip" if nothing is left."""
    return re.sub(r"[^A-Za-z0-9]+", "-", Path(name).stem).strip("-").lower()[:32] or "clip"
