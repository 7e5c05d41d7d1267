"""The disk: room is kept free for all uploads under way, and each person has so much of it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import limits
from starlette.formparsers import MultiPartException

from vgpnn.limits import LIMITS
from vgpnn.service import files, owned
from vgpnn.service.guard import uploads
from vgpnn.service.guard.refusals import TOO_MANY_UPLOADS, Refusal

LARGE = 190_000_000  # [bytes]


@pytest.fixture
def room(base, monkeypatch) -> uploads.Arrivals:
    """An empty room on a disk with `disk.free` bytes."""
    monkeypatch.setattr(uploads, "ARRIVALS", uploads.Arrivals())
    monkeypatch.setattr(uploads, "UPLOADED", owned.Folders())
    return uploads.ARRIVALS


@pytest.fixture
def disk(monkeypatch) -> SimpleNamespace:
    usage = SimpleNamespace(free=10**12)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: usage)
    return usage


def put(room: uploads.Arrivals, person: str, size: int, declared: int | None = None) -> Path:
    """An upload that arrives. Returns its folder."""
    with room.arrival(person, size if declared is None else declared) as arrival:
        part = uploads.temporary_file(delete=False, dir="/nowhere")
        assert Path(part.name).parent == files.UPLOADS and Path(part.name) in files.arriving
        room.count(arrival, size)
        part.write(b"clip")
        folder = files.UPLOADS / uploads._FolderName().hexdigest()
        folder.mkdir()
        part.close()
        os.rename(part.name, folder / "a.mp4")
    assert not files.arriving
    return folder


def test_nine_uploads_at_once_keep_the_room_that_stays_free(room, disk):
    disk.free = 1_467_000_000
    held = []
    for k in range(9):
        arrival = room.arrival(f"person {k}", LARGE)
        try:
            arrival.__enter__()
        except Refusal as refusal:
            assert (refusal.status, refusal.sentence) == (507, files.DISK_FULL)
        else:
            held.append(arrival)
    assert len(held) == 5 and disk.free - len(held) * LARGE >= LIMITS.free_bytes
    held.pop().__exit__(None, None, None)
    put(room, "another", LARGE)


def test_what_has_arrived_is_not_counted_twice(room, disk):
    disk.free = LIMITS.free_bytes + LARGE
    with room.arrival("ada", LARGE) as arrival:
        room.count(arrival, LARGE)
        disk.free -= LARGE // 2
        with room.arrival("bob", LARGE // 3):
            pass


def test_bytes_that_were_not_declared_are_counted(room, disk):
    disk.free = LIMITS.free_bytes + 5_000_000
    with pytest.raises(Refusal, match="disk"), room.arrival("ada", 0) as arrival:
        for _ in range(100):
            room.count(arrival, 100_000)
            disk.free -= 100_000
    assert disk.free > LIMITS.free_bytes


def test_a_person_has_so_much(room, disk):
    for _ in range(2):
        put(room, "ada", LARGE)
    with pytest.raises(Refusal, match=TOO_MANY_UPLOADS[:20]) as caught:
        put(room, "ada", LARGE)
    assert caught.value.status == 429
    put(room, "bob", LARGE)
    with pytest.raises(Refusal), room.arrival("bob", LARGE), room.arrival("bob", LARGE):
        pass


def test_ones_own_oldest_goes_when_it_was_not_used_lately(room, disk):
    old, older, used = (put(room, "ada", 150_000_000) for _ in range(3))
    theirs = put(room, "bob", 150_000_000)
    for folder, age in ((old, 700), (older, 900), (theirs, 999)):
        os.utime(folder, (time.time() - age,) * 2)
    put(room, "ada", 150_000_000)
    assert not older.exists() and old.exists() and used.exists() and theirs.exists()


def test_small_uploads_count_for_more_than_they_have(room, disk, monkeypatch):
    limits.change(monkeypatch, upload_bytes_per_person=10 * owned.LEAST_BYTES)
    for _ in range(10):
        put(room, "ada", 1)
    with pytest.raises(Refusal):
        put(room, "ada", 1)


def test_nothing_stays_of_an_upload_that_broke_off(room, disk):
    with pytest.raises(ConnectionError), room.arrival("ada", LARGE):
        part = uploads.temporary_file(delete=False)
        part.write(b"half")
        (files.UPLOADS / uploads._FolderName().hexdigest()).mkdir()
        raise ConnectionError
    assert not list(files.UPLOADS.iterdir()) and part.closed
    assert not uploads.UPLOADED._folders.get("ada") and not room._arrivals


def test_uploads_that_were_removed_make_room(room, disk):
    for _ in range(5):
        files.remove(put(room, "ada", LARGE))
    uploads.UPLOADED.forget_missing()
    assert not uploads.UPLOADED._folders


def test_a_form_has_one_file_and_short_fields():
    def parts(*contents: bytes) -> None:
        form = uploads.Form({}, None, max_file_size=100)
        for content in contents:
            form.on_part_begin()
            form.on_part_data(content, 0, len(content))

    parts(b"x" * uploads.FIELD_BYTES)
    with pytest.raises(MultiPartException):
        parts(b"x" * (uploads.FIELD_BYTES + 1))
    assert uploads.Form({}, None, max_file_size=100, max_files=1000).max_files == 1
