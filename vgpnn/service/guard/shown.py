"""Which files leave the server, and with which headers."""

from __future__ import annotations

import re
from pathlib import Path

from vgpnn.service import files

# Endings of the files that may leave the server: a browser shows or saves them, and runs none.
VIDEOS, PICTURES = {".mp4", ".webm", ".gif"}, {".png", ".webp", ".jpg", ".jpeg"}
SHOWN_SUFFIXES = VIDEOS | PICTURES | {".json", ".bin", ".zip"}
RANGE = re.compile(rb"bytes=[0-9]{1,15}-[0-9]{0,15}")
# Headers of a request for a file that reach Gradio, which repeats some others in its answer.
FILE_REQUEST_HEADERS = {
    b"host",
    b"cookie",
    b"authorization",
    b"range",
    b"if-range",
    b"if-none-match",
}
# Headers of the answer that reach the browser.
FILE_ANSWER_HEADERS = {
    "content-type",
    "content-length",
    "content-range",
    "content-disposition",
    "accept-ranges",
    "etag",
    "last-modified",
}


def is_passed_on(name: bytes, value: bytes) -> bool:
    """Whether Gradio gets a header of a request for a file. Only a plain range of bytes is."""
    return name in FILE_REQUEST_HEADERS and (name != b"range" or RANGE.fullmatch(value) is not None)


def may_be_shown(name: str, bundled: frozenset[str]) -> bool:
    """Whether a name is the path of a file of ours itself, of a kind that is only shown.

    What visitors sent is not ours: the page would be a place to pass files on.

    bundled: names that may be shown wherever they are.
    """
    path = Path(name)
    if path.suffix.lower() not in SHOWN_SUFFIXES:
        return False
    try:
        # A path that equals its resolved form has neither ".." nor a link that leads elsewhere.
        return name in bundled or (
            files.BASE in path.parents
            and path == path.resolve()
            and path.is_file()
            and not _is_below(path, files.RECORDS)
            and not _is_below(path, files.UPLOADS)
        )
    except (OSError, ValueError):  # a name that is too long, or that has a zero byte
        return False


def _is_below(path: Path, folder: Path) -> bool:
    """Whether an existing file lies in a folder or deeper.

    Folders are compared as files, not by name: where "Records" and "records" are the same folder,
    `resolve` keeps the spelling of the name."""
    return folder.exists() and any(folder.samefile(parent) for parent in path.parents)
