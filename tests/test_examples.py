"""The index of the bundled examples."""

from __future__ import annotations

import json
from pathlib import Path

from vgpnn import examples
from vgpnn.service.examples import explained_run

ROOT = Path(__file__).parents[1]


def write_index(folder: Path, *entries: dict) -> None:
    (folder / "index.json").write_text(json.dumps(entries))


def test_an_entry_has_the_fields_of_the_index_and_the_paths_of_its_files(tmp_path):
    for name in ("a.mp4", "a_result.mp4", "style.mp4", "flow.mp4"):
        (tmp_path / name).write_bytes(b"")
    entry = {
        "name": "a",
        "title": "A",
        "video": "a.mp4",
        "result": "a_result.mp4",
        "task": "analogy",
        "seed": 4,
        "note": "Why this one.",
        "options": {"sketch": True},
        "style": "style.mp4",
        "beside": {"Flow": "flow.mp4"},
    }
    write_index(tmp_path, entry | {"unknown": 1})
    (example,) = examples.load(tmp_path)
    assert (example.name, example.title, example.task) == ("a", "A", "analogy")
    assert (example.seed, example.note, example.options) == (4, "Why this one.", {"sketch": True})
    assert example.beside == (("Flow", tmp_path / "flow.mp4"),)
    named = ("a.mp4", "a_result.mp4", "style.mp4", "flow.mp4")
    assert example.files() == [tmp_path / name for name in named]


def test_an_entry_without_its_files_is_left_out(tmp_path):
    names = ("here.mp4", "here_result.mp4", "half.mp4")
    for name in names:
        (tmp_path / name).write_bytes(b"")
    write_index(
        tmp_path,
        *(
            {"name": n, "title": n, "video": f"{n}.mp4", "result": f"{n}_result.mp4"}
            for n in ("half", "here")
        ),
    )
    assert [example.name for example in examples.load(tmp_path)] == ["here"]
    (example,) = examples.load(tmp_path)
    assert (example.task, example.seed, example.style, example.beside) == ("generate", 0, None, ())


def test_a_folder_without_an_index_has_no_examples(tmp_path):
    assert examples.load(tmp_path) == []


def test_every_bundled_example_has_its_files():
    entries = json.loads((ROOT / "examples" / "index.json").read_text())
    assert [example.name for example in examples.load(ROOT / "examples")] == [
        entry["name"] for entry in entries
    ]


def test_a_run_is_explained_beforehand(tmp_path):
    run, paths = explained_run(), examples.explained_files(ROOT / "examples")
    levels = run["explained"]["levels"]
    assert run["title"] in [example.title for example in examples.load(ROOT / "examples")]
    addresses = [text for level in levels for text in level.values() if isinstance(text, str)]
    assert {text.rpartition("/")[2] for text in addresses} == {
        path.name for path in paths if path.suffix == ".png"
    }
    assert sum(path.stat().st_size for path in paths) < 400_000
    assert examples.explained_files(tmp_path) == []
