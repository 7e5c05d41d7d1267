"""Records are written all or nothing, and what is not a record of this version reads as None."""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import zipfile

import numpy as np
import pytest
from helpers.jobs import request_of

from vgpnn.service import files, records
from vgpnn.tasks.paint import Paint


@pytest.fixture
def folder(base):
    """The folder of a job."""
    return files.new_folder()


def record_of(folder, request, **changes) -> dict:
    return {
        "token": "t0ken",
        "request": request,
        "shown": {
            "phase": "done",
            "size": [5, 48, 64],
            "source": {"video": ""},
            "takes": [{"number": 1, "seed": 7}],
            "fps": 10.0,
        },
        "results": [folder / "clip-take1-seed7.mp4"],
        "settings": {"task": "generate", "alpha": None, "patch": [3, 7, 7]},
        "error": None,
    } | changes


def painted_request(clips, value: int = 200, size: int = 40):
    pictures = {k: np.full((size, size, 4), value + k, np.uint8) for k in (0, 2)}
    options = {"first": 0, "last": 4, "margin": 0.5, "remove": (255, 0, 255)}
    return request_of(clips["tiny"], "inpaint", {"pictures": Paint.of(pictures), **options})


def names() -> list[str]:
    return sorted(path.name for path in files.RECORDS.iterdir())


def test_a_record_comes_back(clips, folder):
    record = record_of(folder, request_of(clips["tiny"]))
    records.write(folder, record)
    assert records.read(folder) == record
    assert names() == [f"{folder.name}.json"]


def test_paint_comes_back_bit_for_bit(clips, folder):
    request = painted_request(clips)
    records.write(folder, record_of(folder, request))
    again = records.read(folder)["request"].options["pictures"]
    assert list(again) == [0, 2]
    for frame, picture in request.options["pictures"].items():
        assert again[frame].dtype == np.uint8 and (again[frame] == picture).all()


def test_records_are_private_and_outside_the_folder_of_the_job(clips, folder):
    records.write(folder, record_of(folder, painted_request(clips)))
    assert stat.S_IMODE(files.RECORDS.stat().st_mode) == 0o700
    assert not list(folder.iterdir())
    assert len(names()) == 2


def test_the_same_paint_is_written_once_and_new_paint_replaces_it(clips, folder):
    records.write(folder, record_of(folder, painted_request(clips, 100)))
    (arrays,) = files.RECORDS.glob("*.npz")
    written = arrays.stat().st_mtime_ns
    records.write(folder, record_of(folder, painted_request(clips, 100), error="Later."))
    assert arrays.stat().st_mtime_ns == written and records.read(folder)["error"] == "Later."
    records.write(folder, record_of(folder, painted_request(clips, 50)))
    (other,) = files.RECORDS.glob("*.npz")
    assert other != arrays
    assert records.read(folder)["request"].options["pictures"][0].max() == 50


def test_a_folder_without_a_record_has_none(folder):
    assert records.read(folder) is None


@pytest.mark.parametrize("moment", ["arrays", "between", "json"])
def test_a_crash_leaves_the_record_of_before(clips, folder, monkeypatch, moment):
    """At each of the moments the next process finds the record that was written before."""
    records.write(folder, record_of(folder, painted_request(clips, 100), error="Before."))

    def crash(*_, **__):
        raise KeyboardInterrupt

    module, name = {
        "arrays": (records.np, "savez_compressed"),
        "between": (records.json, "dumps"),
        "json": (records, "_replace"),
    }[moment]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, crash)
        with pytest.raises(KeyboardInterrupt):
            records.write(folder, record_of(folder, painted_request(clips, 50), error="After."))
    again = records.read(folder)
    assert again["error"] == "Before."
    assert again["request"].options["pictures"][0].max() == 100


def test_a_crash_of_the_first_writing_leaves_no_record(clips, folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(records, "_replace", lambda *_: 1 / 0)
        records.write(folder, record_of(folder, painted_request(clips)))
    assert records.read(folder) is None


def test_a_full_disk_does_not_end_the_job(clips, folder, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device", "secret.mp4")

    monkeypatch.setattr(records, "_replace", full)
    records.write(folder, record_of(folder, request_of(clips["tiny"])))
    (record,) = caplog.records
    assert record.message == "record not written" and record.fields["cause"] == "OSError"
    assert "secret" not in str(record.__dict__)


def test_remove_leaves_nothing(clips, folder):
    (folder / "clip.mp4").write_bytes(b"clip")
    records.write(folder, record_of(folder, painted_request(clips)))
    records.remove(folder)
    assert not folder.exists() and names() == []


# --- records that are none


def rewritten(folder, change) -> None:
    """Change the JSON of a record."""
    path = files.RECORDS / f"{folder.name}.json"
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain))


