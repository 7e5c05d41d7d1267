"""What the page keeps, for how long, and what it says when there is no room."""

from __future__ import annotations

import errno
import os
import time

import pytest

from vgpnn.limits import LIMITS
from vgpnn.service import files, jobs
from vgpnn.video import VideoError

OLD = LIMITS.keep_seconds + 60


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BASE", tmp_path)
    monkeypatch.setattr(files, "UPLOADS", tmp_path / "uploads")
    (tmp_path / "uploads").mkdir()
    return tmp_path


def aged(path, seconds=OLD):
    os.utime(path, (time.time() - seconds,) * 2)
    return path


def folder(path):
    path.mkdir()
    (path / "clip.mp4").write_bytes(b"clip")
    return path


def test_all_that_is_old_goes(base):
    half = files.UPLOADS / "tmp123"  # of an upload that broke off
    half.write_bytes(b"half")
    empty = files.UPLOADS / "emptied"
    empty.mkdir()
    gone = [
        aged(folder(base / "job")),
        aged(folder(files.UPLOADS / "upload")),
        aged(half),
        aged(empty, 20),
    ]
    stays = [folder(base / "new"), aged(folder(base / "busy"))]
    files.reap({base / "busy"})
    assert not any(path.exists() for path in gone) and all(path.exists() for path in stays)


def test_pictures_of_the_page_stay(base, monkeypatch):
    paper = aged(folder(files.UPLOADS / "paper"))
    monkeypatch.setattr(files, "own", {paper})
    files.reap()
    assert paper.exists()


def test_what_is_used_begins_its_time_anew(base):
    used = folder(files.UPLOADS / "upload")
    aged(used / "clip.mp4"), aged(used)
    files.keep(used / "clip.mp4")
    files.keep(used / "gone.mp4")
    assert files.age(used) < 60 and files.age(used / "clip.mp4") < 60  # Gradio looks at the file


def test_a_full_disk_is_called_that():
    full = OSError(errno.ENOSPC, "No space left on device")
    assert jobs._sentence(full) == files.DISK_FULL
    with pytest.raises(VideoError) as caught:
        try:
            raise full
        except OSError:
            raise VideoError("The video cannot be written: check the folder.") from None
    assert jobs._sentence(caught.value) == files.DISK_FULL
    assert jobs._sentence(VideoError("The file is damaged.")) == "The file is damaged."
