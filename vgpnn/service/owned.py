"""Who caused which files: uploads and previews of one person take only so much of the disk."""

from __future__ import annotations

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
LEAST_BYTES = 250_000  # [bytes] that a folder counts for at least
TOO_MUCH = (
    "Your previews of the last minutes take all the room that one visitor gets: wait ten minutes."
)


class NoRoom(ValueError):
    """There is no room for more files, with a sentence for the user."""


class Folders:
    """Folders by the person that they were made for, and what they take of the disk."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[Path, int | None]] = {}  # sizes [bytes] that are known
        self._lock = threading.Lock()

    def add(self, person: str, folder: Path, size: int | None = None) -> None:
        """Note that a folder is made for a person.

        size: [bytes]. None: it is measured, until nothing has been put into it for a while.
        """
        with self._lock:
            mine = self._folders.setdefault(person, {})
            mine[folder] = None if size is None else max(LEAST_BYTES, size)

    def make_room(
        self, person: str, most: int, stays: Callable[[Path], bool] = lambda folder: False
    ) -> bool:
        """Let a person have at most so many bytes: the folders go that nobody has used for
        UNUSED_SECONDS, the oldest first. Returns whether that is enough; if not, none goes.

        stays: whether a folder belongs to something that has its own limits, such as a job.
        """
        with self._lock:
            ages, sizes = self._measured(person, stays)
            excess = sum(sizes.values()) - most
            unused = [folder for folder, age in ages.items() if age > UNUSED_SECONDS]
            if excess > sum(sizes[folder] for folder in unused):
                return False
            unused.sort(key=ages.get)
            while excess > 0:
                oldest = unused.pop()
                excess -= sizes[oldest]
                del self._folders[person][oldest]
                shutil.rmtree(oldest, ignore_errors=True)
            return True

    def _measured(
        self, person: str, stays: Callable[[Path], bool]
    ) -> tuple[dict[Path, float], dict[Path, int]]:
        """The age [s] and the size [bytes] of each folder of a person that counts."""
        mine, ages, sizes = self._folders.get(person, {}), {}, {}
        for folder, known in [*mine.items()]:
            age = _age(folder)
            if age is None or (age > 1.0 and stays(folder)):
                del mine[folder]
                continue
            ages[folder], sizes[folder] = age, known or _size(folder)
            if age > UNUSED_SECONDS / 10:
                mine[folder] = sizes[folder]
        return ages, sizes

    def forget_missing(self) -> None:
        """Forget the folders that have been removed, and whoever has none left."""
        with self._lock:
            for person, folders in [*self._folders.items()]:
                for folder in [each for each in folders if _age(each) is None]:
                    del folders[folder]
                if not folders:
                    del self._folders[person]


PREVIEWS = Folders()
UPLOADED = Folders()


def add_preview(folder: Path, stays: Callable[[Path], bool]) -> None:
    """Note that a folder is made for whoever has sent the event that is answered.

    stays: see `Folders.make_room`. Raises NoRoom where the person has too much that was used
    lately.
    """
    if person := PERSON.get():
        if not PREVIEWS.make_room(person, LIMITS.preview_bytes_per_person, stays):
            raise NoRoom(TOO_MUCH)
        PREVIEWS.add(person, folder)


def forget_missing() -> None:
    """Forget all folders that have been removed."""
    for folders in (PREVIEWS, UPLOADED):
        folders.forget_missing()


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