OTHERS = {
    "newer": lambda plain: plain.update(version=records.VERSION + 1),
    "without version": lambda plain: plain.pop("version"),
    "without token": lambda plain: plain.pop("token"),
    "with more": lambda plain: plain.update(more=1),
    "token": lambda plain: plain.update(token=["t0ken"]),
    "shown": lambda plain: plain.update(shown=[]),
    "shown without phase": lambda plain: plain["shown"].pop("phase"),
    "shown without source": lambda plain: plain["shown"].pop("source"),
    "source of another type": lambda plain: plain["shown"].update(source="a.mp4"),
    "takes of another type": lambda plain: plain["shown"].update(takes=[1]),
    "size of another type": lambda plain: plain["shown"].update(size=[5, 48, "64"]),
    "settings": lambda plain: plain.update(settings="x"),
    "error": lambda plain: plain.update(error=1),
    "request": lambda plain: plain.update(request="x"),
    "request without clip": lambda plain: plain["request"].pop("clip"),
    "results": lambda plain: plain.update(results=7),
    "result of the server": lambda plain: plain.update(results=["/etc/passwd"]),
    "result outside": lambda plain: plain.update(results=["../secret.mp4"]),
    "result without a name": lambda plain: plain.update(results=[""]),
    "result above": lambda plain: plain.update(results=[".."]),
    "result in a folder": lambda plain: plain.update(results=["a/b.mp4"]),
    "arrays gone": lambda plain: plain.update(arrays="gone.npz"),
    "arrays elsewhere": lambda plain: plain.update(arrays="../../etc/passwd"),
    "no arrays": lambda plain: plain.update(arrays=None),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_forged_record_or_one_of_another_version_is_none(clips, folder, other):
    records.write(folder, record_of(folder, painted_request(clips)))
    assert records.read(folder) is not None
    rewritten(folder, OTHERS[other])
    assert records.read(folder) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_record_is_none(clips, folder, content):
    records.write(folder, record_of(folder, request_of(clips["tiny"])))
    (files.RECORDS / f"{folder.name}.json").write_bytes(content)
    assert records.read(folder) is None


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 0.99])
def test_arrays_that_were_cut_off_are_none(clips, folder, part):
    records.write(folder, record_of(folder, painted_request(clips)))
    (arrays,) = files.RECORDS.glob("*.npz")
    content = arrays.read_bytes()
    arrays.write_bytes(content[: int(part * len(content))])
    assert records.read(folder) is None


def test_a_flipped_bit_in_the_arrays_is_none(clips, folder):
    """A zip file has a checksum of each of its members."""
    request = painted_request(clips)
    random = np.random.default_rng(0)  # what cannot be compressed fills most of the file
    noise = random.integers(0, 256, (99, 99, 4), np.uint8)
    request.options["pictures"] = Paint.of({**request.options["pictures"], 0: noise})
    records.write(folder, record_of(folder, request))
    (arrays,) = files.RECORDS.glob("*.npz")
    content = bytearray(arrays.read_bytes())
    content[len(content) // 2] ^= 1
    arrays.write_bytes(content)
    assert records.read(folder) is None


class Evil:
    """A pickle of this makes a folder when it is read."""

    def __init__(self, mark) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def test_a_record_runs_nothing(clips, folder, tmp_path):
    """Neither in the place of the JSON nor in that of the arrays."""
    mark = tmp_path / "ran"
    evil = pickle.dumps(Evil(mark))
    records.write(folder, record_of(folder, painted_request(clips)))
    (arrays,) = files.RECORDS.glob("*.npz")
    members = npy(np.array([Evil(mark)], dtype=object))
    with zipfile.ZipFile(arrays, "w") as file:
        file.writestr("pictures-0.npy", members)
        file.writestr("pictures-2.npy", members)
    assert records.read(folder) is None
    for content in (evil, members):
        arrays.write_bytes(content)
        assert records.read(folder) is None
    (files.RECORDS / f"{folder.name}.json").write_bytes(evil)
    assert records.read(folder) is None
    assert not mark.exists()
    np.load(io.BytesIO(members), allow_pickle=True)  # as it would have been
    assert mark.exists()


def test_a_process_that_ends_changes_no_record_any_more(clips, folder, monkeypatch):
    """A job whose decoder is killed at the end was running, and did not fail."""
    record = record_of(folder, request_of(clips["tiny"]))
    records.write(folder, record)
    monkeypatch.setattr(records, "_is_closed", False)  # so that it is again afterwards
    records.close()
    records.write(folder, {**record, "error": "The decoder was ended."})
    assert records.read(folder) == record
