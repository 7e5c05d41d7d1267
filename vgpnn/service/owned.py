"""Who caused which files: previews and pictures of one person take only so much of the disk."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path

from vgpnn.limits import LIMITS

# The person, as `people.Person.address`, whose event is answered at the moment; "" for nobody.
PERSON: ContextVar[str] = ContextVar("person", default="")
UNUSED_SECONDS = 600.0  # [s] after which something may go for something new of the same person
LEAST_BYTES = 100_000  # [bytes] that a folder counts for at least
TOO_MUCH = (
    "Your previews of the last minutes take all the room that one visitor gets: wait ten minutes."
)


class NoRoom(ValueError):
    """There is no room for more files, with a sentence for the user."""


class Owned:
    """Folders by the person that they were made for, and their sizes once they are complete."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[Path, int | None]] = {}
        self._lock = threading.Lock()

    def add(self, folder: Path, stays: Callable[[Path], bool]) -> None:
        """Note that a folder is made for whoever has sent the event that is answered.

        stays: whether a folder belongs to something that has its own limits, such as a job.
        Raises NoRoom where the person has too much that was used lately.
        """
        if not (person := PERSON.get()):
            return
        with self._lock:
            mine = self._folders.setdefault(person, {})
            sizes = {}
            for each in [*mine]:
                age = _age(each)
                if age is None or (age > 1.0 and stays(each)):
                    del mine[each]
                    continue
                sizes[each] = mine[each] or _size(each)
                mine[each] = sizes[each] if age > UNUSED_SECONDS / 10 else None
            excess = sum(sizes.values()) - LIMITS.preview_bytes_per_person
            for each in sorted(sizes, key=lambda folder: _age(folder) or 0.0, reverse=True):
                if excess <= 0:
                    break
                if (_age(each) or 0.0) <= UNUSED_SECONDS:
                    raise NoRoom(TOO_MUCH)
                shutil.rmtree(each, ignore_errors=True)
                excess -= sizes[each]
                del mine[each]
            mine[folder] = None

    def forget_missing(self) -> None:
        """Forget the folders that have been removed, and whoever has none left."""
        with self._lock:
            for person, folders in [*self._folders.items()]:
                for folder in [each for each in folders if _age(each) is None]:
                    del folders[folder]
                if not folders:
                    del self._folders[person]


OWNED = Owned()


def picture_name(content: bytes) -> str:
    """The name of the folder of a picture that Gradio makes for a person: the same for the same
    picture, and no other person's."""
    key = _KEY + PERSON.get().encode()
    return hashlib.blake2b(content, digest_size=32, key=hashlib.sha256(key).digest()).hexdigest()


_KEY = os.urandom(32)


def _size(folder: Path) -> int:
    total = 0
    with suppress(OSError):
        total = sum(path.stat().st_size for path in folder.iterdir())
    return max(LEAST_BYTES, total)


def _age(folder: Path) -> float | None:
    """Seconds since something was put into a folder, or it was used; None where it is gone."""
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return None
