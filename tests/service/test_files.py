"""Temporary files: which of them are removed, and when."""

from __future__ import annotations

import os
import stat
import time
from types import SimpleNamespace

import pytest

from vgpnn.limits import LIMITS
from vgpnn.service import files

OLD = LIMITS.keep_seconds + 60  # [s]


def aged(path, seconds=OLD):
    os.utime(path, (time.time() - seconds,) * 2)
    return path


def folder(path):
    path.mkdir()
    (path / "clip.mp4").write_bytes(b"clip")
    return path


def test_all_that_is_old_is_removed(base):
    half = files.UPLOADS / "tmp123"  # of an upload that broke off
    half.write_bytes(b"half")
    empty = files.UPLOADS / "emptied"
    empty.mkdir()
    old = [
        aged(folder(base / "job")),
        aged(folder(files.UPLOADS / "upload")),
        aged(half),
        aged(empty, 20),
    ]
    kept = [folder(base / "new"), aged(folder(base / "busy"))]
    files.remove_old({base / "busy"})
    assert not any(path.exists() for path in old) and all(path.exists() for path in kept)


def test_records_are_removed_after_their_jobs(base):
    files.RECORDS.mkdir()
    folder(base / "job")
    for name in ("job.json", "job.1234.npz", "gone.json", "gone.1234.npz", "new.json"):
        (files.RECORDS / name).write_bytes(b"{}")
        if name != "new.json":
            aged(files.RECORDS / name)
    files.remove_old()
    assert {path.name for path in files.RECORDS.iterdir()} == {
        "job.json",
        "job.1234.npz",
        "new.json",
    }


def test_the_time_of_a_used_file_begins_anew(base):
    upload = folder(files.UPLOADS / "upload")
    clip = aged(upload / "clip.mp4")
    aged(upload)
    before = clip.stat()
    time.sleep(0.02)
    files.renew(clip)
    files.renew(upload / "gone.mp4")
    after = clip.stat()
    assert files.age(upload) < 60
    assert after.st_ctime_ns > before.st_ctime_ns  # the time that Gradio looks at
    assert after.st_mtime_ns == before.st_mtime_ns  # the time that tells other contents apart


def test_files_of_others_are_not_renewed(base, tmp_path):
    clip = aged(folder(tmp_path / "bundled") / "clip.mp4")
    files.renew(clip)
    assert files.age(clip) > LIMITS.keep_seconds


def test_a_new_folder_is_private_and_has_a_random_name(base):
    one, other = files.new_folder(), files.new_folder()
    assert one.parent == base and one != other and len(one.name) == 32
    assert stat.S_IMODE(one.stat().st_mode) == 0o700
    assert set(files.job_folders()) == {one, other}  # neither the uploads nor the records


def test_nothing_is_made_while_the_disk_is_nearly_full(base, monkeypatch):
    usage = SimpleNamespace(free=LIMITS.free_bytes - 1)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ValueError, match=r"^The server's disk is nearly full: .*\.$"):
        files.new_folder()
    assert not files.job_folders()


def test_only_uploads_themselves_are_uploads(base, tmp_path):
    upload = folder(files.UPLOADS / "upload") / "clip.mp4"
    result = folder(base / "job") / "clip.mp4"
    link = upload.with_name("link.mp4")
    link.symlink_to(result)
    assert files.is_upload(upload) and files.is_upload(str(upload))
    roundabout = files.UPLOADS / "upload" / ".." / "upload" / "clip.mp4"
    for other in (
        result,
        link,
        roundabout,
        upload.parent,
        "clip.mp4",
        "",
        "\0",
        None,
        7,
        "a" * 9999,
    ):
        assert not files.is_upload(other)


def test_only_uploads_are_removed_when_they_are_refused(base):
    upload = folder(files.UPLOADS / "upload") / "clip.mp4"
    result = folder(base / "job") / "clip.mp4"
    for path in (upload, result):
        files.remove_upload(path)
    assert not upload.exists() and result.exists()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Holiday 2024.MP4", "holiday-2024"),
        ("../../etc/passwd", "passwd"),
        ("ölwürfel.mp4", "lw-rfel"),
        ("x" * 99 + ".mp4", "x" * 32),
        ("日本.mp4", "clip"),
        ("", "clip"),
    ],
)
def test_stems_have_plain_characters(name, stem):
    assert files.plain_stem(name) == stem


def test_addresses_are_relative_and_quoted():
    assert files.url(files.Path("/tmp/a b/c#1.mp4")) == "gradio_api/file=/tmp/a%20b/c%231.mp4"
