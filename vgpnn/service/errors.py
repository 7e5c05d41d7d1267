"""What is said of an error: one sentence to the user, and to the log where it was raised.

The log never gets the text of an error, which may hold the name of somebody's file.
"""

from __future__ import annotations

import errno
import traceback

from vgpnn.service import files

UNEXPECTED = "Something went wrong on the server: try again, or try a shorter clip."


class RemoteError(RuntimeError):
    """An unexpected error of another process; its text is the `traceback_text` from there."""


def user_message(error: Exception) -> str:
    """The sentence that a user gets for an error of a job; UNEXPECTED for what has no better one.

    A ValueError (VideoError is one) was raised with a sentence for the user.
    """
    if isinstance(error, MemoryError):
        return "The memory is not enough: choose fewer frames or a smaller height."
    if is_disk_full(error):
        return files.DISK_FULL
    return str(error) if isinstance(error, ValueError) else UNEXPECTED


def is_disk_full(error: BaseException) -> bool:
    """Whether an error was raised because no more can be written."""
    # A full disk is often the context of an encoder's error, whose own sentence tells the user to
    # check a folder of the server.
    numbers = {getattr(each, "errno", None) for each in (error, error.__context__)}
    return bool(numbers & {errno.ENOSPC, errno.EDQUOT})


def traceback_text(error: BaseException) -> str:
    """The traceback of an error with its type instead of its text."""
    if isinstance(error, RemoteError):
        return str(error)
    frames = "".join(traceback.format_tb(error.__traceback__))
    number = f" (errno {error.errno})" if isinstance(error, OSError) else ""
    return f"Traceback (most recent call last):\n{frames}{type(error).__name__}{number}"


def log_traceback(error: BaseException) -> dict:
    """The `extra` of a log call: the whole traceback, for errors of the server itself."""
    return {"fields": {"traceback": traceback_text(error)}}


def log_place(error: BaseException) -> dict:
    """The `extra` of a log call: the type of the error and the line that raised it."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return {"fields": {"cause": type(error).__name__, "at": f"{last.name}:{last.lineno}"}}
