"""Endings of names, and places where nothing can be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from helpers.videos import counter, error_of

from vgpnn import formats
from vgpnn.formats import FOLDER, FORMATS, check_file_name, check_name, format_of, written_whole


@pytest.mark.parametrize(
    "path, form",
    [(f"a/out{ending}", FORMATS[ending]) for ending in FORMATS]
    + [(f"a/OUT{ending.upper()}", FORMATS[ending]) for ending in FORMATS]
    + [(path, FOLDER) for path in ("out", "a.gif/out", "out.gif/", "take.v2/", "..", "-", "a.b/c/")]
    + [("a.gif/out.webm", FORMATS[".webm"]), (b"out.mov", FORMATS[".mov"])],
    ids=lambda value: str(value) if isinstance(value, str | bytes) else "",
)
def test_the_ending_of_the_last_name_decides(path, form):
    assert format_of(path) is form


@pytest.mark.parametrize(
    "path", ["out.avi", "out.mp4.", "out.png", "a.mp4/out.mkv", "o." + "x" * 99]
)
def test_another_ending_is_refused(path):
    text = error_of(format_of, path)
    assert all(ending in text for ending in FORMATS) and "folder" in text and len(text) < 200


@pytest.mark.parametrize("path", ["", ".mp4", "a/.GIF"])
def test_a_name_is_more_than_an_ending(path):
    assert "name" in error_of(format_of, path)


def test_a_folder_that_is_there_may_have_a_dot_in_its_name(tmp_path):
    (tmp_path / "take.v2").mkdir()
    assert format_of(tmp_path / "take.v2") is FOLDER


def test_names_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("text")
    (tmp_path / "film.mp4").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("text")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "lost.mp4").symlink_to(tmp_path / "none" / "film.mp4")
    for name, says in (
        ("film.mp4", "is that of a folder"),
        ("file", "is that of a file"),
        ("file/", "is that of a file"),
        ("full", "is not empty"),
        ("full/", "is not empty"),
        ("pipe.mp4", "is that of a device"),
        ("none/out.mp4", "There is no folder"),
        ("none/out", "There is no folder"),
        ("file/out.mp4", "There is no folder"),
        ("lost.mp4", "There is no folder"),
        ("x" * 256, "too long"),
        ("x" * 252 + ".mp4", "too long"),
        ("ü" * 128, "too long"),
    ):
        text = error_of(check_name, f"{tmp_path}/{name}")
        assert says in text and len(text) < 200, text


def test_names_that_can_be_written_leave_nothing_behind(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").write_text("")
    (tmp_path / "old.mp4").write_text("old")
    before = sorted(tmp_path.rglob("*"))
    for name in ("new.mp4", "old.mp4", "empty", "empty/", "new", "new/", "x" * 251 + ".mp4"):
        check_name(f"{tmp_path}/{name}")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["out.mp4", "out", "old.mp4", "empty"])
def test_a_place_that_may_not_be_written_to_is_refused(tmp_path, monkeypatch, name):
    (tmp_path / "old.mp4").write_text("old")
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    assert "may not be written to" in error_of(check_name, tmp_path / name)
    assert "may not be written to" in error_of(check_file_name, tmp_path / "map.npy")


def test_a_place_where_no_file_can_be_made_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "old.mp4"
    path.write_text("old")

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(formats.tempfile, "mkdtemp", refused)
    assert "Permission denied" in error_of(written_whole(path).__enter__)
    assert path.read_text() == "old"


def test_what_is_not_finished_changes_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".keep.png").write_text("a file of the system")
    (tmp_path / "old.mp4").write_text("old")
    before = {path: path.is_dir() or path.read_text() for path in tmp_path.rglob("*")}
    for name in ("out.gif", "old.mp4", "new", "empty"):
        is_folder = "." not in name

        def write(name=name, is_folder=is_folder):
            with written_whole(tmp_path / name, is_folder) as part:
                codes = torch.from_numpy(counter(2))
                formats.encode_images(part, codes) if is_folder else Path(part).write_text("half")
                raise OSError(28, "No space left on device")

        assert "No space left" in error_of(write)
    assert {path: path.is_dir() or path.read_text() for path in tmp_path.rglob("*")} == before


def test_what_is_finished_takes_the_place_of_what_was_there(tmp_path):
    (tmp_path / "old.mp4").write_text("old")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "old.mp4")
    (tmp_path / "empty").mkdir()
    with written_whole(tmp_path / "link.mp4") as part:
        Path(part).write_text("new")
    assert (tmp_path / "old.mp4").read_text() == "new" and (tmp_path / "link.mp4").is_symlink()
    for name in ("empty", "new/"):
        with written_whole(f"{tmp_path}/{name}", is_folder=True) as part:
            formats.encode_images(part, torch.from_numpy(counter(2)))
        assert sorted(os.listdir(tmp_path / name)) == ["0000.png", "0001.png"]
    assert not [path for path in os.listdir(tmp_path) if path.startswith(".")]
