"""Uploads on their way to the disk: room is kept free for all of them, each person gets so much,
and nothing of one that breaks off stays."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from tempfile import NamedTemporaryFile

from gradio.route_utils import GradioMultiPartParser, GradioUploadFile
from starlette.formparsers import MultiPartException

from vgpnn.limits import LIMITS
from vgpnn.service import files
from vgpnn.service.guard.refusals import LONG_FIELD, TOO_MANY_UPLOADS, Refusal
from vgpnn.service.owned import UPLOADED

STEP_BYTES = 1_000_000  # [bytes] that are reserved at a time where the length is not declared
FIELD_BYTES = 10_000  # [bytes] of a field of a form that is no file


class Arrival:
    """One request whose body is written to the disk.

    reserved, received: bytes of it that have room, and that have come. temporary: files that
    Gradio writes it to. folders: of the uploads that were made of it.
    """

    def __init__(self, person: str) -> None:
        self.person, self.reserved, self.received = person, 0, 0
        self.temporary: list = []
        self.folders: list[Path] = []

    def finish(self) -> None:
        """Remove what is left of the body: an upload that has arrived lies elsewhere by now."""
        for file in self.temporary:
            with suppress(OSError):
                file.close()
            path = Path(file.name)
            files.remove(path)
            files.arriving.discard(path)
        for folder in self.folders:
            with suppress(OSError):
                folder.rmdir()  # only an empty one


class Arrivals:
    """The bodies that are on their way to the disk. Used by the thread of the server only."""

    def __init__(self) -> None:
        self._arrivals: set[Arrival] = set()

    @contextmanager
    def arrival(self, person: str, declared: int) -> Iterator[Arrival]:
        """Take the body of a request. declared: its length [bytes], 0 where it is not known.

        Raises Refusal where there is no room for it, here or in `count`.
        """
        arrival = Arrival(person)
        self._reserve(arrival, declared)
        self._arrivals.add(arrival)
        token = CURRENT.set(arrival)
        try:
            yield arrival
        finally:
            CURRENT.reset(token)
            self._arrivals.discard(arrival)
            arrival.finish()
            kept = [folder for folder in arrival.folders if folder.is_dir()]
            for folder in kept:
                UPLOADED.add(person, folder, arrival.received // len(kept))

    def count(self, arrival: Arrival, size: int) -> None:
        """More bytes of a body have come. Raises Refusal where there is no room for more."""
        arrival.received += size
        if arrival.received > arrival.reserved:
            self._reserve(arrival, arrival.received + STEP_BYTES)

    def _reserve(self, arrival: Arrival, size: int) -> None:
        """Keep room for so many bytes [bytes] of a body."""
        others = [each for each in self._arrivals if each is not arrival]
        coming = sum(max(0, each.reserved - each.received) for each in others)
        try:
            files.check_disk(coming + max(0, size - arrival.received))
        except ValueError as error:
            raise Refusal(507, str(error)) from None
        mine = sum(each.reserved for each in others if each.person == arrival.person)
        if not UPLOADED.make_room(arrival.person, LIMITS.upload_bytes_per_person - mine - size):
            raise Refusal(429, TOO_MANY_UPLOADS)
        arrival.reserved = size


ARRIVALS = Arrivals()
CURRENT: ContextVar[Arrival | None] = ContextVar("the body that arrives", default=None)


def temporary_file(**options):
    """A file that Gradio writes a part of a form to, as NamedTemporaryFile makes it, but in a
    folder of ours, and known to be removed."""
    arrival = CURRENT.get()
    if arrival is None:
        return NamedTemporaryFile(**options)
    files.UPLOADS.mkdir(exist_ok=True)
    file = NamedTemporaryFile(**options | {"dir": files.UPLOADS})  # noqa: SIM115
    arrival.temporary.append(file)
    files.arriving.add(Path(file.name))
    return file


class Form(GradioMultiPartParser):
    """Reads a form with one file, and with fields that are short: they are kept in memory, and a
    file is kept open."""

    def __init__(self, *values, **named) -> None:
        super().__init__(*values, **named | {"max_files": 1, "max_fields": 20})

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.file is None and len(part.data) + end - start > FIELD_BYTES:
            raise MultiPartException(LONG_FIELD)
        super().on_part_data(data, start, end)


class SentFile(GradioUploadFile):
    """A file in a form. Gradio names the folder of an upload by a hash of its content, so that two
    people with the same file would share it, and who knows the content would know the name. Here
    each upload gets a folder of its own, whose name is random."""

    def __init__(self, *values, **named) -> None:
        super().__init__(*values, **named)
        self.sha = _FolderName()


class _FolderName:
    """Stands for a hash; see SentFile."""

    def update(self, data: bytes) -> None:
        """The content does not matter."""

    def hexdigest(self) -> str:
        name = secrets.token_hex(32)
        if (arrival := CURRENT.get()) is not None:
            arrival.folders.append(files.UPLOADS / name)
        return name
